"""What every table has: an id that sorts by age, the time it was made, and the version of the last change."""

from typing import Self
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriversUUID
from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.identifier import new_number
from domain.permissions import Actor

EVERY = Q()  # the condition of who sees all rows


def new_row_id() -> UUID:
    """A fresh id, of the class that ids have when they are read: it is written faster, as text and to PostgreSQL."""
    made: UUID = DriversUUID(new_number().to_bytes(16, "big"))
    return made


class Seen(Model):
    """Base of the tables of which each actor sees some rows."""

    class Meta:
        abstract = True

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        """The rows the actor may see: the one place that says so, for reads and for use cases."""
        raise NotImplementedError(f"nobody has said who sees {cls.__name__}")

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Self]:
        """The rows of `seen_by`, to go on from."""
        return cls.filter(cls.seen_by(actor))


class Row(Seen):
    """Base of the tables whose rows are addressed one by one."""

    id = fields.UUIDField(primary_key=True, default=new_row_id)
    created_at = fields.DatetimeField(auto_now_add=True)
    version = fields.IntField(default=1)

    class Meta:
        abstract = True
