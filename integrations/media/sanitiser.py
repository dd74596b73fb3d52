"""The server's side of sanitising: starts a limited subprocess a file, waits, and takes over what it made."""

import asyncio
import json
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from domain.media import MAX_VIDEO_DURATION_S, SNIFFED_BYTES, MediaKind, MediaProblem, MediaType, sniff
from integrations.media.outcome import CONTENT_NAME, THUMBNAIL_NAME, Facts, MediaRefused

__all__ = ["Media", "MediaRefused", "SanitiserFailed", "sanitise"]

MAX_AT_A_TIME = 2
MAX_WAITING = 64
TIME_LIMIT_S = 30.0
MAX_ANSWER_BYTES = 16 * 1024
MAX_EDGE_PX = 16_384

_SHA256_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ROOT = Path(__file__).resolve().parents[2]
_WORKER = "integrations.media.worker"
# Nothing of the server's settings or secrets; one malloc arena, because each would take address space.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
_TOO_SLOW = (-signal.SIGXCPU, -signal.SIGALRM)


class SanitiserFailed(RuntimeError):
    """Our own fault (a full disk, a broken installation): the caller tries again later and somebody is told."""


@dataclass(frozen=True, slots=True)
class Media:
    """A harmless file and its thumbnail (always a JPEG), both 0600 in the target folder; the caller owns them.

    `width` and `height` are as seen, after turning; `duration_s` is None for a photo.

    `content_hash` (SHA-256, hex) recognises a re-sent file. Photo: hash of the upright pixels kept, so other EXIF,
    XMP, comments, profile, name, date or a tail make no difference; it does not recognise a photo that was encoded
    again (a messenger does that), cropped, scaled or edited. Video: hash of the coded pictures and sound, so any
    remux or change of metadata makes no difference, a transcode or cut does.
    `look_hash` (64 bits, signed) is close (`domain.media.look_distance`) for pictures that look alike, also when
    encoded again or scaled; a hint for people, not a proof. Of a video it sees the first picture only.
    """

    kind: MediaKind
    content_type: str
    path: Path
    thumbnail_path: Path
    width: int
    height: int
    duration_s: float | None
    byte_size: int
    content_hash: str
    look_hash: int


async def sanitise(source: Path, declared: MediaType, target_folder: Path) -> Media:
    """Make a stranger's file harmless (rule Q-08): what it is is told by its bytes, what is kept is encoded or muxed
    anew, and no metadata at all survives (place, camera, time, comments, colour profile).

    Raises MediaRefused (the file's fault, or BUSY) and SanitiserFailed (ours). `source` is left where it is. In every
    failure, time-out and cancellation the target folder is as it was before. At most MAX_AT_A_TIME subprocesses run
    in this server, MAX_WAITING more may wait.
    """
    media_type = await asyncio.to_thread(_check_outside, source, declared)
    async with _turn():
        with _work_folder(target_folder) as work:
            facts = _facts(await _run(_command(source, media_type, work)))
            return _take_over(facts, media_type.kind, work, target_folder)


