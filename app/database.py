"""The way to PostgreSQL: Tortoise's configuration, and opening and closing it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from tortoise import Tortoise

from app.settings import settings

MODELS = (
    "account", "booking", "calendar", "event", "message", "notification", "partner", "payment", "pet", "photo",
    "region", "task",
)  # fmt: skip
# Waits end: a client would rather be told TRY_AGAIN, and a frozen process may not hold a lock for others.
SERVER_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
    "application_name": "rawat",
    "jit": "off",  # short queries do not gain by it, and asyncpg would switch it for the session at its own look-ups
}


def tortoise_config(database_url: str, pool_max: int = 10) -> dict[str, Any]:
    """What Tortoise.init and the migration commands take."""
    parts = urlsplit(database_url)
    credentials = {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or 5432,
        "user": parts.username or "postgres",
        "password": parts.password,
        "database": parts.path.lstrip("/") or "postgres",
        "minsize": 1,
        "maxsize": pool_max,
        "server_settings": dict(SERVER_SETTINGS),
    }
    return {
        "connections": {"default": {"engine": "models.backend", "credentials": credentials}},
        "apps": {"models": {"models": [f"models.{name}" for name in MODELS], "migrations": "migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


def __getattr__(name: str) -> Any:
    """`TORTOISE` for Tortoise's own command line, made when it is asked for: it needs DATABASE_URL."""
    if name == "TORTOISE":
        url = settings().database_url or "postgres://postgres@127.0.0.1:5432/postgres"
        return tortoise_config(url)
    raise AttributeError(name)


@asynccontextmanager
async def database(url: str, pool_max: int = 10) -> AsyncIterator[None]:
    """Open the pool for this process, and close it at the end."""
    await Tortoise.init(config=tortoise_config(url, pool_max), _enable_global_fallback=True)
    try:
        yield
    finally:
        await Tortoise.close_connections()
