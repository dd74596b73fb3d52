"""A session that ended is over in every API process, whoever is away meanwhile: the worker, Redis, or both."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisIsGone

from app.embedded import valkey
from domain.permissions import Actor, Role
from services import account as accounts
from services.work import acting_at
from tests import world
from tests.running import Client, System, eventually, system
from tests.talk import INIT, opened

WITHIN_S = 5.0
ME = "{ me { id } }"
LOG_OUT = "mutation { logOut { ... on LoggedOut { sessionsEnded } } }"
FORBIDDEN = 4403
A_WHILE = timedelta(seconds=8)  # that an end may have waited for the account's lock


async def is_refused(client: Client) -> bool:
    """Whether the token is worth nothing any more."""
    headers = {"authorization": f"Bearer {client.token}"}
    answer = await client.system.http.post("/graphql", json={"query": ME}, headers=headers)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 401


async def suspended(sari: Actor, boss: Actor) -> None:
    assert sari.id
    await accounts.suspend(boss, sari.id)


async def promoted(sari: Actor, boss: Actor) -> None:
    assert sari.id
    await accounts.grant_role(boss, sari.id, Role.PARTNER)


async def logged_out_everywhere(sari: Actor, boss: Actor) -> None:
    await accounts.log_out_everywhere(sari)


@pytest.mark.parametrize("end", [suspended, promoted, logged_out_everywhere])
async def test_a_token_that_was_issued_while_its_end_waited_for_the_lock_is_void(running: System, end: object) -> None:
    """An end carries the moment it began at; a refresh that held the lock meanwhile has issued a younger token."""
    sari, boss = (await world.customer()).actor, await world.staff(Role.MANAGEMENT)
    client = await running.client(sari)
    assert not await is_refused(client)
    with acting_at(datetime.now(UTC) - A_WHILE):
        await end(sari, boss)  # type: ignore[operator]
    await eventually(partial(is_refused, client), WITHIN_S)
    again = await running.client(sari)  # who signs in afterwards is somebody again
    assert not await is_refused(again)


async def test_a_log_out_needs_no_worker(clean: str, redis_url: str, tmp_path: Path) -> None:
    async with system(clean, redis_url, tmp_path, works=False) as api, opened(api) as talk:
        client = await api.client((await world.customer()).actor)
        await talk.say({"type": INIT, "payload": {"authorization": f"Bearer {client.token}"}})
        assert await talk.hear() == {"type": "connection_ack"}
        assert (await client.ask(LOG_OUT))["logOut"]["sessionsEnded"] == 1
        assert await talk.closed() == (FORBIDDEN, "SessionEnded")
        assert await is_refused(client)


@pytest.mark.parametrize("works", [True, False])
async def test_every_process_refuses_the_token_also_without_redis(clean: str, tmp_path: Path, works: bool) -> None:
    async with AsyncExitStack() as open_until_the_end:
        url = open_until_the_end.enter_context(valkey(None))
        start = open_until_the_end.enter_async_context
        other = await start(system(clean, url, tmp_path, works=False))
        api = await start(system(clean, url, tmp_path, works=works))
        sari = (await world.customer()).actor
        here = await api.client(sari)
        there = Client(other, here.token)
        assert not await is_refused(here) and not await is_refused(there)
        await stop(url)
        assert (await here.ask(LOG_OUT))["logOut"]["sessionsEnded"] == 1
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*(eventually(partial(is_refused, each)) for each in (here, there)))


async def stop(redis_url: str) -> None:
    """End the server as if its machine had gone."""
    redis: Redis = Redis.from_url(redis_url)
    try:
        await redis.shutdown(nosave=True)
    except RedisIsGone:
        pass
    finally:
        await redis.aclose()
