"""Values of an operation's variables, and which of them decide what is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_nullable_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.type import is_required_input_field
from graphql.utilities.coerce_input_value import coerce_default_value

from execution.template import UNCHANGEABLE

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
        # Name, signature, the class that stays as it is, another leaf's code, whether it may be null, and be left out.
        self._known: list[tuple[str, GraphQLVariableSignature, type | None, Parse | None, bool, bool]] | None = []
        for node in self._nodes:
            signature = get_variable_signature(schema, node)
            if isinstance(signature, GraphQLError):
                self._known = None
                return
            type_: Any = get_nullable_type(signature.type)
            is_nullable = is_nullable_type(signature.type)
            optional = is_nullable and node.default_value is None
            parse = type_.coerce_input_value if is_leaf_type(type_) else _object(type_)
            self._known.append((signature.name, signature, UNCHANGED.get(type_), parse, is_nullable, optional))

    def coerce(self, inputs: dict[str, Any] | None) -> VariableValues | None:
        """The coerced values; None if there is an error, which the stock executor then words."""
        values = self._simple(inputs or {})
        if values is None:
            found = get_variable_values(self._schema, self._nodes, inputs or {}, max_errors=MAX_ERRORS)
            values = None if isinstance(found, list) else found
        return values

    def _simple(self, inputs: dict[str, Any]) -> VariableValues | None:
        """Leaves, and objects of leaves, that are well-formed; None for everything else: graphql-core looks at that."""
        if self._known is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, kind, parse, is_nullable, optional in self._known:
            value: Any = inputs.get(name, Undefined)
            sources[name] = VariableValueSource(signature, value)
            if value is None and is_nullable:
                coerced[name] = None
                continue
            if value is Undefined and optional:
                continue
            if kind is not None:
                if not _stays(value, kind):
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


class _InputField:
    """A leaf of an input object: its names, how it is read, and what it is when it is left out (Undefined: nothing)."""

    __slots__ = ("default", "is_nullable", "is_required", "kind", "name", "out_name", "parse")

    def __init__(self, name: str, field: Any, type_: Any) -> None:
        self.name = name
        self.out_name = field.out_name or name
        self.kind = UNCHANGED.get(type_)
        self.parse: Parse = type_.coerce_input_value
        self.is_nullable = is_nullable_type(field.type)
        self.is_required = is_required_input_field(field)
        self.default = Undefined if self.is_required else coerce_default_value(field)

    def read(self, value: Any) -> Any:
        """The coerced value of what is given; Undefined (or any error) where graphql-core has to say what is wrong."""
        if value is None:
            return None if self.is_nullable else Undefined
        if self.kind is not None:
            return value if _stays(value, self.kind) else Undefined
        return self.parse(value)


def _object(type_: Any) -> Parse | None:
    """What graphql-core's coerce_input_value does with an input object of leaves; None for any other type."""
    if not is_input_object_type(type_) or type_.is_one_of or type_.out_type is not GraphQLInputObjectType.out_type:
        return None
    fields = []
    for name, field in type_.fields.items():
        leaf = get_nullable_type(field.type)
        if not is_leaf_type(leaf):
            return None
        try:
            fields.append(_InputField(name, field, leaf))
        except TypeError:  # a default that is none
            return None
    if not all(each.default is Undefined or isinstance(each.default, UNCHANGEABLE) for each in fields):
        return None

    def parse(given: Any) -> Any:
        if given.__class__ is not dict:
            return Undefined
        values, left = {}, len(given)
        for field in fields:
            value = given.get(field.name, Undefined)
            if value is Undefined:
                if field.is_required:
                    return Undefined
                coerced = field.default
            else:
                left -= 1
                coerced = field.read(value)
                if coerced is Undefined:
                    return Undefined
            if coerced is not Undefined:
                values[field.out_name] = coerced
        return Undefined if left else values  # a name that the type does not have

    return parse


def _stays(value: Any, kind: type) -> bool:
    """Whether graphql-core coerces the value to itself."""
    return value.__class__ is kind and (not isinstance(value, int) or MIN_INT <= value <= MAX_INT)
