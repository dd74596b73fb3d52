"""Who reads the event log while it is tortured: listeners that come and go with a cursor, and two that do it wrong."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
from redis.asyncio import Redis

from domain.road import SWEEP_S
from subscriptions.hub import CaughtUp, Heard, Hub

SCOPE = "account:reader"
MOST_BEFORE_LEAVING = 2000  # items, after which a reader hangs up and comes back
AWAY_S = 0.3
POLL_S = 0.005
PAGE = 500
AFTER_ID = "SELECT id FROM event WHERE id > $1 AND topics && $2 ORDER BY id LIMIT $3"


@dataclass
class Log:
    """What one reader was told, in order: (position, id); the wrong ones know no positions and say 0."""

    name: str
    topics: tuple[str, ...]
    told: list[tuple[int, int]] = field(default_factory=list)
    comings: int = 0


class DeafHub(Hub):
    """Planted bug: it believes the stream and never asks PostgreSQL for its head, nor for what lies in a gap."""

    async def _compare(self) -> None:
        await asyncio.sleep(SWEEP_S)

    async def _fill(self, until: int) -> None:
        self._position = max(self._position, until)


@asynccontextmanager
async def hub(kind: type[Hub], database_url: str, redis_url: str) -> AsyncIterator[Hub]:
    redis: Redis = Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=1)
    made = kind(database_url, redis)
    try:
        async with made.running():
            yield made
    finally:
        await redis.aclose()


async def follow(hub: Hub, log: Log, dice: random.Random) -> None:
    """Read from the beginning, hang up now and then, and come back with the cursor; until cancelled."""
    cursor = 0
    while True:
        log.comings += 1
        left = dice.randrange(1, MOST_BEFORE_LEAVING)
        async with aclosing(hub.listen(log.topics, frozenset({SCOPE}), cursor).items()) as items:
            async for item in items:
                if isinstance(item, CaughtUp):
                    cursor = max(cursor, item.position)
                if isinstance(item, Heard):
                    cursor = item.position
                    log.told.append((item.position, item.payload["n"]))
                    left -= 1
                if left <= 0:
                    break
        await asyncio.sleep(dice.uniform(0, AWAY_S))


async def poll_ids(database_url: str, log: Log) -> None:
    """Planted bug: the greatest id seen so far is the cursor. What commits later with a smaller one is never seen."""
    connection = await asyncpg.connect(database_url)
    last = 0
    try:
        while True:
            rows: Sequence[asyncpg.Record] = await connection.fetch(AFTER_ID, last, list(log.topics), PAGE)
            for row in rows:
                last = row["id"]
                log.told.append((0, last))
            await asyncio.sleep(POLL_S)
    finally:
        connection.terminate()
