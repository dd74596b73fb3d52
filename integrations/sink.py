"""The local sink: messages of a development machine, one JSON file each, for its inbox page and for tests."""

import hashlib
import json
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEPT = 2_000  # messages; beyond this the oldest go
PRUNED_AT_ONCE = 100  # deleted below KEPT in one sweep, so that a full sink does not sort itself on every message
MAX_RECENT = 200  # messages in one answer
_ENDING = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as the sink keeps it; `wire` is what a real provider would have been sent."""

    channel: str
    to: str
    subject: str
    body: str
    message_id: str
    at: str  # ISO 8601, UTC
    wire: dict[str, Any]


class Sink:
    """A bounded folder of messages. It holds login codes in plain text, so only its owner may read it."""

    def __init__(self, folder: Path, *, kept: int = KEPT) -> None:
        self._folder = folder
        self._kept = kept
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def store(self, *, channel: str, to: str, subject: str, body: str, message_id: str, wire: dict[str, Any]) -> None:
        """Keep a message; the same `message_id` on the same channel again changes nothing. Blocks for a file write."""
        path = self._folder / (hashlib.sha256(f"{channel}:{message_id}".encode()).hexdigest() + _ENDING)
        if path.exists():
            return
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        stored = Stored(channel=channel, to=to, subject=subject, body=body, message_id=message_id, at=at, wire=wire)
        self._write(path, json.dumps(asdict(stored), ensure_ascii=False, indent=2))
        self._prune()

    def recent(self, limit: int) -> list[Stored]:
        """The newest messages, newest first, at most `limit` and never more than MAX_RECENT."""
        found: list[Stored] = []
        for path in reversed(self._oldest_first()):
            if len(found) >= min(limit, MAX_RECENT):
                break
            with suppress(FileNotFoundError):  # another process pruned it meanwhile
                found.append(Stored(**json.loads(path.read_text(encoding="utf-8"))))
        return found

    def _write(self, path: Path, text: str) -> None:
        """All or nothing: a reader never sees half a message. Its own clock reading gives the file its place."""
        descriptor, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            now_ns = time.time_ns()  # the file system's own stamps are coarser than two messages lie apart
            os.utime(temporary, ns=(now_ns, now_ns))
            os.replace(temporary, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    def _prune(self) -> None:
        with os.scandir(self._folder) as entries:
            count = sum(entry.name.endswith(_ENDING) for entry in entries)
        if count <= self._kept:
            return
        room = min(PRUNED_AT_ONCE, self._kept // 2)
        for path in self._oldest_first()[: count - self._kept + room]:
            path.unlink(missing_ok=True)

    def _oldest_first(self) -> list[Path]:
        stamped: list[tuple[int, str]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDING):
                    with suppress(FileNotFoundError):
                        stamped.append((entry.stat().st_mtime_ns, entry.name))
        return [self._folder / name for _, name in sorted(stamped)]
