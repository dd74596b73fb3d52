"""The subprocess that meets a stranger's file: limits first, then one file, then one line of answer.

`python -m integrations.media.worker SOURCE TYPE FOLDER`; everything it may write is in FOLDER.
"""

import errno
import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from domain.media import MAX_VIDEO_BYTES, MediaProblem, MediaType
from integrations.media.outcome import Facts, MediaRefused

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 20
LIFETIME_S = 40  # the server kills earlier; this is for when the server itself was killed
FILE_BYTES = MAX_VIDEO_BYTES + 4 * 1024 * 1024
OPEN_FILES = 32
MAX_DETAIL_CHARACTERS = 200

# A full or broken disk is our trouble, not the customer's file.
_OUR_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE)


def limit() -> None:
    """Give up what a decoder never needs; soft and hard limits alike, so that nothing inside can take it back."""
    for what, bound in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (bound, bound))
    signal.alarm(LIFETIME_S)
    os.umask(0o077)


def sanitise(source: Path, media_type: MediaType, folder: Path) -> Facts:
    """Only the libraries that this file needs are loaded: a photo never meets the video code."""
    if media_type is MediaType.MP4:
        from integrations.media.video import sanitise_video

        return sanitise_video(source, folder)
    from integrations.media.photo import sanitise_photo

    return sanitise_photo(source, media_type, folder)


def answer(source: Path, media_type: MediaType, folder: Path) -> dict[str, object]:
    """One of: `facts`, `problem` (of the file) or `failure` (of ours)."""
    try:
        return {"facts": asdict(sanitise(source, media_type, folder))}
    except MediaRefused as refused:
        return {"problem": refused.problem, "detail": refused.detail[:MAX_DETAIL_CHARACTERS]}
    except ImportError as error:
        return {"failure": repr(error)}
    except Exception as error:  # a decoder may raise anything on a hostile file; then the file is the reason
        if isinstance(error, OSError) and error.errno in _OUR_ERRORS:
            return {"failure": repr(error)}
        return {"problem": MediaProblem.BROKEN, "detail": repr(error)[:MAX_DETAIL_CHARACTERS]}


if __name__ == "__main__":
    limit()
    print(json.dumps(answer(Path(sys.argv[1]), MediaType(sys.argv[2]), Path(sys.argv[3]))))  # noqa: T201 - the answer
