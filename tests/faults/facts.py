"""What is in the database, in Redis and in the logs when everything has healed: the other side of the history."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.database import database
from app.settings import DEVELOPMENT_EVENT_KEY
from services.invariant import INVARIANTS, chain_is_whole, rows_are_folds
from tests.faults.history import History
from tests.faults.rig import Rig

QUIET_WITHIN_S = 60.0  # O6: nothing older than this after healing
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MAX_SCANNED_KEYS = 20_000

BOOKINGS = """
SELECT b.id::text, b.customer_id::text AS customer, b.resource_id::text AS resource, b.state, b.blocked_from,
       b.blocked_until, b.hold_expires_at, b.price_idr, b.refund_idr, b.requested_at IS NOT NULL AS is_requested
  FROM booking b"""
PAYMENTS = "SELECT booking_id::text AS booking, amount_idr, refunded_idr FROM payment"
KEYS = "SELECT actor_id::text AS actor, operation, key, result_id::text AS result FROM idempotency_key"
MESSAGES = "SELECT id::text, booking_id::text AS booking, body FROM message"
EVENTS = """
SELECT id, name, subject::text AS subject, position, topics, audience, payload ? 'booking_id' AS is_of_booking
  FROM event ORDER BY position"""
ACCOUNTS = "SELECT phone, count(*) AS count FROM account WHERE phone IS NOT NULL GROUP BY phone"
OPEN_TASKS = """
SELECT key, state, due_at, lease_until, last_error FROM task
 WHERE state = 'DUE' AND (due_at < now() OR attempts > 0) OR state = 'RUNNING' OR state = 'DEAD'"""
UNNUMBERED = "SELECT count(*) AS count FROM event WHERE position IS NULL"
SESSIONS = """
SELECT pid, state, now() - state_change AS since, query FROM pg_stat_activity
 WHERE datname = current_database() AND state LIKE 'idle in transaction%'"""
LOCKS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
DEAD_HOLDS = "SELECT id::text FROM booking WHERE state = 'HELD' AND hold_expires_at < now() - interval '60 s'"


@dataclass
class Facts:
    """One reading of everything that oracles compare with the history."""

    bookings: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    accounts: dict[str, int] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)  # account id by the name in the history
    left: list[str] = field(default_factory=list)  # O6: what was still waiting when patience ended
    quiet_s: float = 0.0
    invariants: list[str] = field(default_factory=list)  # sentences of what does not hold
    sessions: list[str] = field(default_factory=list)
    dead_holds: list[str] = field(default_factory=list)
    recoveries_s: list[float] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)  # logs, Redis's keys and values: where no canary may be


async def waiting(rig: Rig) -> list[str]:
    """What is due and not done."""
    async with rig.database() as connection:
        tasks = await connection.fetch(OPEN_TASKS)
        unnumbered = await connection.fetchval(UNNUMBERED)
    found = [f"{row['key']} is {row['state']} {row['last_error']}".strip() for row in tasks]
    return found + ([f"{unnumbered} events without a position"] if unnumbered else [])


async def quiet(rig: Rig, within_s: float = QUIET_WITHIN_S) -> tuple[list[str], float]:
    """Wait until nothing waits any more; what was left, and how long it took."""
    began = time.monotonic()
    while left := await waiting(rig):
        if time.monotonic() - began > within_s:
            break
        await asyncio.sleep(0.1)
    return left, time.monotonic() - began


async def read(rig: Rig, actors: dict[str, str]) -> Facts:
    """Everything, once the system has healed and is quiet."""
    left, quiet_s = await quiet(rig)
    facts = Facts(actors=actors, left=left, quiet_s=quiet_s)
    facts.bookings = await rig.rows(BOOKINGS)
    facts.payments = await rig.rows(PAYMENTS)
    facts.keys = await rig.rows(KEYS)
    facts.messages = await rig.rows(MESSAGES)
    facts.events = await rig.rows(EVENTS)
    facts.accounts = {row["phone"]: row["count"] for row in await rig.rows(ACCOUNTS)}
    facts.dead_holds = [row["id"] for row in await rig.rows(DEAD_HOLDS)]
    facts.sessions = await _sessions(rig)
    facts.recoveries_s = [seconds for part in rig.parts.values() for seconds in part.restarts]
    facts.texts = await _texts(rig)
    async with database(rig.postgres.url):
        for invariant in INVARIANTS:
            facts.invariants += await invariant()
        facts.invariants += await rows_are_folds(LONG_AGO)
        facts.invariants += await chain_is_whole(DEVELOPMENT_EVENT_KEY.encode())
    return facts


async def _sessions(rig: Rig) -> list[str]:
    """Transactions and locks that somebody left behind; asked for a while, since at any moment somebody may be busy."""
    found: list[str] = []
    for _ in range(20):
        rows = await rig.rows(SESSIONS)
        found = [f"idle in transaction: {row['query']}" for row in rows if row["since"].total_seconds() > 1]
        found += [f"an advisory lock of {row['pid']}" for row in await rig.rows(LOCKS)]
        if not found:
            break
        await asyncio.sleep(0.2)
    return found


async def _texts(rig: Rig) -> dict[str, str]:
    """Everything that was logged, and all that Redis holds."""
    logs = {str(file.relative_to(rig.folder)): file.read_text(errors="replace") for file in rig.folder.rglob("*.log")}
    async with rig.redis() as redis:
        held = []
        async for key in redis.scan_iter(count=1000):
            held.append(f"{key!r} {await _value(redis, key)!r}")
            if len(held) > MAX_SCANNED_KEYS:
                break
    return logs | {"redis": "\n".join(held)}


async def _value(redis: Any, key: bytes) -> Any:
    kind = await redis.type(key)
    match kind:
        case b"string":
            return await redis.get(key)
        case b"stream":
            return await redis.xrange(key)
        case b"zset":
            return await redis.zrange(key, 0, -1)
        case b"hash":
            return await redis.hgetall(key)
        case _:
            return kind


async def all_heard(rig: Rig, history: History, patience_s: float = 30.0) -> list[dict[str, Any]]:
    """Wait until each listener has heard what the log holds for it, or patience ends; the log as it was then, and
    histories without what was told later."""
    deadline = time.monotonic() + patience_s
    while True:
        rows = await rig.rows(EVENTS)
        is_over = time.monotonic() > deadline
        if is_over or all(len(heard.positions) >= len(meant_for(heard, rows)) for heard in history.listeners):
            break
        await asyncio.sleep(0.2)
    head = max((row["position"] or 0 for row in rows), default=0)
    for heard in history.listeners:
        heard.positions = [position for position in heard.positions if position <= head]
    return [row for row in rows if row["position"] is not None]


def meant_for(heard: Any, events: list[dict[str, Any]]) -> list[int]:
    """The positions a listener should have been told, from the log itself."""
    scopes = set(heard.scopes)
    return [
        event["position"]
        for event in events
        if event["position"] is not None
        and heard.topic in event["topics"] and scopes & set(event["audience"])
        and (event["is_of_booking"] or not heard.only_bookings)
    ]  # fmt: skip
