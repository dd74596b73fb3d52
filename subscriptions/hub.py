"""The hub: one Redis reader a process, however many sockets; fans events out by topic to bounded buffers.

PostgreSQL fills what Redis did not bring: gaps in positions at once, a lost last event within a sweep. A listener is
resumable: it replays what came after its cursor, is told that it has caught up, then hears live events; when it is too
slow it is told so and the same stream replays. Positions and buffers move together, without an await between them.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson
from redis.asyncio import Redis

from domain.road import PAGE, STREAM, SWEEP_S
from integrations.nudge import REDIS_DOWN, is_stopping

BUFFER = 64  # events that wait for one listener; more = it lags and replays
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RETRY_S = 0.2
TURN_S = 0.02  # that the process is busy with telling events before it looks after everything else
DATABASE_DOWN = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, asyncio.TimeoutError,
)  # fmt: skip
COLUMNS = "e.position, e.id, e.name, e.subject::text, e.payload::text, e.topics, e.audience, " \
          "(extract(epoch FROM e.at) * 1000000)::bigint AS at_us"  # fmt: skip
BETWEEN = f"SELECT {COLUMNS} FROM event e WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3"  # noqa: S608
REPLAY = (
    f"SELECT {COLUMNS} FROM (SELECT DISTINCT position FROM event_topic WHERE topic = ANY($1) AND position > $2 "  # noqa: S608
    "AND position <= $3 ORDER BY position LIMIT $4) t JOIN event e USING (position) ORDER BY position"
)

log = logging.getLogger("rawat.hub")


@dataclass(frozen=True, slots=True)
class Heard:
    """One numbered event as listeners get it."""

    position: int
    name: str
    subject: UUID
    payload: dict[str, Any]
    topics: frozenset[str]
    audience: frozenset[str]
    at: datetime

    def may_be_heard_by(self, scopes: frozenset[str]) -> bool:
        """Whether one of the viewer's scopes is in the event's audience."""
        return not self.audience.isdisjoint(scopes)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything up to `position` was replayed; what follows is live."""

    position: int


@dataclass(frozen=True, slots=True)
class Lagged:
    """The listener was too slow: what it missed between the two positions is replayed now."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream ends, with a reason the client can act on."""

    reason: str


class Ear(Protocol):
    """Whoever joins the hub for some topics. Both calls return at once."""

    def offer(self, event: Heard) -> None:
        """One event of a topic, in the order of positions."""

    def end(self, reason: str) -> None:
        """Nothing more comes."""


