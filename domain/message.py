"""The conversation about a booking."""

from datetime import datetime
from enum import StrEnum

from domain.refusals import InvalidInput

MAX_CHARACTERS = 2000


class Side(StrEnum):
    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"


def check_body(text: str) -> str:
    """The text as it is kept: trimmed, neither empty nor longer than MAX_CHARACTERS, without NUL."""
    body = text.replace("\x00", "").strip()
    if not 1 <= len(body) <= MAX_CHARACTERS:
        raise InvalidInput(
            "body", indonesian=f"1 sampai {MAX_CHARACTERS} karakter", english=f"1 to {MAX_CHARACTERS} characters"
        )
    return body


def reply_seconds(oldest_unanswered_at: datetime | None, now: datetime) -> int | None:
    """How long the customer waited (Q-07), in whole seconds; None when nothing was waiting for an answer."""
    return None if oldest_unanswered_at is None else max(0, int((now - oldest_unanswered_at).total_seconds()))
