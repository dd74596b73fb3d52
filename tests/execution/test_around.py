"""What surrounds an execution stays as it was: extensions, masking, permissions, handlers, caches, subscriptions."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLError, parse
from strawberry.extensions import (
    AddValidationRules,
    FieldExtension,
    MaskErrors,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)  # fmt: skip
from strawberry.permission import BasePermission

from execution.around import Documents
from execution.cache import Bounded
from execution.schema import CompiledSchema
from tests.execution.both import both


class Refused(Exception):
    """A rule said no."""


@strawberry.type
class Refusal:
    message: str


@strawberry.type
class Done:
    n: int


class ToRefusal(strawberry.ExceptionHandler[Refused, Refusal]):
    def handle(self, exception: Refused, *, field: Any, info: strawberry.Info) -> Refusal:
        return Refusal(message=f"{exception} {info.context} {info.path.as_list()}")


class Never(BasePermission):
    message = "never"
    error_extensions = {"code": "NEVER"}

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        return False


class Twice(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs) * 2


@strawberry.type
class Query:
    plain: str = strawberry.field(resolver=lambda: "plain")
    guarded: str | None = strawberry.field(resolver=lambda: "secret", permission_classes=[Never])
    attribute: str | None = strawberry.field(default="x", permission_classes=[Never])
    doubled: str = strawberry.field(resolver=lambda: "ab", extensions=[Twice()])

    @strawberry.field
    async def result(self, n: int) -> Annotated[Done | Refusal, strawberry.union("Result")]:
        if n < 0:
            raise Refused("negative")
        if n == 0:
            raise ValueError("zero")
        return Done(n=n)

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("secret")


async def test_permissions_and_field_extensions_guard_as_before() -> None:
    answer = await both(Query, "{ plain guarded attribute doubled }")
    assert answer.data == {"plain": "plain", "guarded": None, "attribute": None, "doubled": "abab"}
    assert answer.errors is not None
    assert [error.extensions for error in answer.errors] == [{"code": "NEVER"}] * 2


async def test_handlers_make_results_of_exceptions() -> None:
    document = """{ a: result(n: -1) { ...r } b: result(n: 1) { ...r } }
    fragment r on Result { __typename ... on Done { n } ... on Refusal { message } }"""
    answer = await both(Query, document, context=lambda: "ctx", exception_handlers=[ToRefusal()])
    assert answer.data is not None
    assert answer.data["a"] == {"__typename": "Refusal", "message": "negative ctx ['a']"}
    await both(Query, "{ result(n: 0) { __typename } }", exception_handlers=[ToRefusal()])
    await both(Query, "{ a: result(n: -1) { __typename } }")


async def test_masked_errors_stay_masked() -> None:
    class Masked(MaskErrors):
        def _process_errors(self, errors: list[GraphQLError]) -> list[GraphQLError]:
            assert isinstance(errors[0].original_error, ValueError)
            return [self.anonymise_error(error) for error in errors]

    answer = await both(Query, "{ plain broken }", extensions=[Masked])
    assert answer.errors is not None
    assert [error.message for error in answer.errors] == ["Unexpected error."]


async def test_every_hook_runs_in_the_same_order() -> None:
    log: list[str] = []

    class Sync(SchemaExtension):
        def on_operation(self) -> Iterator[None]:
            log.append("operation")
            yield
            log.append(f"operation ends {self.execution_context.result is not None}")

        def on_parse(self) -> Iterator[None]:
            log.append("parse")
            yield
            log.append(f"parsed {self.execution_context.graphql_document is not None}")

        def on_validate(self) -> None:  # type: ignore[override]
            log.append("validate")

        def get_results(self) -> dict[str, Any]:
            return {"seen": len(log)}

    class Async(SchemaExtension):
        async def on_operation(self) -> AsyncIterator[None]:
            log.append("async operation")
            yield
            log.append("async operation ends")

        async def on_execute(self) -> AsyncIterator[None]:
            log.append("execute")
            yield
            log.append("executed")

        async def on_validate(self) -> None:  # type: ignore[override]
            log.append("async validate")

    answers, logs = [], []
    for kind in (strawberry.Schema, CompiledSchema):
        schema = kind(Query, extensions=[Sync, Async])
        for document in ("{ plain }", "{ plain }", "{ nothing }", "{"):
            log.clear()
            answers.append(repr(await schema.execute(document)))
            logs.append(list(log))
    assert answers[:4] == answers[4:]
    assert logs[:4] == logs[4:]


async def test_an_error_in_a_hook_is_told_alike() -> None:
    class Angry(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            yield
            raise ValueError("angry")

    answers = [
        repr(await kind(Query, extensions=[Angry]).execute("{ plain }")) for kind in (strawberry.Schema, CompiledSchema)
    ]
    assert answers[0] == answers[1]
    assert "angry" in answers[0]


async def test_a_resolve_hook_sees_every_field() -> None:
    seen: list[str] = []

    class Watch(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: str, **kwargs: Any) -> Any:
            seen.append(info.field_name)
            return _next(root, info, *args, **kwargs)

    await CompiledSchema(Query, extensions=[Watch]).execute("{ plain doubled }")
    assert seen == ["plain", "doubled"]


@pytest.mark.parametrize(
    "extensions",
    [
        [ParserCache, ValidationCache], [lambda: QueryDepthLimiter(max_depth=1)],
        [lambda: MaxTokensLimiter(max_token_count=8)],
        [lambda: AddValidationRules([])],
    ],
)  # fmt: skip
async def test_limits_of_strawberry_hold_on_the_second_request_too(extensions: list[Any]) -> None:
    stock, compiled = strawberry.Schema(Query, extensions=extensions), CompiledSchema(Query, extensions=extensions)
    for document in (
        "{ plain }",
        "{ plain }",
        "{ result(n: 1) { ... on Done { n } } }",
        "{ a: plain b: plain c: plain }",
    ) * 2:
        assert repr(await stock.execute(document)) == repr(await compiled.execute(document))


async def test_a_document_accepted_before_meets_a_stricter_rule_later() -> None:
    strict = [False]

    class Limits(SchemaExtension):
        def on_operation(self) -> Iterator[None]:
            if strict[0]:
                self.execution_context.parse_options["max_tokens"] = 2
            yield

    schema = CompiledSchema(Query, extensions=[Limits])
    assert (await schema.execute("{ plain doubled }")).errors is None
    strict[0] = True
    assert (await schema.execute("{ plain doubled }")).errors


def test_caches_are_bounded() -> None:
    cache: Bounded[int, int] = Bounded(2)
    for number in (1, 2):
        cache.put(number, number)
    assert cache.get(1) == 1
    cache.put(3, 3)
    assert [cache.get(number) for number in (1, 2, 3)] == [1, None, 3]
    documents = Documents(6)
    for text in ("{a}", "{b}", "{c}"):
        documents.keep(text, parse(text))
    assert documents.find("{a}") is None
    assert documents.find("{c}") is not None


async def test_plans_are_forgotten_by_weight_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution.schema.MAX_KEPT_CHARACTERS", 100)
    schema = CompiledSchema(Query)
    for number in [*range(10), *range(10)]:
        answer = await schema.execute(f"{{ a{number}: plain doubled }}")
        assert answer.data == {f"a{number}": "plain", "doubled": "abab"}
        assert len(schema._operations) <= 4


async def test_variants_are_bounded() -> None:
    schema = CompiledSchema(Query)
    flags = [f"f{number}" for number in range(6)]
    declared = ", ".join(f"${flag}: Boolean!" for flag in flags)
    document = (
        f"query({declared}) {{ " + " ".join(f"{flag}: plain @skip(if: ${flag})" for flag in flags) + " __typename }"
    )
    for number in range(64):
        given = {flag: bool(number >> index & 1) for index, flag in enumerate(flags)}
        answer = await schema.execute(document, given)
        assert answer.data is not None
        assert len(answer.data) == 1 + sum(not value for value in given.values())
    assert max(len(operation.variants) for operation in schema._operations.values()) == 16


def test_synchronous_execution_is_strawberrys_own() -> None:
    answer = CompiledSchema(Query).execute_sync("{ plain broken }")
    assert answer.data == {"plain": "plain", "broken": None}


async def test_an_event_of_a_subscription_is_answered_by_the_plan() -> None:
    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def done(self, upto: int) -> AsyncIterator[Done]:
            for n in range(upto):
                yield Done(n=n)

    schema = CompiledSchema(Query, subscription=Subscription)
    document = "subscription($u: Int!) { d: done(upto: $u) { n __typename } }"
    streamed = [answer.data async for answer in await schema.subscribe(document, {"u": 2})]
    answered = []
    for n in range(2):
        answer: Any = schema.execute_event(parse(document), Done(n=n), variable_values={"u": 2})
        answered.append((await answer if hasattr(answer, "__await__") else answer).data)
    assert answered == streamed == [{"d": {"n": n, "__typename": "Done"}} for n in range(2)]
