"""A listener hears every event of its topics that it may hear, in order and once, whatever is lost on the way."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from redis.asyncio import Redis
from tortoise import connections

from domain.road import STREAM, SWEEP_S
from models.event import Event, RelayHead
from subscriptions.hub import BUFFER, CaughtUp, Ended, Heard, Hub, Lagged
from tests.running import eventually
from workers.relay import Relay

KEY = b"k" * 32
TOPIC = "booking:a"
MINE = frozenset({"account:me"})
WITHIN_S = 5.0
LATE_S = 2 * SWEEP_S + 1.0  # two sweeps, on a busy machine

Item = Heard | CaughtUp | Lagged | Ended


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def hub(clean: str, redis: Redis) -> AsyncIterator[Hub]:
    """A hub without a relay: tests number and publish by themselves."""
    hub = Hub(clean, redis)
    async with hub.running():
        yield hub


async def happen(count: int, topic: str = TOPIC, audience: str = "account:me") -> None:
    await Event.bulk_create(
        Event(name="Tested", subject=uuid4(), payload={}, topics=[topic], audience=[audience], at=datetime.now(UTC))
        for _ in range(count)
    )


async def number(url: str, redis: Redis) -> Relay:
    """Give all events their positions and publish nothing."""
    relay, connection = Relay(url, redis, KEY), await asyncpg.connect(url)
    await relay.number(connection)
    connection.terminate()
    return relay


async def publish(relay: Relay, *but: int) -> None:
    """Put what the relay numbered on the stream, except some positions."""
    await relay._publish([(position, row) for position, row in relay._fresh if position not in but])
    relay._fresh.clear()


@asynccontextmanager
async def relaying(url: str, redis: Redis) -> AsyncIterator[Relay]:
    relay = Relay(url, redis, KEY)
    running = asyncio.create_task(relay.run())
    yield relay
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def listening(
    hub: Hub, after: int | None = None, scopes: frozenset[str] = MINE
) -> AsyncIterator[AsyncGenerator[Item, None]]:
    async with aclosing(hub.listen([TOPIC], scopes, after).items()) as items:
        yield items


async def following(items: AsyncGenerator[Item, None], within_s: float = WITHIN_S) -> Item:
    return await asyncio.wait_for(anext(items), within_s)


async def heard(items: AsyncGenerator[Item, None], count: int, within_s: float = WITHIN_S) -> list[int]:
    """The positions of the next events, whatever else is said between them."""
    found: list[int] = []
    while len(found) < count:
        item = await following(items, within_s)
        assert not isinstance(item, Ended)
        found += [item.position] if isinstance(item, Heard) else []
    return found


async def test_without_a_cursor_a_listener_hears_only_what_comes(clean: str, redis: Redis, hub: Hub) -> None:
    await happen(3)
    await publish(await number(clean, redis))
    async with listening(hub) as items:
        assert await following(items) == CaughtUp(3)
        await happen(1)
        await publish(await number(clean, redis))
        assert await heard(items, 1) == [4]


async def test_a_listener_replays_what_came_after_its_cursor_then_hears_live(
    clean: str, redis: Redis, hub: Hub
) -> None:
    await happen(5)
    await publish(await number(clean, redis))
    async with listening(hub, 2) as items:
        assert await heard(items, 3) == [3, 4, 5]
        assert await following(items) == CaughtUp(5)
        await happen(2)
        await publish(await number(clean, redis))
        assert await heard(items, 2) == [6, 7]


async def test_a_cursor_beyond_the_head_ends_the_stream_with_a_reason(clean: str, redis: Redis, hub: Hub) -> None:
    await happen(1)
    await publish(await number(clean, redis))
    async with listening(hub, 2) as items:
        assert await following(items) == Ended("CURSOR_AHEAD")
        with pytest.raises(StopAsyncIteration):
            await anext(items)


@pytest.mark.parametrize("lost", [[3], [2, 3, 4], [1]])
async def test_a_gap_in_the_stream_is_filled_from_postgresql(
    clean: str, redis: Redis, hub: Hub, lost: list[int]
) -> None:
    async with listening(hub) as items:
        assert await following(items) == CaughtUp(0)
        await happen(6)
        await publish(await number(clean, redis), *lost)
        assert await heard(items, 6, 0.8) == [1, 2, 3, 4, 5, 6]


async def test_a_lost_last_event_is_found_within_two_sweeps(clean: str, redis: Redis, hub: Hub) -> None:
    async with listening(hub) as items:
        assert await following(items) == CaughtUp(0)
        await happen(2)
        await publish(await number(clean, redis), 2)
        assert await heard(items, 2, LATE_S) == [1, 2]


async def test_nothing_is_lost_without_redis(clean: str) -> None:
    nowhere: Redis = Redis.from_url("redis://127.0.0.1:1/0")
    hub = Hub(clean, nowhere)
    async with hub.running(), listening(hub) as items:
        assert await following(items) == CaughtUp(0)
        for positions in ([1, 2], [3, 4]):
            await happen(2)
            await number(clean, nowhere)
            assert await heard(items, 2, LATE_S) == positions
    await nowhere.aclose()


async def test_an_event_is_never_given_to_who_is_not_in_its_audience(clean: str, redis: Redis, hub: Hub) -> None:
    for audience in ("account:me", "account:other", "role:agent"):
        await happen(1, audience=audience)
    await publish(await number(clean, redis))
    async with listening(hub, 0) as mine, listening(hub, 0, frozenset({"role:agent"})) as staff:
        assert (await heard(mine, 1), await heard(staff, 1)) == ([1], [3])
        assert await following(mine) == await following(staff) == CaughtUp(3)
        for audience in ("account:other", "role:agent", "account:me"):
            await happen(1, audience=audience)
        await publish(await number(clean, redis))
        assert (await heard(mine, 1), await heard(staff, 1)) == ([6], [5])


async def test_an_event_of_several_topics_is_heard_once(clean: str, redis: Redis, hub: Hub) -> None:
    def both(count: int) -> list[Event]:
        return [
            Event(name="Tested", subject=uuid4(), payload={}, topics=[TOPIC, "booking:b"], audience=["account:me"],
                  at=datetime.now(UTC)) for _ in range(count)
        ]  # fmt: skip

    await Event.bulk_create(both(2))
    await publish(await number(clean, redis))
    async with aclosing(hub.listen([TOPIC, "booking:b"], MINE, 0).items()) as items:
        assert await heard(items, 2) == [1, 2]
        assert await following(items) == CaughtUp(2)
        await Event.bulk_create(both(2))
        await publish(await number(clean, redis))
        assert await heard(items, 2) == [3, 4]


async def test_a_slow_reader_is_told_that_it_lagged_and_loses_nothing(clean: str, redis: Redis, hub: Hub) -> None:
    count = BUFFER + 20
    async with listening(hub) as items:
        assert await following(items) == CaughtUp(0)
        await happen(1)
        await publish(await number(clean, redis))
        assert await heard(items, 1) == [1]
        await happen(count - 1)  # the reader does not ask for more meanwhile
        await publish(await number(clean, redis))
        await eventually(lambda: has_told(hub, count))
        assert await following(items) == Lagged(1, count)
        assert await heard(items, count - 1) == list(range(2, count + 1))
        assert await following(items) == CaughtUp(count)


async def test_too_much_for_the_buffer_during_a_replay_extends_the_replay(clean: str, redis: Redis, hub: Hub) -> None:
    await happen(3)
    await publish(await number(clean, redis))
    async with listening(hub, 0) as items:
        assert await heard(items, 1) == [1]
        await happen(BUFFER + 10)
        await publish(await number(clean, redis))
        await eventually(lambda: has_told(hub, BUFFER + 13))
        rest = [await following(items) for _ in range(BUFFER + 13)]
    assert [item.position for item in rest[:-1] if isinstance(item, Heard)] == list(range(2, BUFFER + 14))
    assert rest[-1] == CaughtUp(BUFFER + 13)


async def has_told(hub: Hub, position: int) -> bool:
    return hub._position >= position


async def test_a_reader_that_is_cut_off_again_and_again_hears_the_log_in_order_and_once(
    clean: str, redis: Redis, hub: Hub
) -> None:
    dice = random.Random(7)
    count, union, after = 400, list[int](), 0

    async def write(relay: Relay) -> None:
        for _ in range(count // 4):
            await asyncio.gather(*(happen(1) for _ in range(4)))
            relay.wake()

    async with relaying(clean, redis) as relay:
        writing = asyncio.create_task(write(relay))
        while len(union) < count:
            async with listening(hub, after) as items:
                for _ in range(dice.randint(1, 60)):
                    item = await following(items)
                    if isinstance(item, Heard):
                        union.append(item.position)
                        after = item.position
                    if len(union) == count:
                        break
        await writing
    assert union == list(range(1, count + 1))


async def test_a_restored_older_log_ends_the_streams_and_a_new_epoch_begins(clean: str, redis: Redis, hub: Hub) -> None:
    await happen(2)
    await publish(await number(clean, redis))
    before = bytes((await RelayHead.get()).hash)
    await happen(3, topic="booking:other")
    await publish(await number(clean, redis))
    async with listening(hub) as live, listening(hub, 0) as replaying:
        assert await following(live) == CaughtUp(5)
        assert await heard(replaying, 1) == [1]
        await connections.get("default").execute_script(
            "SET session_replication_role = replica; DELETE FROM event WHERE position > 2; "
            "DELETE FROM event_topic WHERE position > 2; TRUNCATE task; SET session_replication_role = origin"
        )
        await RelayHead.all().update(position=2, hash=before)
        assert await following(live, LATE_S) == Ended("LOG_RESTORED")
        assert await heard(replaying, 1) == [2]
        assert await following(replaying) == Ended("LOG_RESTORED")
    async with relaying(clean, redis) as relay, listening(hub, 2) as items:
        assert await following(items) == CaughtUp(2)
        await happen(1)
        relay.wake()
        assert await heard(items, 1, LATE_S) == [3]
    assert int((await redis.xinfo_stream(STREAM))["last-generated-id"].split(b"-")[0]) == 3


async def test_a_watcher_that_fails_makes_nobody_deaf(
    clean: str, redis: Redis, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: Heard) -> None:
        raise ValueError("a watcher's bug")

    hub.watchers.append(fail)
    async with listening(hub) as items:
        assert await following(items) == CaughtUp(0)
        await happen(3)
        await publish(await number(clean, redis))
        assert await heard(items, 3) == [1, 2, 3]
    assert "a watcher's bug" in caplog.text


async def test_who_has_left_costs_nothing(hub: Hub) -> None:
    for _ in range(3):
        async with listening(hub) as items:
            await following(items)
    assert dict(hub._ears) == {}
