"""Taps after commits."""

import asyncio
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError

from integrations.nudge import PAUSE_S, Nudge


class Wire:
    """A Redis that counts, and fails when told so."""

    def __init__(self, fails: bool = False) -> None:
        self.count, self.fails = 0, fails

    async def publish(self, *args: Any) -> None:
        self.count += 1
        if self.fails:
            raise ConnectionError("away")


async def test_the_first_ring_goes_out_at_once_and_later_ones_together() -> None:
    nudge, wire = Nudge(), Wire()
    carrier = asyncio.create_task(nudge.carry(cast(Redis, wire)))
    await asyncio.sleep(0)
    nudge.ring()
    for _ in range(3):
        await asyncio.sleep(0)
    assert wire.count == 1
    for _ in range(100):
        nudge.ring()
        await asyncio.sleep(0)
    await asyncio.sleep(20 * PAUSE_S)
    assert 2 <= wire.count < 50  # the last ring is never lost
    seen = wire.count
    await asyncio.sleep(3 * PAUSE_S)
    assert wire.count == seen
    carrier.cancel()
    await asyncio.wait([carrier])
    assert carrier.cancelled()


async def test_a_redis_that_is_away_ends_nothing() -> None:
    nudge, wire = Nudge(), Wire(fails=True)
    carrier = asyncio.create_task(nudge.carry(cast(Redis, wire)))
    for _ in range(3):
        nudge.ring()
        await asyncio.sleep(3 * PAUSE_S)
    assert wire.count >= 2 and not carrier.done()
    carrier.cancel()
    await asyncio.wait([carrier])
