"""How much one actor may ask for in a time: a bucket of points in Redis, from which each process takes some in advance.

A request pays from what its process holds for the actor, without waiting for anybody. Only an empty purse waits for
Redis; one that runs low is filled in the background. Without Redis nobody is refused here: reading goes on, and tries
to sign in are counted in PostgreSQL (services/account/).
"""

import asyncio
import logging
import math
import time
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.account import counted_address
from domain.permissions import STAFF, Actor

SHARE = 10  # a process takes a tenth of a full bucket at a time; so much may be lost when it forgets a purse
MAX_PURSES = 10_000  # held by one process
REDIS_WITHIN_S = 0.25
OPEN_FOR_S = 1.0  # after Redis did not answer: then it is asked again
AHEAD = 8  # a purse that holds fewer such requests is filled in the background
MAX_TURNS = 10  # of one request that others of the same actor take the points from
MAX_FILLING = 100  # purses filled in the background at a time

# Takes from a bucket. Answers how many points were given, or 0 and in how many seconds there are as many as are needed.
TAKE = """
local full, rate, wanted, needed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(bucket[1]) or full, tonumber(bucket[2]) or now
left = math.min(full, left + math.max(0, now - at) * rate)
local given, wait = 0, 0
if left >= needed then
  given = math.floor(math.min(left, wanted))
  left = left - given
else
  wait = math.ceil((needed - left) / rate)
end
redis.call('HSET', KEYS[1], 'left', string.format('%.3f', left), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil(full / rate) + 1)
return {given, wait}"""

log = logging.getLogger("rawat.rate")


@dataclass(frozen=True, slots=True)
class Rate:
    """Points that come back each second, and the most that can be saved up."""

    per_second: int
    full: int

    @property
    def share(self) -> int:
        """Points that a process takes at a time."""
        return max(self.full // SHARE, 1)


class Rates:
    """What this process holds for actors. Visitors are told apart by their address."""

    def __init__(self, redis: "Redis", user: Rate, visitor: Rate, staff: Rate) -> None:
        self._redis, self._user, self._visitor, self._staff = redis, user, visitor, staff
        self._purses: dict[UUID | str, int] = {}
        self._filling: dict[UUID | str, asyncio.Task[None]] = {}
        self._open_until = 0.0

    def of(self, actor: Actor) -> Rate:
        """The rate that holds for the actor."""
        if actor.id is None:
            return self._visitor
        return self._user if STAFF.isdisjoint(actor.roles) else self._staff

    def pays(self, actor: Actor, address: str, points: int) -> bool:
        """Pay from the purse; False when there is not enough in it, and nothing is taken."""
        key = actor.id or counted_address(address)
        left = self._purses.get(key, 0) - points
        if left < 0:
            return False
        self._purses[key] = left
        if left < AHEAD * points and key not in self._filling:
            self._begin_filling(key, self.of(actor), left)
        return True

    async def pay(self, actor: Actor, address: str, points: int) -> int:
        """Pay, after filling the purse if need be. 0, or in how many whole seconds to come again."""
        key = actor.id or counted_address(address)
        for _ in range(MAX_TURNS):
            if self.pays(actor, address, points):
                return 0
            wait_s = await self._fill(key, self.of(actor), points - self._purses.get(key, 0))
            if wait_s and key not in self._filling:
                return wait_s
            if wait_s:  # some are on their way
                await asyncio.wait([self._filling[key]])
        return 1

    def _begin_filling(self, key: UUID | str, rate: Rate, left: int) -> None:
        if left < rate.share and len(self._filling) < MAX_FILLING:
            self._filling[key] = asyncio.create_task(self._fill_ahead(key, rate))

    async def _fill_ahead(self, key: UUID | str, rate: Rate) -> None:
        try:
            await self._fill(key, rate, 1)
        finally:
            del self._filling[key]

    async def _fill(self, key: UUID | str, rate: Rate, needed: int) -> int:
        """Put a share into the purse, at least as much as is needed. 0, or how many seconds to wait for it."""
        given, wait_s = await self._take(key, rate, needed)
        held = self._purses.pop(key, 0)  # it becomes the youngest
        self._purses[key] = held + given
        while len(self._purses) > MAX_PURSES:
            del self._purses[next(iter(self._purses))]
        return wait_s

    async def _take(self, key: UUID | str, rate: Rate, needed: int) -> tuple[int, int]:
        wanted = max(rate.share, needed)
        if time.monotonic() < self._open_until:
            return wanted, 0
        numbers = [str(each) for each in (rate.full, rate.per_second, wanted, needed)]
        try:
            async with asyncio.timeout(REDIS_WITHIN_S):
                answer: Any = await cast(Any, self._redis.eval(TAKE, 1, f"rate:{key}", *numbers))
        except (RedisError, OSError, TimeoutError):
            log.warning("Redis does not count requests; all are let in")
            self._open_until = time.monotonic() + OPEN_FOR_S
            return wanted, 0
        given, wait_s = answer
        return int(given), math.ceil(wait_s)
