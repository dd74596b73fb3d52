"""What a customer paid for a booking. The ledger joins it with the money issue."""

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
    method = fields.CharEnumField(PaymentMethod, max_length=16)
    state = fields.CharEnumField(PaymentState, max_length=16)
    amount_idr = fields.BigIntField()
    refunded_idr = fields.BigIntField(default=0)
    provider_reference = fields.CharField(max_length=80)
    authorised_at = fields.DatetimeField()

    class Meta:
        table = "payment"
