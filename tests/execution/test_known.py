"""A document that is known takes a shorter way, by the same hooks, names and refusals as Strawberry's own."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import strawberry
import strawberry.schema.schema as module
from graphql import GraphQLError, ValidationRule, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from execution.plan import Plan
from execution.schema import CompiledSchema

LOG: list[Any] = []


@strawberry.type
class Query:
    @strawberry.field
    def word(self, info: strawberry.Info, w: str = "none") -> str:
        LOG.append(("word", w, info.context, info.operation.name and info.operation.name.value))
        return w

    @strawberry.field
    async def later(self, n: int = 1) -> int:
        return n

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("broken")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self, n: int) -> int:
        LOG.append(("change", n))
        return n


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


class Forbidden(ValidationRule):
    """No document is valid."""

    def enter_field(self, node: Any, *_: Any) -> None:
        self.report_error(GraphQLError("forbidden", node))


def _operation(act: Callable[[Any], Any], after: Callable[[Any], Any] = lambda context: None) -> type[SchemaExtension]:
    class Acts(SchemaExtension):
        def on_operation(self) -> Iterator[None]:
            LOG.append("operation")
            act(self.execution_context)
            yield
            LOG.append(("end", self.execution_context.result is not None, self.execution_context.operation_name))
            after(self.execution_context)

    return Acts


def _raises(text: str) -> Callable[[Any], Any]:
    def act(context: Any) -> None:
        raise ValueError(text)

    return act


def _every(calls: Iterator[int], act: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Act on every second operation only."""
    return lambda context: act(context) if next(calls) % 2 else None


