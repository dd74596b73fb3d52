"""Nulls and errors: which position they make null, for every combination of nullable and not, sync and async."""

import asyncio
import itertools
from typing import Any

import pytest
import strawberry

from tests.execution.both import both, gives


class Trouble(Exception):
    """What a resolver raises here."""


def _raise() -> Any:
    raise Trouble("broken")


async def _raise_later() -> Any:
    await asyncio.sleep(0)
    raise Trouble("broken late")


async def _none_later() -> Any:
    await asyncio.sleep(0)


GIVEN: dict[str, Any] = {
    "value": lambda: "x", "null": lambda: None, "raised": _raise, "returned": lambda: Trouble("returned"),
    "wrong": gives({}), "null_later": _none_later, "raised_later": _raise_later,
}  # fmt: skip


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("inner, item, outer", itertools.product((False, True), repeat=3))
async def test_a_null_goes_up_to_the_nearest_nullable_place(given: str, inner: bool, item: bool, outer: bool) -> None:
    leaf_type: Any = str | None if inner else str

    @strawberry.type
    class Leaf:
        good: str = "good"
        one: leaf_type = strawberry.field(resolver=GIVEN[given])

    item_type: Any = Leaf | None if item else Leaf
    list_type: Any = list[item_type] | None if outer else list[item_type]

    @strawberry.type
    class Branch:
        leaves: list_type = strawberry.field(resolver=lambda: [Leaf(), Leaf()])
        after: str = "after"

    @strawberry.type
    class Query:
        branch: Branch | None = strawberry.field(resolver=Branch)
        sure: Branch = strawberry.field(resolver=Branch)

    answer = await both(Query, "{ branch { leaves { good one } after } }")
    assert bool(answer.errors) == (given != "value" and not (given.startswith("null") and inner))
    await both(Query, "{ sure { after leaves { one good } } }")


@pytest.mark.parametrize("given", [[1, 2], (1,), [], None, "text", {"a": 1}, 7, [None], [1, None], [Trouble("item")]])
@pytest.mark.parametrize("type_", [list[int], list[int | None], list[int] | None, list[int | None] | None])
async def test_lists_of_scalars(given: Any, type_: Any) -> None:
    @strawberry.type
    class Query:
        values: type_ = strawberry.field(resolver=lambda: given)

    await both(Query, "{ values }")


async def test_lists_of_lists_keep_the_index_of_both_in_the_path() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def grid(self) -> list[list[int | None]]:
            return [[1, 2], [3, "x", None], []]  # type: ignore[list-item]

    answer = await both(Query, "{ grid }")
    assert answer.data == {"grid": [[1, 2], [3, None, None], []]}
    assert answer.errors is not None
    assert answer.errors[0].path == ["grid", 1, 1]


async def test_lists_may_be_generators_asynchronous_and_hold_awaitables() -> None:
    async def late(value: int) -> int:
        await asyncio.sleep(0)
        return value

    async def slowly() -> Any:
        yield 1
        yield late(2)

    @strawberry.type
    class Query:
        made: list[int] = strawberry.field(resolver=lambda: gives(number for number in (1, 2))())
        slow: list[int] = strawberry.field(resolver=lambda: gives(slowly())())
        awaited: list[int] = strawberry.field(resolver=lambda: gives([late(1), 2, late(3)])())

    answer = await both(Query, "{ made slow awaited }")
    assert answer.data == {"made": [1, 2], "slow": [1, 2], "awaited": [1, 2, 3]}


async def test_an_error_keeps_its_path_its_place_and_its_cause() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def broken(self) -> str | None:
            raise Trouble("broken")

    answer = await both(Query, "{\n  alias: broken\n}")
    assert answer.errors is not None
    error = answer.errors[0]
    assert (error.path, error.message) == (["alias"], "broken")
    assert isinstance(error.original_error, Trouble)
    assert error.locations is not None
    assert error.locations[0].line == 2


async def test_siblings_of_a_failed_item_are_answered_still() -> None:
    @strawberry.type
    class Item:
        number: strawberry.Private[int]

        @strawberry.field
        async def double(self) -> int:
            await asyncio.sleep(0)
            if self.number == 1:
                raise Trouble("one")
            return self.number * 2

    @strawberry.type
    class Query:
        items: list[Item | None] = strawberry.field(resolver=lambda: [Item(number=number) for number in range(3)])

    answer = await both(Query, "{ items { double } }")
    assert answer.data == {"items": [{"double": 0}, None, {"double": 4}]}


async def test_nothing_is_left_unawaited_when_an_object_turns_null(recwarn: pytest.WarningsRecorder) -> None:
    ran: list[str] = []

    @strawberry.type
    class Item:
        @strawberry.field
        async def first(self) -> str:
            ran.append("first")
            return "first"

        broken: str = strawberry.field(resolver=_raise)

    @strawberry.type
    class Query:
        item: Item | None = strawberry.field(resolver=Item)

    answer = await both(Query, "{ item { first broken } }")
    assert answer.data == {"item": None}
    assert len(ran) >= 2
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]
