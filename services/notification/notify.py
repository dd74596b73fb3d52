"""Write down what one person, or one staff queue, is to be told: one row per channel, once per cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Q

from domain.calendar import Zone
from domain.delivery import DeliveryState
from domain.events import NotificationCreated
from domain.notification import Channel, Rendered, Template, channels_for, is_urgent, quiet_until, render
from domain.permissions import Can
from domain.refusals import Language
from domain.task import Timer
from models.account import Account
from models.notification import Notification
from services.notification.want import wants_of
from services.work import Work, use_case

SUPPORT = "support"  # the queue whose notifications the support team shares: one row for all of them


@dataclass(frozen=True, slots=True)
class Spacing:
    """News that comes often leaves the house at most once per booking and reader in `wait`; in the app always."""

    templates: frozenset[Template]
    wait: timedelta


_PHOTOS = Spacing(frozenset({Template.PHOTO_UPDATE, Template.PHOTO_UPDATE_NOTED}), timedelta(minutes=15))
SPACINGS: Mapping[Template, Spacing] = {
    Template.PHOTO_UPDATE: _PHOTOS,
    Template.PHOTO_UPDATE_NOTED: _PHOTOS,
    Template.NEW_MESSAGE: Spacing(frozenset({Template.NEW_MESSAGE}), timedelta(minutes=10)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One piece of news for one recipient: an account, or a staff queue (exactly one of the two).

    `cause` is what makes it one, the position of the event it follows. News that is worthless after `needed_by` does
    not wait for the morning. `in_app_only` news is too small to leave the house.
    """

    cause: str
    template: Template
    facts: Mapping[str, str]
    language: Language
    account_id: UUID | None = None
    queue: str | None = None
    booking_id: UUID | None = None
    needed_by: datetime | None = None
    in_app_only: bool = False


@use_case(Can.NOTIFY)
async def notify(work: Work, letter: Letter) -> list[Notification]:
    """Write the letter for each channel that suits, and put off its sending to a fit hour; gives the new rows.

    Asked again for the same cause and recipient it adds nothing. Raises MissingFact when a fact is missing.
    """
    rendered = render(letter.template, letter.language, letter.facts)
    due = await _due(work, letter)
    recipient = letter.account_id or letter.queue
    keys = {channel: f"{letter.cause}:{recipient}:{channel}" for channel in due}
    known = {row.dedupe_key for row in await Notification.filter(dedupe_key__in=list(keys.values()))}
    missing = [channel for channel in due if keys[channel] not in known]
    new = [_row(letter, rendered, channel, keys[channel], due[channel]) for channel in missing]
    for row in new:
        await post(work, row)
    return new


async def post(work: Work, row: Notification) -> None:
    """The step that stores one message: in the app it is there at once, by any other channel a task sends it."""
    is_here = row.channel is Channel.IN_APP
    row.state = DeliveryState.SENT if is_here else DeliveryState.QUEUED
    row.sent_at = work.now if is_here else None
    await row.save(force_create=True)
    if is_here:
        work.note(row, NotificationCreated, template=row.template, channel=row.channel)
    else:
        send_later(work, row)


def send_later(work: Work, row: Notification) -> None:
    """A task of its own for each try: the version in its key tells them apart."""
    work.later(Timer.SEND_NOTIFICATION, row.due_at, row.id, row.version, notification_id=row.id)


async def _due(work: Work, letter: Letter) -> dict[Channel, datetime]:
    """The channels this letter takes, and when each may go."""
    due = {Channel.IN_APP: work.now}
    if letter.account_id is None:
        return due
    account = await work.lock(Account.all(), letter.account_id)  # one letter at a time, so that spacing counts true
    if letter.in_app_only or account.suspended_at is not None or await _is_too_soon(work, letter):
        return due
    wants = await wants_of(account.id)
    waits = quiet_until(
        work.now, Zone(account.zone).info, wants.quiet, is_urgent(letter.template), needed_by=letter.needed_by
    )
    for channel in channels_for(
        letter.template, wants.preference, has_email=account.email is not None, has_phone=account.phone is not None
    ):
        due.setdefault(channel, waits or work.now)
    return due


async def _is_too_soon(work: Work, letter: Letter) -> bool:
    """Whether such news about this booking left the house a moment ago, or still waits to."""
    spacing = SPACINGS.get(letter.template)
    if spacing is None:
        return False
    outside = Notification.filter(
        account_id=letter.account_id, booking_id=letter.booking_id, template__in=list(spacing.templates)
    ).exclude(channel=Channel.IN_APP)
    recent = Q(state=DeliveryState.SENT, created_at__gt=work.now - spacing.wait)
    return await outside.filter(Q(state=DeliveryState.QUEUED) | recent).exists()


def _row(letter: Letter, rendered: Rendered, channel: Channel, key: str, due_at: datetime) -> Notification:
    return Notification(
        dedupe_key=key, account_id=letter.account_id, queue=letter.queue, booking_id=letter.booking_id,
        channel=channel, template=letter.template, subject=rendered.subject, body=rendered.body,
        language=letter.language, parameters=list(rendered.parameters), due_at=due_at,
    )  # fmt: skip
