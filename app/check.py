"""What `make check` asks of the code beyond the linters: snapshots, migrations and constraints."""

import os
import tempfile
from pathlib import Path

from app.database import database
from app.embedded import postgres
from app.map import lines
from app.migration import drift, migrate, missing_constraints
from app.snapshot import MAP, SDL, sdl
from app.trace import proofs, rows


async def problems() -> list[str]:
    """One sentence each; empty when all is well. Starts a PostgreSQL of its own unless DATABASE_URL is set."""
    found = []
    if not SDL.exists() or SDL.read_text() != sdl():
        found.append("schema/schema.graphql is not what the code says: look at the difference, then `make schema`")
    if not MAP.exists() or MAP.read_text() != "\n".join(lines()) + "\n":
        found.append("docs/map.txt is not what the code says: `make map`")
    unknown = sorted(set(proofs()) - set(rows()))
    if unknown:
        found.append(f"tests prove rows that docs/requirements.csv does not have: {', '.join(unknown)}")
    given = os.environ.get("DATABASE_URL")
    if given:
        return found + await _database_problems(given)
    with tempfile.TemporaryDirectory(prefix="rawat-check-") as folder:
        with postgres(Path(folder), durable=False) as url:
            return found + await _database_problems(url)


async def _database_problems(url: str) -> list[str]:
    await migrate(url)
    found = [f"the database lacks {name}, which models/constraint.py lists" for name in await missing_constraints(url)]
    async with database(url):
        found += [f"the models differ from the migrations: {change}" for change in await drift()]
    return found
