"""Rows as they are: one statement on whatever connection the caller is on, without a model in between."""

from collections.abc import Awaitable, Sequence

from models.backend import current
from models.pool import Record


def records(sql: str, values: Sequence[object] = ()) -> Awaitable[list[Record]]:
    """The rows of one statement; inside a use case they are read in its transaction."""
    return current().records(sql, values)
