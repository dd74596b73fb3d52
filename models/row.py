"""What every table has: an id that sorts by age, the time it was made, and the version of the last change."""

from tortoise import fields
from tortoise.models import Model

from domain.identifier import new_id


class Row(Model):
    """Base of the tables whose rows are addressed one by one."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    created_at = fields.DatetimeField(auto_now_add=True)
    version = fields.IntField(default=1)

    class Meta:
        abstract = True
