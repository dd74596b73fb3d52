"""Passwords as argon2id hashes: slow on purpose, so in threads, few at a time and never inside a transaction."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_AT_ONCE = 2  # each takes 64 MiB and a core

_HASHER = PasswordHasher()  # argon2-cffi's defaults: RFC 9106, low memory
_THREADS = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="argon2")


async def hashed(password: str) -> str:
    """The hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one behind the hash. Without a hash it takes as long and is never right."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _fits, password, password_hash)


def _fits(password: str, password_hash: str | None) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")
