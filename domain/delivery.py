"""Where a notification is on its way."""

from enum import StrEnum


class DeliveryState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    DEAD = "DEAD"
    SKIPPED = "SKIPPED"  # when its turn came, the person no longer wanted it or it was no longer true
