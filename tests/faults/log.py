"""The torture of the event log: eight writers, readers by cursor, two relays that are killed, frozen and cut off, a
stream that loses entries and is emptied. Nothing may be missed, told twice, or told out of order."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from app.database import database
from app.embedded import Valkey
from domain.road import STREAM
from integrations.nudge import CHANNEL
from services.invariant import chain_is_whole, positions_are_whole
from subscriptions.hub import Hub
from tests.faults.part import Part
from tests.faults.readers import SCOPE, DeafHub, Log, follow, hub, poll_ids
from tests.faults.relay import KEY
from tests.faults.rig import Rig, rig

WRITERS, HUBS, READERS_EACH = 8, 2, 4
TOPICS = tuple(f"log:{number}" for number in range(5))
MOST_IN_ONE = 40  # events of one transaction
ROLLED_BACK = 0.05
AHEAD = 1500  # events that writers may be before the plan of faults
PATIENCE_S = 60.0
SLOW_S = 0.04  # from Redis to the hubs, each way, and as much jitter
MAX_NAMED = 10
PLANTS = ("id-cursor", "unfenced", "deaf-hub")
# The payload repeats the id, so that a reader is judged by what it was told and not by where it stood.
WRITE = """
INSERT INTO event (id, name, subject, payload, topics, audience, at)
SELECT id, 'Tested', gen_random_uuid(), jsonb_build_object('n', id), $2::text[], $3::text[], now()
  FROM (SELECT nextval(pg_get_serial_sequence('event', 'id')) AS id FROM generate_series(1, $1)) n RETURNING id"""
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('rawat relay', 'rawat hub')"
ALL = "SELECT position, id, topics FROM event ORDER BY position, id"
UNNUMBERED = "SELECT count(*) FROM event WHERE position IS NULL"
# What would refuse an unfenced relay; dropped for the planted one, so that the judge has to find it.
GUARDS = """
SELECT format('ALTER TABLE event DROP CONSTRAINT %I', conname) AS drop FROM pg_constraint
 WHERE conrelid = 'event'::regclass AND contype = 'u'
UNION ALL
SELECT format('DROP INDEX IF EXISTS %I', indexname) FROM pg_indexes
 WHERE tablename = 'event' AND indexdef LIKE '%UNIQUE%position%'
   AND indexname NOT IN (SELECT conname FROM pg_constraint)
