"""One use case, one transaction: who acts, when, what changed, what happened, and what is put off until later."""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
import orjson
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.account import EmailTaken
from domain.booking import SlotTaken
from domain.events import FOLDED, Event, plain
from domain.machine import Machine
from domain.permissions import Actor, Can, Claim
from domain.refusals import IdempotencyKeyReused, NotFound, OutcomeUnknown, Refusal, TryAgain
from domain.task import Timer
from domain.text import line
from integrations.fault import Point, fault_point
from integrations.nudge import NUDGE
from models.backend import transaction
from models.pool import NoConnectionFree, is_away
from models.record import records
from models.statement import insert, update
from models.task import IdempotencyKey

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Model)

ATTEMPTS = 8  # of one transaction that met a deadlock or a lock it could not wait for
MAX_KEY_CHARACTERS = 100
NOBODY_ID = UUID(int=0)
BUSY = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InvalidCachedStatementError,  # a migration went by; the next attempt prepares its statements again
)
# What the database refuses by a constraint, and what the client is told then.
BY_CONSTRAINT: dict[str, Callable[[], Refusal]] = {
    "booking_no_overlap": lambda: SlotTaken(field="startsAt"),
    "account_email_key": lambda: EmailTaken(field="email"),
}

# What a use case writes last. Events in the order in which they were noted: the relay numbers them by their ids.
KEEP = """
WITH answered AS (
  UPDATE idempotency_key SET result_id = $6 WHERE id = $5
), told AS (
  INSERT INTO event (name, subject, payload, topics, audience, actor_id, at)
  SELECT name, subject, payload, topics, audience, $2, $3
    FROM jsonb_to_recordset($1) AS e(name text, subject uuid, payload jsonb, topics text[], audience text[])
)
INSERT INTO task (key, name, payload, due_at, state, attempts, last_error)
SELECT key, name, payload, due_at, 'DUE', 0, ''
  FROM jsonb_to_recordset($4) AS t(key text, name text, payload jsonb, due_at timestamptz)
    ON CONFLICT DO NOTHING"""
KEEP_WITH_ROW = KEEP.replace("WITH answered", "WITH born AS (\n  {insert}\n), answered", 1)
FINISH = """
UPDATE task SET state = 'DONE', done_at = $3, lease_until = NULL
 WHERE key = $1 AND attempts = $2 AND state = 'RUNNING' RETURNING key"""
CLAIM_KEY = """
INSERT INTO idempotency_key (actor_id, operation, key, input_hash, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (actor_id, operation, key) DO NOTHING RETURNING id"""
# One after another for each account: the lock lasts until the commit. The second also claims a key.
TAKE_TURN = "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE"
CLAIM_KEY_IN_TURN = """
INSERT INTO idempotency_key (actor_id, operation, key, input_hash, created_at)
SELECT id, $2, $3, $4, $5 FROM account WHERE id = $1 FOR NO KEY UPDATE
    ON CONFLICT (actor_id, operation, key) DO NOTHING RETURNING id"""

log = logging.getLogger("rawat.work")

USE_CASES: dict[Can, Callable[..., Coroutine[Any, Any, Any]]] = {}


_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


@contextmanager
def acting_at(moment: datetime) -> Iterator[None]:
    """Use cases inside act at that moment instead of now: the demo world has a past."""
    before = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(before)


class StaleClaim(Exception):
    """Another attempt took the task over: whatever this one did is rolled back."""


class Due(NamedTuple):
    """A task to be written. The key is its own: the same key again is the same task."""

    key: str
    name: str
    payload: dict[str, Any]
    due_at: datetime


