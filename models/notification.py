"""Notifications: one row per (event, recipient, channel), and what each person wants to receive."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q
from tortoise.indexes import Index, PartialIndex
from tortoise.models import Model

from domain.delivery import DeliveryState
from domain.notification import Channel, Template
from domain.permissions import Actor
from domain.refusals import Language
from models.row import Row


class Notification(Row):
    """A message to one account, or to one staff queue; `dedupe_key` = event, recipient and channel."""

    dedupe_key = fields.CharField(max_length=120, unique=True)
    account_id = fields.UUIDField(null=True)
    queue = fields.CharField(max_length=20, null=True)
    booking_id = fields.UUIDField(null=True)
    channel = fields.CharEnumField(Channel, max_length=10)
    template = fields.CharEnumField(Template, max_length=40)
    subject = fields.CharField(max_length=200)
    body = fields.CharField(max_length=2000)
    language = fields.CharEnumField(Language, default=Language.ID, max_length=2)
    parameters: list[str] = ArrayField(element_type="text", default=list)  # the body's facts, as WhatsApp numbers them
    state = fields.CharEnumField(DeliveryState, max_length=10)
    due_at = fields.DatetimeField()
    attempts = fields.SmallIntField(default=0)
    sent_at = fields.DatetimeField(null=True)
    read_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=300, default="")

    class Meta:
        table = "notification"
        indexes = (
            Index(fields=("account_id", "id")),
            Index(fields=("queue", "id")),
            PartialIndex(fields=("id",), condition={"state": "DEAD"}),
        )

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        if actor.sees_all("notification"):
            return Q(account_id=actor.id) | Q(queue__isnull=False) | Q(state=DeliveryState.DEAD)
        return Q(account_id=actor.id, account_id__isnull=False)  # nobody has no rows, not the queues'


class Preference(Model):
    """What a person switched off, and when they sleep (minutes since local midnight)."""

    account_id = fields.UUIDField(primary_key=True)
    email = fields.BooleanField(default=True)
    whatsapp = fields.BooleanField(default=True)
    sms = fields.BooleanField(default=True)
    quiet_from_minute = fields.SmallIntField(default=21 * 60)
    quiet_until_minute = fields.SmallIntField(default=7 * 60)

    class Meta:
        table = "preference"
