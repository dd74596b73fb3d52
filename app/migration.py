"""Bring the database to the present schema; one process at a time, however many start together."""

from pathlib import Path

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.writer import MigrationWriter

from app.database import MODELS, database, tortoise_config
from models.constraint import CONSTRAINTS

LOCK = 7_261_776  # of pg_advisory_lock: an arbitrary number of ours
FOLDER = Path(__file__).parent.parent / "migrations"


async def migrate(database_url: str) -> None:
    """Apply what is missing. Neither the statements nor the wait for the lock have a time limit."""
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


async def is_current(database_url: str) -> bool:
    """Whether every migration of this code has been applied."""
    wanted = {path.stem for path in FOLDER.glob("[0-9]*.py")}
    connection = await asyncpg.connect(database_url, timeout=2)
    try:
        rows = await connection.fetch("SELECT name FROM tortoise_migrations WHERE app = 'models'")
    finally:
        await connection.close()
    return wanted <= {row["name"] for row in rows}


async def drift() -> list[str]:
    """Operations that would bring the migrations up to the models; needs an open database() for the models."""
    return [repr(operation) for writer in await _changes() for operation in writer.operations]


async def write(name: str) -> str:
    """Write the next migration file from the models; its path, or nothing when nothing has changed. Read each file:
    renames are guessed, and constraints belong into SQL of their own."""
    async with database("postgres://127.0.0.1/none"):  # never connected: only the models are asked
        writers = await _changes()
    for writer in writers:
        writer.name = f"{writer.name.split('_', 1)[0]}_{name}"
        return str(Path(writer.write()).relative_to(FOLDER.parent))
    return ""


async def _changes() -> list[MigrationWriter]:
    apps = {"models": {"models": [f"models.{name}" for name in MODELS], "migrations": "migrations"}}
    if Tortoise.apps is None:
        raise RuntimeError("the models are not loaded")
    return list(await MigrationAutodetector(Tortoise.apps, apps).changes())
