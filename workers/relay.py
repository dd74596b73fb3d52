"""The relay: numbers committed events, one after the other, and carries them to Redis (docs/architecture.md, 7).

Two loops that share nothing but a queue of fresh events: numbering needs only PostgreSQL, so positions go on while
Redis is away; publishing may repeat or die at any moment, because the stream refuses a position it already has.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from domain.chain import FACTS, chained
from domain.road import KEPT, PAGE, STREAM, SWEEP_S
from integrations.fault import Point, fault_point
from integrations.nudge import CHANNEL, REDIS_DOWN, is_stopping

BATCH = 500  # events in one numbering transaction
FROZEN_MS = 2000  # a relay that freezes inside its transaction is ended by the server after this long
# One frozen between preparing a statement and executing it is not idle to the server; since version 17 this ends it.
NUMBERING_MS = 5000
RETRY_S = 0.2
# RuntimeError: uvloop says so of a connection whose end it has seen and not yet told.
DATABASE_DOWN = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, asyncio.TimeoutError,
    RuntimeError,
)  # fmt: skip

TAKE_HEAD = "SELECT position, hash FROM relay_head FOR UPDATE SKIP LOCKED"
UNPOSITIONED = f"SELECT {FACTS} FROM event WHERE position IS NULL ORDER BY id LIMIT $1"  # noqa: S608
AFTER = f"SELECT position, {FACTS} FROM event WHERE position > $1 ORDER BY position LIMIT $2"  # noqa: S608
NUMBER = """
WITH given AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS g(id, position, hash)),
numbered AS (UPDATE event e SET position = g.position, hash = g.hash FROM given g WHERE e.id = g.id
             RETURNING e.position, e.name, e.topics),
heard AS (INSERT INTO event_topic (topic, position) SELECT DISTINCT t, position FROM numbered, unnest(topics) AS t),
react AS (INSERT INTO task (key, name, payload, state, attempts, due_at, last_error)
          SELECT 'react:' || position, 'react', jsonb_build_object('event', name, 'position', position),
                 'DUE', 0, now(), '' FROM numbered)
