"""Connections inside of lists: the first page of each parent's children, in two statements for all parents."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from tortoise import connections
from tortoise.models import Model

from schema.page import Connection, connection

M = TypeVar("M", bound=Model)
N = TypeVar("N")

Asked: TypeAlias = tuple[UUID, int]  # a parent, and how many of its children


async def first_children(model: type[M], column: str, order: str, asked: Sequence[Asked]) -> Mapping[Asked, list[M]]:
    """Of each parent in `column` the first children in `order` (`id` or `-id`), one more than asked for.

    The lateral join reads an index of (column, id) from its end inwards, so that a long list costs no more than a page.
    """
    table, way = model._meta.db_table, "DESC" if order == "-id" else "ASC"
    found = await connections.get("default").execute_query_dict(
        f"SELECT child.id FROM unnest($1::uuid[]) AS parent (id) CROSS JOIN LATERAL "  # noqa: S608 - names of ours
        f"(SELECT id FROM {table} WHERE {column} = parent.id ORDER BY id {way} LIMIT $2) AS child",
        [list({parent for parent, _ in asked}), max(first for _, first in asked) + 1],
    )
    children: defaultdict[Any, list[M]] = defaultdict(list)
    for row in await model.filter(id__in=[each["id"] for each in found]).order_by(order):
        children[getattr(row, column)].append(row)
    return {(parent, first): children[parent][: first + 1] for parent, first in asked}


def first_page(rows: Sequence[M], first: int, node: Callable[[M], N]) -> Connection[N]:
    """What `first_children` found for one parent, as its connection."""
    return connection(rows[:first], ("id",), len(rows) > first, False, node)
