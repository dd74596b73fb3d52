"""Limits of documents: each at its number and at one more, however it is written and whatever way it comes."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, parse
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.execution import ExecutionResult

from execution.limit import Cost, Exceeded, Limits
from execution.opening import Opened, OpeningSchema
from execution.schema import CompiledSchema

MANY = 100_000
# Fragments that the forms below write around a selection.
FORMS: dict[str, Callable[[str, str], str]] = {
    "inline": lambda root, inside: f"{{ {inside} }}",
    "a named fragment": lambda root, inside: f"{{ ...F }} fragment F on {root} {{ {inside} }}",
    "nested fragments": lambda root, inside: (
        f"{{ ...F }} fragment F on {root} {{ ...G }} fragment G on {root} {{ {inside} }}"
    ),
    "inline fragments": lambda root, inside: f"{{ ... on {root} {{ ... {{ {inside} }} }} }}",
}


@strawberry.type
class Node:
    @strawberry.field
    def word(self) -> str:
        return "w"

    @strawberry.field
    def next(self) -> "Node":
        return Node()

    @strawberry.field
    def pages(self, first: int = 20) -> "Page":
        return Page(items=[Node()], total=1)

    @strawberry.field
    def few(self) -> "list[Node]":
        return [Node()]


@strawberry.type
class Page:
    items: list[Node]
    total: int


@strawberry.type
class Query(Node):
    pass


@strawberry.type
class Mutation:
    @strawberry.mutation
    def enter(self, code: str = "") -> str:
        return code

    @strawberry.mutation
    def leave(self) -> str:
        return "left"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[Node]:
        yield Node()


class Porter:
    """Lets in what costs at most so much."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.looked: list[int] = []
        self.new = 0

    def lets(self, context: Any, points: int, introspects: bool) -> bool:
        self.looked.append(points)
        return points <= self.most and not introspects

    async def check(self, context: Any, points: int, introspects: bool) -> None:
        if not self.lets(context, points, introspects):
            raise Exceeded("TOO_COSTLY", self.most, cost=points)

    async def check_new(self, context: Any) -> None:
        self.new += 1


def schema_of(kind: type[OpeningSchema], limits: Limits, most: int = MANY, extensions: Sequence[Any] = ()) -> Any:
    return kind(Query, Mutation, Subscription, extensions=extensions, limits=limits, gate=Porter(most))


def code(errors: list[GraphQLError] | None) -> str | None:
    """The limit that is told, None where there is no error; another error fails the test."""
    if not errors:
        return None
    cause = errors[0].original_error
    assert isinstance(cause, Exceeded), errors
    return cause.code


async def verdict(text: str, limits: Limits, most: int = MANY, **given: Any) -> str | None:
    """What every way says of the document: new and known, awaited and short, by both executors."""
    found = set()
    variables, name = given.get("variables"), given.get("name")
    for kind in (CompiledSchema, OpeningSchema):
        schema = schema_of(kind, limits, most)
        for _ in range(2):
            found.add(code((await schema.execute(text, variables, operation_name=name)).errors))
            opened = await schema.open(text, variables, name, None)
            found.add(code(opened.errors if isinstance(opened, ExecutionResult) else None))
        short = schema.answer(text, variables, name, None)
        if short is not None:
            found.add(code((await short).errors))
        assert (short is not None) == (kind is CompiledSchema and found == {None})
    (told,) = found
    return told


def deep(fields: int) -> str:
    return "next { " * (fields - 1) + "word" + " }" * (fields - 1)


def numbered(fields: int, field: str = "word") -> str:
    return " ".join(f"a{number}: {field}" for number in range(fields))


