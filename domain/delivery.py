"""Where a notification is on its way."""

from enum import StrEnum


class DeliveryState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    DEAD = "DEAD"
