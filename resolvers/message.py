"""Orders about messages."""

from uuid import UUID

import strawberry

from schema.context import Info
from schema.message import Message, MessageResult
from services import message as messages


@strawberry.type
class MessageMutation:
    @strawberry.mutation(description="Write to the other side of a booking.")
    async def send_message(self, info: Info, booking_id: UUID, body: str, idempotency_key: str) -> MessageResult:
        return Message.of(await messages.send(info.context.actor.once(idempotency_key), booking_id, body))
