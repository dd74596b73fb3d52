"""The way of one message out of the house: is it still wanted, did it arrive, when again, and by what else."""

from collections.abc import Mapping
from uuid import UUID

from domain.booking import BookingState
from domain.delivery import DeliveryState
from domain.events import NotificationDied
from domain.notification import Channel, Preference, Template, channels_for, is_urgent, next_try
from domain.permissions import Can
from domain.refusals import IllegalMove
from integrations.delivery import Outgoing
from models.account import Account
from models.booking import Booking
from models.notification import Notification
from services.notification.notify import SPACINGS, post, send_later
from services.notification.want import wants_of
from services.work import Work, use_case

MAX_ERROR_CHARACTERS = 300

# News that waited for the morning is only sent while the booking is still in this state.
TRUE_WHILE: Mapping[Template, BookingState] = {
    Template.BOOKING_REQUESTED: BookingState.REQUESTED,
    Template.BOOKING_REMINDER: BookingState.ACCEPTED,
    Template.BOOKING_REMINDER_PARTNER: BookingState.ACCEPTED,
    Template.UPDATE_OVERDUE: BookingState.IN_SERVICE,
}


class NotNeeded(Exception):
    """Its turn came, but the person no longer wants it by this channel, or it is no longer true."""


async def queued(notification_id: UUID) -> Notification | None:
    """The message if it still has to be sent."""
    return await Notification.get_or_none(id=notification_id, state=DeliveryState.QUEUED)


async def pack(row: Notification) -> Outgoing:
    """What the provider gets, addressed as the account is reachable now; raises NotNeeded.

    Between writing and sending a person may have switched the channel off, given up the address or been suspended, and
    the news may be old; urgent ones are sent whatever is preferred.
    """
    account = await Account.get(id=row.account_id)
    to = account.email if row.channel is Channel.EMAIL else account.phone
    if account.suspended_at is not None or to is None:
        raise NotNeeded("the account is not reachable by this channel")
    if not is_urgent(row.template) and not (await wants_of(account.id)).preference.allows(row.channel):
        raise NotNeeded("switched off")
    if row.template in TRUE_WHILE and not await Booking.exists(id=row.booking_id, state=TRUE_WHILE[row.template]):
        raise NotNeeded("the booking went on")
    if row.template in SPACINGS and await _was_read_in_app(row):
        raise NotNeeded("read in the app")
    return Outgoing(
        key=str(row.id), to=to, subject=row.subject, body=row.body, template=row.template.value,
        language=row.language.value, parameters=tuple(row.parameters),
    )  # fmt: skip


@use_case(Can.RECORD_DELIVERY)
async def record_delivery(work: Work, notification_id: UUID, skipped: str | None = None) -> Notification:
    """It went out, or was `skipped` for that reason; nothing changes when it is no longer on its way."""
    row = await work.lock(Notification.all(), notification_id)
    if row.state is not DeliveryState.QUEUED:
        return row
    if skipped is not None:
        await work.edit(row, state=DeliveryState.SKIPPED, last_error=skipped[:MAX_ERROR_CHARACTERS])
    else:
        await work.edit(row, state=DeliveryState.SENT, sent_at=work.now, attempts=row.attempts + 1, last_error="")
    return row


@use_case(Can.RECORD_FAILED_DELIVERY)
async def record_failed_delivery(work: Work, notification_id: UUID, error: str, for_good: bool) -> Notification:
    """It did not go: tried again with backoff, or dead when it failed for good or too often.

    A dead one is told to staff, and the next channel that the person has and allows takes its place.
    """
    row = await work.lock(Notification.all(), notification_id)
    if row.state is not DeliveryState.QUEUED:
        return row
    attempts = row.attempts + 1
    again = None if for_good else next_try(attempts, work.now, row.dedupe_key)
    tried = {"attempts": attempts, "last_error": error[:MAX_ERROR_CHARACTERS]}
    if again is not None:
        await work.edit(row, due_at=again, **tried)
        send_later(work, row)
        return row
    facts = {"template": row.template, "channel": row.channel}
    await work.change(row, NotificationDied, facts=facts, state=DeliveryState.DEAD, **tried)
    await _fall_back(work, row)
    return row


@use_case(Can.RESEND_NOTIFICATION)
async def resend(work: Work, notification_id: UUID) -> Notification:
    """Staff send a dead letter again, with all its tries; raises IllegalMove for any other."""
    row = await work.lock(Notification.visible_to(work.actor), notification_id)
    if row.state is not DeliveryState.DEAD:
        raise IllegalMove(verb="resend", state=row.state.value)
    await work.edit(row, state=DeliveryState.QUEUED, attempts=0, due_at=work.now, last_error="")
    send_later(work, row)
    return row


async def _fall_back(work: Work, dead: Notification) -> None:
    """Write the same message for the best channel that this news has not been tried by."""
    cause = dead.dedupe_key.rsplit(":", 1)[0]
    siblings = await Notification.filter(account_id=dead.account_id, dedupe_key__startswith=f"{cause}:")
    tried = frozenset(row.channel for row in siblings)
    account = await work.lock(Account.all(), dead.account_id)
    wants = await wants_of(account.id)
    spare = channels_for(
        dead.template, Preference(wants.preference.switched_off | tried), has_email=account.email is not None,
        has_phone=account.phone is not None,
    )  # fmt: skip
    channel = next((each for each in spare if each not in tried), None)
    if channel is None:
        return
    row = Notification(
        dedupe_key=f"{cause}:{channel}", account_id=dead.account_id, booking_id=dead.booking_id, channel=channel,
        template=dead.template, subject=dead.subject, body=dead.body, language=dead.language,
        parameters=dead.parameters, due_at=work.now,
    )  # fmt: skip
    await post(work, row)


async def _was_read_in_app(row: Notification) -> bool:
    twin = f"{row.dedupe_key.rsplit(':', 1)[0]}:{Channel.IN_APP}"
    return await Notification.exists(dedupe_key=twin, read_at__isnull=False)
