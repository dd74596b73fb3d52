"""What a customer paid for a booking. The ledger joins it with the money issue."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from domain.payment import PaymentMethod, PaymentState
from models.booking import Booking
from models.row import Row


class Payment(Row):
    booking: fields.OneToOneRelation[Booking] = fields.OneToOneField(
        "models.Booking", related_name="payment", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    method: PaymentMethod = fields.CharEnumField(PaymentMethod, max_length=16)
    state: PaymentState = fields.CharEnumField(PaymentState, max_length=16)
    amount_idr: int = fields.BigIntField()
    refunded_idr: int = fields.BigIntField(default=0)
    provider_reference: str = fields.CharField(max_length=80)
    authorised_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payment"
