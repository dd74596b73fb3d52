"""Arguments that are filled in instead of converted: every request of one document gets its own."""

import datetime
import enum
import uuid
from collections.abc import Iterator
from typing import Any, NewType

import pytest
import strawberry
import strawberry.types.arguments
from graphql import parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from execution import argument
from execution.schema import CompiledSchema
from execution.template import Template
from tests.execution.compare import difference

Money = NewType("Money", int)
UID = "00000000-0000-0000-0000-00000000000"
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
    kind: Kind = Kind.DOG


@strawberry.input
class Outer:
    word: str
    inner: Inner | None = None
    unset: int | None = strawberry.UNSET
    camel_case: Money | None = None
    other: str = strawberry.field(name="renamed", default="o")
    maybe: strawberry.Maybe[int | None]
    sure: strawberry.Maybe[int]
    deep: "Outer | None" = None


@strawberry.input
class Made:
    """Whose classes do more than to keep what they are given."""

    a: int
    b: int = 2

    def __post_init__(self) -> None:
        self.a, self.b = self.b, self.a


@strawberry.input
class Plain:
    """Of leaves only."""

    word: str
    n: int = 7
    unset: int | None = strawberry.UNSET
    camel_case: Money | None = None
    other: str = strawberry.field(name="renamed", default="o")
    kind: Kind = Kind.DOG
    needed: int | None


@strawberry.input
class Doubtful:
    word: str | None = None
    maybe: strawberry.Maybe[int | None]


@strawberry.input(one_of=True)
class Choice:
    by_id: strawberry.ID | None = strawberry.UNSET
    by_word: str | None = strawberry.UNSET


@strawberry.type
class Item:
    @strawberry.field
    def kept(self, plain: Plain) -> str:
        seen = repr(plain)
        plain.word = "changed"
        return seen


@strawberry.type
class Query:
    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(), Item()]

    @strawberry.field
    def leaves(
        self,
        a: int = 1,
        b: int | None = 2,
        c: int | None = None,
        d: int | None = strawberry.UNSET,
        word: str | None = None,
        money: Money | None = None,
        kind: Kind = Kind.CAT,
        day: datetime.date | None = None,
        uid: uuid.UUID | None = None,
        x: float | None = None,
        yes: bool = False,
        id: strawberry.ID | None = None,
    ) -> str:
        return repr((a, b, c, d, word, money, kind, day, uid, x, yes, id, type(money), type(x)))

    @strawberry.field
    def outer(self, outer: Outer | None = None, more: list[Outer] | None = None, a: int = 0) -> str:
        return repr((outer, more, a))

    @strawberry.field
    def made(self, made: Made) -> str:
        return repr(made)

    @strawberry.field
    def plain(self, plain: Plain | None = None, many: list[Plain] | None = None, made: Made | None = None) -> str:
        seen = repr((plain, many, made))
        if plain:
            plain.word = "changed"
        return seen

    @strawberry.field
    def doubtful(self, doubtful: Doubtful) -> str:
        return repr(doubtful)

    @strawberry.field
    def choice(self, choice: Choice) -> str:
        return repr(choice)

    @strawberry.field
    def maybe(self, n: strawberry.Maybe[int | None], word: strawberry.Maybe[str] = None) -> str:
        return repr((n, word))

    @strawberry.field
    def lists(self, ids: list[int] | None = None, grid: list[list[int | None]] | None = None, a: int = 0) -> str:
        seen = repr((ids, grid, a))
        for each in (ids, grid):
            if each is not None:
                each.clear()  # what a resolver does to its own list is nobody else's matter
        return seen

    @strawberry.field
    def kept(self, outer: Outer) -> str:
        seen = repr(outer)
        outer.word = "changed"
        if outer.inner:
            outer.inner.n = -1
            outer.inner.kinds.append(Kind.DOG)
        return seen


