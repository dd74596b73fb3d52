"""Scenarios in which PostgreSQL or Redis dies, is emptied, is full, or is busy with something else."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import asyncpg

from tests.faults.history import UNKNOWN
from tests.faults.stage import Stage, now, scenario

BACK_WITHIN_S = 5.0
MAX_CLIENTS = 260  # more than the server takes
OUTSIDERS = "application_name IN ('rawat', 'rawat relay', 'rawat hub')"
CUT_ALL = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OUTSIDERS}"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
# An event that follows from nothing and leads to nothing, for nobody's ears.
HAPPEN = """
INSERT INTO event (name, subject, payload, topics, audience, at)
VALUES ('ConsentGiven', $1, '{}', '{account:nobody}', '{account:nobody}', now())"""
STUCK = "SELECT count(*) FROM event WHERE position IS NULL AND at < now() - interval '3 s'"


@scenario("F07")
async def postgres_killed(stage: Stage) -> None:
    """kill -9 of PostgreSQL's first process under load: back within five seconds, nothing acknowledged lost (O2)."""
    began_s = now()
    for _ in stage.times(1, 4):
        await stage.pause()
        await _kill_and_start(stage, 0.3)
    stage.check_worded(began_s)


@scenario("F08")
async def postgres_comes_and_goes(stage: Stage) -> None:
    """A restart every five seconds for a minute (short: every second, three times). Clients are told to try again."""
    began_s = now()
    for _ in stage.times(3, 12):
        await asyncio.sleep(stage.span(0.7, 4.5))
        await stage.rig.by_hand(stage.rig.postgres.stop)
        await stage.rig.start_server(stage.rig.postgres)
    await stage.rig.api.ready(BACK_WITHIN_S)
    stage.check_worded(began_s)


async def _kill_and_start(stage: Stage, away_s: float) -> None:
    await stage.rig.kill_server(stage.rig.postgres)
    stage.history.mark("postgres was killed")
    await asyncio.sleep(away_s)
    await stage.rig.start_server(stage.rig.postgres)
    began_s = now()
    await stage.rig.api.ready(BACK_WITHIN_S)
    stage.note_most("ready_s", now() - began_s)


@scenario("F10")
async def no_connection_left(stage: Stage) -> None:
    """Strangers take every connection, and ours are cut: refusals come at once, health answers, it recovers."""
    async with stage.rig.database() as axe:
        taken: list[asyncpg.Connection[asyncpg.Record]] = []
        try:
            await axe.execute(CUT_ALL)
            await _take_all(stage, taken)
            await axe.execute(CUT_ALL)
            await _take_all(stage, taken)
            began_s = now()
            await asyncio.sleep(stage.span(2, 10))
            stage.check(await stage.rig.api.answers("/healthz"), "/healthz does not answer")
            refused = [each for each in stage.since(began_s) if each.code == "TRY_AGAIN"]
            stage.figures["refused"] = len(refused)
            stage.note_most("refusal_max_s", max((each.took_s for each in refused), default=0.0))
            stage.check(all(each.took_s <= 1.0 for each in refused), "a refusal took more than a second")
            stage.check_worded(began_s)
        finally:
            for connection in taken:
                connection.terminate()
    await stage.rig.api.ready(BACK_WITHIN_S)


async def _take_all(stage: Stage, taken: list["asyncpg.Connection[asyncpg.Record]"]) -> None:
    with suppress(asyncpg.PostgresError, OSError, TimeoutError):
        while len(taken) < MAX_CLIENTS:
            taken.append(await asyncpg.connect(stage.rig.postgres.url, timeout=5))


@scenario("F11")
async def deadlocks(stage: Stage) -> None:
    """Strangers lock customers and partners' resources in any order: our transactions try again and come through."""
    accounts = [str(customer.id) for _, customer in stage.world.customers]
    resources = [str(row["id"]) for row in await stage.rig.rows("SELECT id FROM resource")]
    [before] = await stage.rig.rows(DEADLOCKS)
    began_s, ends_s = now(), now() + stage.span(2.5, 20)
    await asyncio.gather(*(_lock_at_random(stage, accounts, resources, ends_s) for _ in range(3)))
    [after] = await stage.rig.rows(DEADLOCKS)
    asked = stage.since(began_s)
    refused = [each for each in asked if each.code == "TRY_AGAIN"]
    stage.figures |= {"deadlocks": after["deadlocks"] - before["deadlocks"], "try_again": len(refused)}
    stage.check(len(refused) <= max(1, len(asked) // 1000), f"{len(refused)} of {len(asked)} gave up")
    stage.check_worded(began_s)


async def _lock_at_random(stage: Stage, accounts: list[str], resources: list[str], ends_s: float) -> None:
    dice = stage.rig.random
    async with stage.rig.database() as connection:
        while now() < ends_s:
            steps = [("account", dice.choice(accounts)), ("resource", dice.choice(resources))]
            dice.shuffle(steps)
            with suppress(asyncpg.DeadlockDetectedError):
                async with connection.transaction():
                    for table, id in steps:
                        await connection.execute(f"SELECT 1 FROM {table} WHERE id = $1::uuid FOR UPDATE", id)
                        await asyncio.sleep(dice.uniform(0, 0.02))


@scenario("F12")
async def long_transactions(stage: Stage) -> None:
    """A reader keeps its snapshot and a writer its event: everybody else's events go on, and the late one is last."""
    async with stage.rig.database() as reader, stage.rig.database() as writer:
        await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await reader.fetchval("SELECT count(*) FROM event")
        await writer.execute("BEGIN")
        await writer.execute(HAPPEN, uuid4())
        ends_s = now() + stage.span(3.5, 60)
        while now() < ends_s:
            stuck = (await stage.rig.rows(STUCK))[0]["count"]
            stage.check(stuck == 0, f"{stuck} events wait for a transaction that is not theirs")
            await asyncio.sleep(0.5)
        await writer.execute("COMMIT")
        await reader.execute("ROLLBACK")


@scenario("F13")
async def redis_killed(stage: Stage) -> None:
    """kill -9 of Redis, which comes back with what its append-only file holds."""
    began_s = now()
    for _ in stage.times(1, 3):
        await stage.pause()
        await stage.rig.kill_server(stage.rig.valkey)
        await asyncio.sleep(stage.span(0.7, 4))
        await stage.rig.start_server(stage.rig.valkey)
        await stage.rig.api.ready(BACK_WITHIN_S)
    stage.check_worded(began_s)


@scenario("F14")
async def redis_emptied(stage: Stage) -> None:
    """Redis forgets everything: by FLUSHALL, and by a restart without its file."""
    began_s = now()
    for _ in stage.times(1, 3):
        await stage.pause()
        await stage.rig.empty_redis()
        await stage.pause()
        await stage.rig.restart_redis_empty()
        await stage.rig.api.ready(BACK_WITHIN_S)
    stage.check_worded(began_s)


@scenario("F15")
async def redis_full(stage: Stage) -> None:
    """Redis takes nothing more: mutations do not notice, and listeners are told from PostgreSQL."""
    began_s = now()
    async with stage.rig.redis() as redis:
        await redis.config_set("maxmemory", "1mb")
        try:
            await asyncio.sleep(stage.span(2, 15))
        finally:
            await redis.config_set("maxmemory", "0")
    mutations = [each for each in stage.since(began_s) if each.operation != "read"]
    stage.figures["mutations"] = len(mutations)
    stage.check(len(mutations) > 0, "nothing was asked meanwhile")
    stage.check(not [each for each in mutations if each.outcome == UNKNOWN], "a mutation minded")
