"""One session: the world, the servers, interleaved rounds; everything it starts ends with it."""

import asyncio
import os
import platform
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
import click
import orjson

from app.embedded import postgres, valkey
from app.migration import migrate
from bench import replay, world
from bench.compare import SAMPLES, differences
from bench.load import Measured, check_wrk, forget_holds, measure, write_asks
from bench.result import Key
from bench.server import BenchFailed, Place, Server, install_peers, install_python, node
from bench.work import Ask, Desk, desk

PACKAGES = (
    "asyncpg",
    "graphql-core",
    "orjson",
    "strawberry-graphql",
    "tortoise-orm",
    "uvicorn",
    "uvloop",
    "websockets",
)
WARM_S = 1
SHARED_BUFFERS = "1GB"  # room for all that a session touches, in the biggest world as well


@dataclass(frozen=True, slots=True)
class Plan:
    """What the operator asked for."""

    folder: Path
    size: world.Size
    servers: tuple[str, ...]
    works: tuple[str, ...]
    concurrency: tuple[int, ...]
    rounds: int
    seconds: int


@contextmanager
def placed(plan: Plan) -> Iterator[Place]:
    """A world below plan.folder, and the peers installed there."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    install_python(plan.folder)
    install_peers(plan.folder)
    with housed(plan.folder, plan.size) as place:
        yield replace(place, folder=plan.folder, recipe=plan.folder / "hold.json")


@contextmanager
def housed(folder: Path, size: world.Size) -> Iterator[Place]:
    """Durable servers of our own with the world in them; its own place is a folder below the given one."""
    home = folder / f"world-{size.bookings}-{size.seed}"
    with postgres(home, durable=True, shared_buffers=SHARED_BUFFERS) as database_url, valkey(home) as redis_url:
        asyncio.run(_prepare(database_url, size))
        keys = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
        yield Place(home, home, database_url, redis_url, *keys, home / "hold.json")


async def _prepare(database_url: str, size: world.Size) -> None:
    await migrate(database_url)
    if not await world.is_filled(database_url, size):
        click.echo(f"filling a world of {size.bookings} bookings …")
        await world.fill(database_url, size)
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(Path(__file__).with_name("peer.sql").read_text())
    finally:
        await connection.close()


def take_down_hold(place: Place, asking: Desk, ask: Ask) -> None:
    """Write the statements of holdBooking to place.recipe, and undo the hold."""
    recipe = asyncio.run(replay.take_down(place.database_url, ask, asking.tokens, datetime.now(UTC)))
    place.recipe.write_bytes(orjson.dumps(recipe))
    forget_holds(place.database_url)


@dataclass
class Queries:
    """Q1, Q2, Q3 and M1 on every server, in interleaved rounds."""

    plan: Plan
    place: Place
    found: dict[Key, list[Measured]]
    sizes: dict[tuple[str, str], int]

    def run(self) -> None:
        """Start all servers, compare their answers, measure; ends them in any case."""
        asking = asyncio.run(desk(self.place.database_url, self.plan.size, self.place.secret_key))
        asks = {work: asking.asks(work) for work in self.plan.works}
        take_down_hold(self.place, asking, (asks.get("M1") or asking.asks("M1"))[0])
        names = [name for name in self.plan.servers if name != "limit"]
        servers = [Server(name, self.place) for name in ("limit", *names)]
        try:
            for server in servers:
                server.start()
                click.echo(f"{server.name} is up")
            for work in self.plan.works:
                self._compare(servers, work, asks[work])
            for number in range(self.plan.rounds):
                for work in self.plan.works:
                    self._round(servers, work, number)
        finally:
            for server in servers:
                server.stop()

    def _compare(self, servers: Sequence[Server], work: str, asks: Sequence[Ask]) -> None:
        limit, problems = servers[0], []
        for server in servers:
            if not server.does(work):
                continue
            found, size = differences(limit, server, work, asks[:SAMPLES], self._forget if work == "M1" else None)
            problems += found
            self.sizes[server.name, work] = size
            write_asks(self._file(server, work), server, work, asks)
        if problems:
            raise BenchFailed("the answers differ:\n" + "\n".join(problems[:5]))

    def _forget(self) -> None:
        forget_holds(self.place.database_url)

    def _file(self, server: Server, work: str) -> Path:
        return self.place.folder / f"{server.name}-{work}.asks"

    def _round(self, servers: Sequence[Server], work: str, number: int) -> None:
        for concurrency in self.plan.concurrency:
            for server in servers:
                if not server.does(work):
                    continue
                asks = self._file(server, work)
                if number == 0 and work != "M1":
                    measure(server, work, asks, concurrency, WARM_S)
                once = measure(server, work, asks, concurrency, self.plan.seconds)
                if work == "M1":
                    forget_holds(self.place.database_url)
                self.found.setdefault((server.name, work, concurrency), []).append(once)
                click.echo(
                    f"round {number + 1} {work} c={concurrency} {server.name:13} {once.rate:8.0f}/s "
                    f"p50 {once.p50_ms:7.2f} p99 {once.p99_ms:7.2f} ms  {once.cpu_us:6.0f} µs  errors {once.errors}"
                )


def facts(plan: Plan, place: Place) -> dict[str, Any]:
    """What makes the session repeatable."""
    installed = {}
    peers = orjson.loads((place.folder / "peers" / "package-lock.json").read_bytes())["packages"]
    for name in peers[""]["dependencies"]:
        installed[name] = peers[f"node_modules/{name}"]["version"]
    told = subprocess.run([str(node(place.folder)), "--version"], capture_output=True, text=True, check=True).stdout
    size = plan.size
    return {
        **common_facts(place, plan.rounds, plan.seconds, {"node": told.strip(), **installed}), "seed": size.seed,
        "sizes": {name: getattr(size, name) for name in ("bookings", "partners", "customers", "areas", "holders")},
        "notes": [
            "each server runs alone on core 0, its client on core 1, PostgreSQL and Valkey where the kernel puts them",
            "16 database connections for each server; fsync on; cpu_us is the server's own, without PostgreSQL's",
            "rawat-stock is started with EXECUTOR=stock; where the product does not know that variable it equals rawat",
            "M1 replays the statements that holdBooking executed in this session; PostGraphile has no M1",
            "live: events lie ready in PostgreSQL; the client moves the head and feeds the stream, as the relay does",
            "live-idle: bytes is the resident memory of the server with all sockets open",
        ],
    }  # fmt: skip


def common_facts(place: Place, rounds: int, seconds: int, versions: Mapping[str, str]) -> dict[str, Any]:
    """What makes any session repeatable; `versions` of what only this one uses."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "commit": _commit(),
        "versions": {
            "python": platform.python_version(), "wrk": check_wrk(),
            "postgresql": asyncio.run(_postgres(place.database_url)),
            **{name: version(name) for name in PACKAGES}, **versions,
        },
        "rounds": rounds, "seconds": seconds, "cores": os.cpu_count() or 1,
        "load_before": round(os.getloadavg()[0], 2),
    }  # fmt: skip


async def _postgres(database_url: str) -> str:
    connection = await asyncpg.connect(database_url)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


def _commit() -> str:
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"
