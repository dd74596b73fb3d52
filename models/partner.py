"""Partners, the services they offer, their prices and the units of their capacity."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.expressions import Q
from tortoise.indexes import Index

from domain.cancellation import Policy
from domain.partner import PartnerState, ServiceState
from domain.permissions import Actor
from domain.service import ServiceType, Unit
from models.row import EVERY, Row


class Partner(Row):
    """A provider of care. Its id is its account's id: one person, one identity in events and audiences."""

    name = fields.CharField(max_length=120)
    bio = fields.CharField(max_length=2000, default="")
    place = fields.CharField(max_length=300, default="")  # where a hotel's guests are brought; for agreed stays only
    zone = fields.CharField(max_length=4, default="WIB")
    state = fields.CharEnumField(PartnerState, default=PartnerState.ACTIVE, max_length=12)
    state_reason = fields.CharField(max_length=500, default="")  # why it was suspended or restored; for staff
    areas: list[str] = ArrayField(element_type="text", default=list)  # Kemendagri codes of any level
    rank = fields.SmallIntField(default=500)  # 0..1000, the sum of domain.rank's parts
    completed_count = fields.IntField(default=0)
    on_time_count = fields.IntField(default=0)
    cancelled_count = fields.IntField(default=0)
    no_show_count = fields.IntField(default=0)

    services: fields.ReverseRelation["PartnerService"]

    class Meta:
        table = "partner"
        indexes = (GinIndex(fields=("areas",)), Index(fields=("rank", "id")))

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        """P-01: the public sees an active partner that has an approved service; a partner also sees itself."""
        if actor.sees_all("partner"):
            return EVERY
        bookable = Q(state=PartnerState.ACTIVE, id__in=PartnerService.approved_partners())
        return bookable | Q(id=actor.id) if actor.id else bookable


class PartnerService(Row):
    """One of the four services as one partner offers it, decided on its own (P-03)."""

    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField(
        "models.Partner", related_name="services", on_delete=fields.RESTRICT
    )
    partner_id: UUID
    type = fields.CharEnumField(ServiceType, max_length=12)
    state = fields.CharEnumField(ServiceState, default=ServiceState.PENDING_EVIDENCE, max_length=20)
    cancel_policy = fields.CharEnumField(Policy, default=Policy.ONE_DAY, max_length=10)
    evidence = fields.JSONField[dict[str, int]](default=dict)  # kind -> items the reviewer confirmed
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=500, default="")

    prices: fields.ReverseRelation["Price"]

    class Meta:
        table = "partner_service"
        unique_together = (("partner", "type"),)
        indexes = (Index(fields=("type", "state")),)

    @classmethod
    def approved_partners(cls) -> Any:
        """Subquery: ids of partners with at least one approved service."""
        from tortoise.expressions import Subquery

        return Subquery(cls.filter(state=ServiceState.APPROVED).values("partner_id"))

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        if actor.sees_all("partner"):
            return EVERY
        public = Q(state=ServiceState.APPROVED, partner__state=PartnerState.ACTIVE)
        return public | Q(partner_id=actor.id) if actor.id else public


class Price(Row):
    """What one unit of a service costs, and how long it takes."""

    service: fields.ForeignKeyRelation[PartnerService] = fields.ForeignKeyField(
        "models.PartnerService", related_name="prices", on_delete=fields.RESTRICT
    )
    service_id: UUID
    title = fields.CharField(max_length=80)
    unit = fields.CharEnumField(Unit, max_length=8)
    minutes = fields.IntField()  # of one unit; for a night 1440
    price_idr = fields.BigIntField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "price"
        indexes = (Index(fields=("service_id", "price_idr")),)


class Resource(Row):
    """What can be booked once at a time: the partner in person, or one kennel of a hotel."""

    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField(
        "models.Partner", related_name="resources", on_delete=fields.RESTRICT
    )
    partner_id: UUID
    is_kennel = fields.BooleanField(default=False)
    label = fields.CharField(max_length=60)
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "resource"
        indexes = (Index(fields=("partner_id", "is_kennel")),)
