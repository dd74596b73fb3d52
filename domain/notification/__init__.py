"""Notifications: their texts in two languages, their channels, quiet hours and retries."""

from domain.notification.delivery import (
    DEFAULT_QUIET_HOURS,
    MAX_TRIES,
    STALE_AFTER,
    Preference,
    QuietHours,
    channels_for,
    is_secret,
    is_stale,
    is_urgent,
    next_try,
    quiet_until,
)
from domain.notification.rendering import MAX_FACT_LENGTH, TEXTS, MissingFact, Rendered, is_readable, render, variables
from domain.notification.template import Audience, Channel, Template, Text

__all__ = [
    "DEFAULT_QUIET_HOURS",
    "MAX_FACT_LENGTH",
    "MAX_TRIES",
    "STALE_AFTER",
    "TEXTS",
    "Audience",
    "Channel",
    "MissingFact",
    "Preference",
    "QuietHours",
    "Rendered",
    "Template",
    "Text",
    "channels_for",
    "is_readable",
    "is_secret",
    "is_stale",
    "is_urgent",
    "next_try",
    "quiet_until",
    "render",
    "variables",
]
