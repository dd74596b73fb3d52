"""Arguments of one field of a plan: converted once where nothing can change them."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, GraphQLField, Undefined, get_named_type, is_input_object_type
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.info import info
from execution.place import Link, Place
from execution.run import Run
from execution.template import (
    UNCHANGEABLE,
    Missing,
    Template,
    Unlike,
    has_variable,
    is_pure,
    learn,
    missing,
    variables_in,
)

MAX_TEMPLATES = 16  # of one field: ways to leave variables out


class Arguments:
    """The arguments of one field node."""

    __slots__ = (
        "_constant", "_field", "_is_constant", "_is_simple", "_names", "_node", "_number", "_strawberry", "_templates",
        "_whole",
    )  # fmt: skip

    def __init__(self, number: int, field: GraphQLField, node: FieldNode, strawberry: StrawberryField | None) -> None:
        self._number = number
        self._field = field
        self._node = node
        self._strawberry = strawberry
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        made = [
            argument.type for name, argument in field.args.items()
            if name in given or argument.default_value not in (Undefined, None)
        ]  # fmt: skip
        # Without input objects and extensions of the argument, the resolver's info has no say in what it is given.
        self._is_simple = not any(is_input_object_type(get_named_type(type_)) for type_ in made)
        self._is_constant = all(is_pure(type_) for type_ in made) and not any(map(has_variable, given.values()))
        self._constant: dict[str, Any] | None = None
        self._names = variables_in(given.values())
        self._whole: Template | None = None  # of requests that give every variable
        self._templates: dict[Missing, Template | None] = {}  # of the others; None: there is none

    @property
    def needs_info(self) -> bool:
        """Whether somebody's input class is handed the info when it is made."""
        return not self._is_simple

    def raw(self, run: Run) -> dict[str, Any]:
        """As graphql-core gives them to a resolver; raises GraphQLError for values that do not fit."""
        return get_argument_values(self._field, self._node, run.variables)

    def converted(self, run: Run, place: Place, parent: Link) -> dict[str, Any]:
        """As Strawberry gives them to a method: Python names, input classes. Only for `**`: it may be shared."""
        values = self._constant if self._is_constant else run.arguments.get(self._number)
        if values is not None:
            return values
        template, coerced = self._whole, run.variables.coerced
        values = template.fill(coerced) if template is not None else None
        if values is None and self._templates:
            template = self._templates.get(missing(self._names, coerced))
            values = template.fill(coerced) if template is not None else None
        if values is None:
            return self._convert(run, place, parent)
        if template is not None and template.is_shareable:
            run.arguments[self._number] = values
        return values

    def _convert(self, run: Run, place: Place, parent: Link) -> dict[str, Any]:
        strawberry = self._strawberry
        assert strawberry is not None
        values = convert_arguments(
            self.raw(run),
            strawberry.arguments,
            scalar_registry=run.plan.scalar_registry,
            config=run.plan.config,
            info=None if self._is_simple else info(run, place, parent),
        )
        if self._is_simple and all(isinstance(value, UNCHANGEABLE) for value in values.values()):
            if self._is_constant:
                self._constant = values
                return values
            run.arguments[self._number] = values
        absent = missing(self._names, run.variables.coerced)
        if absent not in self._templates and len(self._templates) < MAX_TEMPLATES:
            template = self._templates[absent] = self._learned(strawberry, values, run)
            self._whole = self._whole if absent else template
        return values

    def _learned(self, strawberry: StrawberryField, values: dict[str, Any], run: Run) -> Template | None:
        named = []
        for argument in strawberry.arguments:
            name = run.plan.config.name_converter.from_argument(argument)
            named.append((argument.python_name, name, self._field.args[name].type))
        nodes = {node.name.value: node.value for node in self._node.arguments or ()}
        try:
            return learn(named, nodes, values, run.variables.coerced)
        except Unlike:
            return None
