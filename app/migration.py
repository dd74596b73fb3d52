"""Bring the database to the present schema; one process at a time, however many start together."""

import asyncio
import contextlib
import io
import re
from pathlib import Path

import asyncpg
from tortoise import Tortoise
from tortoise.cli import cli as tortoise_cli
from tortoise.migrations.api import migrate as run_migrations

from app.database import tortoise_config
from models.constraint import CONSTRAINTS

LOCK = 7_261_776  # of pg_advisory_lock: an arbitrary number of ours
FOLDER = Path("migrations")


async def migrate(database_url: str) -> None:
    """Apply what is missing. The migrations' own statements have no time limit; waiting for the lock has none either."""
    guard = await asyncpg.connect(database_url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK)
        config = tortoise_config(database_url)
        config["connections"]["default"]["credentials"]["server_settings"] = {"timezone": "UTC", "lock_timeout": "5s"}
        await run_migrations(config=config)
    finally:
        await Tortoise.close_connections()
        await guard.close()


async def missing_constraints(database_url: str) -> list[str]:
    """Names of models/constraint.py that the database does not have."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT conname AS name FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
            "UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public' "
            "UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
    finally:
        await connection.close()
    return sorted(set(CONSTRAINTS) - {row["name"] for row in rows})
