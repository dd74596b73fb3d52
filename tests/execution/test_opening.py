"""What an opened subscription says about itself: what decides its answers, and whether anybody could see the viewer."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
import strawberry
from graphql import ExecutionResult
from strawberry.types.execution import ExecutionResult as Result
from strawberry.types.execution import PreExecutionError

from execution.opening import Opened, OpeningSchema
from execution.schema import CompiledSchema


@strawberry.input
class Shift:
    by: int = 0


@strawberry.type
class Plain:
    n: int

    @strawberry.field
    def twice(self) -> int:
        return 2 * self.n

    @strawberry.field
    def plus(self, m: int) -> int:
        return self.n + m

    @strawberry.field
    def shifted(self, by: Shift) -> int:
        return self.n + by.by

    @strawberry.field
    async def later(self) -> int:
        return self.n

    @strawberry.field
    def viewer(self, info: strawberry.Info) -> str:
        return f"{info.context} of {sorted(info.variable_values)}"

    @strawberry.field
    def child(self) -> "Plain":
        return Plain(n=self.n + 1)


@strawberry.type
class Decided:
    n: int

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, cls)


Item = Annotated[Plain | Decided, strawberry.union("Item")]


@strawberry.type
class Query:
    @strawberry.field
    def n(self) -> int:
        return 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def plain(self, after: int | None = None) -> AsyncIterator[Plain]:
        yield Plain(n=after or 0)

    @strawberry.subscription
    async def item(self, after: int | None = None) -> AsyncIterator[Item]:
        yield Plain(n=after or 0)


def made(kind: type[OpeningSchema]) -> OpeningSchema:
    return kind(query=Query, subscription=Subscription, types=[Decided])


SCHEMA, STOCK = made(CompiledSchema), made(OpeningSchema)


async def opened(document: str, schema: OpeningSchema = SCHEMA, **variables: Any) -> Opened:
    found = await schema.open(document, variables, None, "context")
    assert isinstance(found, Opened), found
    await found.source.aclose()
    return found


async def answered(subscription: Opened, event: Any, context: Any = None) -> Any:
    answer: Any = subscription.answer(event, context)
    result = answer if isinstance(answer, ExecutionResult) else await answer
    assert not result.errors, result.errors
    return result.data


@pytest.mark.parametrize(
    "document, asks",
    [
        ("subscription { plain { n twice plus(m: 1) later child { twice } __typename } }", False),
        ("subscription ($m: Int!) { plain { plus(m: $m) } }", False),
        ("subscription { plain { viewer } }", True),
        ("subscription { plain { child { child { viewer } } } }", True),
        ("subscription { plain { ...P } } fragment P on Plain { viewer }", True),
        ("subscription { plain { shifted(by: {by: 1}) } }", True),  # an input class could be handed the info
        ("subscription { item { ... on Plain { n } } }", True),  # is_type_of of Decided is handed it
    ],
)
async def test_a_plan_knows_whether_anybody_could_see_the_viewer(document: str, asks: bool) -> None:
    subscription = await opened(document, m=1)
    assert subscription.asks_viewer is asks
    assert (await opened(document, STOCK, m=1)).asks_viewer  # what is not compiled promises nothing


async def test_variables_that_only_the_source_takes_decide_no_answer_and_are_seen_by_nobody() -> None:
    document = "subscription ($after: Int, $m: Int!) { plain(after: $after) { plus(m: $m) viewer } }"
    new, resumed = await opened(document, m=1), await opened(document, m=1, after=7)
    other = await opened(document, m=2, after=7)
    assert new.key == resumed.key != other.key
    data = await answered(resumed, Plain(n=1), "somebody")
    assert data == {"plain": {"plus": 2, "viewer": "somebody of ['m']"}}


@pytest.mark.parametrize(
    "document",
    [
        "subscription ($v: Int) { plain(after: $v) { plus(m: 1) child { plus(m: $v) } } }",
        "subscription ($v: Int) { plain(after: $v) { ...P } } fragment P on Plain { plus(m: $v) }",
    ],
)
async def test_a_variable_that_is_used_below_decides(document: str) -> None:
    document = document.replace("$v: Int", "$v: Int!")
    assert (await opened(document, v=1)).key != (await opened(document, v=2)).key
    first = await opened(document, v=1)
    assert first.key == (await opened(document, v=1)).key


async def test_the_flag_of_a_directive_decides() -> None:
    document = "subscription ($yes: Boolean!) { plain { n twice @include(if: $yes) } }"
    yes, no = await opened(document, yes=True), await opened(document, yes=False)
    assert yes.key != no.key
    assert await answered(yes, Plain(n=2)) == {"plain": {"n": 2, "twice": 4}}
    assert await answered(no, Plain(n=2)) == {"plain": {"n": 2}}


async def test_both_executors_give_the_same_answer() -> None:
    document = "subscription { plain { n twice later viewer child { n } } }"
    answers = [await answered(await opened(document, schema), Plain(n=3), "me") for schema in (SCHEMA, STOCK)]
    assert answers[0] == answers[1] != {}


@pytest.mark.parametrize(
    "document", ["{", "{ x }", "subscription { plain }", "subscription { plain(after: []) { n } }"]
)
@pytest.mark.parametrize("schema", [SCHEMA, STOCK])
async def test_what_cannot_begin_is_told_apart_from_an_answer(schema: OpeningSchema, document: str) -> None:
    assert isinstance(await schema.open(document, None, None, None), PreExecutionError)
    done = await schema.open("{ n }", None, None, None)
    assert type(done) is Result
    assert done.data == {"n": 1}
