"""The whole system as children of one test process, with a bad network between its parts."""

import asyncio
import random
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from redis.asyncio import Redis

from app.embedded import EmbeddedServer, Postgres, Valkey
from app.migration import migrate
from app.settings import DEVELOPMENT_EVENT_KEY, DEVELOPMENT_SECRET_KEY
from tests.faults.part import Part
from tests.faults.proxy import Proxy

TOKEN_MINUTES = 180  # a run is shorter
LAPSE = "UPDATE task SET lease_until = now() - interval '1 s' WHERE state = 'RUNNING'"
IN_PROGRESS = "arq:in-progress:*"
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Rig:
    """What a scenario may break. Names of proxies: `api-db`, `api-redis`, `worker-db`, `worker-redis`, `front`."""

    folder: Path
    random: random.Random
    postgres: Postgres
    valkey: Valkey
    proxies: dict[str, Proxy] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    # Children must be started by a thread that lives as long as this process.
    hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))

    @property
    def api(self) -> Part:
        return self.parts["api"]

    @property
    def worker(self) -> Part:
        return self.parts["worker"]

    @property
    def url(self) -> str:
        """The API as clients see it: through the proxy `front`."""
        return f"http://127.0.0.1:{self.proxies['front'].port}"

    async def by_hand(self, act: Callable[[], T]) -> T:
        """Do something that blocks, such as starting a server."""
        return await asyncio.get_running_loop().run_in_executor(self.hands, act)

    async def kill_server(self, server: EmbeddedServer) -> None:
        """kill -9 and wait; PostgreSQL's back ends notice that their parent is gone, and end."""
        child = server.child
        assert child is not None
        child.send_signal(signal.SIGKILL)
        await self.by_hand(child.wait)

    async def start_server(self, server: EmbeddedServer) -> None:
        await self.by_hand(server.start)

    async def empty_redis(self) -> None:
        """What FLUSHALL does: no key, no queue, no stream."""
        async with self.redis() as redis:
            await redis.flushall()

    async def restart_redis_empty(self) -> None:
        """A machine that lost its disk: the server is killed and comes back with nothing."""
        await self.kill_server(self.valkey)
        await self.by_hand(lambda: shutil.rmtree(self.folder / "valkey"))
        await self.start_server(self.valkey)

    @asynccontextmanager
    async def redis(self) -> AsyncIterator[Redis]:
        """Straight to the server, by no proxy."""
        redis: Redis = Redis.from_url(self.valkey.url, socket_timeout=5)
        try:
            yield redis
        finally:
            await redis.aclose()

    @asynccontextmanager
    async def database(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Straight to the server, by no proxy."""
        connection = await asyncpg.connect(self.postgres.url, timeout=10, server_settings={"application_name": "rig"})
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database() as connection:
            return [dict(row) for row in await connection.fetch(sql, *values)]

    async def lapse(self) -> None:
        """Half a minute passes: leases of dead workers end, and what arq believes of them."""
        await self.rows(LAPSE)
        async with self.redis() as redis:
            async for key in redis.scan_iter(match=IN_PROGRESS, count=1000):
                await redis.delete(key)

    async def heal(self) -> None:
        """Everything is there again: servers, network, clocks, both programs, thawed and without planned faults."""
        for server in (self.postgres, self.valkey):
            if not server.is_running:
                await self.start_server(server)
        for proxy in self.proxies.values():
            proxy.heal()
        for part in self.parts.values():
            part.forget_plans()
            part.clock.write_text("0")
            part.thaw()
            if not part.is_alive:
                part.start()
        for part in self.parts.values():
            await part.ready()

    async def add_api(self) -> Part:
        """A second API process beside the first."""
        part = Part("api2", self.folder / "api2", self._environment("api"), free_port())
        self.parts["api2"] = part
        part.start()
        await part.ready()
        return part

    async def add_worker(self, name: str) -> Part:
        """One more worker; its name is `worker` and a digit."""
        part = Part(name, self.folder / name, self._environment("worker"))
        self.parts[name] = part
        part.start()
        return part

    def _environment(self, name: str) -> dict[str, str]:
        return {
            "ENVIRONMENT": "test",
            "RATE_USER": "0",
            "DATABASE_URL": Postgres.address(self.proxies[f"{name}-db"].port),
            "REDIS_URL": Valkey.address(self.proxies[f"{name}-redis"].port),
            "DATA_DIR": str(self.folder / "data"),
            "SECRET_KEY": DEVELOPMENT_SECRET_KEY,
            "EVENT_KEY": DEVELOPMENT_EVENT_KEY,
            "ACCESS_TOKEN_MINUTES": str(TOKEN_MINUTES),
        }

    async def _begin(self) -> None:
        await self.by_hand(self.postgres.start)
        await self.by_hand(self.valkey.start)
        await migrate(self.postgres.url)
        api_port = free_port()
        targets: dict[str, Callable[[], int]] = {
            "front": lambda: api_port,
            **{f"{name}-db": lambda: self.postgres.port for name in ("api", "worker")},
            **{f"{name}-redis": lambda: self.valkey.port for name in ("api", "worker")},
        }
        for name, target in targets.items():
            self.proxies[name] = Proxy(target, random.Random(self.random.random()))
            await self.proxies[name].start()
        self.parts["api"] = Part("api", self.folder / "api", self._environment("api"), api_port)
        self.parts["worker"] = Part("worker", self.folder / "worker", self._environment("worker"))

    def start_programs(self) -> None:
        for part in self.parts.values():
            part.start()

    async def _end(self) -> None:
        for part in self.parts.values():
            part.thaw()
            part.kill()
        for proxy in self.proxies.values():
            await proxy.stop()
        await self.by_hand(self.valkey.stop)
        await self.by_hand(self.postgres.stop)
        self.hands.shutdown()


@asynccontextmanager
async def rig(folder: Path, seed: int) -> AsyncIterator[Rig]:
    """Servers that keep what they said they kept, a migrated database, and both programs not yet started."""
    made = Rig(folder, random.Random(seed), Postgres(folder, durable=True), Valkey(folder, durable=True))
    try:
        await made._begin()
        yield made
    finally:
        await made._end()
