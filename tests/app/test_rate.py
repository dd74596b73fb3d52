"""How much one actor may ask for in a time: counted once for all processes, and nobody is locked out without Redis."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from app.rate import MAX_PURSES, Rate, Rates
from domain.permissions import CUSTOMER, NOBODY, Actor, Role
from tests.running import eventually

SLOW = Rate(per_second=1, full=100)  # a test is over before much comes back
FAST = Rate(per_second=1_000_000, full=100)
NOWHERE = "redis://127.0.0.1:1"
ADDRESS = "203.0.113.7"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    connection: Redis = Redis.from_url(redis_url)
    await connection.flushall()
    yield connection
    await connection.aclose()


def rates(redis: "Redis", user: Rate = SLOW) -> Rates:
    """What one process holds."""
    return Rates(redis, user, visitor=user, staff=Rate(1, 10_000))


def somebody(role: Role = Role.CUSTOMER) -> Actor:
    return Actor(id=uuid4(), roles=frozenset({role}))


async def spend(held: Rates, actor: Actor, points: int, times: int, address: str = "") -> int:
    """How often it was let in."""
    return sum([not await held.pay(actor, address, points) for _ in range(times)])


async def test_a_full_bucket_is_spent_once(redis: "Redis") -> None:
    assert await spend(rates(redis), somebody(), 10, 30) == 10


async def test_processes_share_the_bucket(redis: "Redis") -> None:
    actor, one, other = somebody(), rates(redis), rates(redis)
    let = 0
    for _ in range(30):
        let += await spend(one, actor, 10, 1) + await spend(other, actor, 10, 1)
    assert let == 10


async def test_who_asks_at_once_gets_no_more(redis: "Redis") -> None:
    actor, held = somebody(), rates(redis)
    waits = await asyncio.gather(*(held.pay(actor, "", 10) for _ in range(40)))
    assert sum(not wait_s for wait_s in waits) <= 10


async def test_one_is_told_when_to_come_again(redis: "Redis") -> None:
    actor, held = somebody(), rates(redis)
    await spend(held, actor, 10, 10)
    wait_s = await held.pay(actor, "", 50)
    assert 40 <= wait_s <= 50
    assert await held.pay(somebody(), "", 50) == 0  # somebody else's bucket is full


async def test_points_come_back(redis: "Redis") -> None:
    actor, held = somebody(), rates(redis, FAST)

    async def is_let() -> bool:
        return await held.pay(actor, "", 100) == 0

    for _ in range(20):
        await eventually(is_let)


async def test_staff_have_a_bucket_of_their_own_size(redis: "Redis") -> None:
    assert await spend(rates(redis), somebody(Role.AGENT), 100, 150) == 100


async def test_visitors_are_told_apart_by_their_address(redis: "Redis") -> None:
    held = rates(redis)
    assert await spend(held, NOBODY, 10, 30, ADDRESS) == 10
    assert await spend(held, NOBODY, 10, 30, "203.0.113.8") == 10
    assert await spend(held, NOBODY, 10, 20, "2001:db8:1:1::5") == 10
    assert await spend(held, NOBODY, 10, 20, "2001:db8:1:1:ffff::6") == 0  # of the same network
    assert await spend(held, Actor(id=uuid4(), roles=CUSTOMER), 10, 30, ADDRESS) == 10  # signed in, the address is none


async def test_the_purse_is_filled_before_it_is_empty(redis: "Redis") -> None:
    """After the first request, nobody waits for Redis: the hot path pays at once."""
    actor, held = somebody(), rates(redis)
    assert not held.pays(actor, "", 1)
    assert await held.pay(actor, "", 1) == 0
    for _ in range(60):

        async def pays() -> bool:
            return held.pays(actor, "", 1)

        assert await pays() or await eventually(pays)
    assert not held._filling or await eventually(lambda: _idle(held))


async def _idle(held: Rates) -> bool:
    return not held._filling


async def test_without_redis_everybody_is_let_in() -> None:
    nowhere: Redis = Redis.from_url(NOWHERE, socket_connect_timeout=0.2)
    assert await spend(rates(nowhere), somebody(), 10, 200) == 200
    await nowhere.aclose()


async def test_a_redis_that_was_emptied_begins_anew(redis: "Redis") -> None:
    actor, held = somebody(), rates(redis)
    assert await spend(held, actor, 10, 30) == 10
    await redis.flushall()
    assert await spend(held, actor, 10, 30) == 10


async def test_what_is_held_is_bounded_and_redis_forgets_full_buckets(redis: "Redis") -> None:
    nowhere: Redis = Redis.from_url(NOWHERE, socket_connect_timeout=0.2)
    held = rates(nowhere)
    for number in range(MAX_PURSES + 50):
        await held.pay(NOBODY, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1)
    assert len(held._purses) == MAX_PURSES
    await nowhere.aclose()
    await rates(redis).pay(somebody(), "", 1)
    (key,) = await redis.keys("rate:*")
    assert 0 < await redis.ttl(key) <= 101
