"""The API process: routes, CORS, and what lives as long as the process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.database import database
from app.door import Door
from app.http import Answering
from app.inbox import inbox
from app.media import MediaDoor
from app.migration import is_current
from app.outside import storage
from app.post import Headers, media_type
from app.rate import Rate, Rates
from app.settings import Settings
from integrations.nudge import NUDGE
from integrations.seal import Seal
from integrations.token import Tokens
from services.account import ended_since
from subscriptions.hub import Hub
from subscriptions.revocation import Revocations, look_forever

READY_WITHIN_S = 2.0
VARY = b"vary: Origin\r\n"

log = logging.getLogger("rawat.api")


def make_app(settings: Settings, database_url: str, redis_url: str, *, owns_database: bool = True) -> ASGIApp:
    """The ASGI application; nothing is connected before its lifespan begins. `owns_database` is off where the process
    has opened the pool already (tests that look into the tables beside a running API)."""
    redis: Redis = Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=1)
    hub, revocations = Hub(database_url, redis), Revocations()
    lifetime = timedelta(minutes=settings.access_token_minutes)
    door = Door(
        Tokens(settings.secret_key, lifetime), hub, revocations, (*settings.cors_origins, settings.public_url),
        shows_ide=not settings.is_production, allows_get=settings.audit, max_sockets=settings.max_sockets,
        seal=Seal(settings.secret_key), media_key=settings.secret_key.encode(), public_url=settings.public_url,
        rates=_rates(settings, redis),
    )  # fmt: skip
    media = MediaDoor(storage(settings), settings.secret_key.encode(), settings.data_dir / "incoming")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool = database(database_url, settings.db_pool_max) if owns_database else nullcontext()
        try:
            async with pool, hub.running():
                hub.watchers.append(revocations.hear)
                since = datetime.now(UTC) - lifetime
                revocations.remember(await ended_since(since))
                media.sweep()
                async with _meanwhile(NUDGE.carry(redis), look_forever(revocations, since)):
                    yield
        finally:
            await redis.aclose()

    async def ready(request: Request) -> Response:
        """Whether this process can do its work: database, schema and Redis, each named."""
        checks = {"database": _database(database_url), "redis": _redis(redis)}
        found = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
        return JSONResponse(found, status_code=200 if all(found.values()) else 503)

    everything = Starlette(
        routes=[
            Route("/graphql", door, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", door),
            Route("/healthz", lambda request: PlainTextResponse("ok")),
            Route("/readyz", ready),
            *inbox(settings),
            *media.routes(),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.cors_origins),
                allow_methods=["GET", "POST", "PUT"],
                allow_headers=["authorization", "content-type"],
                max_age=600,
            )
        ],
        lifespan=lifespan,
    )
    return Front(door, everything, settings.cors_origins)


def _rates(settings: Settings, redis: "Redis") -> Rates | None:
    """How much one actor may ask for in a time; None where it is not counted."""
    user = Rate(settings.rate_user, settings.rate_user_full)
    visitor = Rate(settings.rate_visitor, settings.rate_visitor_full)
    staff = Rate(settings.rate_staff, settings.rate_staff_full)
    is_counted = all(each.per_second for each in (user, visitor, staff))
    return Rates(redis, user, visitor, staff) if is_counted else None


class Front:
    """The application. Most requests are GraphQL by POST: app/http.py asks for their answers at once, so that they need
    neither routing nor middleware. What they are told of CORS is what the middleware says."""

    def __init__(self, door: Door, everything: ASGIApp, origins: Iterable[str]) -> None:
        self._door, self._everything = door, everything
        named = [origin.encode() for origin in origins]
        self._lines = {origin: b"access-control-allow-origin: %s\r\n%s" % (origin, VARY) for origin in named}
        self._knows_origins = b"*" not in named

    def short(self, headers: Headers, body: bytes, address: str) -> Answering | None:
        """The answer by the short way, if there is one."""
        origin = headers.get(b"origin", b"")
        answer = self._door.short(headers, body, address) if self._knows_origins or not origin else None
        if answer is None:
            return None
        return media_type(headers.get(b"accept", b"")), self._lines.get(origin, VARY), answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._everything(scope, receive, send)


@asynccontextmanager
async def _meanwhile(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run them as long as the block does."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _database(url: str) -> bool:
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            return await is_current(url)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return False


async def _redis(redis: Redis) -> bool:
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            return bool(await redis.ping())
    except Exception:
        log.warning("Redis does not answer")
        return False
