"""Tasks are rows: reactions, timers and retries. The row decides; the queue only wakes somebody up."""

from typing import Any

from tortoise import fields
from tortoise.expressions import Q
from tortoise.indexes import Index
from tortoise.models import Model

from domain.permissions import Actor
from domain.task import TaskState
from models.row import EVERY, Seen


class Task(Seen):
    """One piece of work under a unique key. Claimed by a lease; only the attempt that claimed it may finish it."""

    key = fields.CharField(max_length=160, primary_key=True)
    name = fields.CharField(max_length=60)
    payload = fields.JSONField[dict[str, Any]](default=dict)
    state = fields.CharEnumField(TaskState, default=TaskState.DUE, max_length=8)
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField()
    lease_until = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=500, default="")

    class Meta:
        table = "task"
        indexes = (Index(fields=("state", "due_at")),)

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        return EVERY if actor.sees_all("task") else Q(key__in=[])


class IdempotencyKey(Model):
    """One answered request: the same key and input gives the same result again, other input is refused."""

    id = fields.BigIntField(primary_key=True, generated=True)
    actor_id = fields.UUIDField()
    operation = fields.CharField(max_length=40)
    key = fields.CharField(max_length=100)
    input_hash = fields.CharField(max_length=64)
    result_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "idempotency_key"
        unique_together = (("actor_id", "operation", "key"),)
