"""What is selected: aliases, fragments, directives and their variables, __typename."""

from typing import Any

import pytest
import strawberry

from execution.schema import CompiledSchema
from tests.execution.both import both, why_not_compiled


@strawberry.type
class Leaf:
    a: int = 1
    b: int = 2

    @strawberry.field
    def plus(self, n: int = 10) -> int:
        return self.a + n


@strawberry.type
class Query:
    leaf: Leaf = strawberry.field(resolver=Leaf)

    @strawberry.field
    def number(self, n: int = 1) -> int:
        return n


async def test_aliases_of_one_field_have_their_own_arguments() -> None:
    answer = await both(Query, "{ x: number(n: 1) y: number(n: 2) number leaf { p: plus(n: 3) plus q: plus(n: 4) } }")
    assert answer.data == {"x": 1, "y": 2, "number": 1, "leaf": {"p": 4, "plus": 11, "q": 5}}


async def test_selections_of_one_field_merge_through_fragments() -> None:
    document = """{ leaf { a ...f } ... on Query { leaf { plus } } ...q }
    fragment f on Leaf { b a } fragment q on Query { leaf { again: a } }"""
    answer = await both(Query, document)
    assert answer.data == {"leaf": {"a": 1, "b": 2, "plus": 11, "again": 1}}


async def test_typename_is_known_everywhere() -> None:
    answer = await both(Query, "{ __typename kind: __typename leaf { __typename } }")
    assert answer.data == {"__typename": "Query", "kind": "Query", "leaf": {"__typename": "Leaf"}}


@pytest.mark.parametrize("skip", [None, True, False])
@pytest.mark.parametrize("include", [None, True, False])
async def test_skip_and_include_with_variables_and_defaults(skip: bool | None, include: bool | None) -> None:
    given = {"s": skip, "i": include}
    variables = {name: value for name, value in given.items() if value is not None}
    document = """query($s: Boolean = false, $i: Boolean = true) {
      leaf { a @skip(if: $s) b @include(if: $i) ... @skip(if: $s) { plus } ...f @include(if: $i) }
      number @skip(if: $s) @include(if: $i)
      never: number @skip(if: true)
    } fragment f on Leaf { late: a }"""
    await both(Query, document, variables)


async def test_one_document_has_a_plan_for_each_value_of_its_flags() -> None:
    schema = CompiledSchema(Query)
    document = "query($s: Boolean!) { number @skip(if: $s) leaf { a } }"
    answers = [(await schema.execute(document, {"s": value})).data for value in (True, False, True)]
    assert answers == [{"leaf": {"a": 1}}, {"number": 1, "leaf": {"a": 1}}, {"leaf": {"a": 1}}]


async def test_the_operation_is_chosen_by_name() -> None:
    schema, stock = CompiledSchema(Query), strawberry.Schema(Query)
    document = "query A { number(n: 1) } query B { number(n: 2) }"
    for name in ("A", "B", None, "C"):
        answers: list[Any] = []
        for each in (stock, schema):
            try:
                answers.append(await each.execute(document, operation_name=name))
            except Exception as error:
                answers.append((type(error), str(error)))
        assert repr(answers[0]) == repr(answers[1])


@pytest.mark.parametrize(
    "document, reason",
    [
        ("{ __schema { queryType { name } } }", "introspection"),
        ('{ number __type(name: "Leaf") { name } }', "introspection"),
        ("{ number @defer }", "@defer"),
    ],
)
async def test_the_stock_executor_answers_what_is_not_proven(document: str, reason: str) -> None:
    await both(Query, document, stock_only=reason)


async def test_a_document_that_multiplies_itself_is_not_compiled() -> None:
    levels = [f"fragment F{i} on Leafy {{ a: next {{ ...F{i + 1} }} b: next {{ ...F{i + 1} }} }}" for i in range(12)]
    document = "{ leafy { ...F0 } } " + " ".join(levels) + " fragment F12 on Leafy { n }"

    reason = why_not_compiled(CompiledSchema(Root), document)
    assert reason is not None
    assert "more than" in reason


@strawberry.type
class Leafy:
    n: int = 1

    @strawberry.field
    def next(self) -> "Leafy | None":
        return None


@strawberry.type
class Root:
    leafy: Leafy = strawberry.field(resolver=Leafy)


async def test_explain_prints_the_code_or_the_reason() -> None:
    schema = CompiledSchema(Query)
    assert "source.a" in schema.explain("{ leaf { a } }")
    assert schema.explain("{ __schema { queryType { name } } }") == "# stock executor: introspection"
