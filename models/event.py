"""The event log: outbox, audit trail and source of everything live, in one append-only table."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model


class Event(Model):
    """One thing that happened. `position` and `hash` are NULL until the relay numbers it; nothing else ever changes
    (trigger `event_is_final`)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    name = fields.CharField(max_length=60)
    subject = fields.UUIDField()
    payload = fields.JSONField[dict[str, Any]]()
    topics: list[str] = ArrayField(element_type="text")
    audience: list[str] = ArrayField(element_type="text")
    actor_id = fields.UUIDField(null=True)
    at = fields.DatetimeField()
    position = fields.BigIntField(null=True, unique=True)
    hash = fields.BinaryField(null=True)

    class Meta:
        table = "event"
        indexes = (Index(fields=("subject", "id")),)


class EventTopic(Model):
    """Which positions a topic heard: what a replay walks along. Primary key (topic, position), see the migration."""

    id = fields.BigIntField(primary_key=True, generated=True)
    topic = fields.CharField(max_length=80)
    position = fields.BigIntField()

    class Meta:
        table = "event_topic"
        unique_together = (("topic", "position"),)


class RelayHead(Model):
    """The one row that says how far positions go; its lock is the fence between relays."""

    log = fields.CharField(max_length=8, primary_key=True)  # always 'events' (a check constraint)
    position = fields.BigIntField()
    hash = fields.BinaryField()

    class Meta:
        table = "relay_head"
