"""What readers do with their notifications: mark them read, and say what they want to hear."""

from collections.abc import Collection
from datetime import time
from uuid import UUID

from domain.notification import Channel
from domain.permissions import Can
from domain.refusals import InvalidInput
from models.notification import Notification, Preference
from services.work import Work, use_case

MAX_IDS = 100  # marked at once


@use_case(Can.MARK_NOTIFICATIONS_READ)
async def mark_read(work: Work, ids: Collection[UUID]) -> int:
    """Mark own notifications (support: also those of its queue) as read; how many were not read before.

    Ids of others and of nothing are passed over without a word.
    """
    if not 1 <= len(ids) <= MAX_IDS:
        raise InvalidInput("ids", indonesian=f"1 sampai {MAX_IDS} notifikasi", english=f"1 to {MAX_IDS} notifications")
    unread = Notification.visible_to(work.actor).filter(id__in=list(ids), channel=Channel.IN_APP, read_at__isnull=True)
    return await unread.update(read_at=work.now)


@use_case(Can.SET_PREFERENCE)
async def set_preference(
    work: Work, email: bool, whatsapp: bool, sms: bool, quiet_from: time, quiet_until: time
) -> Preference:
    """Say which outside channels are wanted for what is not urgent, and when it is quiet (own clock; equal = never)."""
    row = Preference(
        account_id=work.actor.id, email=email, whatsapp=whatsapp, sms=sms,
        quiet_from_minute=_minute(quiet_from, "quietFrom"), quiet_until_minute=_minute(quiet_until, "quietUntil"),
    )  # fmt: skip
    columns = ("email", "whatsapp", "sms", "quiet_from_minute", "quiet_until_minute")
    await Preference.bulk_create([row], on_conflict=["account_id"], update_fields=columns)
    return row


def _minute(clock: time, field: str) -> int:
    if clock.tzinfo is not None:
        raise InvalidInput(field, indonesian="jam tanpa zona waktu", english="a time of day without a zone")
    return clock.hour * 60 + clock.minute
