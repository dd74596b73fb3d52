"""What customer and partner of a booking write to each other, and how fast the partner replies (Q-07)."""

from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.indexes import Index

from domain.message import Side
from domain.permissions import Actor
from models.booking import Booking
from models.row import EVERY, Row


class Message(Row):
    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="messages", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    partner_id = fields.UUIDField()
    sender_id = fields.UUIDField()
    side = fields.CharEnumField(Side, max_length=8)
    body = fields.CharField(max_length=2000)
    reply_s = fields.IntField(null=True)  # a partner's answer: seconds since the oldest unanswered message

    class Meta:
        table = "message"
        indexes = (Index(fields=("booking_id", "id")), Index(fields=("partner_id", "reply_s")))

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        if actor.sees_all("message"):
            return EVERY
        return Q(booking__customer_id=actor.id) | Q(partner_id=actor.id)
