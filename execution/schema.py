"""A Strawberry schema that compiles operations and leaves to the stock executor what it cannot prove."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any

from graphql import DocumentNode, ExecutionResult, parse
from graphql.execution.middleware import MiddlewareManager
from graphql.execution.values import VariableValues
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import DEFAULT_ALLOWED_OPERATION_TYPES
from strawberry.types import ExecutionContext
from strawberry.types.execution import ExecutionResult as StrawberryResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from execution.around import Documents, Known, Runner, as_graphql, has_say
from execution.cache import Bounded
from execution.limit import Cost, Limits
from execution.opening import Answered, Opened, OpeningSchema, key_of
from execution.plan import Operation, Plan

MAX_KEPT_CHARACTERS = 500_000  # of documents, and as much again of plans: some 100 MB if someone sends only new ones
Key = tuple[str, str | None]


class CompiledSchema(OpeningSchema):
    """Answers like `strawberry.Schema`. Everything around the execution (extensions, masking, parsing, validation,
    transports) is Strawberry's own; only the function that executes a validated document is another."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._operations: Bounded[Key, Operation] = Bounded(MAX_KEPT_CHARACTERS)
        self._documents = Documents(MAX_KEPT_CHARACTERS, self._limits)
        self._stock = super()._get_execute_function()

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Looks hooks up once per set of extensions; parses and validates a document once."""
        return Runner(execution_context, extensions, self._documents)

    def answer(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Any
    ) -> Awaitable[StrawberryResult] | None:
        found = self._known(query, variables, operation_name)
        if found is None or found[1].kind is OperationType.SUBSCRIPTION:
            return None
        if not self._lets(found[0], operation_name, variables, context):
            return None
        asked = (query, DEFAULT_ALLOWED_OPERATION_TYPES, variables, context, None, operation_name, None)
        return self._answered(*found, asked)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> StrawberryResult:
        """As Strawberry's own. What was parsed, validated and compiled before goes a shorter way, by the same hooks."""
        allowed = DEFAULT_ALLOWED_OPERATION_TYPES if allowed_operation_types is None else tuple(allowed_operation_types)
        found = self._known(query, variable_values, operation_name) if query else None
        if found is not None and (
            found[1].kind not in allowed or not self._lets(found[0], operation_name, variable_values, context_value)
        ):
            found = None
        if found is None:
            return await super().execute(
                query, variable_values, context_value, root_value, operation_name, allowed, operation_extensions
            )
        asked = (query, allowed, variable_values, context_value, root_value, operation_name, operation_extensions)
        return await self._answered(*found, asked)

    def _known(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> tuple[Known, Plan, VariableValues] | None:
        """The plan of a document that was found valid before."""
        known = self._documents.find(query)
        if known is None or known.rules is None:
            return None
        found = self._plan(known.document, known.first_name if operation_name is None else operation_name, variables)
        return None if found is None else (known, *found)

    def _lets(self, known: Known, operation_name: str | None, variables: dict[str, Any] | None, context: Any) -> bool:
        """Whether a known document is within the limits of who asks. When not, the longer way says why."""
        if self._limits is None:
            return True
        cost = known.costs.get(known.first_name if operation_name is None else operation_name)
        if cost is None:
            return False
        return self._gate is None or self._gate.lets(context, cost.of(variables), cost.introspects)

    def _is_new(self, context: ExecutionContext) -> bool:
        known = self._documents.find(context.query or "")
        return known is None or known.rules is None

    def _costs(self, context: ExecutionContext, limits: Limits) -> dict[str | None, Cost]:
        """Of a known document they are known."""
        known = self._documents.find(context.query or "")
        is_same = known is not None and known.document is context.graphql_document
        return known.costs if known is not None and is_same else super()._costs(context, limits)

    async def _answered(
        self, known: Known, plan: Plan, variables: VariableValues, asked: tuple[Any, ...]
    ) -> StrawberryResult:
        """`asked` is what Strawberry's context of an execution is made of; it is made where somebody looks at it."""
        if self._is_surrounded:
            return await self._answered_surrounded(known, plan, variables, self._create_execution_context(*asked))
        _, _, _, context_value, root_value, _, extensions = asked
        result = plan.execute(variables, context_value, root_value, extensions)
        if not isinstance(result, ExecutionResult):
            result = await result
        if not result.errors:
            return StrawberryResult(result.data, None, {})
        context = self._create_execution_context(*asked)
        self._process_errors(result.errors, context)
        runner = self.create_extensions_runner(context, self.get_extensions())
        return await self._handle_execution_result(context, result, runner, skip_process_errors=True)

    @cached_property
    def _is_surrounded(self) -> bool:
        """Whether any extension has a say in queries and mutations."""
        return bool(self.directives) or any(has_say(extension) for extension in self.extensions)

    async def _answered_surrounded(
        self, known: Known, plan: Plan, variables: VariableValues, context: ExecutionContext
    ) -> StrawberryResult:
        extensions = self.get_extensions()
        for extension in extensions:
            extension.execution_context = context
        runner = Runner(context, extensions, self._documents)
        found: tuple[Plan, VariableValues] | None = (plan, variables)
        try:
            async with runner.operation():
                if not runner.takes(known):
                    found = None
                elif runner.may_change:
                    found = self._plan(known.document, context.operation_name, context.variables)
                    if not self._lets(known, context.operation_name, context.variables, context.context):
                        found = None
                if found is not None and (found[0] is plan or found[0].kind in context.allowed_operations):
                    result = await self._run(*found, context, runner)
                else:  # an extension has changed what is asked, or looks at each step
                    refused = await self._prepare_operation_async(context, runner)
                    if refused:
                        return await self._handle_execution_result(context, refused, runner)
                    result = await self._execute_operation(
                        context, runner, self._get_middleware_manager(extensions), self._execute_or_fall_back,
                        self._get_custom_context_kwargs(context.operation_extensions),
                    )  # fmt: skip
        except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError):
            raise
        except Exception as error:
            failure = PreExecutionError(data=None, errors=[as_graphql(error)])
            return await self._handle_execution_result(context, failure, runner)
        return await self._handle_execution_result(context, result, runner, skip_process_errors=True)

    async def _run(self, plan: Plan, variables: VariableValues, context: ExecutionContext, runner: Runner) -> Any:
        """Strawberry's `_execute_operation`, with a plan."""
        async with runner.executing():
            if context.result:
                return context.result
            result = plan.execute(variables, context.context, context.root_value, context.operation_extensions)
            if not isinstance(result, ExecutionResult):
                result = await result
            context.result = result
            if result.errors:
                context.pre_execution_errors = result.errors
                self._process_errors(result.errors, context)
        return result

    def _get_execute_function(self) -> Callable[..., Any]:
        return self._execute_or_fall_back

    def _execute_or_fall_back(
        self,
        schema: Any,
        document: DocumentNode,
        *,
        root_value: Any = None,
        context_value: Any = None,
        variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        middleware: Any = None,
        operation_extensions: Any = None,
        **others: Any,
    ) -> Any:
        """Decides before the first resolver runs: a plan, or graphql-core with exactly what it would have got."""
        if not (middleware is not None and middleware.middlewares) and "is_async_iterable" not in others:
            found = self._plan(document, operation_name, variable_values)
            if found is not None:
                plan, variables = found
                return plan.execute(variables, context_value, root_value, operation_extensions)
        return self._stock(
            schema,
            document,
            root_value=root_value,
            context_value=context_value,
            variable_values=variable_values,
            operation_name=operation_name,
            middleware=middleware,
            operation_extensions=operation_extensions,
            **others,
        )

    def execute_event(
        self,
        document: DocumentNode,
        event: Any,
        *,
        variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        context_value: Any = None,
        operation_extensions: Any = None,
    ) -> ExecutionResult | Awaitable[ExecutionResult] | None:
        """The answer to one event of a validated subscription; None where the stock executor has to give it.

        `event` is what the subscription's generator yielded. No extension hook runs here: the caller decides which
        surround a whole subscription and which a single event.
        """
        found = self._plan(document, operation_name, variable_values)
        if found is None:
            return None
        plan, variables = found
        return plan.execute(variables, context_value, event, operation_extensions)

    def _opened(self, source: Any, around: ExecutionContext, middleware: MiddlewareManager) -> Opened:
        """Variables that only the source was asked with are left out of the key, and nobody sees them afterwards."""
        document = around.graphql_document
        found = None
        if document is not None and not middleware.middlewares:
            found = self._plan(document, around.operation_name, around.variables)
        if found is None:
            return super()._opened(source, around, middleware)
        plan, variables = found
        used = VariableValues(
            {name: value for name, value in variables.sources.items() if name in plan.used},
            {name: value for name, value in variables.coerced.items() if name in plan.used},
        )

        def answer(event: Any, context: Any) -> Answered:
            return plan.execute(used, context, event, None)

        return Opened(source, key_of(around, plan.used), plan.asks_viewer, answer)

    def explain(self, document: str, variable_values: dict[str, Any] | None = None, name: str | None = None) -> str:
        """The Python code a document is compiled to, or why it is not."""
        operation = Operation(self, parse(document), name)
        if operation.reason is None:
            variables = operation.variables.coerce(variable_values)
            plan = operation.plan(variables) if variables is not None else None
            if plan is not None:
                return plan.source
        return f"# stock executor: {operation.reason or 'the variables do not fit'}"

    def _plan(
        self, document: DocumentNode, operation_name: str | None, inputs: dict[str, Any] | None
    ) -> tuple[Plan, VariableValues] | None:
        if document.loc is None:
            return None  # parsed without locations: errors would lack them too, and there is no text to know it by
        text = document.loc.source.body
        key = (text, operation_name)
        operation = self._operation(key, document, operation_name)
        if operation.reason is not None:
            return None
        variables = operation.variables.coerce(inputs)
        if variables is None:
            return None
        known = operation.variants.weight
        plan = operation.plan(variables)
        if operation.variants.weight != known:
            self._operations.put(key, operation, operation.weight(len(text)))
        return None if plan is None else (plan, variables)

    def _operation(self, key: Key, document: DocumentNode, operation_name: str | None) -> Operation:
        operation = self._operations.get(key)
        if operation is None or (operation.document is not document and operation.document != document):
            # An extension may have changed the tree that came from the same text.
            operation = Operation(self, document, operation_name)
            self._operations.put(
                key, operation, operation.weight(len(document.loc.source.body if document.loc else ""))
            )
        return operation
