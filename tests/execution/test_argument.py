"""Arguments and variables: inputs, defaults, enumerations, coercion and its errors."""

import datetime
import enum
import uuid
from typing import Any, NewType

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from execution.schema import CompiledSchema
from tests.execution.both import both

Money = NewType("Money", int)
UID = str(uuid.UUID(int=1))
CONFIG = StrawberryConfig(
    scalar_map={Money: strawberry.scalar(name="Money", serialize=int, parse_value=lambda value: Money(int(value)))}
)


@strawberry.enum
class Kind(enum.Enum):
    CAT = "cat"
    DOG = "dog"


@strawberry.input
class Inner:
    n: int = 7
    kinds: list[Kind] = strawberry.field(default_factory=list)


@strawberry.input
class Outer:
    word: str
    inner: Inner | None = None
    unset: int | None = strawberry.UNSET
    camel_case: Money | None = None


@strawberry.input(one_of=True)
class Choice:
    by_id: strawberry.ID | None = strawberry.UNSET
    by_word: str | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def simple(self, word: str = "none", n: int | None = None, f: float = 1.5, yes: bool = False) -> str:
        return repr((word, n, f, yes))

    @strawberry.field
    def kind(self, kind: Kind = Kind.DOG, kinds: list[Kind] | None = None) -> str:
        return repr((kind, kinds))

    @strawberry.field
    def scalars(
        self,
        id: strawberry.ID,
        uid: uuid.UUID | None = None,
        day: datetime.date | None = None,
        price: Money | None = None,
    ) -> str:
        return repr((id, uid, day, price))

    @strawberry.field
    def input(self, outer: Outer, more: list[Outer] | None = None) -> str:
        return repr((outer, more))

    @strawberry.field
    def choice(self, choice: Choice) -> str:
        return repr(choice)

    @strawberry.field
    def maybe(self, n: strawberry.Maybe[int | None]) -> str:
        return repr(n)

    @strawberry.field
    def keeps(self, values: list[int]) -> int:
        values.append(1)
        return len(values)


CASES: list[tuple[str, dict[str, Any] | None]] = [
    ("{ simple }", None),
    ('{ simple(word: "x", n: null, f: 2, yes: true) }', None),
    ("query($w: String!, $n: Int) { simple(word: $w, n: $n) }", {"w": "x"}),
    ("query($w: String!, $n: Int) { simple(word: $w, n: $n) }", {"w": "x", "n": None}),
    ("query($w: String!, $n: Int) { simple(word: $w, n: $n) }", {"w": "x", "n": 2**31}),
    ("query($w: String!, $n: Int) { simple(word: $w, n: $n) }", {"w": 5, "n": "x"}),
    ("query($w: String!, $n: Int) { simple(word: $w, n: $n) }", {}),
    ("query($w: String!, $n: Int) { simple(word: $w, n: $n) }", {"w": None, "unknown": 1}),
    ("query($w: String = null) { simple(n: 1) other: simple(word: $w) }", {}),
    ('query($w: String = "default", $f: Float = 3) { simple(word: $w, f: $f) }', None),
    ('query($w: String = "default", $f: Float = 3) { simple(word: $w, f: $f) }', {"w": None}),
    ("query($f: Float!) { simple(f: $f) }", {"f": 3}),
    ("query($b: Boolean!) { simple(yes: $b) }", {"b": 1}),
    ("{ kind(kind: CAT, kinds: [DOG, CAT]) all: kind }", None),
    ("query($k: Kind!, $ks: [Kind!]) { kind(kind: $k, kinds: $ks) }", {"k": "DOG", "ks": ["CAT"]}),
    ("query($k: Kind!, $ks: [Kind!]) { kind(kind: $k, kinds: $ks) }", {"k": "BIRD", "ks": "CAT"}),
    ("query($i: ID!) { scalars(id: $i) }", {"i": 5}),
    ("query($i: ID!, $u: UUID, $p: Money) { scalars(id: $i, uid: $u, price: $p) }",
     {"i": "a", "u": UID, "p": "5"}),
    ("query($i: ID!, $u: UUID, $d: Date) { scalars(id: $i, uid: $u, day: $d) }",
     {"i": "a", "u": "x", "d": "2026-13-01"}),
    ('{ scalars(id: 5, day: "2026-01-02", price: 7) }', None),
    ('{ input(outer: {word: "w", inner: {kinds: [CAT]}, camelCase: 5}, more: [{word: "m"}]) }', None),
    ('query($o: Outer!, $n: Int!) { input(outer: $o) b: input(outer: {word: "b", inner: {n: $n}}) }',
     {"o": {"word": "v", "unset": None, "inner": {}}, "n": 3}),
    ("query($o: Outer!) { input(outer: $o) }", {"o": {"inner": {"n": "x", "no": 1}}}),
    ("{ choice(choice: {byWord: \"x\"}) }", None),
    ("query($c: Choice!) { choice(choice: $c) }", {"c": {"byId": "1", "byWord": "x"}}),
    ("query($c: Choice!) { choice(choice: $c) }", {"c": {"byId": None}}),
    ("query($w: String!) { choice(choice: {byWord: $w}) }", {"w": "x"}),
    ("{ maybe a: maybe(n: null) b: maybe(n: 4) }", None),
    ("query($n: Int) { maybe(n: $n) }", {}),
    ("{ keeps(values: [1, 2]) again: keeps(values: [1]) }", None),
]  # fmt: skip


@pytest.mark.parametrize("document, variables", CASES)
async def test_arguments_reach_the_resolver_alike(document: str, variables: dict[str, Any] | None) -> None:
    accepted = CompiledSchema(Query, config=CONFIG)
    answer = await accepted.execute(document, variables)
    refused = bool(answer.errors) and answer.data is None
    await both(Query, document, variables, config=CONFIG, stock_only=await _reason(document, variables, refused))


async def _reason(document: str, variables: dict[str, Any] | None, refused: bool) -> str | None:
    from graphql import parse

    from execution.plan import Operation

    operation = Operation(CompiledSchema(Query, config=CONFIG), parse(document), None)
    return "variables" if refused and operation.variables.coerce(variables) is None else None


async def test_a_plan_keeps_no_argument_of_an_earlier_request() -> None:
    schema = CompiledSchema(Query, config=CONFIG)
    document = "query($w: String, $n: Int) { simple(word: $w, n: $n, f: 9) keeps(values: [4]) }"
    answers = []
    for variables in ({"w": "a", "n": 1}, {"w": "b"}, {"n": 3}, {}, {"w": "c", "n": None}):
        answer = await schema.execute(document, dict(variables))
        assert answer.data is not None
        answers.append((answer.data["simple"], answer.data["keeps"]))
    assert answers == [
        ("('a', 1, 9.0, False)", 2), ("('b', None, 9.0, False)", 2), ("('none', 3, 9.0, False)", 2),
        ("('none', None, 9.0, False)", 2), ("('c', None, 9.0, False)", 2),
    ]  # fmt: skip
