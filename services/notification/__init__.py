"""Telling people: what is written, by which channel it goes, how it arrived, and what they want to hear."""

from services.notification.case import Case, case_of
from services.notification.deliver import NotNeeded, pack, queued, record_delivery, record_failed_delivery, resend
from services.notification.notify import SUPPORT, Letter, notify
from services.notification.reader import MAX_IDS, mark_read, set_preference
from services.notification.want import Wants, wants_of

__all__ = [
    "MAX_IDS",
    "SUPPORT",
    "Case",
    "Letter",
    "NotNeeded",
    "Wants",
    "case_of",
    "mark_read",
    "notify",
    "pack",
    "queued",
    "record_delivery",
    "record_failed_delivery",
    "resend",
    "set_preference",
    "wants_of",
]
