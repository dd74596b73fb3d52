"""The relay numbers each committed event once, whatever dies, freezes or is emptied around it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from domain.road import STREAM
from models.event import Event, EventTopic, RelayHead
from models.task import Task
from services.invariant import chain_is_whole, positions_are_whole
from subscriptions.hub import Heard, Hub
from tests.running import eventually
from workers.relay import NUMBERING_MS, TAKE_HEAD, Relay

KEY = b"k" * 32
TOPICS = ["booking:a", "customer:b"]
SCOPES = frozenset({"account:b"})
WAITING_RELAYS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rawat relay' AND wait_event = 'relation'"
)
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('rawat relay', 'rawat hub')"
FORGE = "SET session_replication_role = replica; UPDATE event SET payload = '{}' WHERE position = 2"
NOWHERE = "redis://127.0.0.1:1/0"  # no server has this port


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def ears(clean: str, redis: Redis) -> AsyncIterator[list[int]]:
    """The positions that a listener of both topics hears from the beginning, in the order it hears them."""
    heard: list[int] = []

    async def listen(hub: Hub) -> None:
        async for item in hub.listen(TOPICS, SCOPES, 0).items():
            if isinstance(item, Heard):
                heard.append(item.position)

    hub = Hub(clean, redis)
    async with hub.running():
        listening = asyncio.create_task(listen(hub))
        yield heard
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def happen(count: int) -> None:
    await Event.bulk_create(
        Event(name="Tested", subject=uuid4(), payload={"n": n}, topics=TOPICS, audience=["account:b"],
              at=datetime.now(UTC))
        for n in range(count)
    )  # fmt: skip


@asynccontextmanager
async def relaying(url: str, redis: Redis) -> AsyncIterator[Relay]:
    relay = Relay(url, redis, KEY)
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        connection.terminate()


async def all_numbered() -> bool:
    return not await Event.exists(position=None)


async def in_stream(redis: Redis) -> list[int]:
    return [int(identifier.split(b"-")[0]) for identifier, _ in await redis.xrange(STREAM)]


async def check_numbered_once(count: int) -> None:
    """Positions 1..count, the chain whole, each topic row and each react task there once."""
    assert [event.position for event in await Event.all().order_by("position")] == list(range(1, count + 1))
    assert (await RelayHead.get()).position == count
    assert await chain_is_whole(KEY) == []
    assert await positions_are_whole() == []
    rows = await EventTopic.all().values_list("topic", "position")
    assert sorted(rows) == [(topic, position) for topic in TOPICS for position in range(1, count + 1)]
    assert await Task.filter(name="react").count() == count
    task = await Task.get(key=f"react:{count}")
    assert task.payload == {"event": "Tested", "position": count}


async def test_two_relays_at_once_number_each_event_once(clean: str, redis: Redis, ears: list[int]) -> None:
    async with relaying(clean, redis) as one, relaying(clean, redis) as other:
        for _ in range(40):
            await asyncio.gather(*(happen(5) for _ in range(4)))
            one.wake()
            other.wake()
        await eventually(all_numbered)
        await eventually(lambda: heard_all(ears, 800))
    assert ears == list(range(1, 801))
    await check_numbered_once(800)


async def heard_all(ears: list[int], count: int) -> bool:
    return len(ears) >= count


async def test_two_relays_that_take_turns_leave_no_gap_in_the_stream(clean: str, redis: Redis) -> None:
    one, other = Relay(clean, redis, KEY), Relay(clean, redis, KEY)
    async with connected(clean) as connection:
        for relay in (one, other, one):
            await happen(3)
            await relay.number(connection)
    running = asyncio.create_task(one.run())
    await eventually(lambda: reaches(redis, 9))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await in_stream(redis) == list(range(1, 10))


async def reaches(redis: Redis, position: int) -> bool:
    found = await in_stream(redis)
    return bool(found) and found[-1] == position


async def test_a_relay_killed_inside_its_transaction_loses_nothing(clean: str, redis: Redis, ears: list[int]) -> None:
    await happen(10)
    async with connected(clean) as blocker, connected(clean) as watcher:
        await blocker.execute("BEGIN; LOCK TABLE event_topic IN ACCESS EXCLUSIVE MODE")
        async with relaying(clean, redis) as relay:
            relay.wake()
            await eventually(lambda: watcher.fetchval(WAITING_RELAYS))
        await blocker.execute("ROLLBACK")
    assert (await RelayHead.get()).position == 0
    async with relaying(clean, redis):
        await eventually(lambda: heard_all(ears, 10))
    assert ears == list(range(1, 11))
    await check_numbered_once(10)


async def test_a_relay_killed_between_commit_and_publication_loses_nothing(
    clean: str, redis: Redis, ears: list[int]
) -> None:
    await happen(10)
    async with connected(clean) as connection:
        assert await Relay(clean, redis, KEY).number(connection) == 10
    assert await in_stream(redis) == []
    async with relaying(clean, redis):
        await eventually(lambda: heard_all(ears, 10))
        await eventually(lambda: reaches(redis, 10))
    assert ears == await in_stream(redis) == list(range(1, 11))


async def test_a_relay_killed_in_the_middle_of_publishing_repeats_nothing(
    clean: str, redis: Redis, ears: list[int]
) -> None:
    await happen(10)
    relay = Relay(clean, redis, KEY)
    async with connected(clean) as connection:
        await relay.number(connection)
    await relay._publish([*relay._fresh][:4])
    async with relaying(clean, redis):
        await eventually(lambda: reaches(redis, 10))
        await eventually(lambda: heard_all(ears, 10))
    assert ears == await in_stream(redis) == list(range(1, 11))


async def test_relays_killed_at_any_moment_number_and_tell_everything_once(
    clean: str, redis: Redis, ears: list[int]
) -> None:
    for turn in range(25):
        await happen(8)
        async with relaying(clean, redis) as relay:
            relay.wake()
            await asyncio.sleep(0.003 * turn)
    async with relaying(clean, redis):
        await eventually(lambda: heard_all(ears, 200))
    assert ears == list(range(1, 201))
    await check_numbered_once(200)


async def test_a_rolled_back_transaction_leaves_no_hole_in_the_positions(clean: str, redis: Redis) -> None:
    await happen(2)
    with suppress(ZeroDivisionError):
        async with in_transaction():
            await happen(3)
            raise ZeroDivisionError
    await happen(2)
    async with relaying(clean, redis):
        await eventually(all_numbered)
    assert [event.id for event in await Event.all().order_by("id")] == [1, 2, 6, 7]
    await check_numbered_once(4)


async def test_an_event_committed_late_comes_behind_those_that_were_heard_before(
    clean: str, redis: Redis, ears: list[int]
) -> None:
    async with relaying(clean, redis) as relay:
        async with in_transaction():
            await happen(1)
            async with connected(clean) as other:
                await other.execute(
                    "INSERT INTO event (name, subject, payload, topics, audience, at) "
                    "SELECT 'Tested', gen_random_uuid(), '{}', $1, $2, now()", TOPICS, ["account:b"],
                )  # fmt: skip
            relay.wake()
            await eventually(lambda: heard_all(ears, 1))
        relay.wake()
        await eventually(lambda: heard_all(ears, 2))
    assert await Event.all().order_by("position").values_list("id", "position") == [(2, 1), (1, 2)]
    await redis.flushall()
    async with relaying(clean, redis):
        await eventually(lambda: reaches(redis, 2))
    assert await in_stream(redis) == [1, 2]


async def test_an_emptied_redis_loses_nothing(clean: str, redis: Redis, ears: list[int]) -> None:
    async with relaying(clean, redis) as relay:
        for count in range(1, 6):
            await happen(20)
            relay.wake()
            await redis.flushall()
            await eventually(lambda wanted=20 * count: heard_all(ears, wanted))  # type: ignore[misc]
    assert ears == list(range(1, 101))


async def test_a_stream_that_lost_its_newest_entry_does_not_stop_the_publisher(clean: str, redis: Redis) -> None:
    await happen(3)
    async with relaying(clean, redis) as relay:
        await eventually(lambda: reaches(redis, 3))
        await redis.xdel(STREAM, "3-0")
        asked = (await redis.info("commandstats"))["cmdstat_xadd"]["calls"]
        await asyncio.sleep(1.5)  # an idle second, after which the publisher asks where the stream is
        assert (await redis.info("commandstats"))["cmdstat_xadd"]["calls"] - asked < 5
        await happen(1)
        relay.wake()
        await eventually(lambda: reaches(redis, 4))


async def test_a_stream_ahead_of_a_restored_database_begins_anew(clean: str, redis: Redis) -> None:
    await redis.xadd(STREAM, {"name": "FromAnotherWorld"}, id="500-0")
    await happen(5)
    async with relaying(clean, redis):
        await eventually(lambda: reaches(redis, 5))
    assert await in_stream(redis) == [1, 2, 3, 4, 5]


async def test_numbering_goes_on_while_redis_is_away(clean: str) -> None:
    nowhere: Redis = Redis.from_url(NOWHERE)
    async with relaying(clean, nowhere) as relay:
        for count in (5, 10):
            await happen(5)
            relay.wake()
            await eventually(all_numbered, patience_s=3)
            assert (await RelayHead.get()).position == count
    await nowhere.aclose()


async def test_a_relay_frozen_inside_its_transaction_stops_the_others_for_three_seconds_at_most(
    clean: str, redis: Redis
) -> None:
    frozen = await Relay(clean, redis, KEY)._connect()
    await frozen.execute("BEGIN")
    assert await frozen.fetchrow(TAKE_HEAD)
    began = time.monotonic()
    async with relaying(clean, redis):
        await happen(3)
        await asyncio.sleep(0.5)
        assert not await all_numbered()
        await eventually(all_numbered)
    assert time.monotonic() - began < 4  # two seconds of freezing, one sweep, and a busy machine
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):  # revived, it can do nothing
        await frozen.execute("UPDATE relay_head SET position = 99")
    frozen.terminate()
    await check_numbered_once(3)


async def test_a_relay_frozen_between_preparing_and_executing_does_not_stop_the_others_for_ever(
    clean: str, redis: Redis
) -> None:
    frozen = await Relay(clean, redis, KEY)._connect()
    await frozen.execute("BEGIN")
    assert await frozen.fetchrow(TAKE_HEAD)
    await frozen.prepare("SELECT id FROM event WHERE id = $1")  # without a Sync: the server does not call that idle
    async with relaying(clean, redis):
        await happen(3)
        await eventually(all_numbered, patience_s=5 * NUMBERING_MS / 1000)
    frozen.terminate()
    await check_numbered_once(3)


async def test_cut_connections_are_made_again(clean: str, redis: Redis, ears: list[int]) -> None:
    async with relaying(clean, redis) as relay, connected(clean) as axe:
        for count in (5, 10):
            await happen(5)
            relay.wake()
            await eventually(lambda wanted=count: heard_all(ears, wanted))  # type: ignore[misc]
            await axe.execute(CUT)
        await happen(5)
        await eventually(lambda: heard_all(ears, 15))
    assert ears == list(range(1, 16))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET payload = '{\"amount_idr\": 1}'",
        "UPDATE event SET at = now() - interval '1 day'",
        "UPDATE event SET position = position + 10, hash = hash",
        "UPDATE event SET position = NULL, hash = NULL",
        "UPDATE event SET audience = '{account:other}'",
        "DELETE FROM event",
    ],
)
async def test_a_numbered_event_is_never_changed_nor_deleted(clean: str, redis: Redis, change: str) -> None:
    await happen(1)
    async with connected(clean) as connection:
        await Relay(clean, redis, KEY).number(connection)
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await connection.execute(change)


async def test_an_event_is_not_changed_on_the_way_to_its_number(clean: str) -> None:
    await happen(1)
    async with connected(clean) as connection:
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await connection.execute("UPDATE event SET position = 1, hash = 'x', name = 'Other'")


async def test_who_gets_round_the_trigger_is_found_by_the_chain(clean: str, redis: Redis) -> None:
    await happen(3)
    async with connected(clean) as connection:
        await Relay(clean, redis, KEY).number(connection)
        await connection.execute(FORGE)
    assert await chain_is_whole(KEY) == ["the hash chain breaks at position 2"]