def _has(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda context: setattr(context, name, value)


class Results(SchemaExtension):
    def get_results(self) -> dict[str, Any]:
        return {"seen": len(LOG), "query": self.execution_context.query}


class LateResults(SchemaExtension):
    async def on_execute(self) -> AsyncIterator[None]:
        LOG.append("execute")
        self.execution_context.extensions_results["early"] = 1
        yield
        LOG.append(("executed", self.execution_context.result and self.execution_context.result.data))

    async def get_results(self) -> dict[str, Any]:
        return {"late": True}


class Upper(SchemaExtension):
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        found = _next(root, info, *args, **kwargs)
        return found.upper() if isinstance(found, str) else found


class Steps(SchemaExtension):
    def on_parse(self) -> Iterator[None]:
        LOG.append("parse")
        yield
        LOG.append(("parsed", self.execution_context.graphql_document is not None))

    def on_validate(self) -> None:  # type: ignore[override]
        LOG.append(("validate", self.execution_context.pre_execution_errors))

    async def on_operation(self) -> AsyncIterator[None]:
        yield
        LOG.append("ends")


class Angry(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        yield
        raise ValueError("angry")


class AngryFirst(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        raise GraphQLError("angry first", extensions={"code": "ANGRY"})
        yield


class Answers(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        self.execution_context.result = ExecutionResult(data={"word": "instead"}, errors=None)
        yield


def extensions() -> dict[str, list[Any]]:
    """Sets of extensions as a schema takes them: classes, factories, instances."""
    rules = _has("validation_rules", (Forbidden,))
    other, second = parse('{ word(w: "other") }'), itertools.count()
    return {
        "none": [], "without a say": [SchemaExtension], "instance without a say": [SchemaExtension()],
        "class": [Results], "factory": [lambda: Results()], "instance": [Results()],
        "several": [Results, LateResults, Steps],
        "in another order": [Steps, LateResults, Results], "resolve": [Upper], "resolve and results": [Upper, Results],
        "rules": [_operation(rules)], "rules now and then": [_operation(_every(itertools.count(), rules))],
        "variables": [_operation(_has("variables", {"w": "changed", "n": 5}))],
        "variables changed in place": [_operation(lambda context: (context.variables or {}).update(w="in place", n=6))],
        "document": [_operation(_has("graphql_document", other))],
        "document now and then": [_operation(_every(second, _has("graphql_document", other)))],
        "query": [_operation(_has("query", "{ word(w: \"another text\") }"))],
        "result": [_operation(_has("result", ExecutionResult(data={"word": "made up"}, errors=None)))],
        "result while executing": [Answers],
        "result afterwards": [_operation(lambda context: None, _has("result", None))],
        "parse options": [_operation(lambda context: context.parse_options.update(max_tokens=3))],
        "context": [_operation(_has("context", "another context"))], "root": [_operation(_has("root_value", 5))],
        "name": [_operation(_has("_provided_operation_name", "B"))],
        "errors": [_operation(lambda context: (_ for _ in ()).throw(GraphQLError("no")))],
        "raises": [_operation(_raises("before"))],
        "raises afterwards": [_operation(lambda context: None, _raises("after"))],
        "raises while executing": [Angry], "raises before executing": [AngryFirst, Results], "steps": [Steps],
    }  # fmt: skip


W, TWO = "query A($w: String!) { word(w: $w) later }", "query A { word } query B($n: Int = 2) { later(n: $n) }"
ASKED: list[tuple[str, dict[str, Any]]] = [
    (W, {"variable_values": {"w": "x"}}), (W, {"variable_values": {"w": "y"}}), (W, {"variable_values": {}}), (W, {}),
    (W, {"variable_values": {"w": 5}}), (W, {"variable_values": {"w": "x"}, "operation_name": "A"}),
    *[(W, {"variable_values": {"w": "x"}, "operation_name": name}) for name in ("", "C", None)],
    *[(TWO, {"operation_name": name, "variable_values": {"n": 7}}) for name in ("A", "B", "", None, "C")],
    ("{ word broken later }", {}), ("{ word }", {"operation_extensions": {"a": 1}}),
    ("{ word }", {"root_value": Query()}),
    ("mutation M($n: Int!) { change(n: $n) again: change(n: 2) }", {"variable_values": {"n": 1}}),
    ("{ nothing }", {}), ("{", {}), ("", {}), ("fragment F on Query { word }", {}),
    ("{ __typename __schema { __typename } }", {}),
    ("query($s: Boolean!) { word @skip(if: $s) later }", {"variable_values": {"s": True}}),
    ("query($s: Boolean!) { word @skip(if: $s) later }", {"variable_values": {"s": False}}),
    ("subscription { ticks }", {}), ("query A { word } subscription B { ticks }", {"operation_name": "B"}),
    *[("{ word }", {"allowed_operation_types": kinds}) for kinds in ((), [OperationType.MUTATION])],
    ("{ word }", {"allowed_operation_types": {OperationType.QUERY}}),
    ("mutation { change(n: 3) }", {"allowed_operation_types": {OperationType.QUERY}}),
]  # fmt: skip


async def answers(kind: type[strawberry.Schema], name: str) -> list[Any]:
    """What the schema answers or raises, and what was called meanwhile, when everything is asked three times."""
    schema = kind(Query, Mutation, Subscription, extensions=extensions()[name])
    found = []
    for _ in range(3):
        for query, given in ASKED:
            LOG.clear()
            try:
                answer = await schema.execute(query, context_value="ctx", **_fresh(given))
                shown: Any = (
                    answer.data, answer.extensions, type(answer).__name__,
                    [(error.message, error.path, error.locations, error.extensions) for error in answer.errors or ()],
                )  # fmt: skip
            except Exception as error:
                shown = (type(error), str(error))
            found.append((query, given, repr(shown), repr(LOG)))
    return found


def _fresh(given: dict[str, Any]) -> dict[str, Any]:
    """The same arguments, with variables that hooks may change."""
    made = dict(given)
    if "variable_values" in made:
        made["variable_values"] = dict(made["variable_values"])
    return made


@pytest.mark.filterwarnings("ignore:Passing an extension instance")
@pytest.mark.parametrize("name", extensions())
async def test_known_documents_are_executed_as_strawberry_does(name: str) -> None:
    expected, got = await answers(strawberry.Schema, name), await answers(CompiledSchema, name)
    for number, (wanted, found) in enumerate(zip(expected, got, strict=True)):
        assert found == wanted, f"round {number // len(ASKED)}"


def _noting(called: list[Any], name: str, real: Any) -> Any:
    def noted(*given: Any) -> Any:
        called.append(name)
        return real(*given)

    return noted


async def test_a_known_document_is_neither_parsed_nor_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    for name in ("_parse_operation_document", "_run_validation"):
        monkeypatch.setattr(module, name, _noting(called, name, getattr(module, name)))
    monkeypatch.setattr(Plan, "execute", _noting(called, "plan", Plan.execute))
    for given in ([], [Results]):
        schema = CompiledSchema(Query, extensions=given)
        called.clear()
        for number in range(3):
            assert (await schema.execute(W, {"w": str(number)})).errors is None
        assert called == ["_parse_operation_document", "_run_validation", "plan", "plan", "plan"]


async def test_a_subscription_is_never_executed_as_a_query() -> None:
    for kind in (strawberry.Schema, CompiledSchema):
        schema = kind(Query, subscription=Subscription)
        for _ in range(3):
            with pytest.raises(InvalidOperationTypeError):
                await schema.execute("subscription { ticks }", allowed_operation_types=[OperationType.QUERY])
