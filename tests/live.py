"""Open subscriptions without a socket in between: the real relay, Redis and hub, and the schema's own streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from app.graphql import schema
from domain.permissions import Actor
from subscriptions.hub import Hub
from tests import job as jobs
from tests.job import Job
from workers.relay import Relay

WITHIN_S = 5.0
SILENCE_S = 0.5
MAX_ITEMS = 20


@asynccontextmanager
async def running_hub(database_url: str, redis_url: str) -> AsyncIterator[Hub]:
    """A hub, with a relay that feeds it."""
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    hub = Hub(database_url, redis)
    async with hub.running():
        relay = asyncio.create_task(Relay(database_url, redis, b"k" * 32).run())
        try:
            yield hub
        finally:
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)
            await redis.aclose()


class Stream:
    """One open subscription."""

    def __init__(self, source: Any) -> None:
        self._source = source

    async def next(self) -> Any:
        """The next item; an error, or silence for WITHIN_S, fails the test."""
        result = await asyncio.wait_for(anext(self._source), WITHIN_S)
        assert not result.errors, result.errors
        return next(iter(result.data.values()))

    async def caught_up(self) -> None:
        """Wait until the stream is live."""
        assert (await self.next())["__typename"] == "CaughtUp"

    async def until(self, count: int, typename: str) -> list[Any]:
        """The next `count` items of that type, whatever else comes between them."""
        found: list[Any] = []
        for _ in range(MAX_ITEMS):
            if len(found) < count:
                item = await self.next()
                found += [item] if item["__typename"] == typename else []
        return found

    async def refusal(self) -> str:
        """The code of the refusal with which the stream ends at once."""
        result = await asyncio.wait_for(anext(self._source), WITHIN_S)
        [error] = result.errors
        assert result.data is None
        return str(error.extensions["code"])

    async def is_silent(self) -> bool:
        """Whether nothing comes for a while; the stream is of no use afterwards."""
        try:
            await asyncio.wait_for(anext(self._source), SILENCE_S)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def opened(hub: Hub, actor: Actor, document: str, job: Job, after: str | None = None) -> AsyncIterator[Stream]:
    """The actor's subscription to something of the job: `$booking` and `$after` in the document."""
    given = {"booking": str(job.id), "after": after}
    source: Any = await schema.subscribe(document, given, context_value=jobs.context(actor, hub=hub))
    async with aclosing(source):
        yield Stream(source)
