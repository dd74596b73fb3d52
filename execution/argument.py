"""Arguments of one field of a plan: converted once where nothing can change them."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
    is_specified_scalar_type,
)
from graphql.execution.values import get_argument_values
from graphql.type import is_enum_type
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.info import info
from execution.place import Link, Place
from execution.run import Run

UNCHANGEABLE = (
    type(None), str, int, float, bool, uuid.UUID, decimal.Decimal,
    datetime.date, datetime.time, datetime.timedelta, enum.Enum,
)  # fmt: skip


class Arguments:
    """The arguments of one field node."""

    __slots__ = ("_constant", "_field", "_is_constant", "_may_share", "_node", "_number", "_strawberry", "_template")

    def __init__(self, number: int, field: GraphQLField, node: FieldNode, strawberry: StrawberryField | None) -> None:
        self._number = number
        self._field = field
        self._node = node
        self._strawberry = strawberry
        named = [get_named_type(argument.type) for argument in field.args.values()]
        self._may_share = not any(is_input_object_type(type_) for type_ in named)
        self._is_constant = all(_is_pure(type_) for type_ in named) and not any(
            _has_variable(argument.value) for argument in node.arguments or ()
        )
        self._constant: dict[str, Any] | None = None
        self._template: tuple[dict[str, Any], list[tuple[str, str]]] | None = None

    @property
    def needs_info(self) -> bool:
        """Whether somebody's input class is handed the info when it is made."""
        return not self._may_share

    def raw(self, run: Run) -> dict[str, Any]:
        """As graphql-core gives them to a resolver; raises GraphQLError for values that do not fit."""
        return get_argument_values(self._field, self._node, run.variables)

    def converted(self, run: Run, place: Place, parent: Link) -> dict[str, Any]:
        """As Strawberry gives them to a method: Python names, input classes. Only for `**`: it may be shared."""
        values = self._constant if self._is_constant else run.arguments.get(self._number)
        if values is not None:
            return values
        if self._template is not None:
            values = self._filled(self._template, run)
            if values is not None:
                run.arguments[self._number] = values
                return values
        strawberry = self._strawberry
        assert strawberry is not None
        plan = run.plan
        values = convert_arguments(
            self.raw(run),
            strawberry.arguments,
            scalar_registry=plan.scalar_registry,
            config=plan.config,
            info=None if self._may_share else info(run, place, parent),
        )
        if self._may_share and all(isinstance(value, UNCHANGEABLE) for value in values.values()):
            if self._is_constant:
                self._constant = values
            else:
                run.arguments[self._number] = values
                self._template = self._template or self._variable_parts(values, run)
        return values

    @staticmethod
    def _filled(template: tuple[dict[str, Any], list[tuple[str, str]]], run: Run) -> dict[str, Any] | None:
        constants, variables = template
        values = constants.copy()
        coerced = run.variables.coerced
        for name, variable in variables:
            value = coerced.get(variable)
            if value is None:
                return None  # null or left out: defaults and errors are graphql-core's matter
            values[name] = value
        return values

    def _variable_parts(self, values: dict[str, Any], run: Run) -> tuple[dict[str, Any], list[tuple[str, str]]] | None:
        """Which values are variables just as they came, so that the next request needs no conversion."""
        assert self._strawberry is not None
        nodes = {node.name.value: node.value for node in self._node.arguments or ()}
        constants = dict(values)
        variables = []
        for argument in self._strawberry.arguments:
            name = run.plan.config.name_converter.from_argument(argument)
            node = nodes.get(name)
            value = values.get(argument.python_name)
            named = get_named_type(self._field.args[name].type)
            if isinstance(node, VariableNode):
                if value is None or value is not run.variables.coerced.get(node.name.value):
                    return None
                variables.append((argument.python_name, node.name.value))
                del constants[argument.python_name]
            elif (node is not None and _has_variable(node)) or not _is_pure(named):
                return None
        return constants, variables


def _is_pure(type_: Any) -> bool:
    """Whether coercion gives the same for the same literal, always."""
    return is_specified_scalar_type(type_) or is_enum_type(type_)


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(_has_variable(item) for item in node.values)
    return isinstance(node, ObjectValueNode) and any(_has_variable(field.value) for field in node.fields)
