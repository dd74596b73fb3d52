"""The worker process: relay and sweeper, and arq between restarts. PostgreSQL decides, Redis only wakes somebody up."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.asyncio import Redis
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from domain.permissions import Claim
from domain.refusals import Refusal, TryAgain
from domain.road import SWEEP_S
from domain.task import JOB_TIMEOUT_S
from integrations.fault import Point, fault_point
from integrations.nudge import REDIS_DOWN, is_stopping
from services import task as tasks
from services.work import StaleClaim
from workers.job import Job, Outside
from workers.relay import DATABASE_DOWN, Relay, hear_nudges
from workers.table import EVERY, JOBS, UnknownEvent

QUEUE = "rawat:tasks"
MAX_JOBS = 10  # at once in one process
SWEEP_BATCH = 200
POLL_S = 0.05
RESTART_S = 0.5
LOOK_EVERY_S = 60.0  # for periods that have begun
AWAY = (*DATABASE_DOWN, DBConnectionError, TransactionManagementError)

log = logging.getLogger("rawat.worker")


async def run_task(key: str, outside: Outside) -> None:
    """Claim the task and run its job once; any error puts it off, none escapes."""
    found = await tasks.claim(key, datetime.now(UTC))
    if found is None:
        return None
    fault_point(Point.CLAIMED)
    claim, name, payload = found
    job = JOBS.get(name)
    if job is None:
        log.warning("no job is called %s here; the task waits", name)
        return await tasks.leave(claim)
    try:
        async with asyncio.timeout(JOB_TIMEOUT_S):
            await job(Job(claim, orjson.loads(payload), outside))
        fault_point(Point.WORKED)
    except StaleClaim:
        log.warning("task %s was taken over", key)
    except UnknownEvent:
        await tasks.leave(claim)
    except TryAgain as busy:  # no answer of a rule: the database had no time
        await _fail(claim, busy)
    except Refusal as refusal:
        await tasks.done(claim, f"refused: {refusal.code}")
    except asyncio.CancelledError:  # this process stops, or arq does because Redis went: somebody else goes on at once
        with contextlib.suppress(*AWAY):
            await tasks.leave(claim, timedelta())
        raise
    except Exception as error:
        log.exception("task %s failed at attempt %s", key, claim.attempt)
        await _fail(claim, error)
    else:
        await tasks.done(claim)
    return None


async def _fail(claim: Claim, error: Exception) -> None:
    if await tasks.failed(claim, f"{type(error).__name__}: {error}"):
        log.error("task %s is dead", claim.task_key)


class Runner:
    """Everything a worker does, until cancelled."""

    def __init__(
        self, database_url: str, redis_url: str, key: bytes, outside: Outside, ahead: timedelta | None = None
    ) -> None:
        """`ahead` bounds how far this process's clock may be ahead of the database's; None where tests move it."""
        self._redis_url, self._outside, self._ahead = redis_url, outside, ahead
        self._redis: Redis = Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=1)
        self._relay = Relay(database_url, self._redis, key)
        self._due = asyncio.Event()
        self._pool: ArqRedis | None = None
        self._next_look = 0.0
        self._direct: dict[str, asyncio.Task[None]] = {}  # tasks that run here without arq, by their keys

    async def run(self) -> None:
        """Relay, sweeper, nudges and arq side by side; the first three outlive Redis."""
        try:
            async with asyncio.TaskGroup() as loops:
                loops.create_task(self._relay.run())
                loops.create_task(self._sweep_forever())
                loops.create_task(hear_nudges(self._redis, self._relay.wake, self._due.set))
                loops.create_task(self._arq_forever())
        finally:
            running = list(self._direct.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._redis.aclose()

    async def _sweep_forever(self) -> None:
        every = {periodic: period for periodic, (period, _) in EVERY.items()}
        while not is_stopping():
            self._due.clear()
            try:
                if asyncio.get_running_loop().time() >= self._next_look:
                    await tasks.begin_periods(every, datetime.now(UTC))
                    self._next_look = asyncio.get_running_loop().time() + LOOK_EVERY_S
                found = await tasks.due(datetime.now(UTC), SWEEP_BATCH, self._ahead)
                await self._hand_out(found)
            except AWAY as error:
                log.warning("the sweeper waits for the database: %s", type(error).__name__)
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._due.wait()
            except TimeoutError:
                continue

    async def _hand_out(self, found: list[tuple[str, int]]) -> None:
        """Through arq when Redis is there; otherwise this process runs as many as it has room for, the rest later."""
        for key, attempts in found:
            pool = self._pool
            if pool is not None:
                try:
                    await pool.enqueue_job("run", key, _job_id=f"{key}:{attempts}", _queue_name=QUEUE)
                    continue
                except REDIS_DOWN:
                    self._pool = None
            if len(self._direct) < MAX_JOBS and key not in self._direct:
                self._direct[key] = asyncio.create_task(self._run_here(key))

    async def _run_here(self, key: str) -> None:
        try:
            await run_task(key, self._outside)
        except AWAY as error:
            log.warning("task %s waits for the database: %s", key, type(error).__name__)
        finally:
            del self._direct[key]
        self._due.set()

    async def _run_for_arq(self, ctx: dict[str, Any], key: str) -> None:
        await run_task(key, self._outside)
        self._due.set()  # a job often leaves new tasks

    async def _arq_forever(self) -> None:
        """arq's worker ends when Redis goes away; a new one is started when it is back."""
        while not is_stopping():
            worker = None
            try:
                settings = RedisSettings.from_dsn(self._redis_url)
                settings.conn_retries, settings.conn_timeout = 0, 1
                pool = await create_pool(
                    settings, job_serializer=orjson.dumps, job_deserializer=orjson.loads, default_queue_name=QUEUE
                )
                worker = Worker(
                    [func(self._run_for_arq, name="run", keep_result=0, timeout=JOB_TIMEOUT_S + 5, max_tries=1000)],
                    redis_pool=pool, queue_name=QUEUE, max_jobs=MAX_JOBS, poll_delay=POLL_S, handle_signals=False,
                    job_serializer=orjson.dumps, job_deserializer=orjson.loads,
                )  # fmt: skip
                self._pool = pool
                await worker.async_run()
            except REDIS_DOWN as error:
                log.warning("arq waits for Redis: %s", type(error).__name__)
            finally:
                self._pool = None
                if worker is not None:
                    await asyncio.shield(_close(worker, pool))
            await asyncio.sleep(RESTART_S)


async def _close(worker: Worker, pool: ArqRedis) -> None:
    """End arq's loop and its jobs. Its own `close` stops half-way when a job was cut off or Redis is away."""
    running = [task for task in (worker.main_task, *worker.tasks.values()) if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    with contextlib.suppress(*REDIS_DOWN):
        await pool.aclose()
