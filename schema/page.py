"""Lists: Relay connections with keyset cursors, always bounded, in a total order."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import orjson
import strawberry
from tortoise.expressions import Q
from tortoise.fields import Field
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.events import plain
from domain.refusals import InvalidInput

FIRST = 20
MAX_FIRST = 100
MAX_CURSOR_CHARACTERS = 300

N = TypeVar("N")
M = TypeVar("M", bound=Model)


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[N]):
    cursor: str
    node: N


@strawberry.type
class Connection(Generic[N]):
    edges: list[Edge[N]]
    page_info: PageInfo


def check_first(first: int) -> int:
    """How many rows are asked for: 1 to MAX_FIRST."""
    if not 1 <= first <= MAX_FIRST:
        raise InvalidInput("first", indonesian=f"1 sampai {MAX_FIRST}", english=f"1 to {MAX_FIRST}")
    return first


async def page(
    rows: QuerySet[M], order: Sequence[str], first: int, after: str | None, node: Callable[[M], N]
) -> Connection[N]:
    """One page of `rows` in `order` (columns, the last one unique, all with the same sign), one statement."""
    first = check_first(first)
    columns = [column.lstrip("-") for column in order]
    if after is not None:
        rows = rows.filter(_behind(columns, _values(rows.model, columns, after), order[0].startswith("-")))
    found = await rows.order_by(*order).limit(first + 1)
    return connection(found[:first], columns, len(found) > first, after is not None, node)


def connection(
    rows: Sequence[M], columns: Sequence[str], has_next: bool, has_previous: bool, node: Callable[[M], N]
) -> Connection[N]:
    """Rows that are already one page, as a connection."""
    edges = [Edge(cursor=cursor_of(row, columns), node=node(row)) for row in rows]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )


def cursor_of(row: object, columns: Sequence[str]) -> str:
    """The row's place in the order, opaque to clients."""
    values = [plain(getattr(row, column)) for column in columns]
    return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def values_of(cursor: str, fields: Sequence[Field[Any]]) -> list[Any]:
    """What `cursor_of` put into a cursor, one value a field; raises InvalidInput for anything we never gave out."""
    try:
        if len(cursor) > MAX_CURSOR_CHARACTERS:
            raise ValueError
        values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(fields):
            raise ValueError
        parsed = [field.to_python_value(value) for field, value in zip(fields, values, strict=True)]
        if not all(_belongs(value, field) for value, field in zip(parsed, fields, strict=True)):
            raise ValueError
        return parsed
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error) as error:
        raise InvalidInput("after", indonesian="bukan kursor dari kami", english="not a cursor of ours") from error


def _values(model: type[Model], columns: Sequence[str], cursor: str) -> list[Any]:
    return values_of(cursor, [model._meta.fields_map[column] for column in columns])


def _belongs(value: Any, field: Field[Any]) -> bool:
    """Whether PostgreSQL could compare the value with that column: its type, and for a number its range."""
    if not isinstance(value, field.field_type):
        return False
    if not isinstance(value, int):
        return True
    return bool(field.constraints.get("ge", value) <= value <= field.constraints.get("le", value))


def _behind(columns: Sequence[str], values: Sequence[Any], descending: bool) -> Q:
    """(a, b) behind (x, y) as `a <= x AND (a < x OR b < y)`: the first part walks the index, the second is exact."""
    beyond, upto = ("lt", "lte") if descending else ("gt", "gte")
    condition = Q(**{f"{columns[-1]}__{beyond}": values[-1]})
    for column, value in zip(reversed(columns[:-1]), reversed(values[:-1]), strict=True):
        condition = Q(**{f"{column}__{upto}": value}) & (Q(**{f"{column}__{beyond}": value}) | condition)
    return condition
