"""The conversation about a booking."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.refusals import Refusal
from domain.text import paragraph

MAX_CHARACTERS = 2000
OPEN_AFTER_END = timedelta(days=7)  # for a forgotten leash or a thank-you


class Side(StrEnum):
    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"


class ConversationClosed(Refusal):
    code = "CONVERSATION_CLOSED"
    indonesian = "Percakapan dibuka sejak pemesanan diajukan sampai 7 hari setelah layanan berakhir."
    english = "The conversation is open from the request until 7 days after the end of the service."


def check_open(requested_at: datetime | None, ended_at: datetime | None, now: datetime) -> None:
    """Before the request there is no partner to write to; `ended_at` is when the job was completed or called off."""
    if requested_at is None or (ended_at is not None and now >= ended_at + OPEN_AFTER_END):
        raise ConversationClosed(field="bookingId")


def check_body(text: str) -> str:
    """The text as it is kept: trimmed, 1 to MAX_CHARACTERS, without characters that cannot be kept."""
    return paragraph(text.replace("\t", " "), "body", MAX_CHARACTERS, optional=False)


def reply_seconds(oldest_unanswered_at: datetime | None, now: datetime) -> int | None:
    """How long the customer waited (Q-07), in whole seconds; None when nothing was waiting for an answer."""
    return None if oldest_unanswered_at is None else max(0, int((now - oldest_unanswered_at).total_seconds()))
