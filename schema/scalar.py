"""Scalars of the schema beyond GraphQL's own."""

import re
from datetime import datetime
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.refusals import InvalidInput

Rupiah = NewType("Rupiah", int)
Cursor = NewType("Cursor", str)

FIRST_YEAR, LAST_YEAR = 1900, 2200  # a moment beyond could not be moved into another zone

SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment with its zone, as in ISO 8601: 2026-11-22T09:00:00+07:00.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=lambda moment: moment.isoformat(),
        parse_value=lambda value: _moment(value),
    ),
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


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError("DateTime must be like 2026-11-22T09:00:00+07:00") from error
    if moment.tzinfo is None:
        raise ValueError("DateTime needs a zone, like +07:00 or Z")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"DateTime lies between {FIRST_YEAR} and {LAST_YEAR}")
    return moment


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
