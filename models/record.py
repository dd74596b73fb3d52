"""Rows as they are: one statement on whatever connection the caller is on, without a model in between."""

from collections.abc import Sequence

from models.backend import current
from models.pool import Record


async def records(sql: str, values: Sequence[object] = ()) -> list[Record]:
    """The rows of one statement; inside a use case they are read in its transaction."""
    return await current().records(sql, values)
