"""Sealing of secrets in rows (AES-256-GCM), and keyed hashes by which a secret is compared without being kept."""

import base64
import hashlib
import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_CHARACTERS = 8
SEPARATOR = ":"


class BrokenSeal(Exception):
    """The sealed text was changed, belongs to another place, or its key is not here."""


class Seal:
    """Seals with the first secret and opens with any of them, so that a new secret can be put in front of the old one.

    A sealed text is `<key id>:<nonce and ciphertext, base64url>`. The key id is derived from the secret and tells
    nothing about it. The place (table, column, row id) is authenticated too: a sealed value that is copied into another
    row does not open.
    """

    def __init__(self, secret: str, *older: str) -> None:
        ciphers = [(_key_id(each), AESGCM(_derived(each, "seal"))) for each in (secret, *older)]
        self._ciphers, self._key_id = dict(ciphers), ciphers[0][0]
        self._hash_key = _derived(secret, "hash")

    def close(self, text: str, table: str, column: str, row_id: UUID) -> str:
        """The text, sealed for this one place."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._ciphers[self._key_id].encrypt(nonce, text.encode(), _place(table, column, row_id))
        return self._key_id + SEPARATOR + base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, table: str, column: str, row_id: UUID) -> str:
        """What was sealed for this place; raises BrokenSeal."""
        key_id, _, encoded = sealed.partition(SEPARATOR)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise BrokenSeal("no such key")
        try:
            blob = base64.urlsafe_b64decode(encoded)
            if base64.urlsafe_b64encode(blob).decode() != encoded:
                raise BrokenSeal("changed")  # one sealed text has one written form
            return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _place(table, column, row_id)).decode()
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal("changed, or of another place") from error

    def hashed(self, text: str, purpose: str) -> str:
        """A keyed hash (64 hexadecimal digits) for comparing and counting; equal texts differ between purposes.

        The newest secret makes it: with a new secret, codes on their way and counted failures are forgotten.
        """
        return hmac.digest(self._hash_key, f"{purpose}\x00{text}".encode(), hashlib.sha256).hex()


def _derived(secret: str, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"rawat {use}".encode()).derive(secret.encode())


def _key_id(secret: str) -> str:
    return _derived(secret, "key id").hex()[:KEY_ID_CHARACTERS]


def _place(table: str, column: str, row_id: UUID) -> bytes:
    return f"{table}|{column}|{row_id}".encode()
