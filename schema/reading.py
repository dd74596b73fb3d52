"""How lists and rows are read: one SELECT of what the document asks, and the code that answers from its records.

A resolver gives a type, a condition and an order. Fields that are methods are asked of an object made from the whole
row. Where the stock executor runs, or the arguments of a nested list are odd, every row becomes such an object.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from tortoise.expressions import Q
from tortoise.models import Model

from execution.place import Body
from execution.record import Child, Recorded, compiled, kept
from models.condition import held, where
from models.record import records
from schema.context import Info
from schema.page import Connection, Edge, Ends, Listed, PageInfo, check_first, values_of
from schema.select import TABLE, Row, Select, Unforeseen
from schema.table import TABLES

MAX_PLAIN = 200  # readings that know no document, one for each list of the schema; and their orders
PLACES = ("found.value", "found.id")
LAST = "({r}.last if {r}.last is not None else {0}({r}.records[-1]) if {r}.records else None)"

N = TypeVar("N")


class Page:
    """One page of records. `last` says where the list goes on, when that is not behind the last record."""

    __slots__ = ("has_next", "has_previous", "last", "records")

    def __init__(self, records: Sequence[Any], has_next: bool, has_previous: bool, last: str | None = None) -> None:
        self.records = records
        self.has_next = has_next
        self.has_previous = has_previous
        self.last = last


class Reading:
    """The SELECT of one field of a document, and what answers from its records: code, or else objects."""

    def __init__(self, target: type[Any], places: Sequence[str], info: Info | None) -> None:
        """`places` are the expressions that cursors are made of; none for a single row. Without `info`: objects."""
        self.model: type[Model] = TABLES[target].model
        self._select = select = Select()
        self._body: Body | None = None
        node = Row(select, TABLES[target], TABLE)
        if info is not None:
            ends = Ends(lambda: select.cursor(places), lambda: "{r}.has_next", "{r}.has_previous", LAST)
            self._body = compiled(info, Child("{r}", Listed("{r}.records", node, ends) if places else node))
        else:
            self._made, self._cursor = node.instance(), select.cursor(places)
        self._columns, self._joins = select.listed(), " ".join(select.joins)
        self.rows = self.sql(f"{self.model._meta.db_table} {TABLE}", "")  # all rows of the table

    @property
    def is_compiled(self) -> bool:
        return self._body is not None

    def parameters(self, info: Info) -> list[Any]:
        """The first parameters of the statement; raises Unforeseen."""
        return [value(info) for value in self._select.parameters]

    def sql(self, source: str, rest: str, once: Iterable[str] = ()) -> str:
        """The statement; `source` has the row as TABLE. What the columns `once` point at is one row for the whole list,
        and looked up once."""
        joins = self._joins
        for column in once:
            if column in self._select.once:
                joins = joins.replace(*self._select.once[column])
        return f"SELECT {self._columns} FROM {source} {joins} {rest}"  # noqa: S608 - names and numbers of ours

    def page(self, page: Page) -> Any:
        """The answer for a field whose type is a connection."""
        if self._body is not None:
            return Recorded(self._body, page)
        edges: list[Edge[Any]] = [Edge(cursor=self._cursor(each), node=self._made(each)) for each in page.records]
        start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
        info = PageInfo(
            has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=start,
            end_cursor=page.last if page.last is not None else end,
        )  # fmt: skip
        return Connection(edges=edges, page_info=info)

    def row(self, record: Any) -> Any:
        """The answer for a field whose type is an object."""
        return self._made(record) if self._body is None else Recorded(self._body, record)


def ready(info: Info, target: type[Any], places: tuple[str, ...] = ()) -> tuple[Reading, list[Any]]:
    """How this field reads rows of the target, and the first values of its parameters."""
    plan = kept(info)
    if plan is not None:
        reading = plan.get((target, places))
        if reading is None:
            reading = plan[target, places] = Reading(target, places, info)
        if reading.is_compiled:
            with suppress(Unforeseen):
                return reading, reading.parameters(info)
    return _plain(cast("Hashable", target), places), []


@lru_cache(MAX_PLAIN)
def _plain(target: Hashable, places: tuple[str, ...]) -> Reading:
    return Reading(cast("type[Any]", target), places, None)


async def row(info: Info, target: type[N], seen: Q, **only: Any) -> N | None:
    """The one row that the condition is true of, if any; `only` are filters, by which it is found."""
    reading, values = ready(info, target)
    condition = where(reading.model, seen, TABLE, values, **only)
    found = await records(f"{reading.rows} WHERE {condition}", values)
    return cast("N | None", reading.row(found[0]) if found else None)


async def page(
    info: Info, target: type[N], seen: Q, order: tuple[str, ...], first: int, after: str | None
) -> Connection[N]:
    """One page of the rows that the condition is true of, in `order` (columns, the last one unique, all with the same
    sign), by one statement."""
    first = check_first(first)
    columns, places, ordered = _ordered(order)
    reading, values = ready(info, target, places)
    condition = where(reading.model, seen, TABLE, values)
    once = held(seen, TABLE, condition)
    if after is not None:
        condition += f" AND {_behind(reading.model, columns, after, order[0].startswith('-'), values)}"
    # The limit is a number: of a parameter the planner would expect a tenth of the table, and plan joins for that.
    rest = f"WHERE {condition} ORDER BY {ordered} LIMIT {first + 1}"
    found = await records(reading.sql(f"{reading.model._meta.db_table} {TABLE}", rest, once), values)
    return cast("Connection[N]", reading.page(Page(found[:first], len(found) > first, after is not None)))


def _behind(model: type[Model], columns: Sequence[str], after: str, descending: bool, values: list[Any]) -> str:
    """Compared as a row, so that an index is entered right there: many rows may share all columns but the last."""
    fields: list[Any] = [model._meta.fields_map[name] for name in columns]
    first = len(values) + 1
    values += [field.to_db_value(value, None) for field, value in zip(fields, values_of(after, fields), strict=True)]
    there = ", ".join(f"${number}" for number in range(first, first + len(fields)))
    return f"({', '.join(f'{TABLE}.{name}' for name in columns)}) {'<' if descending else '>'} ({there})"


@dataclass(frozen=True, slots=True)
class Found:
    """Rows in an order of their own. `statement` is a SELECT of their `id` and the `value` they are ordered by; it adds
    its parameters to those before it. `has_next` None: it finds one row more than a page if there are more."""

    statement: Callable[[list[Any]], str]
    order: str
    has_next: bool | None = None
    last: str | None = None


async def page_of(info: Info, target: type[N], found: Found, first: int, after: str | None) -> Connection[N]:
    """One page of rows that another statement finds."""
    reading, values = ready(info, target, PLACES)
    source = f"({found.statement(values)}) found JOIN {reading.model._meta.db_table} {TABLE} ON {TABLE}.id = found.id"
    rows = await records(reading.sql(source, f"ORDER BY {found.order}"), values)
    has_next = len(rows) > first if found.has_next is None else found.has_next
    shown = rows[:first] if found.has_next is None else rows
    return cast("Connection[N]", reading.page(Page(shown, has_next, after is not None, found.last)))


@lru_cache(MAX_PLAIN)
def _ordered(order: tuple[str, ...]) -> tuple[list[str], tuple[str, ...], str]:
    """The columns of an order, their places in the statement, and its ORDER BY."""
    columns = [column.lstrip("-") for column in order]
    places = tuple(f"{TABLE}.{column}" for column in columns)
    way = "DESC" if order[0].startswith("-") else "ASC"
    return columns, places, ", ".join(f"{place} {way}" for place in places)
