"""Row ids: UUID version 7 (RFC 9562), so that ids made later sort later and an index grows at its end."""

import os
import secrets
import time
from uuid import UUID

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0/O, 1/I/L: a code is read out on the telephone
CODE_LENGTH = 8


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, 74 random bits."""
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_code(prefix: str) -> str:
    """A short name a person can say, e.g. `BK-7Q4M2XKP`; unique by the column's constraint, not by this function."""
    return f"{prefix}-{''.join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))}"
