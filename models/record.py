"""Rows as they are: one statement on whatever connection the caller is on, without a model in between."""

from collections.abc import Sequence
from typing import cast

from tortoise.context import require_context

from models.backend import Client
from models.pool import Record


async def records(sql: str, values: Sequence[object] = ()) -> list[Record]:
    """The rows of one statement; inside a use case they are read in its transaction."""
    found: list[Record] = await cast(Client, require_context().connections.get("default")).records(sql, values)
    return found
