"""Notifications, live: a reader's own, and for support also those of its queue."""

from collections.abc import AsyncIterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.refusals import NotSignedIn
from models import notification as rows
from schema.context import Info
from schema.notification import Notification
from schema.scalar import Cursor, cursor
from services.notification import SUPPORT
from subscriptions.hub import Heard
from subscriptions.stream import CaughtUp, Lagged, Stream, StreamEnded


@strawberry.type(description="The reader was told something.")
class NotificationCreatedItem:
    cursor: Cursor
    at: datetime
    notification_id: UUID

    @strawberry.field(description="Its text is read now; the event itself holds none.")
    async def notification(self, info: Info) -> Notification:
        return Notification.of(await info.context.loaders.one(rows.Notification, self.notification_id))

    @classmethod
    def of(cls, event: Heard) -> "NotificationCreatedItem":
        return cls(cursor=cursor(event.position), at=event.at, notification_id=UUID(event.payload["notification_id"]))


NotificationItem = Annotated[
    NotificationCreatedItem | CaughtUp | Lagged | StreamEnded, strawberry.union("NotificationItem")
]


@strawberry.type
class NotificationSubscription:
    @strawberry.subscription(description="What the reader is told in the app; for support also what its queue is told.")
    async def notifications(self, info: Info, after: Cursor | None = None) -> AsyncIterable[NotificationItem]:
        actor = info.context.actor
        if actor.id is None:
            raise NotSignedIn()
        topics = [f"notifications:{actor.id}"]
        if actor.sees_all("notification"):
            topics.append(f"queue-notifications:{SUPPORT}")
        return Stream(info, topics, after, NotificationCreatedItem.of)