class Listener:
    """One subscription's buffer, and the seam between replay and live. It hears as long as its `with` block lasts."""

    def __init__(self, hub: "Hub", topics: Sequence[str], scopes: frozenset[str], after: int | None) -> None:
        self._hub, self._topics, self._scopes = hub, tuple(topics), scopes
        self.cursor = after  # everything up to here was given; None until the head is known
        self.ended: Ended | None = None
        self._buffer: deque[Heard] = deque()
        self._overflowed, self._news = False, asyncio.Event()

    def __enter__(self) -> "Listener":
        self._hub.join(self, self._topics)
        return self

    def __exit__(self, *error: object) -> None:
        self._hub.leave(self, self._topics)

    def offer(self, event: Heard) -> None:
        """Called by the hub for each event of a topic; never waits, never grows beyond BUFFER."""
        if self._overflowed or len(self._buffer) >= BUFFER:
            self._overflowed = True
            self._buffer.clear()
        else:
            self._buffer.append(event)
        self._news.set()

    def end(self, reason: str) -> None:
        """Called by the hub: nothing more comes than this reason."""
        self.ended = Ended(reason)
        self._news.set()

    async def items(self) -> AsyncGenerator[Heard | CaughtUp | Lagged | Ended, None]:
        """Replay, CaughtUp, live; Lagged and replay again when too slow; Ended when the cursor is from nowhere."""
        with self:
            has_lagged = False
            while self.ended is None:
                async with contextlib.aclosing(self.catch_up(has_lagged=has_lagged)) as items:
                    async for item in items:
                        yield item
                if self.ended is None:
                    async for event in self._live():
                        yield event
                    has_lagged = True
                    if self.ended is not None:
                        yield self.ended

    async def catch_up(self, *, has_lagged: bool = False) -> AsyncGenerator[Heard | CaughtUp | Lagged | Ended, None]:
        """Replay behind the cursor, CaughtUp, and what happened meanwhile.

        It ends with Ended, or where nothing is missing: then everything that the hub told so far was given, and whoever
        joins the hub before the next await misses nothing."""
        head = await self._head_from_now()  # read after joining: nothing falls between replay and live
        if self.cursor is None:
            self.cursor = head
        if has_lagged:
            head = max(head, self.cursor)
        if self.cursor > head:
            self.end("CURSOR_AHEAD")
        while self.ended is None:
            if has_lagged:
                yield Lagged(self.cursor, head)
            async for event in self._replay(head):
                yield event
            has_lagged = not self._overflowed  # otherwise too much happened meanwhile: the replay is extended
            if has_lagged and self.ended is None:
                yield CaughtUp(self.cursor)
                for event in self._waiting():
                    yield event
                if not self._overflowed and self.ended is None:
                    return
            head = max(await self._head_from_now(), self.cursor)
        yield self.ended

    async def _head_from_now(self) -> int:
        """The head, read after the buffer began to collect again."""
        self._buffer.clear()
        self._overflowed = False
        return await self._hub.head()

    async def _replay(self, head: int) -> AsyncGenerator[Heard, None]:
        while (self.cursor or 0) < head:
            page = await self._hub.replay(self._topics, self.cursor or 0, head)
            for event in page:
                self.cursor = event.position
                if event.may_be_heard_by(self._scopes):
                    yield event
            if len(page) < PAGE:
                self.cursor = head

    async def _live(self) -> AsyncGenerator[Heard, None]:
        while not (self._overflowed or self.ended):
            for event in self._waiting():
                yield event
            self._news.clear()
            if not (self._overflowed or self.ended):
                await self._news.wait()

    def _waiting(self) -> Iterator[Heard]:
        while self._buffer:
            event = self._buffer.popleft()
            if event.position > (self.cursor or 0):
                self.cursor = event.position
                if event.may_be_heard_by(self._scopes):
                    yield event


