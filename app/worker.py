"""The worker process: providers chosen by settings, and the runner until TERM."""

import asyncio
import contextlib
import logging
import signal

from redis.asyncio import Redis

from app.address import database_url, redis_url
from app.database import database
from app.outside import outside
from app.settings import Settings
from domain.task import MAX_AHEAD
from integrations.fault import arm
from integrations.nudge import NUDGE
from workers.runner import Runner

log = logging.getLogger("rawat.worker")


async def work(settings: Settings) -> None:
    """Run until TERM or Ctrl-C; a task that is cut off is taken up again when its lease ends."""
    arm(settings.faults)
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    redis: Redis = Redis.from_url(redis_url(), socket_timeout=3, socket_connect_timeout=1)
    runner = Runner(database_url(), redis_url(), settings.event_key.encode(), outside(settings), MAX_AHEAD)
    async with database(database_url(), settings.db_pool_max):
        running = [asyncio.create_task(runner.run()), asyncio.create_task(NUDGE.carry(redis))]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        for task in running:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await redis.aclose()
