"""A store in one folder of the local disk: private files, written whole or not at all."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from integrations.storage.protocol import NotStored, check_key

READ_BYTES = 256 * 1024
COPY_BYTES = 1024 * 1024
FILE_MODE = 0o600
FOLDER_MODE = 0o700
# No key can begin with a dot, so half-written files never meet a key.
_UNFINISHED = ".unfinished"


class LocalStorage:
    """The Storage protocol on a folder. A killed server may leave files in `.unfinished`; `sweep` removes them."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    async def put(self, key: str, path: Path) -> None:
        """See Storage.put. Raises OSError when the disk is full; nothing is left behind then."""
        await asyncio.to_thread(self._put, self._place(key), path)

    async def open(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See Storage.open. Pieces have at most READ_BYTES."""
        if start < 0 or (end is not None and end < start):
            raise ValueError(f"not a range: {start} to {end}")
        place = self._place(key)
        file = await asyncio.to_thread(_open, place)
        try:
            left = os.fstat(file.fileno()).st_size - start if end is None else end - start
            file.seek(start)
            while left > 0:  # bounded: `left` shrinks by each piece, and an empty piece ends it
                piece = await asyncio.to_thread(file.read, min(READ_BYTES, left))
                if not piece:
                    return
                left -= len(piece)
                yield piece
        finally:
            file.close()

    async def size(self, key: str) -> int:
        """See Storage.size."""
        place = self._place(key)
        try:
            return (await asyncio.to_thread(os.lstat, place)).st_size
        except FileNotFoundError:
            raise NotStored(key) from None

    async def delete(self, key: str) -> None:
        """See Storage.delete."""
        place = self._place(key)
        with suppress(FileNotFoundError):
            await asyncio.to_thread(place.unlink)

    def sweep(self, unfinished_before: float) -> int:
        """Remove half-written files that a killed server left before this time (seconds since 1970); how many."""
        folder, swept = self._root / _UNFINISHED, 0
        if not folder.is_dir():
            return 0
        for left in folder.iterdir():
            if left.lstat().st_mtime < unfinished_before:
                left.unlink(missing_ok=True)
                swept += 1
        return swept

    def _place(self, key: str) -> Path:
        return self._root / check_key(key)

    def _put(self, place: Path, source: Path) -> None:
        unfinished = self._root / _UNFINISHED
        _make_folder(unfinished)
        _make_folder(place.parent)
        descriptor, name = tempfile.mkstemp(dir=unfinished)  # 0600, a name nobody can guess
        try:
            with os.fdopen(descriptor, "wb") as target, source.open("rb") as file:
                for piece in iter(lambda: file.read(COPY_BYTES), b""):
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            Path(name).replace(place)
            _sync_folder(place.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _open(place: Path) -> BinaryIO:
    # O_NOFOLLOW: a link that someone planted in the folder is not a file of ours.
    try:
        return os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except FileNotFoundError:
        raise NotStored(place.name) from None


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    # The name of a new file is durable only once its folder is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