Case = tuple[str, Limits, int, str, Callable[[int], str]]
LOOSE = Limits(aliases=MANY, repeats=MANY)
CASES: list[Case] = [
    ("TOO_DEEP", Limits(), 8, "Query", deep),
    ("TOO_MANY_ALIASES", Limits(), 15, "Query", numbered),
    ("TOO_MANY_ALIASES", Limits(), 15, "Query", lambda n: f"a: next {{ {numbered(n - 1)} }}"),
    ("TOO_MANY_DIRECTIVES", LOOSE, 10, "Query", lambda n: numbered(n, "word @include(if: true)")),
    ("TOO_MANY_DIRECTIVES", LOOSE, 10, "Query", lambda n: "... @skip(if: false) { word } " * n),
    ("TOO_MANY_REPEATS", Limits(), 10, "Query", lambda n: "word " * n),
    ("TOO_MANY_REPEATS", Limits(), 10, "Query", lambda n: "next { word } " * n),
    ("TOO_MANY_REPEATS", Limits(), 10, "Query", lambda n: f"next {{ {'word ' * n} }}"),
    ("TOO_MANY_SELECTIONS", Limits(selections=22, aliases=MANY), 20, "Query", numbered),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", range(len(CASES)))
async def test_each_limit_lets_its_number_pass_and_no_more(form: str, number: int) -> None:
    name, limits, most, root, inside = CASES[number]
    around = {"inline": 0, "a named fragment": 1}.get(form, 2)  # selections that the form itself adds
    passing = most + 2 - around if name == "TOO_MANY_SELECTIONS" else most
    assert await verdict(FORMS[form](root, inside(passing)), limits) is None
    assert await verdict(FORMS[form](root, inside(passing + 1)), limits) == name


@pytest.mark.parametrize("form", FORMS)
async def test_what_may_be_asked_once_is_counted_whatever_it_is_called(form: str) -> None:
    limits = Limits(once=frozenset({"enter"}))

    async def told(inside: str) -> str | None:
        return await verdict("mutation " + FORMS[form]("Mutation", inside), limits)

    assert await told('a: enter(code: "1") leave') is None
    assert await told('a: enter(code: "1") b: enter(code: "2")') == "ONCE_A_REQUEST"
    assert await told('enter(code: "1") enter(code: "1")') == "ONCE_A_REQUEST"
    assert await told("a: enter @skip(if: true) enter: leave b: enter") == "ONCE_A_REQUEST"
    two = 'mutation A { enter(code: "1") } mutation B { enter(code: "2") }'
    assert await verdict(two, limits, name="B") is None  # one of them is executed


@pytest.mark.parametrize("limit", ["characters", "tokens"])
async def test_text_is_bounded_before_it_is_parsed(limit: str) -> None:
    if limit == "characters":
        limits, code_ = Limits(), "TOO_MANY_CHARACTERS"
        texts = ["{ word }".ljust(length, ",") for length in (15_000, 15_001)]
    else:
        limits, code_ = Limits(aliases=MANY, selections=MANY), "TOO_MANY_TOKENS"
        texts = ["{ " + numbered(332) + " word" * more + "}" for more in (2, 3)]  # three tokens each, and two braces
    assert await verdict(texts[0], limits) is None
    assert await verdict(texts[1], limits) == code_


async def test_nothing_is_parsed_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("parsed")

    monkeypatch.setattr("strawberry.schema.schema.parse", never)
    assert await verdict("{ word }" + " " * 15_000, Limits()) == "TOO_MANY_CHARACTERS"


async def test_nothing_is_validated_that_is_beyond_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("validated")

    monkeypatch.setattr("strawberry.schema.schema.validate_document", never)
    monkeypatch.setattr("execution.around.is_valid", never)
    for text, name in (
        ("{ nothing " + deep(9) + " }", "TOO_DEEP"),
        ("{ " + "word " * 11 + "}", "TOO_MANY_REPEATS"),
        ("{ ...F } fragment F on Query { ...G ...G } fragment G on Query { " + deep(9) + " }", "TOO_DEEP"),
    ):
        assert await verdict(text, Limits()) == name


async def test_extensions_that_remember_verdicts_lead_round_no_limit() -> None:
    for kind in (CompiledSchema, OpeningSchema):
        schema = schema_of(kind, Limits(), most=5, extensions=[ParserCache, ValidationCache])
        for text, told in (
            ("{ " + deep(9) + " }", "TOO_DEEP"),
            ("{ next" * 300, "TOO_DEEP"),
            ("{ " + "word " * 1_000 + "}", "TOO_MANY_TOKENS"),
            ("{ pages { items { word } } }", "TOO_COSTLY"),
        ):
            for _ in range(3):
                assert code((await schema.execute(text)).errors) == told
                assert code((await schema.open(text, None, None, None)).errors) == told


async def test_fragments_count_each_time_they_are_spread() -> None:
    parts = ["fragment F0 on Query { word }"]
    parts += [f"fragment F{n} on Query {{ ...F{n - 1} ...F{n - 1} }}" for n in range(1, 12)]
    assert await verdict("{ ...F11 } " + " ".join(parts), Limits(repeats=MANY)) == "TOO_MANY_SELECTIONS"
    few = "{ ...F2 } " + " ".join(parts[:3])
    assert await verdict(few, Limits()) is None
    assert await verdict(few, Limits(repeats=3)) == "TOO_MANY_REPEATS"


async def test_fragments_in_fragments_are_bounded() -> None:
    for levels, told in ((20, None), (21, "TOO_MANY_FRAGMENTS")):
        named = [
            f"fragment F{n} on Query {{ {f'...F{n + 1}' if n < levels else 'word'} }}" for n in range(1, levels + 1)
        ]
        assert await verdict("{ ...F1 } " + " ".join(named), Limits()) == told
        assert await verdict("{ " + "... { " * levels + "word" + " }" * levels + " }", Limits()) == told


async def test_members_of_a_union_may_ask_for_the_same_field() -> None:
    kinds = " ".join(f"... on T{number} {{ word }}" for number in range(20))
    Limits().check_document(parse(f"{{ union {{ {kinds} }} }}"))


@pytest.mark.parametrize(
    "circle", ["fragment F on Query { ...F }", "fragment F on Query { next { ...G } } fragment G on Node { ...F }"]
)
async def test_a_circle_of_fragments_is_left_to_validation(circle: str) -> None:
    answer = await schema_of(CompiledSchema, Limits()).execute("{ ...F } " + circle)
    assert answer.data is None
    assert answer.errors


async def test_each_operation_and_each_fragment_counts_even_if_nobody_asks_for_it() -> None:
    assert await verdict("query A { word } query B { " + deep(9) + " }", Limits(), name="A") == "TOO_DEEP"
    assert await verdict("{ word } fragment F on Query { " + deep(9) + " }", Limits()) == "TOO_DEEP"


async def test_a_text_nested_without_end_is_too_deep() -> None:
    for text in ("{ next " * 400, "{ word(a: " + "[" * 400, "{ word(a: " + "{a: " * 300):
        assert await verdict(text, Limits()) == "TOO_DEEP"


async def test_a_subscription_is_bounded_as_well() -> None:
    for kind in (CompiledSchema, OpeningSchema):
        schema = schema_of(kind, Limits(), most=8)
        assert isinstance(await schema.open("subscription { ticks { word } }", None, None, None), Opened)
        for text, told in (
            ("subscription { ticks { " + deep(8) + " } }", "TOO_DEEP"),
            ("subscription { ticks { pages { items { word } } } }", "TOO_COSTLY"),
        ):
            for _ in range(2):
                opened = await schema.open(text, None, None, None)
                assert isinstance(opened, ExecutionResult)
                assert code(opened.errors) == told


# Points: an object 2, a scalar 1, and each as often as its list is long.
PRICES: list[tuple[str, dict[str, Any] | None, int]] = [
    ("{ word }", None, 1),
    ("{ next { word } }", None, 3),
    ("{ few { word } }", None, 4 * 3),
    ("{ pages { items { word } } }", None, 2 + 20 * 3),
    ("{ pages(first: 5) { total items { word } } }", None, 2 + 1 + 5 * 3),
    ("{ pages(first: 5) { items { pages(first: 7) { items { word } } } } }", None, 2 + 5 * (2 + 2 + 7 * 3)),
    ("query($n: Int!) { pages(first: $n) { items { word } } }", {"n": 6}, 2 + 6 * 3),
    ("query($n: Int = 9) { pages(first: $n) { items { word } } }", None, 2 + 9 * 3),
    ("query($n: Int = 9) { pages(first: $n) { items { word } } }", {"n": 4}, 2 + 4 * 3),
    ("query($n: Int = 9) { pages(first: $n) { items { word } } }", {"n": 4.0}, 2 + 4 * 3),
    ("query($n: Int! = 2, $m: Int! = 3) { pages(first: $n) { items { pages(first: $m) { items { word } } } } }",
     {"n": 5, "m": 7}, 2 + 5 * (2 + 2 + 7 * 3)),
    ("query($n: Int!) { pages(first: $n) { items { pages(first: $n) { items { word } } } } }", {"n": 5},
     2 + 5 * (2 + 2 + 5 * 3)),
    ("query($n: Int!) { pages(first: $n) { items { word } } }", {"n": -50}, 2 + 3),
    ("{ pages(first: -50) { items { word } } }", None, 2 + 3),
    ("{ pages(first: 5) { ...F } } fragment F on Page { ... { items { word } } }", None, 2 + 5 * 3),
    ("{ a: pages(first: 5) { items { word } } b: pages(first: 6) { items { word } } }", None, 4 + 5 * 3 + 6 * 3),
    ("query($y: Boolean! = false) { pages(first: 5) @include(if: $y) { items { word } } }", None, 2 + 5 * 3),
    ("{ __typename next { __typename } }", None, 1 + 2 + 1),
]  # fmt: skip


@pytest.mark.parametrize("text, variables, points", PRICES)
async def test_a_document_costs_what_its_lists_may_hold(text: str, variables: Any, points: int) -> None:
    assert await verdict(text, Limits(), most=points, variables=variables) is None
    assert await verdict(text, Limits(), most=points - 1, variables=variables) == "TOO_COSTLY"


def test_lists_may_be_named_with_their_length() -> None:
    schema = CompiledSchema(Query)
    (cost,) = Limits(sizes={"Query.few": 100}).costs(schema._schema, parse("{ few { few { word } } }")).values()
    assert cost.points == 100 * (2 + 4 * 3)


@pytest.mark.parametrize("given", [True, "7", None, float("inf"), float("nan"), [7], {"n": 7}])
def test_a_page_size_that_is_no_number_is_priced_as_if_it_were_not_given(given: Any) -> None:
    found = Cost(0, [(1, ("n",))], {"n": 20}, False).of({"n": given})
    assert found == (1 if given is True else 20)  # whatever is executed then, it is not a longer page


async def test_costs_are_known_with_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = schema_of(CompiledSchema, Limits())
    text = "query($n: Int!) { pages(first: $n) { items { word } } }"
    assert (await schema.execute(text, {"n": 5})).errors is None

    def never(*_: Any) -> Any:
        raise AssertionError("priced again")

    monkeypatch.setattr(Limits, "costs", never)
    schema._gate.looked.clear()
    for size in (1, 2, 3):
        answer = schema.answer(text, {"n": size}, None, None)
        assert answer is not None
        assert (await answer).errors is None
    assert schema._gate.looked == [5, 8, 11]


async def test_only_what_was_not_found_valid_is_new() -> None:
    schema = schema_of(CompiledSchema, Limits())
    for text, new in (("{ word }", 1), ("{ nothing }", 4), ("{", 4), ("{ " + deep(9) + " }", 4)):
        schema._gate.new = 0
        for _ in range(2):
            await schema.execute(text)
            await schema.open(text, None, None, None)
        assert schema._gate.new == new, text


async def test_a_known_document_is_refused_to_whom_it_is_too_much() -> None:
    schema = schema_of(CompiledSchema, Limits())
    text = "query($n: Int!) { pages(first: $n) { items { word } } }"
    assert (await schema.execute(text, {"n": 5})).errors is None
    schema._gate.most = 10
    assert schema.answer(text, {"n": 5}, None, None) is None
    assert code((await schema.execute(text, {"n": 5})).errors) == "TOO_COSTLY"
    assert (await schema.answer(text, {"n": 2}, None, None)).errors is None


async def test_without_limits_nothing_is_counted() -> None:
    schema = CompiledSchema(Query)
    assert (await schema.execute("{ " + deep(20) + numbered(50) + " }")).errors is None