UNION ALL SELECT 'ALTER TABLE event DISABLE TRIGGER USER'"""


@dataclass(frozen=True)
class Plan:
    """How much is written, and how often what is done to the relays meanwhile."""

    events: int
    kills: int
    freezes: int
    freeze_s: float
    cuts: int
    flushes: int

    def deeds(self, dice: random.Random) -> list[str]:
        named = {"kill": self.kills, "freeze": self.freezes, "cut": self.cuts, "flush": self.flushes}
        deeds = [deed for deed, times in named.items() for _ in range(times)]
        dice.shuffle(deeds)
        return deeds


SHORT = Plan(events=2_500, kills=2, freezes=1, freeze_s=2.5, cuts=1, flushes=1)
LONG = Plan(events=100_000, kills=22, freezes=3, freeze_s=10.0, cuts=6, flushes=4)


@dataclass
class LogHistory:
    """What was committed, what the log holds in the end, and what each reader was told."""

    committed: set[int] = field(default_factory=set)
    log: list[tuple[int, int, frozenset[str]]] = field(default_factory=list)  # position, id, topics
    readers: list[Log] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # what the product's own invariants say
    figures: dict[str, float] = field(default_factory=dict)


def judge_log(history: LogHistory) -> list[str]:
    """Nothing missed, nothing twice, in the one order, and the chain whole."""
    found = list(history.broken)
    positions = [position for position, _, _ in history.log]
    if positions != list(range(1, len(positions) + 1)):
        found.append("the positions are not 1, 2, 3 …")
    ids = {id for _, id, _ in history.log}
    if ids != history.committed:
        found.append(f"{len(ids ^ history.committed)} events are committed or in the log, but not both")
    for reader in history.readers:
        found += _judge_reader(reader, history)
    return found


def _judge_reader(reader: Log, history: LogHistory) -> Iterator[str]:
    wanted = [id for _, id, topics in history.log if topics & set(reader.topics)]
    told = [id for _, id in reader.told]
    counted = Counter(told)
    missed = [id for id in wanted if id not in counted]
    twice = [id for id, times in counted.items() if times > 1]
    if missed:
        yield f"{reader.name} missed {len(missed)} of {len(wanted)}: {missed[:MAX_NAMED]}"
    if twice:
        yield f"{reader.name} was told {len(twice)} twice: {twice[:MAX_NAMED]}"
    if not missed and not twice and told != wanted:
        yield f"{reader.name} was told out of order"


@dataclass
class Torture:
    """One run: the servers, the relays, the writers and what is planted."""

    rig: Rig
    plan: Plan
    plant: str
    dice: random.Random
    history: LogHistory = field(default_factory=LogHistory)
    relays: list[Part] = field(default_factory=list)
    done: int = 0  # deeds
    total: int = 1
    rolled_back: int = 0

    @property
    def allowed(self) -> float:
        """How many events may be there by now: writing lasts as long as what is done to the relays."""
        return self.plan.events * self.done / self.total + AHEAD

    @property
    def is_written(self) -> bool:
        return len(self.history.committed) >= self.plan.events and self.done >= self.total

    async def write(self, number: int) -> None:
        """Transactions of two statements: ids are taken before others commit theirs."""
        dice = random.Random(f"{self.dice.random()} {number}")
        async with self.rig.database() as connection, self.rig.redis() as redis:
            while not self.is_written:
                if len(self.history.committed) > self.allowed:
                    await asyncio.sleep(0.01)
                    continue
                await self._transact(connection, dice)
                if dice.random() < 0.3:
                    with suppress(Exception):
                        await redis.publish(CHANNEL, b"")

    async def _transact(self, connection: "asyncpg.Connection[asyncpg.Record]", dice: random.Random) -> None:
        transaction = connection.transaction()
        await transaction.start()
        ids: list[int] = []
        for _ in range(2):
            topics = dice.sample(TOPICS, dice.randrange(1, 3))
            rows = await connection.fetch(WRITE, dice.randrange(1, MOST_IN_ONE // 2), topics, [SCOPE])
            ids += [row["id"] for row in rows]
            await asyncio.sleep(dice.uniform(0, 0.01))
        if dice.random() < ROLLED_BACK:
            await transaction.rollback()
            self.rolled_back += len(ids)
            return
        await transaction.commit()
        self.history.committed.update(ids)

    async def torment(self) -> None:
        """One deed after the other, each to a relay by chance."""
        deeds = self.plan.deeds(self.dice)
        self.total = len(deeds)
        for deed in deeds:
            await asyncio.sleep(self.dice.uniform(0.2, 0.8))
            await self._do(deed, self.dice.choice(self.relays))
            self.done += 1

    async def _do(self, deed: str, relay: Part) -> None:
        match deed:
            case "kill":
                relay.kill()
                relay.start()
            case "freeze":
                relay.freeze()
                await asyncio.sleep(self.plan.freeze_s)
                relay.thaw()
            case "cut":
                await self.rig.rows(CUT)
            case "flush":
                await self.rig.empty_redis()

    async def lose_entries(self) -> None:
        """A fifth of the stream's newest entries vanish, all the time."""
        async with self.rig.redis() as redis:
            while True:
                newest = await redis.xrevrange(STREAM, count=50)
                chosen = [identifier for identifier, _ in newest if self.dice.random() < 0.2]
                if chosen:
                    await redis.xdel(STREAM, *chosen)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def _readers(torture: Torture) -> AsyncIterator[None]:
    """All readers, until the end of the block."""
    kind: type[Hub] = DeafHub if torture.plant == "deaf-hub" else Hub
    # A slow road: entries that vanish do so before they are read.
    road = torture.rig.proxies["api-redis"]
    road.weather.latency_s, road.weather.jitter_s = SLOW_S, SLOW_S
    url, redis_url, tasks = torture.rig.postgres.url, Valkey.address(road.port), []
    async with hub(kind, url, redis_url) as one, hub(kind, url, redis_url) as other:
        for number in range(HUBS * READERS_EACH):
            topics = TOPICS if number == 0 else tuple(torture.dice.sample(TOPICS, 1 + number % 3))
            log = Log(f"reader {number}", topics)
            torture.history.readers.append(log)
            if torture.plant == "id-cursor":
                tasks.append(asyncio.create_task(poll_ids(url, log)))
            else:
                dice = random.Random(torture.dice.random())
                tasks.append(asyncio.create_task(follow((one, other)[number % HUBS], log, dice)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def torture_log(folder: Path, seed: int, plan: Plan, plant: str = "") -> LogHistory:
    """Everything, on servers of its own; the history is for `judge_log`."""
    async with rig(folder, seed) as made:
        torture = Torture(made, plan, plant, random.Random(seed))
        if plant == "unfenced":
            for row in await made.rows(GUARDS):
                await made.rows(row["drop"])
        environment = {"DATABASE_URL": made.postgres.url, "REDIS_URL": made.valkey.url, "PLANT": plant}
        for number in (1, 2):
            torture.relays.append(
                Part(f"relay{number}", folder / f"relay{number}", environment, module="tests.faults.relay")
            )
        made.parts = {part.name: part for part in torture.relays}  # so that the rig ends them in any case
        made.start_programs()
        began_s = time.monotonic()
        async with _readers(torture):
            losing = asyncio.create_task(torture.lose_entries())
            await asyncio.gather(torture.torment(), *(torture.write(number) for number in range(WRITERS)))
            wrote_s = time.monotonic() - began_s
            await _settled(torture)
            losing.cancel()
        await _read_log(torture)
        torture.history.figures |= {
            "events": len(torture.history.committed), "rolled_back": torture.rolled_back, "seconds": wrote_s,
            "comings": sum(each.comings for each in torture.history.readers),
            "deliveries": sum(len(each.told) for each in torture.history.readers),
        }  # fmt: skip
        return torture.history


async def _settled(torture: Torture) -> None:
    """Wait until all is numbered and everybody was told as many as there are for it, or patience ends."""
    deadline = time.monotonic() + (PATIENCE_S if not torture.plant else 8.0)
    while time.monotonic() < deadline:
        async with torture.rig.database() as connection:
            unnumbered = await connection.fetchval(UNNUMBERED)
            rows: list[Any] = await connection.fetch(ALL)
        wanted = [sum(bool(set(row["topics"]) & set(each.topics)) for row in rows) for each in torture.history.readers]
        told = [len(each.told) for each in torture.history.readers]
        if not unnumbered and all(has >= should for has, should in zip(told, wanted, strict=True)):
            return
        await asyncio.sleep(0.5)


async def _read_log(torture: Torture) -> None:
    history = torture.history
    rows = await torture.rig.rows(ALL)
    history.log = [(row["position"] or 0, row["id"], frozenset(row["topics"])) for row in rows]
    async with database(torture.rig.postgres.url):
        history.broken += await chain_is_whole(KEY)
        history.broken += await positions_are_whole()
