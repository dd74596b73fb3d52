"""Types: scalars, enumerations, interfaces, unions, generics, and values that are none of what the schema says."""

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Generic, NewType, TypeVar

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from tests.execution.both import both, gives

T = TypeVar("T")
Money = NewType("Money", int)


@strawberry.enum
class Kind(enum.Enum):
    CAT = "cat"
    DOG = strawberry.enum_value("dog", name="HOUND")


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Cat(Named):
    lives: int = 9


@strawberry.type
class Dog(Named):
    tricks: list[str]


@strawberry.type
class Stone:
    weight: float


@strawberry.type
class Box(Generic[T]):
    inside: T
    spare: T | None = None


Any_ = Annotated[Cat | Dog | Box[Cat] | Box[int], strawberry.union("Any_")]


@pytest.mark.parametrize(
    "type_, value",
    [
        (int, 2**31), (int, -(2**31)), (int, True), (int, 1.0), (int, "5"), (int, 1.5),
        (float, 1), (float, float("nan")), (float, float("inf")), (float, True), (float, "1.5"),
        (str, 5), (str, True), (str, ["x"]), (str, uuid.UUID(int=1)), (bool, 1), (bool, "true"),
        (strawberry.ID, 5), (strawberry.ID, 1.5), (strawberry.ID, uuid.UUID(int=1)),
        (datetime.datetime, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)), (datetime.datetime, "2026-01-01"),
        (datetime.date, datetime.date(2026, 1, 1)), (datetime.time, datetime.time(1, 2)),
        (decimal.Decimal, decimal.Decimal("1.10")), (uuid.UUID, uuid.UUID(int=1)), (uuid.UUID, None),
        (Kind, Kind.CAT), (Kind, Kind.DOG), (Kind, "cat"), (Kind, "CAT"), (Kind, 3), (Money, 5), (Money, "x"),
        (strawberry.scalars.JSON, {"a": [1, None]}),
    ],
)  # fmt: skip
async def test_leaves_are_serialised_and_refused_alike(type_: Any, value: Any) -> None:
    @strawberry.type
    class Holder:
        value: type_

    @strawberry.type
    class Query:
        holder: Holder | None = strawberry.field(resolver=lambda: Holder(value=value))
        values: list[type_] | None = strawberry.field(resolver=lambda: [value, value])

    config = StrawberryConfig(scalar_map={Money: strawberry.scalar(name="Money", serialize=int, parse_value=int)})
    await both(Query, "{ holder { value } values }", config=config)


async def test_interfaces_and_unions_ask_each_value_for_its_type() -> None:
    @strawberry.type
    class Query:
        named: list[Named | None] = strawberry.field(
            resolver=gives([Cat(name="c"), Dog(name="d", tricks=["sit"]), Stone(weight=1.0), 5, Cat(name="e")])
        )
        things: list[Any_ | None] = strawberry.field(
            resolver=gives([Cat(name="c"), Box(inside=3), Box(inside=Cat(name="in")), Stone(weight=1.0), "x"])
        )

    document = """{
      named { __typename name ... on Cat { lives } ...dog }
      things { __typename ... on Named { name } ...dog ... on CatBox { inside { name } } ... on IntBox { n: inside } }
    }
    fragment dog on Dog { tricks }"""
    answer = await both(Query, document, types=[Cat, Dog])
    assert answer.data is not None
    assert [item and item["__typename"] for item in answer.data["named"]] == ["Cat", "Dog", None, None, "Cat"]
    assert [item and item["__typename"] for item in answer.data["things"]] == ["Cat", "IntBox", "CatBox", None, None]


async def test_a_cast_object_is_what_it_was_cast_to() -> None:
    class Row:
        name = "row"
        lives = 3

    @strawberry.type
    class Query:
        @strawberry.field
        def named(self) -> list[Named]:
            return [strawberry.cast(Cat, Row()), Cat(name="c"), strawberry.cast(Cat, Row())]  # type: ignore[list-item]

    answer = await both(Query, "{ named { __typename name ... on Cat { lives } } }", types=[Cat, Dog])
    assert answer.data is not None
    assert [item["lives"] for item in answer.data["named"]] == [3, 9, 3]


async def test_rows_that_are_no_instances_are_read_by_attribute() -> None:
    class Row:
        name = "row"
        tricks = ("sit",)

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(name)

    @strawberry.type
    class Loose:
        name: str
        tricks: list[str]
        missing: int | None

    @strawberry.type
    class Query:
        loose: list[Loose] = strawberry.field(resolver=gives([Row(), Row()]))

    await both(Query, "{ loose { name tricks missing } }")


async def test_a_default_resolver_of_the_configuration_is_used() -> None:
    @strawberry.type
    class Row:
        name: str
        count: int | None

    @strawberry.type
    class Query:
        rows: list[Row] = strawberry.field(resolver=gives([{"name": "a", "count": 1}, {"name": "b"}]))

    config = StrawberryConfig(default_resolver=lambda source, name: source[name] if isinstance(source, dict) else None)
    answer = await both(Query, "{ rows { name count } }", config=config)
    assert answer.data == {"rows": [{"name": "a", "count": 1}, {"name": "b", "count": None}]}
    assert answer.errors is not None


async def test_generics_nest_like_a_connection_and_private_fields_stay_so() -> None:
    @strawberry.type
    class Edge(Generic[T]):
        cursor: str
        node: T
        row: strawberry.Private[object] = None

    @strawberry.type
    class Connection(Generic[T]):
        edges: list[Edge[T]]

    def page() -> Any:
        return Connection(edges=[Edge(cursor="1", node=Cat(name="c")), Edge(cursor="2", node=None)])

    @strawberry.type
    class Query:
        cats: Connection[Cat] = strawberry.field(resolver=page)
        maybe: Connection[Cat | None] | None = strawberry.field(resolver=page)

    await both(Query, "{ maybe { edges { cursor node { name } } } }")
    await both(Query, "{ cats { edges { cursor node { name lives } } } }")
    await both(Query, "{ cats { edges { row } } }", stock_only=None)
