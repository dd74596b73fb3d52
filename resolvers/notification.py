"""Questions and orders about notifications."""

from datetime import time
from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.delivery import DeliveryState
from domain.notification import Channel
from domain.permissions import Actor
from domain.refusals import NotAllowed, NotSignedIn
from domain.text import line
from models import notification as rows
from schema.context import Info
from schema.notification import (
    Delivery,
    MarkedNotifications,
    MarkNotificationsReadResult,
    Notification,
    Preference,
    ResendNotificationResult,
    SetPreferenceResult,
)
from schema.page import FIRST, Connection
from schema.reading import page
from services import notification as notifications

MAX_COUNTED = 100  # nobody reads a badge that says 4,711
MAX_QUEUE_CHARACTERS = 20  # as the table keeps it
NEWEST_FIRST = ("-id",)


@strawberry.type
class NotificationQuery:
    @strawberry.field(description="What the reader was told in the app, newest first.")
    async def my_notifications(
        self, info: Info, first: int = FIRST, after: str | None = None, unread_only: bool = False
    ) -> Connection[Notification]:
        found = _in_app(_signed_in(info), unread_only) & Q(account_id=info.context.actor.id)
        return await page(info, Notification, found, NEWEST_FIRST, first, after)

    @strawberry.field(description=f"How many notifications of the reader are unread; counted up to {MAX_COUNTED}.")
    async def unread_count(self, info: Info) -> int:
        unread = _in_app(_signed_in(info), unread_only=True) & Q(account_id=info.context.actor.id)
        return len(await rows.Notification.filter(unread).limit(MAX_COUNTED).values_list("id", flat=True))

    @strawberry.field(description="What a staff queue was told, newest first; for support.")
    async def queue_notifications(
        self,
        info: Info,
        queue: str = notifications.SUPPORT,
        first: int = FIRST,
        after: str | None = None,
        unread_only: bool = False,
    ) -> Connection[Notification]:
        unread = _in_app(_support(info), unread_only)
        found = unread & Q(queue=line(queue, "queue", MAX_QUEUE_CHARACTERS))
        return await page(info, Notification, found, NEWEST_FIRST, first, after)

    @strawberry.field(description="Messages that failed every time; support may send them again. Newest first.")
    async def dead_notifications(
        self, info: Info, first: int = FIRST, after: str | None = None
    ) -> Connection[Delivery]:
        dead = rows.Notification.seen_by(_support(info)) & Q(state=DeliveryState.DEAD)
        return await page(info, Delivery, dead, NEWEST_FIRST, first, after)

    @strawberry.field(description="What the reader wants to hear, and when it is quiet.")
    async def my_preference(self, info: Info) -> Preference:
        return Preference.of(await _wants(_signed_in(info)))


@strawberry.type
class NotificationMutation:
    @strawberry.mutation(description=f"Mark at most {notifications.MAX_IDS} notifications as read.")
    async def mark_notifications_read(self, info: Info, ids: list[UUID]) -> MarkNotificationsReadResult:
        return MarkedNotifications(count=await notifications.mark_read(info.context.actor, ids))

    @strawberry.mutation(description="Choose outside channels and quiet hours. Urgent news comes all the same.")
    async def set_preference(
        self, info: Info, email: bool, whatsapp: bool, sms: bool, quiet_from: time, quiet_until: time
    ) -> SetPreferenceResult:
        actor = info.context.actor
        await notifications.set_preference(actor, email, whatsapp, sms, quiet_from, quiet_until)
        return Preference.of(await _wants(actor))

    @strawberry.mutation(description="Send a dead message again, with all its tries.")
    async def resend_notification(self, info: Info, id: UUID) -> ResendNotificationResult:
        return Delivery.of(await notifications.resend(info.context.actor, id))


def _signed_in(info: Info) -> Actor:
    if info.context.actor.id is None:
        raise NotSignedIn()
    return info.context.actor


def _support(info: Info) -> Actor:
    actor = _signed_in(info)
    if not actor.sees_all("notification"):
        raise NotAllowed()
    return actor


def _in_app(actor: Actor, unread_only: bool) -> Q:
    found = rows.Notification.seen_by(actor) & Q(channel=Channel.IN_APP)
    return found & Q(read_at__isnull=True) if unread_only else found


async def _wants(actor: Actor) -> notifications.Wants:
    if actor.id is None:
        raise NotSignedIn()
    return await notifications.wants_of(actor.id)
