"""Values of an operation's variables, and which of them decide what is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_nullable_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

MAX_ERRORS = 50  # as graphql-core's execute()
MAX_INT = 2**31 - 1
MIN_INT = -(2**31)
# Values of exactly these classes are what graphql-core coerces them to. (An Int has bounds, so it is looked at.)
UNCHANGED = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int}

Parse = Callable[[Any], Any]


class Variables:
    """The variables an operation declares."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._nodes = operation.variable_definitions or ()
        # Name, signature, the class that stays as it is, the code of another leaf, whether it may be left out.
        self._known: list[tuple[str, GraphQLVariableSignature, type | None, Parse | None, bool]] | None = []
        for node in self._nodes:
            signature = get_variable_signature(schema, node)
            if isinstance(signature, GraphQLError):
                self._known = None
                return
            type_: Any = get_nullable_type(signature.type)
            optional = is_nullable_type(signature.type) and node.default_value is None
            parse = type_.coerce_input_value if is_leaf_type(type_) else None
            self._known.append((signature.name, signature, UNCHANGED.get(type_), parse, optional))

    def coerce(self, inputs: dict[str, Any] | None) -> VariableValues | None:
        """The coerced values; None if there is an error, which the stock executor then words."""
        values = self._simple(inputs or {})
        if values is None:
            found = get_variable_values(self._schema, self._nodes, inputs or {}, max_errors=MAX_ERRORS)
            values = None if isinstance(found, list) else found
        return values

    def _simple(self, inputs: dict[str, Any]) -> VariableValues | None:
        """Leaves that are given and well-formed; None for everything else, which graphql-core looks at."""
        if self._known is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, kind, parse, optional in self._known:
            value: Any = inputs.get(name, Undefined)
            if value is Undefined and optional:
                sources[name] = VariableValueSource(signature)
                continue
            sources[name] = VariableValueSource(signature, value)
            if kind is not None:
                if value.__class__ is not kind or (isinstance(value, int) and not MIN_INT <= value <= MAX_INT):
                    return None
                coerced[name] = value
                continue
            if parse is None or value is None or value is Undefined:
                return None
            try:
                coerced[name] = parse(value)
            except Exception:
                return None
            if coerced[name] is Undefined:
                return None
        return VariableValues(sources, coerced)
