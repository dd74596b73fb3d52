"""When a partner works: the weekly plan and its exceptions, in the partner's own zone."""

from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from models.partner import Partner
from models.row import Row


class PlanPeriod(Row):
    """Open hours of one weekday, in minutes since local midnight (0..1440), half-open."""

    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField(
        "models.Partner", related_name="plan", on_delete=fields.RESTRICT
    )
    partner_id: UUID
    weekday = fields.SmallIntField()  # 0 = Monday
    opens_minute = fields.SmallIntField()
    closes_minute = fields.SmallIntField()

    class Meta:
        table = "plan_period"
        indexes = (Index(fields=("partner_id", "weekday")),)


class PlanException(Row):
    """A local day that differs from the plan: closed hours, a free day, or extra hours."""

    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField(
        "models.Partner", related_name="exceptions", on_delete=fields.RESTRICT
    )
    partner_id: UUID
    on_day = fields.DateField()
    available = fields.BooleanField()
    opens_minute = fields.SmallIntField(null=True)
    closes_minute = fields.SmallIntField(null=True)
    note = fields.CharField(max_length=200, default="")

    class Meta:
        table = "plan_exception"
        indexes = (Index(fields=("partner_id", "on_day")),)
