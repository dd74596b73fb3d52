"""Live: many sockets on one server; how many deliveries it makes, how fast, and what it costs."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import click
import orjson
from redis import Redis

from bench import world
from bench.load import Measured
from bench.result import Key
from bench.server import CLIENT_CORE, ROOT, BenchFailed, Place, Server, pinned
from bench.session import Plan
from bench.work import Desk, desk
from domain.permissions import CUSTOMER
from domain.road import STREAM

WORKS = ("live-one", "live-own", "live-5000", "live-idle")
SOCKETS = {"live-one": 1_000, "live-own": 1_000, "live-5000": 5_000, "live-idle": 10_000}
GROWS = 1.5  # from one rate to the next, until the server does not keep up
FIRST_RATE = {"live-one": 3.0, "live-own": 1_000.0}
MAX_STEPS = 14
SETTLE_S = 2.0
CLIENT_WITHIN_S = 600.0
FILES = 12_000  # that a server and its client need open at once


@dataclass
class Live:
    """Each live work on each server, one server at a time; rounds interleave the servers."""

    plan: Plan
    place: Place
    servers: Sequence[str]
    works: Sequence[str]
    found: dict[Key, list[Measured]]
    sizes: dict[tuple[str, str], int]

    def run(self) -> None:
        """Measure; each server starts afresh for each measurement."""
        _allow_files()
        asking = asyncio.run(desk(self.place.database_url, self.plan.size, self.place.secret_key))
        for number in range(self.plan.rounds):
            for work in self.works:
                for name in self.servers:
                    once = self._measure(Server(name, self.place), work, asking)
                    self.found.setdefault((name, work, SOCKETS[work]), []).append(once)
                    click.echo(
                        f"round {number + 1} {work} {name:15} {once.rate:8.0f}/s p50 {once.p50_ms:7.2f} "
                        f"p99 {once.p99_ms:7.2f} ms  {once.cpu_us:6.1f} µs  missed {once.errors}  "
                        f"{self.sizes[name, work]} bytes"
                    )

    def _measure(self, server: Server, work: str, asking: Desk) -> Measured:
        self._forget_events()
        server.start()
        try:
            order = self._order(server, work, asking)
            path = self.place.folder / "listen.json"
            path.write_bytes(orjson.dumps(order))
            argv = [*pinned(CLIENT_CORE), sys.executable, "-m", "bench.live_client", str(path)]
            environment = {**os.environ, "PYTHONPATH": str(self.place.folder / "python")}
            done = subprocess.run(
                argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=CLIENT_WITHIN_S
            )
        finally:
            server.stop()
        if done.returncode != 0:
            raise BenchFailed(f"the listeners of {server.name} failed: {done.stderr[-1000:]}")
        told = orjson.loads(done.stdout)
        if told["problems"]:
            click.echo(f"{server.name} {work}: {told['problems']}", err=True)
        self.sizes[server.name, work] = told["memory_bytes"] if work == "live-idle" else told["bytes"]
        return _best(told, SOCKETS[work])

    def _order(self, server: Server, work: str, asking: Desk) -> dict[str, Any]:
        assert server.child is not None
        pairs = asyncio.run(_bookings(self.place.database_url, SOCKETS[work]))
        if work == "live-one":
            agents = [asking.token(world.AGENT, number) for number in range(self.plan.size.agents)]
            listeners = [(agents[number % len(agents)], str(pairs[0][0])) for number in range(SOCKETS[work])]
            topics = pairs[:1]
        else:
            tokens = {customer: asking.token_of(customer, CUSTOMER) for _, customer in pairs}
            listeners = [(tokens[customer], str(booking)) for booking, customer in pairs]
            topics = pairs
        return {
            "port": server.port, "pid": server.child.pid, "database_url": self.place.database_url,
            "redis_url": self.place.redis_url, "listeners": listeners,
            "topics": [(str(booking), str(customer)) for booking, customer in topics],
            "listeners_of_a_topic": SOCKETS[work] if work == "live-one" else 1, "steps": self._steps(work),
            "settle_s": SETTLE_S,
        }  # fmt: skip

    def _steps(self, work: str) -> list[tuple[float, float]]:
        """Events a second, and for how long."""
        if work == "live-idle":
            return []
        if work == "live-5000":
            return [(float(SOCKETS[work]), self.plan.seconds)]
        return [(FIRST_RATE[work] * GROWS**number, self.plan.seconds) for number in range(MAX_STEPS)]

    def _forget_events(self) -> None:
        """Positions begin at 1 again, in PostgreSQL and in Redis."""
        with Redis.from_url(self.place.redis_url) as redis:
            redis.delete(STREAM)
        asyncio.run(_no_events(self.place.database_url))


def _best(told: dict[str, Any], sockets: int) -> Measured:
    """The fastest step that missed nothing; where each missed something, the last with what it missed."""
    absent = sockets - told["live"]
    steps = [each for each in told["steps"] if not each["missed"]] or told["steps"][-1:]
    if not steps:
        return Measured(0.0, 0.0, 0.0, 0.0, absent)
    best = max(steps, key=lambda each: float(each["rate"]))
    return Measured(best["rate"], best["p50_ms"], best["p99_ms"], best["cpu_us"], absent + best["missed"])


async def _bookings(database_url: str, count: int) -> list[tuple[UUID, UUID]]:
    """So many bookings with their customers."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT id, customer_id FROM booking ORDER BY id DESC LIMIT $1", count)
    finally:
        await connection.close()
    if len(rows) < count:
        raise BenchFailed(f"{count} listeners need a world of {count} bookings")
    return [(row["id"], row["customer_id"]) for row in rows]


async def _no_events(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("TRUNCATE event, event_topic, task")
        await connection.execute("UPDATE relay_head SET position = 0, hash = ''")
    finally:
        await connection.close()


def _allow_files() -> None:
    """Servers and clients inherit what this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        raise BenchFailed(f"{FILES} open files are needed for the sockets; `ulimit -Hn` says {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
