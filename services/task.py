"""Background work as rows: what follows from an event, claiming, failing, and sending a dead letter again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise import connections

from domain.permissions import Can, Claim
from domain.refusals import IllegalMove, NotFound
from domain.task import LEASE, Periodic, TaskState, next_try_at, period_key
from models.task import Task
from services.work import Due, Work, use_case

MAX_ERROR_CHARACTERS = 500
UNKNOWN_WAIT = timedelta(seconds=60)
CLAIM = """
UPDATE task SET state = 'RUNNING', attempts = attempts + 1, lease_until = $2::timestamptz + $3::interval
WHERE key = $1 AND (state = 'DUE' AND due_at <= $2 OR state = 'RUNNING' AND lease_until < $2)
RETURNING name, payload::text AS payload, attempts"""
DUE = """
SELECT key, attempts FROM task
WHERE (state = 'DUE' AND due_at <= $1 OR state = 'RUNNING' AND lease_until < $1)
  AND ($3::interval IS NULL OR $1 <= now() + $3) ORDER BY due_at LIMIT $2"""


@use_case(Can.REACT)
async def react(work: Work, position: int, jobs: Sequence[str]) -> None:
    """Write one task per job that follows from the event at `position`."""
    work.tasks += [Due(f"{position}:{job}", job, {"position": position}, work.now) for job in jobs]


@use_case(Can.RESEND_TASK)
async def resend(work: Work, key: str) -> Task:
    """Give a dead task a new life; raises IllegalMove for any other."""
    task = await _locked(work, key)
    if task.state is not TaskState.DEAD:
        raise IllegalMove(verb="resend", state=task.state.value)
    task.state, task.attempts, task.due_at, task.last_error = TaskState.DUE, 0, work.now, ""
    await task.save(update_fields=["state", "attempts", "due_at", "last_error"])
    return task


async def _locked(work: Work, key: str) -> Task:
    task = await Task.visible_to(work.actor).filter(key=key).select_for_update().first()
    if task is None:
        raise NotFound()
    return task


async def begin_periods(every: Mapping[Periodic, timedelta], now: datetime) -> None:
    """Make sure that each period has its task; a period that passed while no worker ran is not made up for."""
    tasks = [Task(key=period_key(work, each, now), name=work.value, due_at=now) for work, each in every.items()]
    await Task.bulk_create(tasks, ignore_conflicts=True)


async def due(now: datetime, limit: int, ahead: timedelta | None = None) -> list[tuple[str, int]]:
    """Keys of tasks that should run, longest waiting first, each with the attempts it has had. Nothing is due for a
    caller whose clock is more than `ahead` of the database's: it would free holds and end leases too early."""
    rows = await connections.get("default").execute_query_dict(DUE, [now, limit, ahead])
    return [(row["key"], row["attempts"]) for row in rows]


async def claim(key: str, now: datetime) -> tuple[Claim, str, Any] | None:
    """Take a due task for one lease: the claim, the job's name and the payload as JSON text; None when not due."""
    rows = await connections.get("default").execute_query_dict(CLAIM, [key, now, LEASE])
    if not rows:
        return None
    return Claim(key, rows[0]["attempts"]), rows[0]["name"], rows[0]["payload"]


async def done(claim: Claim, note: str = "") -> None:
    """Finish the task unless its use case did so already, or another attempt has it."""
    await _mine(claim).update(
        state=TaskState.DONE, done_at=datetime.now(UTC), lease_until=None, last_error=note[:MAX_ERROR_CHARACTERS]
    )


async def failed(claim: Claim, error: str) -> bool:
    """Put the task off with backoff, or lay it among the dead letters; whether it is dead now."""
    now = datetime.now(UTC)
    again = next_try_at(claim.attempt, now)
    await _mine(claim).update(
        state=TaskState.DUE if again else TaskState.DEAD, due_at=again or now, lease_until=None,
        last_error=error[:MAX_ERROR_CHARACTERS],
    )  # fmt: skip
    return again is None


async def leave(claim: Claim, wait: timedelta = UNKNOWN_WAIT) -> None:
    """Give a task back untried: this process does not know its job, or stops in the middle; another one will do it."""
    await _mine(claim).update(
        state=TaskState.DUE, attempts=claim.attempt - 1, due_at=datetime.now(UTC) + wait, lease_until=None
    )


def _mine(claim: Claim) -> Any:
    return Task.filter(key=claim.task_key, attempts=claim.attempt, state=TaskState.RUNNING)
