"""Lists inside of lists: the rows that point back to each row, as connections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import strawberry
from tortoise.expressions import Q
from tortoise.models import Model

from models.record import records
from schema.context import Info
from schema.page import FIRST, Connection, Edge, PageInfo, check_first, cursor_text
from schema.reading import page
from schema.table import RELATION, TABLES, Many

PARTIES = ("customer_id", "partner_id")

Asked: TypeAlias = tuple[Many, UUID, int]  # a list, the row it belongs to, and how many are asked for


def many(target: type[Any], column: str, order: str, noun: str, description: str | None = None) -> Any:
    """A field of a type whose `row` has a customer and a partner: the targets whose `column` points at it, in the order
    `id` or `-id`; for customer and partner, and for staff who see every `noun`. Others read an empty list."""
    relation = Many(target, column, order, noun, PARTIES)

    async def pointing_back(self: Any, info: Info, first: int = FIRST, after: str | None = None) -> Any:
        check_first(first)
        actor, row = info.context.actor, self.row
        if not actor.sees_all(noun) and actor.id not in [getattr(row, party) for party in PARTIES]:
            return _connection(relation, [], first)
        if after is not None:  # a cursor belongs to one row, so there is nothing to batch
            return await page(info, target, Q(**{column: row.id}), (order,), first, after)
        found = await info.context.loaders.found(_first_children, (relation, row.id, first))
        return _connection(relation, found or [], first)

    connection: Any = Connection
    pointing_back.__annotations__["return"] = connection[target]
    return strawberry.field(resolver=pointing_back, description=description, metadata={RELATION: relation})


async def _first_children(asked: Sequence[Asked]) -> Mapping[Asked, list[Any]]:
    """Of each row the first children, one more than asked for: two statements for all rows of a list.

    The lateral join reads an index of (column, id) from its end inwards, so that a long list costs no more than a page.
    """
    children: defaultdict[tuple[Many, Any], list[Any]] = defaultdict(list)
    for relation in {relation for relation, _, _ in asked}:
        model, column = TABLES[relation.target].model, relation.column
        parents = list({parent for its, parent, _ in asked if its == relation})
        most = max(first for its, _, first in asked if its == relation) + 1
        ids = await _ids(model, relation, parents, most)
        for row in await model.filter(id__in=ids).order_by(relation.order):
            children[relation, getattr(row, column)].append(row)
    return {each: children[each[0], each[1]][: each[2] + 1] for each in asked}


async def _ids(model: type[Model], relation: Many, parents: Sequence[UUID], most: int) -> list[Any]:
    way = "DESC" if relation.order == "-id" else "ASC"
    found = await records(
        f"SELECT child.id FROM unnest($1::uuid[]) AS parent (id) CROSS JOIN LATERAL (SELECT id "  # noqa: S608 - our names
        f"FROM {model._meta.db_table} WHERE {relation.column} = parent.id ORDER BY id {way} LIMIT $2) AS child",
        [parents, most],
    )
    return [each[0] for each in found]


def _connection(relation: Many, rows: Sequence[Any], first: int) -> Connection[Any]:
    edges: list[Edge[Any]] = [Edge(cursor=cursor_text([row.id]), node=relation.target.of(row)) for row in rows[:first]]
    start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
    has_next = len(rows) > first
    info = PageInfo(has_next_page=has_next, has_previous_page=False, start_cursor=start, end_cursor=end)
    return Connection(edges=edges, page_info=info)
