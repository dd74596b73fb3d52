"""What resolvers may learn about their own execution, the same under both executors."""

from typing import Annotated, Any

import pytest
import strawberry

from execution.lookahead import asked
from execution.schema import CompiledSchema
from tests.execution.both import both

SEEN: list[Any] = []


@strawberry.type
class Customer:
    name: str = "n"
    home_town: str = "t"


@strawberry.type
class Cat:
    lives: int = 9


@strawberry.type
class Booking:
    code: str = "c"
    customer: Customer = strawberry.field(default_factory=Customer)
    pet: Annotated[Cat | Customer, strawberry.union("Pet")] = strawberry.field(default_factory=Cat)

    @strawberry.field
    def photos(self, first: int = 5, kind: str | None = None) -> list[str]:
        return ["p"] * first


@strawberry.type
class Query:
    @strawberry.field
    def bookings(self, info: strawberry.Info) -> list[Booking]:
        wanted = asked(info)
        photos = [photo.arguments(info) for photo in wanted.named("photos")]
        SEEN.append((sorted(wanted.names), wanted.asks("customer", "home_town"), wanted.asks("pet", "lives"), photos))
        return [Booking()]

    @strawberry.field
    def told(self, info: strawberry.Info, n: int = 1) -> str:
        raw = info._raw_info
        told = [info.field_name, info.python_name, info.path.as_list(), info.variable_values, info.context]
        told += [info.return_type, info.selected_fields, info.query, info.root_value, info.operation.name]
        return repr([*told, str(raw.parent_type), str(raw.return_type), sorted(raw.fragments), raw.field_nodes])


@pytest.mark.parametrize("kind", [strawberry.Schema, CompiledSchema])
async def test_asked_sees_collected_fields_arguments_and_paths(kind: Any) -> None:
    document = """query($n: Int!, $no: Boolean!) { bookings {
      code @skip(if: $no) ...c x: photos(first: $n) photos(kind: "z") pet { __typename ... on Cat { lives } } } }
    fragment c on Booking { customer { town: homeTown name @include(if: false) } }"""
    schema = kind(Query)
    for n in (2, 3):
        SEEN.clear()
        assert (await schema.execute(document, {"n": n, "no": True})).errors is None
        assert [
            (["customer", "pet", "photos"], True, True, [{"first": n, "kind": None}, {"first": 5, "kind": "z"}])
        ] == SEEN


async def test_asked_is_kept_with_the_plan() -> None:
    kept: list[Any] = []

    @strawberry.type
    class Roots:
        @strawberry.field
        def bookings(self, info: strawberry.Info) -> list[Booking]:
            kept.append(asked(info))
            return []

    schema = CompiledSchema(Roots)
    for _ in range(2):
        await schema.execute("{ bookings { code } }")
    assert kept[0] is kept[1]


async def test_info_tells_the_same() -> None:
    document = "query Q($n: Int = 4) { a: told(n: $n) @include(if: true) told ...f } fragment f on Query { told }"
    await both(Query, document, {"n": 3}, context=lambda: "context")
