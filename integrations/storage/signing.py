"""Short-lived signed addresses: who holds the token may do the one thing it names, until it expires."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime

MIN_KEY_BYTES = 32
MAX_TOKEN_CHARACTERS = 1024
MAX_CLAIM_INTEGER = 2**53

_CONTEXT = b"signed address v1"
_PURPOSE = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)

Claims = dict[str, str | int]


class AddressRefused(Exception):
    """A token that opens nothing. Say the same to the outside in both cases; the log may tell them apart."""


class Forged(AddressRefused):
    """Not made by us for this purpose, or changed since."""


class Expired(AddressRefused):
    """Made by us, but its time is over."""


def sign(key: bytes, purpose: str, claims: Mapping[str, str | int], expires_at: datetime) -> str:
    """A url-safe token of `claims` that `verify` takes for the same `purpose` until `expires_at` (aware; cut to whole
    seconds). Claims are readable by whoever holds the token. Raises ValueError when key, purpose or claims do not fit.
    """
    if expires_at.tzinfo is None:
        raise ValueError("expires_at must be aware")
    for name, value in claims.items():
        if not isinstance(name, str) or not _is_claim(value):
            raise ValueError(f"claim {name!r} must be a text or an integer")
    body = _encode(_canonical(dict(claims), int(expires_at.timestamp())))
    token = f"{body}.{_seal(key, purpose, body)}"
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise ValueError("too many claims for one address")
    return token


def verify(key: bytes, purpose: str, token: str, now: datetime) -> Claims:
    """The claims of a token made by `sign` with this key and purpose. Raises Forged or Expired; a token is expired
    from its very second on. Nothing of the token is decoded before its seal has been compared, in constant time."""
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise Forged
    body, _, seal = token.partition(".")
    # The encoded seals are compared, so that there is one token per signature and not several spellings of it.
    if not hmac.compare_digest(seal, _seal(key, purpose, body)):
        raise Forged
    content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if now.timestamp() >= content["e"]:
        raise Expired
    claims: Claims = content["c"]
    return claims


def _is_claim(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, str) or (isinstance(value, int) and abs(value) <= MAX_CLAIM_INTEGER)


def _canonical(claims: Claims, expires_s: int) -> bytes:
    # One text per meaning: names sorted, no spaces, ASCII only.
    return json.dumps({"c": claims, "e": expires_s}, sort_keys=True, separators=(",", ":")).encode("ascii")


def _seal(key: bytes, purpose: str, body: str) -> str:
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a signing key has at least {MIN_KEY_BYTES} bytes")
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError("a purpose is a short lower-case word")
    # The purpose is sealed with the body and cannot hold the separator: a token to look never serves to upload.
    content = b"\0".join((_CONTEXT, purpose.encode("ascii"), body.encode("ascii")))
    return _encode(hmac.new(key, content, hashlib.sha256).digest())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