@dataclass
class Work:
    """One unit of work: everything in it is committed together or not at all."""

    actor: Actor
    now: datetime = field(default_factory=lambda: _moment.get() or datetime.now(UTC))
    events: list[Event] = field(default_factory=list)
    tasks: list[Due] = field(default_factory=list)
    answered: tuple[int, UUID] | None = None  # the idempotency key and the id of the row that is its result
    unborn: Any = None  # a row that is inserted with the events

    async def lock(self, rows: QuerySet[M], id: object) -> M:
        """Take the row for the rest of the transaction; unseen is the same as absent (NotFound)."""
        table = rows.model._meta.db_table
        row = await rows.filter(id=id).select_for_update(of=(table,), no_key=True).first()
        if row is None:
            raise NotFound()
        return row

    async def born(self, row: Any, event: type[Event], **facts: Any) -> None:
        """Insert a new row and note its first event, with every folded field that has a value."""
        self._note_birth(row, event, facts)
        await insert(row)

    def born_at_the_end(self, row: Any, event: type[Event], **facts: Any) -> None:
        """The same for one row that no statement of this use case looks for: it is inserted with the events, by one
        statement. A constraint that it violates is a refusal as ever, but the use case does not see it."""
        if self.unborn is not None:
            raise ValueError("one row only is born at the end")
        self._note_birth(row, event, facts)
        self.unborn = row

    def _note_birth(self, row: Any, event: type[Event], facts: dict[str, Any]) -> None:
        row.created_at = self.now  # the moment of the work, also where it acts in the past
        found = {name: getattr(row, name) for name in FOLDED.get(event.noun, ())}
        folded = {name: value for name, value in found.items() if value is not None}
        self.note(row, event, **folded, **facts)

    async def move(self, row: Any, machine: Machine[Any], verb: str, *, facts: dict[str, Any] | None = None,
                   **changes: Any) -> None:  # fmt: skip
        """Do one row of the machine's table; raises IllegalMove when the state does not allow it."""
        move = machine.move(row.state, verb)
        await self.change(row, move.event, facts=facts, state=move.target, **changes)

    async def change(self, row: Any, event: type[Event], *, facts: dict[str, Any] | None = None,
                     **changes: Any) -> None:  # fmt: skip
        """Set fields, raise the version, and note the event with those of the changes that are folded."""
        await self.edit(row, **changes)
        folded = {name: value for name, value in changes.items() if name in FOLDED.get(event.noun, ())}
        self.note(row, event, **folded, **(facts or {}))

    async def edit(self, row: Any, **changes: Any) -> None:
        """Set fields and raise the version, without an event."""
        for name, value in changes.items():
            setattr(row, name, value)
        row.version += 1
        await update(row, (*changes, "version"))

    def note(self, row: Any, event: type[Event], **facts: Any) -> None:
        """Say what happened; it is stored with the change."""
        self.events.append(event.about(row, facts))  # type: ignore[attr-defined]

    def later(self, timer: Timer, at: datetime, *about: object, **payload: Any) -> None:
        """Put a job off until `at`. The key is the timer and what it is about, so asking twice is one task."""
        key = ":".join([timer.value, *(str(part) for part in about)])
        facts = {name: plain(value) for name, value in payload.items()}
        self.tasks.append(Due(key, timer.value, facts, at))

    async def keep(self) -> None:
        """Write events, tasks and the answer to an idempotency key; the last statement before the commit."""
        if self.events or self.tasks or self.answered:
            told = [
                {"name": type(event).__name__, "subject": event.subject, "payload": event.payload,
                 "topics": event.topics, "audience": event.audience}
                for event in self.events
            ]  # fmt: skip
            due = [task._asdict() for task in self.tasks]
            key_id, result_id = self.answered or (None, None)
            values = [_json(told), self.actor.id, self.now, _json(due), key_id, result_id]
            if self.unborn is None:
                await records(KEEP, values)
            else:
                await insert(self.unborn, KEEP_WITH_ROW, values)


UseCase: TypeAlias = Callable[Concatenate[Actor, P], Coroutine[Any, Any, R]]
Act: TypeAlias = Callable[Concatenate[Work, P], Coroutine[Any, Any, R]]


