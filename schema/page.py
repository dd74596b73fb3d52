"""Lists: Relay connections with keyset cursors, always bounded, in a total order."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
import strawberry
from tortoise.fields import Field

from domain.events import plain
from domain.refusals import InvalidInput
from execution.lookahead import Asked
from execution.record import Cell, Child, Children, Layout, Leaf
from execution.source import Unproven

FIRST = 20
MAX_FIRST = 100
MAX_CURSOR_CHARACTERS = 300

N = TypeVar("N")


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


@dataclass(frozen=True, slots=True)
class Ends:
    """What is known of a page's ends, as code (execution/record.py) that is written when it is asked for."""

    cursor: Callable[[], Callable[[Any], str]]
    has_next: Callable[[], str]
    has_previous: str = "False"
    last: str | None = None  # where the list goes on, if that is more than the last record's {0} (cursor)


class Listed:
    """The layout of a connection whose records are what the code `records` gives."""

    def __init__(self, records: str, node: Layout, ends: Ends) -> None:
        self.records, self.node, self.ends = records, node, ends

    def cell(self, asked: Asked) -> Cell | None:
        match asked.python_name:
            case "edges":
                return Children(self.records, _Edges(self))
            case "page_info":
                return Child("{r}", _PageInfo(self))
        return None

    def instance(self) -> Callable[[Any], Any]:
        raise Unproven("a connection has no methods")


class _Edges(Listed):
    """The layout of an edge: it stands in its node's record."""

    def __init__(self, of: Listed) -> None:
        super().__init__(of.records, of.node, of.ends)

    def cell(self, asked: Asked) -> Cell | None:
        if asked.python_name == "cursor":
            return Leaf("{0}({r})", (self.ends.cursor(),))
        return Child("{r}", self.node)


class _PageInfo(_Edges):
    """The layout of what is told of a page's ends."""

    def cell(self, asked: Asked) -> Cell | None:
        ends = self.ends
        match asked.python_name:
            case "has_next_page":
                return Leaf(ends.has_next())
            case "has_previous_page":
                return Leaf(ends.has_previous)
            case "start_cursor":
                return Leaf(f"({{0}}({self.records}[0]) if {self.records} else None)", (ends.cursor(),))
        last = ends.last or f"({{0}}({self.records}[-1]) if {self.records} else None)"
        return Leaf(last, (ends.cursor(),))


def cursor_text(values: Sequence[Any]) -> str:
    """A place in an order, opaque to clients: the values of a row that the list is ordered by."""
    return base64.urlsafe_b64encode(orjson.dumps([plain(value) for value in values])).rstrip(b"=").decode()


def values_of(cursor: str, fields: Sequence[Field[Any]]) -> list[Any]:
    """What `cursor_text` put into a cursor, one value a field; raises InvalidInput for anything we never gave out."""
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


def _belongs(value: Any, field: Field[Any]) -> bool:
    """Whether PostgreSQL could compare the value with that column: its type, for a number its range, and for a text its
    length and characters."""
    if not isinstance(value, field.field_type):
        return False
    if isinstance(value, str):
        return len(value) <= getattr(field, "max_length", MAX_CURSOR_CHARACTERS) and "\0" not in value
    if not isinstance(value, int):
        return True
    return bool(field.constraints.get("ge", value) <= value <= field.constraints.get("le", value))
