"""Bookings, what was ticked, logged and noticed during them, and who may see them."""

from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.indexes import Index

from domain.booking import BOOKING, BookingState, IncidentKind
from domain.cancellation import Policy
from domain.permissions import Actor
from domain.service import CareKind, ChecklistItem, ServiceType, Unit
from models.account import Account
from models.partner import Partner, PartnerService, Price, Resource
from models.pet import Address, Pet
from models.row import EVERY, Row


class Booking(Row):
    """One job. `resource` with `blocked_from`/`blocked_until` (buffer included) is what the exclusion constraint
    `booking_no_overlap` keeps free of overlaps while the state is one of `domain.booking.BLOCKING`."""

    code = fields.CharField(max_length=12, unique=True)
    customer: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="bookings", on_delete=fields.RESTRICT
    )
    customer_id: UUID
    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField(
        "models.Partner", related_name="bookings", on_delete=fields.RESTRICT
    )
    partner_id: UUID
    service: fields.ForeignKeyRelation[PartnerService] = fields.ForeignKeyField(
        "models.PartnerService", related_name="bookings", on_delete=fields.RESTRICT
    )
    service_id: UUID
    option: fields.ForeignKeyRelation[Price] = fields.ForeignKeyField(
        "models.Price", related_name="bookings", on_delete=fields.RESTRICT
    )
    option_id: UUID
    resource: fields.ForeignKeyRelation[Resource] = fields.ForeignKeyField(
        "models.Resource", related_name="bookings", on_delete=fields.RESTRICT
    )
    resource_id: UUID
    pet: fields.ForeignKeyRelation[Pet] = fields.ForeignKeyField(
        "models.Pet", related_name="bookings", on_delete=fields.RESTRICT
    )
    pet_id: UUID
    address: fields.ForeignKeyNullableRelation[Address] = fields.ForeignKeyField(
        "models.Address", related_name="bookings", on_delete=fields.RESTRICT, null=True
    )
    address_id: UUID | None

    service_type = fields.CharEnumField(ServiceType, max_length=12)
    state = fields.CharEnumField(BookingState, default=BOOKING.start, max_length=24)
    zone = fields.CharField(max_length=4)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    blocked_from = fields.DatetimeField()
    blocked_until = fields.DatetimeField()
    unit = fields.CharEnumField(Unit, max_length=8)
    units = fields.SmallIntField()

    # Snapshots taken at the hold; they never change later (M-01).
    price_idr = fields.BigIntField()
    commission_bp = fields.IntField()
    commission_idr = fields.BigIntField()
    net_idr = fields.BigIntField()
    cancel_policy = fields.CharEnumField(Policy, max_length=10)
    refund_idr = fields.BigIntField(null=True)
    refund_rule = fields.CharField(max_length=40, default="")

    note = fields.CharField(max_length=1000, default="")
    end_reason = fields.CharField(max_length=500, default="")
    hold_expires_at = fields.DatetimeField()
    requested_at = fields.DatetimeField(null=True)
    request_expires_at = fields.DatetimeField(null=True)
    answered_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    completed_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    late_until = fields.DatetimeField(null=True)  # the arrival the partner announced
    late_reason = fields.CharField(max_length=200, default="")
    last_update_at = fields.DatetimeField(null=True)
    has_no_updates = fields.BooleanField(default=False)

    class Meta:
        table = "booking"
        indexes = (
            Index(fields=("customer_id", "starts_at", "id")),
            Index(fields=("partner_id", "starts_at", "id")),
            Index(fields=("partner_id", "state")),
            Index(fields=("starts_at", "id")),
        )

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        """The customer's own; the partner's from the request on (a hold is not the partner's business yet)."""
        if actor.sees_all("booking"):
            return EVERY
        return Q(customer_id=actor.id) | Q(partner_id=actor.id, requested_at__isnull=False)


class ChecklistTick(Row):
    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="ticks", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    item = fields.CharEnumField(ChecklistItem, max_length=24)
    at_end = fields.BooleanField(default=False)  # ticked for the end of the job (trainers, Q-05)

    class Meta:
        table = "checklist_tick"
        unique_together = (("booking", "item", "at_end"),)


class CareLog(Row):
    """One entry of a hotel day (Q-06)."""

    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="care_logs", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    on_day = fields.DateField()
    kind = fields.CharEnumField(CareKind, max_length=8)
    note = fields.CharField(max_length=500, default="")

    class Meta:
        table = "care_log"
        unique_together = (("booking", "on_day", "kind"),)


class Incident(Row):
    """Something support should look at. `cause` makes each noticed thing one incident, however often noticed."""

    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="incidents", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    kind = fields.CharEnumField(IncidentKind, max_length=16)
    cause = fields.CharField(max_length=80)
    item = fields.CharEnumField(ChecklistItem, max_length=24, null=True)
    note = fields.CharField(max_length=1000, default="")
    reported_by = fields.UUIDField(null=True)

    class Meta:
        table = "incident"
        unique_together = (("booking", "kind", "cause"),)

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        """For staff who see every booking; to others no incident exists."""
        return EVERY if actor.sees_all("booking") else Q(id__in=[])
