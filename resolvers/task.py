"""Dead letters of the background work."""

import strawberry
from tortoise.expressions import Q

from domain.refusals import NotAllowed, NotSignedIn
from domain.task import TaskState
from domain.text import line
from models import task as rows
from schema.context import Info
from schema.page import FIRST, Connection
from schema.reading import page
from schema.task import ResendTaskResult, Task
from services import task as tasks

MAX_KEY_CHARACTERS = 160  # as the table keeps it


@strawberry.type
class TaskQuery:
    @strawberry.field(description="Work that failed every time; staff may send it again. The latest first.")
    async def dead_tasks(self, info: Info, first: int = FIRST, after: str | None = None) -> Connection[Task]:
        actor = info.context.actor
        if not actor.sees_all("task"):
            raise NotAllowed() if actor.roles else NotSignedIn()
        dead = rows.Task.seen_by(actor) & Q(state=TaskState.DEAD)
        return await page(info, Task, dead, ("-due_at", "-key"), first, after)


@strawberry.type
class TaskMutation:
    @strawberry.mutation(description="Give a dead task a new life.")
    async def resend_task(self, info: Info, key: str) -> ResendTaskResult:
        return Task.of(await tasks.resend(info.context.actor, line(key, "key", MAX_KEY_CHARACTERS)))
