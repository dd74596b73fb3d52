"""A Strawberry schema that compiles operations and leaves to the stock executor what it cannot prove."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from graphql import DocumentNode, ExecutionResult, parse
from graphql.execution.middleware import MiddlewareManager
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

from execution.around import Documents, Runner
from execution.cache import Bounded
from execution.opening import Answered, Opened, OpeningSchema, key_of
from execution.plan import Operation, Plan

MAX_KEPT_CHARACTERS = 500_000  # of documents, and as much again of plans: some 100 MB if someone sends only new ones
Key = tuple[bytes, str | None]


class CompiledSchema(OpeningSchema):
    """Answers like `strawberry.Schema`. Everything around the execution (extensions, masking, parsing, validation,
    transports) is Strawberry's own; only the function that executes a validated document is another."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._operations: Bounded[Key, Operation] = Bounded(MAX_KEPT_CHARACTERS)
        self._documents = Documents(MAX_KEPT_CHARACTERS)
        self._stock = super()._get_execute_function()

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Looks hooks up once per set of extensions; parses and validates a document once."""
        return Runner(execution_context, extensions, self._documents)

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
        key = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), operation_name)
        operation = self._operation(key, document, operation_name)
        if operation.reason is not None:
            return None
        variables = operation.variables.coerce(inputs)
        if variables is None:
            return None
        known = len(operation.variants)
        plan = operation.plan(variables)
        if len(operation.variants) != known:
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