@contextmanager
def _work_folder(target_folder: Path) -> Iterator[Path]:
    # Made in the loop and not in a thread: a thread would go on, and leave a folder, when the upload is cancelled.
    work = Path(tempfile.mkdtemp(prefix=".sanitise-", dir=target_folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)  # two files at most


def _check_outside(source: Path, declared: MediaType) -> MediaType:
    """What can be refused without decoding anything."""
    media_type, byte_size = _type_of(source), source.stat().st_size
    if byte_size == 0:
        raise MediaRefused(MediaProblem.BROKEN, "empty")
    if media_type is None:
        raise MediaRefused(MediaProblem.UNSUPPORTED_TYPE)
    if media_type.kind is not declared.kind:
        raise MediaRefused(MediaProblem.NOT_AS_DECLARED, f"{declared} is {media_type}")
    if byte_size > media_type.max_bytes:
        raise MediaRefused(MediaProblem.TOO_LARGE)
    return media_type


class _Queue:
    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(MAX_AT_A_TIME)
        self.waiting = 0


# One a loop: a server has one loop, tests and the seed may have several, and a semaphore belongs to one.
_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    queue = _queues.setdefault(asyncio.get_running_loop(), _Queue())
    if queue.waiting >= MAX_WAITING:
        raise MediaRefused(MediaProblem.BUSY)
    queue.waiting += 1
    try:
        await queue.turns.acquire()
    finally:
        queue.waiting -= 1
    try:
        yield
    finally:
        queue.turns.release()


def _command(source: Path, media_type: MediaType, work: Path) -> list[str]:
    return [sys.executable, "-s", "-m", _WORKER, str(source.absolute()), media_type.value, str(work.absolute())]


async def _run(command: list[str]) -> dict[str, Any]:
    """The subprocess's answer. However this ends, no member of its session is alive afterwards."""
    worker = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
        env=_ENVIRONMENT,
        start_new_session=True,
    )
    assert worker.stdout is not None
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            line = await _read(worker.stdout)
            code = await worker.wait()
    except TimeoutError:
        raise MediaRefused(MediaProblem.TIMEOUT) from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        await asyncio.shield(worker.wait())
    if code in _TOO_SLOW:
        raise MediaRefused(MediaProblem.TIMEOUT)
    if code < 0:
        raise MediaRefused(MediaProblem.BROKEN, f"the decoder was ended by signal {-code}")
    if code > 0:
        raise SanitiserFailed(f"the subprocess ended with {code}")
    return _parse(line)


async def _read(stdout: asyncio.StreamReader) -> bytes:
    # A subprocess that was taken over could write for ever; what is beyond the bound is not read.
    content = b""
    while len(content) <= MAX_ANSWER_BYTES:
        piece = await stdout.read(MAX_ANSWER_BYTES)
        if not piece:
            return content
        content += piece
    raise MediaRefused(MediaProblem.BROKEN, "the subprocess said too much")


def _parse(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise SanitiserFailed("the subprocess gave no answer")
    return told


def _facts(told: dict[str, Any]) -> Facts:
    """The subprocess has read a stranger's file, so its answer is a stranger's too and is checked."""
    if "failure" in told:
        raise SanitiserFailed(str(told["failure"]))
    try:
        if "problem" in told:
            raise MediaRefused(MediaProblem(told["problem"]), str(told.get("detail", "")))
        facts = Facts(**told["facts"])
        sound = (
            0 < facts.width <= MAX_EDGE_PX
            and 0 < facts.height <= MAX_EDGE_PX
            and (facts.duration_s is None or 0 <= facts.duration_s <= MAX_VIDEO_DURATION_S)
            and _SHA256_HEX.fullmatch(facts.content_hash) is not None
            and -(2**63) <= facts.look_hash < 2**63
        )
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise MediaRefused(MediaProblem.BROKEN, "the subprocess told what cannot be")
    return facts


def _type_of(path: Path) -> MediaType | None:
    with path.open("rb") as file:
        return sniff(file.read(SNIFFED_BYTES))


def _is_file_of(path: Path, media_type: MediaType) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode) and _type_of(path) is media_type
    except FileNotFoundError:
        return False


def _take_over(facts: Facts, kind: MediaKind, work: Path, target_folder: Path) -> Media:
    extension, content_type = ("mp4", MediaType.MP4) if kind is MediaKind.VIDEO else ("jpg", MediaType.JPEG)
    name = uuid4().hex
    path, thumbnail_path = target_folder / f"{name}.{extension}", target_folder / f"{name}.thumbnail.jpg"
    for made, expected in ((work / CONTENT_NAME, content_type), (work / THUMBNAIL_NAME, MediaType.JPEG)):
        if not _is_file_of(made, expected):
            raise MediaRefused(MediaProblem.BROKEN, "the subprocess left something else")
    try:
        (work / THUMBNAIL_NAME).rename(thumbnail_path)
        (work / CONTENT_NAME).rename(path)
    except OSError:
        thumbnail_path.unlink(missing_ok=True)
        raise
    return Media(
        kind=kind,
        content_type=content_type.value,
        path=path,
        thumbnail_path=thumbnail_path,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
        byte_size=path.stat().st_size,
        content_hash=facts.content_hash,
        look_hash=facts.look_hash,
    )
