"""Whether two executors gave the same answer: data identical, errors equal; below a null that an error made, any one
of the possible errors is right."""

import inspect
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, execute, parse

Shown = tuple[tuple[str | int, ...] | None, str, str]
AsShown = Callable[[GraphQLError], GraphQLError]
NO_PROPAGATION = " @experimental_disableErrorPropagation "


def shown(error: GraphQLError) -> Shown:
    """What a client can tell apart, and what masking looks at."""
    code = repr((error.extensions, type(error.original_error).__name__, error.locations))
    return (tuple(error.path) if error.path is not None else None, error.message, code)


def position(data: Any, path: tuple[str | int, ...] | None) -> tuple[str | int, ...]:
    """The null that the error at the path made: the place itself or something above it; the path where it is wrong."""
    found: tuple[str | int, ...] = ()
    for key in path or ():
        if data is None:
            break
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return path or ()
        found = (*found, key)
    return found


def by_position(data: Any, errors: list[GraphQLError] | None) -> dict[tuple[str | int, ...], Counter[Shown]]:
    """The errors, counted, of each null."""
    grouped: dict[tuple[str | int, ...], Counter[Shown]] = defaultdict(Counter)
    for error in errors or ():
        grouped[position(data, tuple(error.path) if error.path else ())][shown(error)] += 1
    return dict(grouped)


async def possible_errors(
    stock: strawberry.Schema, query: str, variables: Any, context: Any, as_shown: AsShown
) -> set[Shown]:
    """Every error that any order of execution could tell: graphql-core can be told not to propagate them."""
    marked = parse("query" + NO_PROPAGATION + "{x}").definitions[0]
    assert isinstance(marked, OperationDefinitionNode)
    definitions = [
        replace(node, directives=(*(node.directives or ()), *(marked.directives or ())))
        if isinstance(node, OperationDefinitionNode)
        else node
        for node in parse(query).definitions
    ]
    result: Any = execute(
        stock._schema,
        DocumentNode(definitions=tuple(definitions)),
        variable_values=variables,
        context_value=context,
        executor_class=stock.execution_context_class,
    )
    result = await result if inspect.isawaitable(result) else result
    return {shown(as_shown(error)) for error in result.errors or ()}


async def difference(
    stock: strawberry.Schema,
    compiled: strawberry.Schema,
    query: str,
    variables: Any,
    context: Callable[[], Any],
    as_shown: AsShown = lambda error: error,
) -> str | None:
    """What differs, or None. `context` makes a new context for each execution; `as_shown`: what the schemas do with
    errors before clients see them."""
    expected = await stock.execute(query, variables, context_value=context())
    got = await compiled.execute(query, variables, context_value=context())
    if repr(expected.data) != repr(got.data):
        return f"data\n  stock:    {expected.data!r}\n  compiled: {got.data!r}\n  {expected.errors}\n  {got.errors}"
    wanted, found = by_position(expected.data, expected.errors), by_position(got.data, got.errors)
    if wanted == found:
        return None
    if wanted.keys() != found.keys():
        return f"errors elsewhere\n  stock:    {expected.errors!r}\n  compiled: {got.errors!r}"
    allowed = await possible_errors(stock, query, variables, context(), as_shown)
    for place, errors in found.items():
        strange = [error for error in errors - wanted[place] if error not in allowed]
        if strange:
            return f"errors\n  stock:    {wanted[place]!r}\n  compiled: {strange!r}"
        if errors != wanted[place] and all(error[0] == place for error in (*errors, *wanted[place])):
            return f"an error more or less\n  stock:    {wanted[place]!r}\n  compiled: {errors!r}"
    return None
