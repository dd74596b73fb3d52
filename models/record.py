"""Rows as they are: one statement on whatever connection the caller is on, without a model in between."""

from collections.abc import Awaitable, Sequence
from typing import cast

from tortoise.context import require_context

from models.backend import Client
from models.pool import Record


def records(sql: str, values: Sequence[object] = ()) -> Awaitable[list[Record]]:
    """The rows of one statement; inside a use case they are read in its transaction."""
    return cast(Client, require_context().connections.get("default")).records(sql, values)
