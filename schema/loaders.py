"""Batching of references: however long a list, each kind of reference costs one statement a level."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise.models import Model

from domain.service import MAX_CARE_DAYS, CareKind

K = TypeVar("K")
V = TypeVar("V")
M = TypeVar("M", bound=Model)
# Of one parent that a nested list shows; longer lists are connections of their own. The longest that a rule bounds is a
# hotel stay's care log: each kind of care on each day.
MAX_CHILDREN = len(CareKind) * MAX_CARE_DAYS


def _undisturbed(found: Awaitable[V]) -> Awaitable[V]:
    """graphql-core cancels who waits beside a field that failed; others may wait for the same row."""
    return asyncio.shield(found)


class Loaders:
    """The references of one operation: each row is read at most once."""

    def __init__(self) -> None:
        self._one: dict[type[Model], DataLoader[Any, Any]] = {}
        self._many: dict[tuple[type[Model], str], DataLoader[Any, Any]] = {}
        self._found: dict[Callable[..., Any], DataLoader[Any, Any]] = {}

    async def one(self, model: type[M], id: UUID | str) -> M:
        """The row a foreign key points at. The viewer sees it because it sees the row that points."""
        loader = self._one.get(model)
        if loader is None:

            async def load(ids: list[UUID]) -> list[Model | None]:
                rows = {row.pk: row for row in await model.filter(pk__in=ids)}
                return [rows.get(id) for id in ids]

            loader = self._one[model] = DataLoader(load_fn=load)
        return cast(M, await _undisturbed(loader.load(id)))

    async def many(self, model: type[M], column: str, id: UUID, **only: Any) -> list[M]:
        """Up to MAX_CHILDREN rows whose `column` is `id`, oldest first, restricted by `only` (the same for all)."""
        key = (model, column + repr(sorted(only.items(), key=str)))
        loader = self._many.get(key)
        if loader is None:

            async def load(ids: list[UUID]) -> list[list[Model]]:
                rows: dict[Any, list[Model]] = defaultdict(list)
                for row in await model.filter(**{f"{column}__in": ids}, **only).order_by(model._meta.pk_attr):
                    if len(rows[getattr(row, column)]) < MAX_CHILDREN:
                        rows[getattr(row, column)].append(row)
                return [rows[id] for id in ids]

            loader = self._many[key] = DataLoader(load_fn=load)
        return cast(list[M], await _undisturbed(loader.load(id)))

    async def found(self, find: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], key: K) -> V | None:
        """What `find`, a function of the module level, has for the key; asked once for all keys of a level."""
        loader = self._found.get(find)
        if loader is None:

            async def load(keys: list[K]) -> list[V | None]:
                known = await find(keys)
                return [known.get(key) for key in keys]

            loader = self._found[find] = DataLoader(load_fn=load)
        return cast("V | None", await _undisturbed(loader.load(key)))
