"""The event log: outbox, audit trail and source of everything live, in one append-only table."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model


class Event(Model):
    """One thing that happened. `position` and `hash` are NULL until the relay numbers it; nothing else ever changes
    (trigger `event_is_final`)."""

    id: int = fields.BigIntField(primary_key=True, generated=True)
    name: str = fields.CharField(max_length=60)
    subject: UUID = fields.UUIDField()
    payload: dict[str, Any] = fields.JSONField[dict[str, Any]]()
    topics: list[str] = ArrayField(element_type="text")
    audience: list[str] = ArrayField(element_type="text")
    actor_id: UUID | None = fields.UUIDField(null=True)
    at: datetime = fields.DatetimeField()
    position: int | None = fields.BigIntField(null=True, unique=True)
    hash: bytes | None = fields.BinaryField(null=True)

    class Meta:
        table = "event"
        indexes = (Index(fields=("subject", "id")),)


class EventTopic(Model):
    """Which positions a topic heard: what a replay walks along. Primary key (topic, position), see the migration."""

    id: int = fields.BigIntField(primary_key=True, generated=True)
    topic: str = fields.CharField(max_length=80)
    position: int = fields.BigIntField()

    class Meta:
        table = "event_topic"
        unique_together = (("topic", "position"),)


class RelayHead(Model):
    """The one row that says how far positions go; its lock is the fence between relays."""

    log: str = fields.CharField(max_length=8, primary_key=True)  # always 'events' (a check constraint)
    position: int = fields.BigIntField()
    hash: bytes = fields.BinaryField()

    class Meta:
        table = "relay_head"
