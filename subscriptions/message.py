"""The conversation about a booking, live."""

from collections.abc import AsyncIterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import message as rows
from schema.context import Info
from schema.message import Message
from schema.scalar import Cursor, cursor
from subscriptions.booking import check_sees
from subscriptions.hub import Heard
from subscriptions.stream import CaughtUp, Lagged, Stream, StreamEnded


@strawberry.type(description="A message was sent.")
class MessageSentItem:
    cursor: Cursor
    at: datetime
    booking_id: UUID
    message_id: UUID

    @strawberry.field(description="Its text is read now; the event itself holds none.")
    async def message(self, info: Info) -> Message:
        return Message.of(await info.context.loaders.one(rows.Message, self.message_id))

    @classmethod
    def of(cls, event: Heard) -> "MessageSentItem":
        facts = event.payload
        return cls(
            cursor=cursor(event.position), at=event.at, booking_id=UUID(facts["booking_id"]),
            message_id=UUID(facts["message_id"]),
        )  # fmt: skip


MessageItem = Annotated[MessageSentItem | CaughtUp | Lagged | StreamEnded, strawberry.union("MessageItem")]


@strawberry.type
class MessageSubscription:
    @strawberry.subscription(description="The messages of one booking, for those who see it.")
    async def booking_messages(
        self, info: Info, booking_id: UUID, after: Cursor | None = None
    ) -> AsyncIterable[MessageItem]:
        await check_sees(info, booking_id)
        return Stream(info, [f"messages:{booking_id}"], after, MessageSentItem.of)
