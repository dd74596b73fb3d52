"""Variables are coerced as graphql-core coerces them, or left to it."""

import datetime
import enum
import uuid
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema, OperationDefinitionNode, Undefined, parse
from graphql.execution.values import get_variable_values

from execution.variable import Variables

UID = "00000000-0000-0000-0000-000000000001"


@strawberry.enum
class Kind(enum.Enum):
    CAT = "cat"
    DOG = "dog"


@strawberry.input
class Wish:
    id: uuid.UUID
    starts_at: datetime.datetime | None = None
    units: int = 1
    share: float | None = 0.5
    kind: Kind = Kind.DOG
    note: str = ""
    unset: bool | None = strawberry.UNSET


@strawberry.input
class Deep:
    wish: Wish | None = None
    words: list[str] = strawberry.field(default_factory=list)


@strawberry.input(one_of=True)
class Either:
    a: strawberry.Maybe[int]
    b: strawberry.Maybe[int]


@strawberry.type
class Query:
    @strawberry.field
    def f(self, wish: Wish | None = None, deep: Deep | None = None, either: Either | None = None) -> int:
        return 1


SCHEMA: GraphQLSchema = strawberry.Schema(Query)._schema
WELL: list[dict[str, Any]] = [
    {"id": UID},
    {"id": UID, "startsAt": "2026-03-01T09:00:00+07:00", "units": 2, "share": 1, "kind": "CAT", "note": "n"},
    {"id": UID, "startsAt": None, "share": None, "unset": None},
    {"note": "first", "id": UID, "unset": True},
]
ILL: list[Any] = [
    {}, {"id": None}, {"id": "no"}, {"id": UID, "units": None}, {"id": UID, "units": "2"}, {"id": UID, "units": 2.5},
    {"id": UID, "units": 2**31}, {"id": UID, "units": True}, {"id": UID, "kind": "COW"}, {"id": UID, "note": 7},
    {"id": UID, "colour": "red"}, {"id": UID, "startsAt": "soon"}, [], "wish", 7, [{"id": UID}],
]  # fmt: skip


def variables(text: str) -> tuple[Variables, OperationDefinitionNode]:
    node = parse(f"query ({text}) {{ f }}").definitions[0]
    assert isinstance(node, OperationDefinitionNode)
    return Variables(SCHEMA, node), node


def told(found: Any) -> Any:
    """What can be compared: signatures are made anew each time."""
    if found is None or isinstance(found, list):
        return None
    return {name: source.value for name, source in found.sources.items()}, found.coerced


def expected(node: OperationDefinitionNode, inputs: dict[str, Any]) -> Any:
    return told(get_variable_values(SCHEMA, node.variable_definitions or (), inputs))


@pytest.mark.parametrize("type_", ["Wish", "Wish!", "[Wish!]", 'Wish = {id: "x"}'])
@pytest.mark.parametrize("given", [None, *WELL, *ILL])
def test_an_object_is_coerced_as_graphql_core_does_it(type_: str, given: Any) -> None:
    known, node = variables(f"$wish: {type_}")
    assert told(known.coerce({"wish": given})) == expected(node, {"wish": given})
    assert told(known.coerce({})) == expected(node, {})


@pytest.mark.parametrize("given", WELL)
def test_the_order_of_its_fields_is_the_types(given: dict[str, Any]) -> None:
    known, node = variables("$wish: Wish!")
    ours, theirs = known._simple({"wish": given}), expected(node, {"wish": given})
    assert ours is not None  # the shorter way was taken
    assert list(ours.coerced["wish"].items()) == list(theirs[1]["wish"].items())


@pytest.mark.parametrize("given", ILL)
def test_what_is_wrong_is_left_to_graphql_core(given: Any) -> None:
    assert variables("$wish: Wish!")[0]._simple({"wish": given}) is None


@pytest.mark.parametrize(
    "type_, given", [("Deep!", {"wish": WELL[0]}), ("Deep!", {}), ("Either!", {"a": 1}), ("Either!", {"a": 1, "b": 2})]
)
def test_other_objects_are_graphql_cores_matter(type_: str, given: Any) -> None:
    known, node = variables(f"$given: {type_}")
    assert known._simple({"given": given}) is None
    assert told(known.coerce({"given": given})) == expected(node, {"given": given})


def test_a_field_that_is_not_there_is_left_out() -> None:
    given = {"id": UID, "note": Undefined}
    known, node = variables("$wish: Wish!")
    assert told(known.coerce({"wish": given})) == expected(node, {"wish": given})
