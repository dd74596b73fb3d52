"""Pets and the addresses where they are cared for."""

from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.indexes import Index

from domain.permissions import Actor
from models.account import Account
from models.row import EVERY, Row


class Pet(Row):
    owner: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="pets", on_delete=fields.RESTRICT
    )
    owner_id: UUID
    name = fields.CharField(max_length=60)
    species = fields.CharField(max_length=10)
    breed = fields.CharField(max_length=60, default="")
    size = fields.CharField(max_length=10)
    born_on = fields.DateField(null=True)
    notes = fields.CharField(max_length=1000, default="")
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "pet"
        indexes = (Index(fields=("owner_id", "id")),)

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        """Own pets; a partner sees a pet through the booking, not by its id."""
        return EVERY if actor.sees_all("booking") else Q(owner_id=actor.id)


class Address(Row):
    """A service address. An address that a booking used is never changed: it is archived and a new one made."""

    owner: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="addresses", on_delete=fields.RESTRICT
    )
    owner_id: UUID
    label = fields.CharField(max_length=60)
    recipient = fields.CharField(max_length=120)
    phone = fields.CharField(max_length=20)
    street = fields.CharField(max_length=300)
    landmark = fields.CharField(max_length=200, default="")
    region_code = fields.CharField(max_length=13)
    postcode = fields.CharField(max_length=5)
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "address"
        indexes = (Index(fields=("owner_id", "id")),)

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        return EVERY if actor.sees_all("booking") else Q(owner_id=actor.id)
