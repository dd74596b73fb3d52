"""Values decided by a seed: many right, some null, some wrong, some late."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import uuid
import zlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

from graphql import (
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.dataloader import DataLoader

CALM = 4  # of ten seeds this many have no trouble at all


SCALARS: dict[str, tuple[list[Any], list[Any]]] = {
    "ID": (["i1", "i2", 7, uuid.UUID(int=5)], [1.5, [], True]),
    "String": (["a", "kata", "", 5, True, 1.5], [{}, ["x"], b"b"]),
    "Int": ([0, 1, -5, 2**31 - 1, True, 3.0, "8"], [2**31, 1.5, "x", {}]),
    "Float": ([0.5, 1, 1e300, True, "2.5"], [float("nan"), float("inf"), "x", []]),
    "Boolean": ([True, False, 1, 0], ["true", [], 2.5j]),
    "DateTime": ([datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)], ["yesterday", 3]),
    "Date": ([datetime.date(2026, 1, 2)], [3]),
    "UUID": ([uuid.UUID(int=1), uuid.UUID(int=2)], []),
    "Decimal": ([decimal.Decimal("1.50"), 3], []),
    "Rupiah": ([100, 2_000, True], ["many", {}]),
    "Odd": ([1, 3, 5], [2, 13]),
}
SCALARS["UUID"] = (SCALARS["UUID"][0], ["not checked"])
SCALARS["Decimal"] = (SCALARS["Decimal"][0], ["not checked"])


class AnyWorld:
    """Decides what every field gives: the same for the same seed, key and field, in whichever order it is asked."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.trouble = 0 if seed % 10 < CALM else 1 + seed % 3
        self.batches: list[int] = []
        self.loader: DataLoader[str, Any] = DataLoader(load_fn=self._load)

    def roll(self, what: str, sides: int) -> int:
        """A die whose throw depends on nothing but the seed and `what`."""
        return zlib.crc32(f"{self.seed}|{what}".encode()) // 7 % sides

    def value(self, type_: Any, key: str) -> Any:
        """Something for a field of that GraphQL type; raises now and then."""
        optional = not is_non_null_type(type_)
        roll = self.roll(key + "?", 1000)
        if roll < 15 * self.trouble:
            raise ValueError(f"trouble at {key}")
        if roll < 25 * self.trouble:
            return KeyError(f"returned at {key}")
        if roll < (200 if optional else 25 * self.trouble + 10 * self.trouble):
            return None
        if roll > 1000 - 20 * self.trouble and not key.endswith("~"):
            return self._soon(type_, key)
        return self._present(type_ if optional else type_.of_type, key)

    async def _soon(self, type_: Any, key: str) -> Any:
        await asyncio.sleep(0)
        return self.value(type_, key + "~")

    def _present(self, type_: Any, key: str) -> Any:
        if is_list_type(type_):
            return self._list(type_.of_type, key)
        named = get_named_type(type_)
        if named.name in SCALARS:
            choices, wrong = SCALARS[named.name]
            bad = self.roll(key + "!", 100) < 2 * self.trouble
            return (wrong if bad else choices)[self.roll(key, len(wrong if bad else choices))]
        if is_enum_type(named):
            kind: Any = named
            members = [*kind.wrapped_cls, *([] if not self.trouble else ["calm", "no mood"])]
            return members[self.roll(key, len(members))]
        if not is_composite_type(named):
            return "custom"
        types = [named] if isinstance(named, GraphQLObjectType) else self.possible(named)
        if self.roll(key + "!", 100) < self.trouble:
            return 42
        return self.made(types[self.roll(key, len(types))], key)

    def possible(self, abstract: Any) -> list[GraphQLObjectType]:
        """Object types that a value of the abstract type may have."""
        return list(abstract.types)

    def made(self, type_: GraphQLObjectType, key: str) -> Any:
        """An object of that type."""
        raise NotImplementedError

    def _list(self, item: Any, key: str) -> Any:
        items = (self._item(item, f"{key}.{index}") for index in range(self.roll(key + "#", 4)))
        kind = self.roll(key + "=", 100)
        if kind < 6:
            return items
        if kind < 10:
            return _slowly(items)
        if kind < 10 + self.trouble:
            return "no list"
        if kind < 10 + 2 * self.trouble:
            return 7
        return tuple(items) if kind > 90 else list(items)

    def _item(self, type_: Any, key: str) -> Any:
        try:
            return self.value(type_, key)
        except ValueError as error:
            return error if self.roll(key + "^", 10) else _raise_late(error)

    async def _load(self, keys: list[str]) -> list[Any]:
        self.batches.append(len(keys))
        await asyncio.sleep(0)
        return [ValueError(f"not loaded {key}") if self.roll(key, 40) < self.trouble else key for key in keys]


async def _raise_late(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def _slowly(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item
