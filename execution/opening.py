"""Operations for a transport that shares answers: a subscription is handed over as its source."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Container, Hashable
from dataclasses import dataclass
from typing import Any, cast

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError, create_source_event_stream
from graphql.execution.middleware import MiddlewareManager
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import DEFAULT_ALLOWED_OPERATION_TYPES
from strawberry.types import ExecutionContext
from strawberry.types.execution import ExecutionResult as Result
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from execution.around import LimitedRunner, as_graphql
from execution.limit import Cost, Exceeded, Gate, Limits

Answered = ExecutionResult | Awaitable[ExecutionResult]


@dataclass(frozen=True, slots=True)
class Opened:
    """A subscription whose resolver gave its source.

    Two of them with equal keys give equal answers to one event, if `asks_viewer` is false; otherwise if their contexts
    are worth the same. `answer(event, context)` runs no extension hook: the caller does what is needed around it.
    """

    source: Any
    key: Hashable
    asks_viewer: bool
    answer: Callable[[Any, Any], Answered]


class OpeningSchema(strawberry.Schema):
    """Strawberry's schema, that can also hand over a subscription's source. Every answer is the stock executor's.

    With `limits`, a document that asks for too much is refused whatever way it comes; `gate` says who may ask how much.
    """

    def __init__(
        self, *arguments: Any, limits: Limits | None = None, gate: Gate | None = None, **named: Any
    ) -> None:  # fmt: skip
        super().__init__(*arguments, **named)
        self._limits, self._gate = limits, gate

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Strawberry's own, within the limits."""
        if self._limits is None:
            return super().create_extensions_runner(execution_context, extensions)
        return LimitedRunner(execution_context, extensions, self._limits)

    async def _prepare_operation_async(
        self, context: ExecutionContext, extensions_runner: SchemaExtensionsRunner
    ) -> PreExecutionError | None:
        """As Strawberry's own, between two looks at what is asked for: before parsing, and before anything runs."""
        if self._limits is None:
            return await super()._prepare_operation_async(context, extensions_runner)
        try:
            await self._look_at_text(context, self._limits)
            refused = await super()._prepare_operation_async(context, extensions_runner)
            if refused is None:
                await self._look_at_cost(context, self._limits)
            elif excess := next(filter(None, map(self._limits.named, refused.errors or ())), None):
                raise excess
        except (Exceeded, GraphQLSyntaxError) as error:  # of an extension that parses
            excess = self._limits.named(error) if isinstance(error, GraphQLSyntaxError) else error
            if excess is None:
                raise
            context.pre_execution_errors = [as_graphql(excess)]
            return _refused(context.pre_execution_errors)
        return refused

    async def _look_at_text(self, context: ExecutionContext, limits: Limits) -> None:
        if self._gate is not None and self._is_new(context):
            await self._gate.check_new(context.context)
        limits.check_text(context.query or "")
        context.parse_options = cast(Any, {**limits.parse_options, **context.parse_options})

    def _is_new(self, context: ExecutionContext) -> bool:
        """Whether the document was not found valid before, so that looking at it is work."""
        return True

    async def _look_at_cost(self, context: ExecutionContext, limits: Limits) -> None:
        cost = self._costs(context, limits).get(context.operation_name)
        if cost is not None and self._gate is not None:  # without one there is no such operation, and none is executed
            await self._gate.check(context.context, cost.of(context.variables), cost.introspects)

    def _costs(self, context: ExecutionContext, limits: Limits) -> dict[str | None, Cost]:
        """Of the operations of a valid document."""
        assert context.graphql_document is not None
        return limits.costs(self._schema, context.graphql_document)

    def answer(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Any
    ) -> Awaitable[Result] | None:
        """The answer to a query or mutation that is known to be valid; None where it has to be looked at anew."""
        return None

    async def open(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Any
    ) -> Opened | Result:
        """A query or mutation is done and its result given. A PreExecutionError was refused before anything ran."""
        around = self._create_execution_context(
            query, DEFAULT_ALLOWED_OPERATION_TYPES, variables, context, None, operation_name
        )
        extensions = self.get_extensions()
        for extension in extensions:
            extension.execution_context = around
        runner = self.create_extensions_runner(around, extensions)
        try:
            async with runner.operation():
                return await self._begin(around, runner, self._get_middleware_manager(extensions))
        except Exception as error:
            return PreExecutionError(data=None, errors=[as_graphql(error)])

    async def _begin(
        self, around: ExecutionContext, runner: SchemaExtensionsRunner, middleware: MiddlewareManager
    ) -> Opened | Result:
        try:
            refused = await self._prepare_operation_async(around, runner)
        except CannotGetOperationTypeError as error:
            refused = _refused([GraphQLError(error.as_http_error_reason())])
        except (MissingQueryError, InvalidOperationTypeError) as error:
            refused = _refused([GraphQLError(str(error))])
        if refused is not None:
            return await self._handle_execution_result(around, refused, runner)
        if around.operation_type is not OperationType.SUBSCRIPTION:
            done = await self._execute_operation(
                around, runner, middleware, self._get_execute_function(), self._get_custom_context_kwargs()
            )
            return await self._handle_execution_result(around, done, runner, skip_process_errors=True)
        async with runner.executing():
            source = await self._source(around, middleware)
        if isinstance(source, ExecutionResult):
            return await self._handle_execution_result(around, _refused(source.errors or []), runner)
        return self._opened(source, around, middleware)

    async def _source(self, around: ExecutionContext, middleware: MiddlewareManager) -> Any:
        """What the subscription's resolver returned; an ExecutionResult if it failed."""
        executor = self._executor(around, middleware, around.context, around.root_value)
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        return await await_maybe(create_source_event_stream(executor))

    def _executor(self, around: ExecutionContext, middleware: Any, context: Any, root: Any) -> Any:
        assert around.graphql_document is not None  # it was prepared
        return self.execution_context_class.build(
            self._schema,
            around.graphql_document,
            root,
            context,
            around.variables,
            around.operation_name,
            middleware=middleware,
            **self._get_custom_context_kwargs(),
        )

    def _opened(self, source: Any, around: ExecutionContext, middleware: MiddlewareManager) -> Opened:
        def answer(event: Any, context: Any) -> Answered:
            executor = self._executor(around, middleware, context, event)
            found: Answered = executor.execute_operation(False)
            return found

        return Opened(source, key_of(around, around.variables or {}), True, answer)


def key_of(around: ExecutionContext, names: Container[str]) -> Hashable:
    """What decides an answer beside event and viewer: the document's text, the operation, variables of these names."""
    text = hashlib.sha256((around.query or "").encode("utf-8", "surrogatepass")).digest()
    given = {name: value for name, value in (around.variables or {}).items() if name in names}
    try:
        values = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # not from JSON: nothing says that two of them are equal
        return object()
    return text, around.operation_name, values


def _refused(errors: list[GraphQLError]) -> PreExecutionError:
    return PreExecutionError(data=None, errors=errors)
