"""A tap on the relay's and the workers' shoulder after a commit; losing one costs a sweep's delay, nothing else."""

import asyncio
import contextlib

from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "nudge"
PAUSE_S = (
    0.005  # after each PUBLISH: a busy process rings with every commit, and one tap wakes for all that came before
)
# RuntimeError: uvloop says so of a connection whose end it has seen and not yet told (killed while one connects).
REDIS_DOWN = (RedisError, OSError, asyncio.TimeoutError, RuntimeError)


def is_stopping() -> bool:
    """Whether the running task was cancelled. For loops that run for ever: a library below may have swallowed the
    cancellation (asyncio.wait_for does before Python 3.12 when its answer comes in the same moment)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Nudge:
    """Coalesces any number of rings into one PUBLISH at a time, outside every transaction. The first after a rest goes
    out at once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Say that something was committed. Never waits, never fails."""
        self._rung.set()

    async def carry(self, redis: Redis) -> None:
        """Publish rings until cancelled; the process's one task for it."""
        while not is_stopping():
            await self._rung.wait()
            self._rung.clear()
            with contextlib.suppress(*REDIS_DOWN):
                await redis.publish(CHANNEL, b"")
            await asyncio.sleep(PAUSE_S)


NUDGE = Nudge()