def use_case(
    can: Can, replays: type[Model] | None = None, in_turn: bool = False
) -> Callable[[Act[P, R]], UseCase[P, R]]:
    """Check the permission, open the transaction, store events and tasks with the change. `in_turn`: one at a time for
    each account.

    With `replays`, a call by `actor.once(key)` has its effect once: the same key and input gives the row of that model
    again, other input raises IdempotencyKeyReused. A call by `actor.doing(claim)` also finishes the claimed task in the
    same transaction, or raises StaleClaim and changes nothing. Raises TryAgain when the database stayed busy or is
    away, and OutcomeUnknown when it went away during the commit and a second try could do it twice.
    """

    def decorate(act: Act[P, R]) -> UseCase[P, R]:
        async def inside(work: Work, *args: P.args, **kwargs: P.kwargs) -> R:
            if work.actor.key is not None:
                claim = CLAIM_KEY_IN_TURN if in_turn else CLAIM_KEY
                return await _keyed(work, can, replays, claim, lambda: act(work, *args, **kwargs), (args, kwargs))  # type: ignore[no-any-return]
            if in_turn and not await records(TAKE_TURN, [work.actor.id]):
                raise NotFound()
            return await act(work, *args, **kwargs)

        @wraps(act)
        async def run(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            actor.must(can)
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    result, work = await _committed(actor, lambda work: inside(work, *args, **kwargs))
                except BUSY as busy:
                    if attempt == ATTEMPTS:
                        raise TryAgain() from busy
                    await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)
                    continue
                except NoConnectionFree as busy:  # it has waited long enough
                    raise TryAgain() from busy
                except IntegrityError as error:
                    raise refused_by_constraint(error) from error
                if work.events or work.tasks:
                    NUDGE.ring()
                return result
            raise AssertionError("unreachable")

        if can in USE_CASES:
            raise ValueError(f"{can} has two use cases")
        USE_CASES[can] = run
        return run

    return decorate


async def _committed(actor: Actor, act: Callable[[Work], Coroutine[Any, Any, R]]) -> tuple[R, Work]:
    """Act in a transaction of its own, with everything that belongs to it."""
    is_kept = False
    try:
        async with transaction():
            work = Work(actor)
            if actor.claim:
                await finish(actor.claim, work.now)
            result = await act(work)
            await work.keep()
            is_kept = True
            fault_point(Point.BEFORE_COMMIT)
    except Exception as error:
        if isinstance(error, BUSY) or not is_away(error):
            raise
        raise _interrupted(actor, error, is_kept=is_kept) from error
    fault_point(Point.AFTER_COMMIT)
    return result, work


def _interrupted(actor: Actor, error: Exception, *, is_kept: bool) -> Refusal:
    """What the caller is told when the database went away: before the commit nothing was done. During it nobody knows;
    then a key or a claim makes another try safe."""
    log.warning("the database went away: %s", type(error).__name__)
    is_safe = not is_kept or actor.key is not None or actor.claim is not None
    return TryAgain() if is_safe else OutcomeUnknown()


def refused_by_constraint(error: IntegrityError) -> Exception:
    """The refusal that belongs to the violated constraint, or the error itself when it is a bug."""
    cause = error.args[0] if error.args else error
    make = BY_CONSTRAINT.get(getattr(cause, "constraint_name", None) or "")
    return make() if make else error


async def finish(claim: Claim, now: datetime) -> None:
    """Mark the claimed task done; raises StaleClaim when another attempt has it (the row stays locked till commit)."""
    if not await records(FINISH, [claim.task_key, claim.attempt, now]):
        raise StaleClaim(claim.task_key)


async def _keyed(
    work: Work, can: Can, replays: type[Model] | None, claim: str, act: Callable[[], Coroutine[Any, Any, Any]],
    given: object,
) -> Any:  # fmt: skip
    """Act once per (actor, use case, key): a twin in flight waits at the unique index until the first one is done."""
    key = work.actor.key or ""
    if replays is None:
        raise ValueError(f"{can} takes no idempotency key")
    key = line(key, "idempotencyKey", MAX_KEY_CHARACTERS)
    who, input_hash = work.actor.id or NOBODY_ID, _fingerprint(given)
    claimed = await records(claim, [who, can.value, key, input_hash, work.now])
    if not claimed:
        first = await IdempotencyKey.get_or_none(actor_id=who, operation=can.value, key=key)
        if first is None:  # there is no such account to take a turn
            raise NotFound()
        if first.input_hash != input_hash:
            raise IdempotencyKeyReused(field="idempotencyKey")
        result = await replays.get_or_none(id=first.result_id)
        if result is None:  # what was made has been forgotten since
            raise NotFound()
        return result
    result = await act()
    work.answered = claimed[0]["id"], result.id
    return result


def _json(value: object) -> str:
    return orjson.dumps(value, default=plain).decode()


def _fingerprint(given: object) -> str:
    try:
        text = orjson.dumps(given, option=orjson.OPT_SORT_KEYS, default=plain)
    except TypeError:  # a lone surrogate, which the use case will refuse by its field's name
        text = repr(given).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()
