"""Background work that failed for good, as staff see it."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.task import TaskState
from models import task as rows
from schema.refusal import Refusal
from schema.table import reads

strawberry.enum(TaskState)


@reads(rows.Task)
@strawberry.type(description="A piece of background work.")
class Task:
    key: str
    name: str
    state: TaskState
    attempts: int
    last_error: str
    due_at: datetime

    @classmethod
    def of(cls, row: rows.Task) -> "Task":
        return cls(
            key=row.key, name=row.name, state=row.state, attempts=row.attempts, last_error=row.last_error,
            due_at=row.due_at,
        )  # fmt: skip


ResendTaskResult = Annotated[Task | Refusal, strawberry.union("ResendTaskResult")]