UPDATE relay_head SET position = $4, hash = $5"""

log = logging.getLogger("rawat.relay")


class Relay:
    """Runs until cancelled. Any number of relays may run at once: the locked head row is the fence."""

    def __init__(self, database_url: str, redis: Redis, key: bytes) -> None:
        self._url, self._redis, self._key = database_url, redis, key
        self._work, self._numbered = asyncio.Event(), asyncio.Event()
        self._fresh: deque[tuple[int, Any]] = deque(maxlen=4 * BATCH)

    async def run(self) -> None:
        """Number, publish and listen for nudges, forever."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._number_forever())
            loops.create_task(self._publish_forever())

    def wake(self) -> None:
        """Somebody committed an event."""
        self._work.set()

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        settings = {
            "application_name": "rawat relay",
            "idle_in_transaction_session_timeout": str(FROZEN_MS),
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
            "synchronous_commit": "on",
        }
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=15, server_settings=settings)
        if connection.get_server_version().major >= 17:
            await connection.execute("SELECT set_config('transaction_timeout', $1, false)", str(NUMBERING_MS))
        return connection

    async def _number_forever(self) -> None:
        while not is_stopping():
            connection = None
            try:
                connection = await self._connect()
                while not is_stopping():
                    self._work.clear()  # before the read: a nudge during the work asks for one more round
                    if await self.number(connection) < BATCH:
                        await _wait(self._work)
            except DATABASE_DOWN as error:
                log.warning("numbering waits for the database: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)
            finally:
                _drop(connection)

    async def number(self, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        """Give the next events their positions; returns how many. 0 also when another relay is at it."""
        async with connection.transaction(isolation="read_committed"):
            head = await connection.fetchrow(TAKE_HEAD)
            if head is None:
                return 0
            rows = await connection.fetch(UNPOSITIONED, BATCH)  # a second statement: younger than the lock
            if not rows:
                return 0
            positions = list(range(head["position"] + 1, head["position"] + 1 + len(rows)))
            hashes = [bytes(head["hash"])]
            for position, row in zip(positions, rows, strict=True):
                hashes.append(chained(self._key, hashes[-1], position, dict(row)))
            ids = [row["id"] for row in rows]
            await connection.execute(NUMBER, ids, positions, hashes[1:], positions[-1], hashes[-1])
        fault_point(Point.NUMBERED)
        self._fresh.extend(zip(positions, rows, strict=True))
        self._numbered.set()
        return len(rows)

    async def _publish_forever(self) -> None:
        connection, last = None, None
        while not is_stopping():
            try:
                if connection is None or connection.is_closed():
                    connection = await self._connect()
                if last is None:
                    last = await self._resume(connection)
                self._numbered.clear()
                batch = self._take_fresh(last) or [
                    (row["position"], row) for row in await connection.fetch(AFTER, last, PAGE)
                ]
                if batch:
                    last = await self._publish(batch)
                elif not await _wait(self._numbered):
                    last = None  # idle for a sweep: was Redis emptied meanwhile?
            except (*REDIS_DOWN, *DATABASE_DOWN) as error:
                log.warning("publishing waits: %s", type(error).__name__)
                last = None
                await asyncio.sleep(RETRY_S)
            except asyncio.CancelledError:
                _drop(connection)
                raise

    async def _resume(self, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        """Where to go on: behind the stream's last position, but never further back than KEPT events."""
        last = await self._last_published()
        head: int = await connection.fetchval("SELECT position FROM relay_head")  # read after the stream
        if last > head:  # the stream belongs to a database that is gone (a restored backup)
            await self._redis.delete(STREAM)
            last = 0
        return max(last, head - KEPT)

    async def _last_published(self) -> int:
        """The stream's last id, which it keeps also when that entry was deleted; 0 when there is no stream."""
        try:
            info = await self._redis.xinfo_stream(STREAM)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return 0
        return int(info["last-generated-id"].split(b"-")[0])

    def _take_fresh(self, last: int) -> list[tuple[int, Any]]:
        """What this relay numbered right behind `last`; another relay's positions in between end the batch."""
        while self._fresh and self._fresh[0][0] <= last:
            self._fresh.popleft()
        batch: list[tuple[int, Any]] = []
        while self._fresh and self._fresh[0][0] == last + 1 + len(batch) and len(batch) < PAGE:
            batch.append(self._fresh.popleft())
        return batch

    async def _publish(self, batch: Sequence[tuple[int, Any]]) -> int | None:
        """XADD under the position as id; None when another relay was faster (then ask where the stream is)."""
        pipe = self._redis.pipeline(transaction=False)
        for position, row in batch:
            fields = {
                "id": row["id"], "name": row["name"], "subject": row["subject"], "payload": row["payload"],
                "topics": " ".join(row["topics"]), "audience": " ".join(row["audience"]), "at_us": row["at_us"],
            }  # fmt: skip
            pipe.xadd(STREAM, fields, id=f"{position}-0", maxlen=KEPT, approximate=True)  # type: ignore[arg-type]
        refused = [answer for answer in await pipe.execute(raise_on_error=False) if isinstance(answer, Exception)]
        for answer in refused:
            if not isinstance(answer, ResponseError) or "equal or smaller" not in str(answer):
                raise answer
        return None if refused else batch[-1][0]


async def hear_nudges(redis: Redis, *wakes: Any) -> None:
    """Call each of `wakes` on every nudge, until cancelled; a sweep covers what is lost while Redis is away."""
    while not is_stopping():
        with contextlib.suppress(*REDIS_DOWN):
            async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(CHANNEL)
                while not is_stopping():
                    if await channel.get_message(timeout=SWEEP_S):
                        for wake in wakes:
                            wake()
        await asyncio.sleep(RETRY_S)


async def _wait(signal: asyncio.Event) -> bool:
    """Whether the signal came within a sweep."""
    try:
        async with asyncio.timeout(SWEEP_S):
            await signal.wait()
    except TimeoutError:
        return False
    return True


def _drop(connection: "asyncpg.Connection[asyncpg.Record] | None") -> None:
    if connection is not None and not connection.is_closed():
        connection.terminate()
