"""The conversation about a booking as its two sides and staff see it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.message import Side
from models import message as rows
from models.booking import Booking
from schema.context import Info
from schema.nested import Asked, first_children, first_page
from schema.page import FIRST, Connection, check_first, page
from schema.refusal import Refusal

OLDEST_FIRST = "id"

strawberry.enum(Side)


@strawberry.type
class Message:
    row: strawberry.Private[rows.Message]
    id: UUID
    side: Side
    body: str
    sent_at: datetime

    @classmethod
    def of(cls, row: rows.Message) -> "Message":
        return cls(row=row, id=row.id, side=row.side, body=row.body, sent_at=row.created_at)

    @strawberry.field(description="Whether the reader wrote it.")
    def is_mine(self, info: Info) -> bool:
        return self.row.sender_id == info.context.actor.id


MessageResult = Annotated[Message | Refusal, strawberry.union("MessageResult")]


async def messages_of(
    info: Info, booking: Booking, first: int = FIRST, after: str | None = None
) -> Connection[Message]:
    """The booking's messages, newest last; nothing for staff that does not read conversations."""
    actor = info.context.actor
    check_first(first)
    if not actor.sees_all("message") and actor.id not in (booking.customer_id, booking.partner_id):
        return first_page([], first, Message.of)
    if after is not None:  # a cursor belongs to one booking, so there is nothing to batch
        return await page(rows.Message.filter(booking_id=booking.id), (OLDEST_FIRST,), first, after, Message.of)
    found = await info.context.loaders.found(_first_messages, (booking.id, first))
    return first_page(found or [], first, Message.of)


async def _first_messages(asked: Sequence[Asked]) -> Mapping[Asked, list[rows.Message]]:
    return await first_children(rows.Message, "booking_id", OLDEST_FIRST, asked)
