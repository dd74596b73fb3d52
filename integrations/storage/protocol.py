"""What every store of files can do, and which keys it takes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

MAX_KEY_CHARACTERS = 120

# Lower-case folder names, a name that starts with a letter or digit, one extension: no dot can start a part, so no key
# climbs out of its folder, hides a file or means something else on another file system.
_KEY = re.compile(r"(?:[a-z][a-z0-9_-]*/){1,3}[a-z0-9][a-z0-9_-]*\.[a-z0-9]{1,5}", re.ASCII)


class InvalidKey(ValueError):
    """A key that we did not make; a bug or an attack, never a customer's mistake."""


class NotStored(LookupError):
    """Nothing is kept under this key."""


class Storage(Protocol):
    """Keeps files under keys. Reading is a stream of bytes: a store need not have a disk. Every method raises
    InvalidKey; files are private, so addresses for outsiders come from `integrations.storage.signing`."""

    async def put(self, key: str, path: Path) -> None:
        """Keep a copy of the file at `path` under `key`, replacing what was there; when this returns it survives a
        power cut, and no reader ever sees half of it. `path` is left where it is."""
        ...

    def open(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream bytes [start, end) of a file, for videos that are watched from the middle; `end` beyond the file
        means its end. Raises NotStored at the first step; ValueError when start < 0 or end < start."""
        ...

    async def size(self, key: str) -> int:
        """Bytes kept under `key`; raises NotStored."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the file; harmless when there is none, so that a repeated job has one effect."""
        ...


def new_key(folder: str, file_id: UUID, extension: str) -> str:
    """A key of ours, e.g. `photo/0199….jpg`; raises InvalidKey when a part is not plain."""
    return check_key(f"{folder}/{file_id}.{extension}")


def check_key(key: str) -> str:
    """The same key when it is one that we make; raises InvalidKey otherwise."""
    if len(key) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise InvalidKey("this is not a key of the store")
    return key
