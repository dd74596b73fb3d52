"""Row ids: UUID version 7 (RFC 9562), so that ids made later sort later and an index grows at its end."""

import os
import secrets
import time
from threading import Lock
from uuid import UUID

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0/O, 1/I/L: a code is read out on the telephone
CODE_LENGTH = 8
CODES = len(CODE_ALPHABET) ** CODE_LENGTH  # one random number for all letters costs less than one for each


class _Clock:
    """Milliseconds with a 12-bit counter behind them: within one process every tick is later than the one before,
    also when a thousand come in one millisecond or the machine's clock is set back."""

    def __init__(self) -> None:
        self._last, self._turn = 0, Lock()

    def tick(self) -> int:
        with self._turn:
            self._last = max(time.time_ns() // 1_000_000 << 12, self._last + 1)
            return self._last


_CLOCK = _Clock()


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=new_number())


def new_number() -> int:
    """The number of a fresh UUIDv7: 48 bits of milliseconds, 12 of the counter, 62 random ones."""
    milliseconds, counter = divmod(_CLOCK.tick(), 1 << 12)
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random


def new_code(prefix: str) -> str:
    """A short name a person can say, e.g. `BK-7Q4M2XKP`; unique by the column's constraint, not by this function."""
    number, letters = secrets.randbelow(CODES), ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_ALPHABET))
        letters += CODE_ALPHABET[place]
    return f"{prefix}-{letters}"
