"""The conversation about a booking as its two sides and staff see it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.message import Side
from models import message as rows
from schema.context import Info
from schema.refusal import Refusal
from schema.table import reads

strawberry.enum(Side)


@reads(rows.Message, sent_at="created_at")
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
