"""Scalars of the schema beyond GraphQL's own."""

import re
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.refusals import InvalidInput

Rupiah = NewType("Rupiah", int)
Cursor = NewType("Cursor", str)

SCALARS: dict[object, ScalarDefinition] = {
    Rupiah: strawberry.scalar(
        name="Rupiah", description="Whole rupiah.", serialize=int, parse_value=lambda value: Rupiah(_whole(value))
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="Where a reader of events is. Opaque; grows with time.",
        serialize=str,
        parse_value=lambda value: Cursor(str(value)),
    ),
}


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise ValueError("Rupiah must be a whole number")
    return value


def cursor(position: int) -> Cursor:
    """A position of the event log as clients keep it."""
    return Cursor(f"e{position}")


def position_of(after: Cursor | None) -> int | None:
    """The position a client's cursor stands for; raises InvalidInput for anything we never gave out."""
    if after is None:
        return None
    if not re.fullmatch(r"e\d{1,18}", after, re.ASCII):
        raise InvalidInput("after", indonesian="bukan kursor dari kami", english="not a cursor of ours")
    return int(after[1:])
