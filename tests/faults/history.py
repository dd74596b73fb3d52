"""What clients and listeners saw: the only thing, beside the database, that oracles believe."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"
TRY_AGAIN = "TRY_AGAIN"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what became of it. `unknown`: no answer, or one that does not say whether it happened."""

    actor: str
    operation: str
    key: str
    outcome: str
    at_s: float  # on the machine's monotonic clock, when it was asked
    took_s: float
    code: str = ""  # of the refusal, or why it is not known
    result: str = ""  # id of the row the answer showed
    about: str = ""  # the booking it is about, the phone number of a log-in


@dataclass
class Heard:
    """One listener: its stream by topic and scopes, and the cursors of all events in the order it was told them."""

    name: str
    topic: str
    scopes: list[str]
    only_bookings: bool
    positions: list[int] = field(default_factory=list)
    connections: int = 0
    reasons: list[str] = field(default_factory=list)  # of streams that ended by themselves
    closes: list[int] = field(default_factory=list)  # codes by which the server closed its sockets


@dataclass
class History:
    """Everything of one run."""

    seed: int
    attempts: list[Attempt] = field(default_factory=list)
    listeners: list[Heard] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)  # what was broken and healed, and when

    def note(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)

    def mark(self, text: str) -> None:
        self.marks.append((time.monotonic(), text))

    def by_key(self) -> dict[tuple[str, str, str], list[Attempt]]:
        """The attempts of each order, in the order in which they were made."""
        found: defaultdict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            found[attempt.actor, attempt.operation, attempt.key].append(attempt)
        return found

    def since(self, at_s: float) -> Iterator[Attempt]:
        return (attempt for attempt in self.attempts if attempt.at_s >= at_s)

    def write(self, file: Path) -> None:
        """One JSON line for each attempt, listener and mark."""
        with file.open("w") as lines:
            for kind, each in self._lines():
                lines.write(json.dumps({"kind": kind} | each) + "\n")

    def _lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "run", {"seed": self.seed}
        yield from (("mark", {"at_s": at, "text": text}) for at, text in self.marks)
        yield from (("attempt", asdict(attempt)) for attempt in self.attempts)
        yield from (("listener", asdict(heard)) for heard in self.listeners)
