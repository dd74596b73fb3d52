"""The whole system in one process for story tests: HTTP and WebSocket by uvicorn, the worker with real arq."""

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from app.asgi import make_app
from app.http import HttpProtocol
from app.outside import outside, sink
from app.serve import SOCKETS
from app.settings import Settings
from domain.permissions import Actor
from integrations.sink import Sink
from integrations.token import Tokens
from models.account import Session
from models.event import Event
from workers.runner import Runner

PATIENCE_S = 15.0


@dataclass
class System:
    """A running API and worker on test servers."""

    url: str
    settings: Settings
    sink: Sink
    http: httpx.AsyncClient
    runner: asyncio.Task[None] | None = None

    async def token(self, actor: Actor) -> str:
        """An access token for a session of its own, as a log-in would give it."""
        assert actor.id
        session = await Session.create(account_id=actor.id, expires_at=datetime.now(UTC) + timedelta(days=30))
        tokens = Tokens(self.settings.secret_key, timedelta(minutes=self.settings.access_token_minutes))
        return tokens.issue(actor.id, session.id, actor.roles, actor.language, datetime.now(UTC))[0]

    async def client(self, actor: Actor) -> "Client":
        return Client(self, await self.token(actor))


@dataclass
class Client:
    """One signed-in person with a browser."""

    system: System
    token: str | None

    async def ask(self, document: str, **variables: Any) -> Any:
        """Data of an operation that must have no errors."""
        answer = await self.raw(document, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def raw(self, document: str, **variables: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": document, "variables": variables}
        response = await self.system.http.post("/graphql", json=body, headers=headers)
        return response.json()

    @contextlib.asynccontextmanager
    async def follow(self, document: str, **variables: Any) -> AsyncIterator["Stream"]:
        """A subscription over its own socket."""
        address = self.system.url.replace("http", "ws") + "/graphql"
        async with connect(address, subprotocols=["graphql-transport-ws"], open_timeout=PATIENCE_S) as socket:  # type: ignore[list-item]
            credentials = {"authorization": f"Bearer {self.token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": credentials}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": document, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            yield Stream(socket)


@dataclass
class Stream:
    """What a subscriber hears, in order."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def next(self) -> dict[str, Any]:
        """The next item of the subscription's one field."""
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))
            if message["type"] == "next":
                assert "errors" not in message["payload"], message["payload"]["errors"]
                (item,) = message["payload"]["data"].values()
                self.heard.append(item)
                return dict(item)
            assert message["type"] in ("ping", "pong"), message

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Listen until an item is wanted; bounded by patience and a thousand items."""
        for _ in range(1000):
            item = await self.next()
            if wanted(item):
                return item
        raise AssertionError("not heard")

    async def caught_up(self) -> dict[str, Any]:
        return await self.until(lambda item: item["__typename"] == "CaughtUp")

    async def named(self, name: str) -> dict[str, Any]:
        return await self.until(lambda item: item.get("name") == name)


@contextlib.asynccontextmanager
async def system(
    database_url: str, redis_url: str, folder: Path, *, works: bool = True, is_plain: bool = False, **given: Any
) -> AsyncIterator[System]:
    """API and worker on a free port; the database must be migrated and this process's pool open. `is_plain`: sockets by
    uvicorn's own protocol, without our extension of it. `given` are settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(environment="test", port=port, data_dir=folder, **given)
    redis: Redis = Redis.from_url(redis_url)
    await redis.flushall()
    app = make_app(settings, database_url, redis_url, owns_database=False)
    ws: dict[str, Any] = {**SOCKETS, "ws": "websockets-sansio"} if is_plain else SOCKETS
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=port, log_config=None, access_log=False, http=HttpProtocol, **ws, timeout_graceful_shutdown=2
        )
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    for _ in itertools.count():
        if server.started:
            break
        assert not serving.done(), "the API did not start"
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as http:
        running = System(url, settings, sink(settings), http)
        if works:
            runner = Runner(database_url, redis_url, settings.event_key.encode(), outside(settings))
            running.runner = asyncio.create_task(runner.run())
        try:
            yield running
        finally:
            if running.runner:
                running.runner.cancel()
                await asyncio.gather(running.runner, return_exceptions=True)
            server.should_exit = True
            await serving
            await redis.aclose()


async def eventually(question: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """Ask until the answer is truthy."""
    async with asyncio.timeout(patience_s):
        while True:
            answer = await question()
            if answer:
                return answer
            await asyncio.sleep(0.05)


async def numbered() -> None:
    """Wait until the running worker gave every event so far its position: none of them is news any more."""
    await eventually(_none_is_unnumbered)


async def _none_is_unnumbered() -> bool:
    return not await Event.exists(position=None)