class Around(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        yield


Values = dict[str, Any]
NUMBERS: list[Values] = [{}, {"a": 1}, {"b": 2}, {"a": 3, "b": 4}, {"a": 5, "b": 6}, {"b": None}, {"a": 7, "b": 8}]
WORDS: list[Values] = [
    {"w": "a"},
    {"w": "b", "n": 1},
    {"w": "c", "n": 2},
    {"w": "", "n": 0},
    {"w": "d", "n": None},
    {"w": 5},
]
CASES: list[tuple[str, list[Values]]] = [
    ("query($a: Int! = 9, $b: Int) "
     "{ leaves(a: $a, b: $b) x: leaves(a: $a, b: $a) y: leaves(b: $b, c: $b, d: $b) }", NUMBERS),
    ("query($b: Int) { leaves(d: $b) }", NUMBERS), ("query($a: Int, $b: Int) { leaves(c: $a, d: $b) }", NUMBERS),
    ("query($a: Int, $b: Int) { maybe(n: $a) y: maybe(n: $b) z: maybe(n: 1) }", NUMBERS),
    ("query($a: Int = 5, $b: Int = null) { leaves(c: $a, d: $b) maybe(n: $b) }", NUMBERS),
    ("query($w: String!) { maybe(n: null, word: $w) }", WORDS),
    ("query($w: String!, $n: Int) { leaves(word: $w, d: $n) a: leaves(d: $n) b: leaves(word: $w) }", WORDS),
    ("query($w: String!, $n: Int! = 3) "
     "{ outer(outer: {word: $w}) a: outer(outer: {word: $w, inner: {n: $n}}) }", WORDS),
    ("query($w: String!, $n: Int) { outer(outer: {word: $w, unset: $n}) }", WORDS),
    ("query($w: String!, $n: Int) "
     "{ outer(outer: {word: $w, maybe: $n}) a: outer(outer: {word: $w, maybe: null}) }", WORDS),
    ("query($w: String!, $n: Int!) { outer(outer: {word: $w, sure: $n, renamed: $w}) }", WORDS),
    ("query($w: String!, $n: Int! = 4) { outer(outer: {word: $w, deep: {word: $w, inner: {n: $n}}}, a: $n) }", WORDS),
    ("query($w: String!, $n: Int! = 4) "
     "{ outer(outer: {word: $w, deep: {word: \"x\", inner: {kinds: CAT}}}, a: $n) }", WORDS),
    ("query($w: String!) { outer(more: [{word: $w}, {word: \"b\"}]) a: outer(more: {word: $w}) }", WORDS),
    ("query($w: String!) { kept(outer: {word: $w, inner: {n: 3}}) a: kept(outer: {word: $w, inner: {n: 3}}) }", WORDS),
    ("query($w: String!) "
     "{ kept(outer: {word: \"w\", inner: {n: 3, kinds: []}}) outer(outer: {word: $w, inner: {}}) }", WORDS),
    ("query($w: String!) { choice(choice: {byWord: $w}) outer(outer: {word: $w, camelCase: 5}) }", WORDS),
    ("query($w: String) { choice(choice: {byWord: $w}) }", WORDS),
    ("query($n: Int!, $m: Int! = 6) { made(made: {a: $n, b: $m}) x: made(made: {a: $n}) y: made(made: {a: 1, b: $n}) }",
     [{"n": 1}, {"n": 2, "m": 3}, {"n": 4, "m": 5}, {"n": 1, "m": 1}]),
    ("query($o: Outer, $os: [Outer!]) { outer(outer: $o, more: $os) }",
     [{}, {"o": {"word": "a"}}, {"o": {"word": "b", "inner": {"n": 1}}, "os": []}, {"o": None, "os": [{"word": "c"}]},
      {"o": {"word": "d", "deep": {"word": "e", "maybe": None}}, "os": None}, {"o": {"word": "x", "no": 1}}]),
    ("query($i: Inner) { outer(outer: {word: \"x\", inner: $i}) kept(outer: {word: \"y\", inner: $i}) }",
     [{"i": {}}, {"i": {"n": 1}}, {"i": {"kinds": ["CAT"]}}, {"i": None}, {}, {"i": {"kind": "DOG"}}]),
    ("query($p: Plain!, $q: Plain) { "
     "plain(plain: $p) a: plain(plain: $p, many: [$p]) b: plain(plain: $q) c: plain(many: [$p]) }",
     [{"p": {"word": "a"}}, {"p": {"word": "b", "n": 1, "unset": 2, "needed": 3}},
      {"p": {"word": "c", "camelCase": "5"}},
      {"p": {"word": "d", "renamed": "r", "kind": "CAT", "unset": None, "needed": None}, "q": {"word": "q"}},
      {"p": {"word": "e"}, "q": None}, {"p": {"word": "f"}, "q": {"word": "g", "n": 2}}, {"p": {"word": 5}},
      {"p": {}}]),
    ("query($w: String!) { items { kept(plain: {word: $w, renamed: $w}) } }", WORDS),
    ("query($p: Plain!) { items { kept(plain: $p) } }", [{"p": {"word": word}} for word in "abc"]),
    ("query($d: Doubtful!, $m: Made) { doubtful(doubtful: $d) plain(made: $m) }",
     [{"d": {}}, {"d": {"maybe": 1}, "m": {"a": 1}}, {"d": {"maybe": None}, "m": {"a": 1, "b": 3}},
      {"d": {"word": "x"}}]),
    ("query($c: Choice!) { choice(choice: $c) }",
     [{"c": {"byId": 1}}, {"c": {"byWord": "x"}}, {"c": {}}, {"c": {"byId": "a"}}]),
    ("query($k: Kind!, $ks: [Kind!]! = [CAT]) "
     "{ leaves(kind: $k) outer(outer: {word: \"x\", inner: {kind: $k, kinds: $ks}}) }",
     [{"k": "CAT"}, {"k": "DOG"}, {"k": "DOG", "ks": ["DOG", "CAT"]}, {"k": "CAT", "ks": []}, {"k": "BIRD"}]),
    ("query($d: Date, $u: UUID, $m: Money, $x: Float, $y: Boolean! = true, $i: ID) "
     "{ leaves(day: $d, uid: $u, money: $m, x: $x, yes: $y, id: $i) outer(outer: {word: \"x\", camelCase: $m}) }",
     [{"d": f"2026-01-0{n}", "u": f"{UID}{n}", "m": str(n), "x": n, "y": n > 2, "i": n} for n in (1, 2, 3)]
     + [{}, {"m": 5}, {"m": "no"}, {"x": 1.5, "i": "7"}, {"d": "no"}]),
    ("query($a: Int!, $l: [Int!]) "
     "{ lists(ids: [1, 2], a: $a) x: lists(ids: [$a, 2]) y: lists(ids: 5) z: lists(ids: $l) }",
     [{"a": 1}, {"a": 2, "l": [3]}, {"a": 3, "l": 4}, {"a": 4, "l": [5, 6]}, {"a": 5, "l": None}]),
    ("query($g: [[Int]!]) { lists(grid: $g) x: lists(grid: [[1], []]) y: lists(grid: $g) }",
     [{}, {"g": [[1, None], []]}, {"g": 1}, {"g": [[2]]}]),
    ("query($a: Int! = 1) "
     "{ leaves(a: $a) ... { leaves(a: $a) } ...f } fragment f on Query { leaves(a: $a) o: leaves(b: $a) }",
     NUMBERS[:-2]),
]  # fmt: skip


def schemas() -> list[CompiledSchema]:
    return [CompiledSchema(Query, config=CONFIG, extensions=given) for given in ([], [Around])]


stock = strawberry.Schema(Query, config=CONFIG)


async def differences(document: str, asked: list[Values]) -> str | None:
    """Ask one after the other, of a schema that has not seen the document before."""
    for schema in schemas():
        for number, variables in enumerate(asked):
            found = await difference(stock, schema, document, variables, dict)
            if found is not None:
                return f"{number}: {variables} after {asked[:number]}: {found}"
    return None


@pytest.mark.parametrize("document, asked", CASES)
async def test_every_request_of_a_document_gets_its_own_arguments(document: str, asked: list[Values]) -> None:
    assert not validate(stock._schema, parse(document))
    for order in (asked, asked[::-1], asked[2:] + asked[:2] + asked):
        found = await differences(document, order)
        assert found is None, f"{found}\n{document}"


WHOLE = st.none() | st.integers(-3, 3)
KINDS = st.sampled_from(["CAT", "DOG"])
GIVEN = st.fixed_dictionaries({}, optional={
    "a": WHOLE, "b": WHOLE, "w": st.none() | st.sampled_from(["", "x", "y"]),
    "i": st.none() | st.fixed_dictionaries({}, optional={"n": st.integers(0, 3), "kinds": st.lists(KINDS)}),
})  # fmt: skip
PIECES = (
    "leaves(c: $a, d: $b)", "leaves(word: $w, d: $a)", "maybe(n: $a)", "maybe(n: $b)", "lists(ids: [1], grid: [[$a]])",
    "outer(outer: {word: \"x\", unset: $a, maybe: $b})", "outer(outer: {word: \"x\", inner: $i, unset: $b})",
    "outer(outer: {word: \"x\", deep: {word: \"y\", maybe: $a, inner: $i}})", "kept(outer: {word: \"z\", inner: $i})",
    "outer(more: [{word: \"x\", maybe: $b}])", "choice(choice: {byWord: \"x\"})", "made(made: {a: 1})",
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3), st.lists(GIVEN, min_size=2, max_size=4))
async def test_any_variables_in_any_order_reach_the_resolver_alike(pieces: list[str], asked: list[Values]) -> None:
    document = (
        "query($a: Int, $b: Int = 5, $w: String, $i: Inner) { "
        + " ".join(f"p{number}: {piece}" for number, piece in enumerate(pieces))
        + ' all: leaves(a: 1, b: $a, c: $b, word: $w) i: outer(outer: {word: "x", inner: $i}) }'
    )
    assert not validate(stock._schema, parse(document))
    found = await differences(document, asked)
    assert found is None, f"{found}\n{document}"


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What Strawberry converted."""
    converted: list[Any] = []
    real = strawberry.types.arguments.convert_arguments

    def convert(*given: Any, **named: Any) -> Any:
        converted.append(given)
        return real(*given, **named)

    monkeypatch.setattr(argument, "convert_arguments", convert)
    return converted


async def test_the_second_request_is_filled_in_and_not_converted(converted: list[Any]) -> None:
    document = "query($w: String!, $n: Int!) { leaves(word: $w, a: $n) outer(outer: {word: $w, unset: $n}) }"
    schema = schemas()[0]
    for number in range(4):
        answer = await schema.execute(document, {"w": "x", "n": number})
        assert answer.data is not None and f"unset={number}" in answer.data["outer"]
    assert len(converted) == 2


async def test_so_it_is_where_variables_are_left_out_or_null(converted: list[Any]) -> None:
    document = "query($w: String, $n: Int) { leaves(word: $w, c: $n) }"
    schema = schemas()[0]
    for _ in range(3):
        for variables in ({"w": "x", "n": 1}, {"w": "x", "n": None}, {"w": "x"}, {"n": None}, {}):
            await schema.execute(document, variables)
    assert len(converted) == 5
    await schema.execute(document, {"w": "y"})
    assert len(converted) == 5


async def found_somewhere() -> bool:
    for document, asked in CASES:
        if await differences(document, asked):
            return True
    return False


async def test_planted_bugs_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Template.fill

    def swapped(self: Template, coerced: Any) -> Any:
        names = [variable for _, variable in self.variables]
        other = Template()
        other.constants, other.objects = self.constants, self.objects
        other.variables = [(name, names[-1 - at]) for at, (name, _) in enumerate(self.variables)]
        return real(other, coerced)

    def of_the_first_request(self: Template, coerced: Any) -> Any:
        self.constants.update(real(self, coerced) or {})
        self.variables, self.objects = [], []
        return dict(self.constants)

    def null_is_a_value(self: Template, coerced: Any) -> Any:
        present = {variable: coerced.get(variable, 0) for _, variable in self.variables}
        return real(self, {name: 0 if value is None else value for name, value in (coerced | present).items()})

    with monkeypatch.context() as patch:
        patch.setattr(argument, "missing", lambda names, coerced: tuple(n for n in names if coerced.get(n) is None))
        assert await found_somewhere(), "null is the same as left out"
    for bug in (swapped, of_the_first_request, null_is_a_value):
        with monkeypatch.context() as patch:
            patch.setattr(Template, "fill", bug)
            assert await found_somewhere(), bug.__name__
