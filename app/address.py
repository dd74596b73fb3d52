"""Where this process finds PostgreSQL and Redis: the given address, or the server that `make run` keeps alive."""

from app.binary import ServerFailed
from app.embedded import Postgres, Valkey, kept_port
from app.settings import settings


def database_url() -> str:
    """The address of PostgreSQL, also in a second terminal beside `make run`. Raises ServerFailed if there is none."""
    chosen = settings()
    port = None if chosen.database_url else kept_port(chosen.data_dir, Postgres.name)
    if port is not None:
        return Postgres.address(port)
    return _given(chosen.database_url, "DATABASE_URL")


def redis_url() -> str:
    """The address of Redis, in the same way."""
    chosen = settings()
    port = None if chosen.redis_url else kept_port(chosen.data_dir, Valkey.name)
    if port is not None:
        return Valkey.address(port)
    return _given(chosen.redis_url, "REDIS_URL")


def _given(url: str | None, variable: str) -> str:
    if url is None:
        raise ServerFailed(f"no server is running here: start `make run` in another terminal, or set {variable}")
    return url
