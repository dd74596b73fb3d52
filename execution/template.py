"""Arguments that differ by their variables alone: learnt from one conversion, then filled in for each request."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_specified_scalar_type,
)
from graphql.type import is_enum_type
from strawberry.relay import GlobalID
from strawberry.types.base import StrawberryContainer, StrawberryMaybe, StrawberryObjectDefinition

UNCHANGEABLE = (
    type(None), str, int, float, bool, uuid.UUID, decimal.Decimal,
    datetime.date, datetime.time, datetime.timedelta, enum.Enum,
)  # fmt: skip


class Template:
    """Named values: the same ones, those of variables, and input objects made of such."""

    __slots__ = ("constants", "made", "objects", "variables")

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.variables: list[tuple[str, str]] = []
        self.objects: list[tuple[str, Callable[..., Any], Template]] = []  # literals with variables inside
        self.made: list[tuple[str, str, Make]] = []  # variables that are input objects

    def fill(self, coerced: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values of a request. None if a variable is null or left out: that is graphql-core's matter."""
        values = self.constants.copy()
        for name, variable in self.variables:
            value = coerced.get(variable)
            if value is None:
                return None
            values[name] = value
        for name, variable, make_of in self.made:
            value = coerced.get(variable)
            if value is None:
                return None
            values[name] = make_of(value)
        for name, make, inner in self.objects:
            fields = inner.fill(coerced)
            if fields is None:
                return None
            values[name] = make(**fields)
        return values

    @property
    def is_shareable(self) -> bool:
        """Whether nothing in it can be changed by who gets it."""
        return not self.objects and not self.made


def variables_in(nodes: Iterable[ValueNode]) -> tuple[str, ...]:
    """Names of the variables that stand anywhere in the values."""
    names: dict[str, None] = {}
    waiting = [*nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            names[node.name.value] = None
        elif isinstance(node, ListValueNode):
            waiting.extend(node.values)
        elif isinstance(node, ObjectValueNode):
            waiting.extend(field.value for field in node.fields)
    return tuple(names)


def missing(names: Iterable[str], coerced: Mapping[str, Any]) -> Missing:
    """Which of the variables are null or left out, and which of both."""
    return tuple([(name, name in coerced) for name in names if coerced.get(name) is None])


Missing = tuple[tuple[str, bool], ...]
Named = tuple[str, str, Any]  # Python name, GraphQL name, GraphQL type
Nodes = Mapping[str, ValueNode]


Make = Callable[[Mapping[str, Any]], Any]


class Unlike(Exception):
    """The conversion did more than to put values in their places."""


def learn(named: list[Named], nodes: Nodes, values: Mapping[str, Any], coerced: Mapping[str, Any]) -> Template:
    """The template of converted `values`, for requests that leave out, or give as null, just the variables that this
    one does (`missing`); `named` are all that may be given. Raises Unlike."""
    template = Template()
    for python_name, name, type_ in named:
        node = nodes.get(name)
        is_missing = isinstance(node, VariableNode) and coerced.get(node.name.value) is None
        if python_name not in values:
            if node is not None and not is_missing:
                raise Unlike
            continue
        value = values[python_name]
        if is_missing:
            if not isinstance(value, UNCHANGEABLE):
                raise Unlike
            template.constants[python_name] = value
        elif isinstance(node, VariableNode):
            given = coerced.get(node.name.value)
            if isinstance(given, dict):
                template.made.append((python_name, node.name.value, _maker(type_)))
                continue
            if value is None or value is not given:
                raise Unlike
            template.variables.append((python_name, node.name.value))
        elif isinstance(node, ObjectValueNode) and has_variable(node):
            template.objects.append((python_name, type(value), _learn_object(node, type_, value, coerced)))
        elif isinstance(value, UNCHANGEABLE) and (node is None or (is_pure(type_) and not has_variable(node))):
            template.constants[python_name] = value
        else:
            raise Unlike
    return template


def _learn_object(node: ObjectValueNode, type_: Any, value: Any, coerced: Mapping[str, Any]) -> Template:
    definition, fields = _plain_input(type_)
    nodes = {field.name.value: field.value for field in node.fields}
    named = [
        (field.extensions["strawberry-definition"].python_name, name, field.type) for name, field in fields.items()
    ]
    if type(value) is not definition.origin or not dataclasses.is_dataclass(value):
        raise Unlike
    if {field.name for field in dataclasses.fields(value)} != {python_name for python_name, _, _ in named}:
        raise Unlike
    return learn(named, nodes, vars(value), coerced)


def _plain_input(type_: Any) -> tuple[StrawberryObjectDefinition, dict[str, Any]]:
    """The definition and GraphQL fields of an input type that Strawberry makes by its constructor alone."""
    input_type = get_nullable_type(type_)
    definition = getattr(input_type, "extensions", {}).get("strawberry-definition")
    if not is_input_object_type(input_type) or not isinstance(definition, StrawberryObjectDefinition):
        raise Unlike
    if definition.is_one_of or definition.from_input is not None:
        raise Unlike
    return definition, input_type.fields


def _maker(type_: Any) -> Make:
    """What makes an input object from its coerced fields, all of them leaves, as Strawberry's convert_argument does."""
    definition, fields = _plain_input(type_)
    names = [(name, field.extensions["strawberry-definition"].python_name) for name, field in fields.items()]
    for field in fields.values():
        if not is_leaf_type(get_nullable_type(field.type)) or _is_odd(field.extensions["strawberry-definition"].type):
            raise Unlike
    blank: dict[str, Any] = {
        field.python_name: None for field in definition.fields
        if field.default_value is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }  # fmt: skip
    origin = definition.origin

    def make(given: Mapping[str, Any]) -> Any:
        values = blank.copy()
        for name, python_name in names:
            if name in given:
                values[python_name] = given[name]
        return origin(**values)

    return make


def _is_odd(type_: Any) -> bool:
    """Whether Strawberry makes something else of a leaf."""
    while isinstance(type_, StrawberryContainer):
        if isinstance(type_, StrawberryMaybe):
            return True
        type_ = type_.of_type
    return type_ is GlobalID


def is_pure(type_: Any) -> bool:
    """Whether coercion gives the same for the same literal, always."""
    named = get_named_type(type_)
    return is_specified_scalar_type(named) or is_enum_type(named)


def has_variable(node: ValueNode) -> bool:
    """Whether the value differs from request to request."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(has_variable(item) for item in node.values)
    return isinstance(node, ObjectValueNode) and any(has_variable(field.value) for field in node.fields)