class Hub:
    """Reads the stream once and tells listeners; `run` must be running for anything live to arrive."""

    def __init__(self, database_url: str, redis: Redis) -> None:
        self._url, self._redis = database_url, redis
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._position = 0
        self._known = 0  # the head of PostgreSQL a sweep ago
        self._ears: defaultdict[str, set[Ear]] = defaultdict(set)
        self._turn = asyncio.Lock()
        self.watchers: list[Callable[[Heard], None]] = []  # of the process itself: they hear every event

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Connect, read from the present head on, and stop at the end."""
        self._pool = await asyncpg.create_pool(
            self._url, min_size=1, max_size=4, command_timeout=15, server_settings={"application_name": "rawat hub"}
        )
        self._position = self._known = await self.head()
        loops = [asyncio.create_task(self._forever(each)) for each in (self._read, self._compare)]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            self._pool.terminate()

    def listen(self, topics: Sequence[str], scopes: frozenset[str], after: int | None) -> Listener:
        """A stream of the topics' events behind position `after` (None = from now) that `scopes` may hear."""
        return Listener(self, topics, scopes, after)

    def join(self, ear: Ear, topics: Sequence[str]) -> None:
        """From the next event on, the ear is offered what happens to the topics."""
        for topic in topics:
            self._ears[topic].add(ear)

    def leave(self, ear: Ear, topics: Sequence[str]) -> None:
        """Offer it nothing more."""
        for topic in topics:
            self._ears[topic].discard(ear)
            if not self._ears[topic]:
                del self._ears[topic]

    async def head(self) -> int:
        """The last position, read on the primary."""
        head: int = await self._asked(lambda pool: pool.fetchval("SELECT position FROM relay_head"))
        return head

    async def replay(self, topics: Sequence[str], after: int, until: int) -> list[Heard]:
        """One page of what the topics heard in (after, until]."""
        rows = await self._asked(lambda pool: pool.fetch(REPLAY, list(topics), after, until, PAGE))
        return [_heard(row) for row in rows]

    async def _asked(self, question: Callable[["asyncpg.Pool[asyncpg.Record]"], Awaitable[Any]]) -> Any:
        """Ask PostgreSQL, again for as long as it is away: a listener outlives a restart of the database."""
        if self._pool is None:
            raise RuntimeError("the hub is not running")
        while True:
            try:
                return await question(self._pool)
            except DATABASE_DOWN as error:
                log.warning("the hub waits for the database: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong, the process does not go deaf: positions say where to go on."""
        while not is_stopping():
            try:
                await step()
            except REDIS_DOWN as error:
                log.warning("the hub waits for Redis: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("the hub goes on after an error")
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        answer = await self._redis.xread({STREAM: f"{self._position}-0"}, count=PAGE, block=1000)
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + TURN_S
        for identifier, fields in answer[0][1] if answer else ():
            if loop.time() > turn_ends:  # telling is work for each listener: requests and sockets get their turn, too
                await asyncio.sleep(0)
                turn_ends = loop.time() + TURN_S
            position = int(identifier.partition(b"-")[0])
            async with self._turn:
                await self._fill(position - 1)
                if position > self._position + 1:  # a stream of another database; the relay will begin a new one
                    return await asyncio.sleep(RETRY_S)
                self._tell(_from_stream(position, fields))
        return None

    async def _compare(self) -> None:
        """Find a lost last event: whatever PostgreSQL had a sweep ago and Redis has not brought since."""
        await asyncio.sleep(SWEEP_S)
        async with self._turn:
            await self._fill(self._known)
            told, self._known = self._position, await self.head()
            if self._known < told:
                self._begin_anew()

    def _begin_anew(self) -> None:
        """PostgreSQL is behind what was told already: a backup was restored, and positions will be given again."""
        log.error("the event log went back from %s to %s", self._position, self._known)
        self._position = self._known
        for ear in {each for ears in self._ears.values() for each in ears}:
            ear.end("LOG_RESTORED")

    async def _fill(self, until: int) -> None:
        """Tell from PostgreSQL what lies between the position and `until`, as far as it is there."""
        while (start := self._position) < until:
            rows = await self._asked(lambda pool: pool.fetch(BETWEEN, start, until, PAGE))
            if not rows:
                return
            for row in rows:
                self._tell(_heard(row))

    def _tell(self, event: Heard) -> None:
        if event.position <= self._position:
            return
        if event.position != self._position + 1:
            raise RuntimeError(f"position {event.position} after {self._position}")
        self._position = event.position
        for ear in {each for topic in event.topics for each in self._ears.get(topic, ())}:
            ear.offer(event)
        for watch in self.watchers:
            watch(event)


def _heard(row: Any) -> Heard:
    return Heard(
        row["position"], row["name"], UUID(row["subject"]), orjson.loads(row["payload"]), frozenset(row["topics"]),
        frozenset(row["audience"]), _moment(row["at_us"]),
    )  # fmt: skip


def _from_stream(position: int, fields: dict[bytes, bytes]) -> Heard:
    return Heard(
        position, fields[b"name"].decode(), UUID(fields[b"subject"].decode()), orjson.loads(fields[b"payload"]),
        frozenset(fields[b"topics"].decode().split()), frozenset(fields[b"audience"].decode().split()),
        _moment(int(fields[b"at_us"])),
    )  # fmt: skip


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
