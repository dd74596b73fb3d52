"""Ask one document of both executors and insist on one answer."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import parse
from strawberry.types import ExecutionResult

from execution.plan import Operation
from execution.schema import CompiledSchema
from tests.execution.compare import difference


async def both(
    query: type,
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Callable[[], Any] = dict,
    stock_only: str | None = None,
    **named: Any,
) -> ExecutionResult:
    """The answer of the compiled executor, after comparing. `stock_only`: why it is expected to fall back."""
    stock, compiled = strawberry.Schema(query, **named), CompiledSchema(query, **named)
    found = await difference(stock, compiled, document, variables, context)
    assert found is None, found
    assert why_not_compiled(compiled, document, variables) == stock_only
    return await compiled.execute(document, variables, context_value=context())


def gives(value: Any) -> Any:
    """A resolver that gives the value, whatever the schema says."""
    return lambda: value


def why_not_compiled(schema: CompiledSchema, document: str, variables: dict[str, Any] | None = None) -> str | None:
    """None if the document has a plan."""
    operation = Operation(schema, parse(document), None)
    if operation.reason is None:
        values = operation.variables.coerce(variables)
        if values is None:
            return "variables"
        operation.plan(values)
    return operation.reason
