"""Fixtures that every test may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tortoise import connections

from app.database import database
from app.migration import migrate
from tests.servers import database_url, redis_url

__all__ = ["database_url", "redis_url"]

KEPT = ("region", "tortoise_migrations", "relay_head")
# Tests below these folders touch neither PostgreSQL nor Redis, and pay for neither.
PURE = ("domain", "execution", "integrations", "app", "faults")


@pytest.fixture(scope="session")
async def migrated(database_url: str) -> AsyncIterator[str]:
    """A database with the present schema and this process's pool open on it."""
    await migrate(database_url)
    async with database(database_url, pool_max=20):
        yield database_url


@pytest.fixture
async def clean(migrated: str) -> str:
    """The same database, empty but for the regions."""
    connection = connections.get("default")
    rows = await connection.execute_query_dict("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = ", ".join(sorted(row["tablename"] for row in rows if row["tablename"] not in KEPT))
    try:
        await connection.execute_script(
            f"TRUNCATE {tables} RESTART IDENTITY; UPDATE relay_head SET position = 0, hash = ''"
        )
    except asyncpg.LockNotAvailableError as error:
        error.add_note(await _who_is_there(migrated))
        raise
    return migrated


async def _who_is_there(database_url: str) -> str:
    """What the other sessions of this database do: one of them, left by an earlier test, holds a lock."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT pid, application_name, state, wait_event, now() - xact_start AS since, query"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    return "\n".join(str(dict(row)) for row in rows)


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    """Every test outside the pure folders begins with empty tables."""
    folder = Path(request.path).relative_to(Path(__file__).parent).parts[0]
    if folder not in PURE:
        request.getfixturevalue("clean")
