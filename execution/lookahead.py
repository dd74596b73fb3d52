"""What a client asked of a resolver's result: collected fields, so fragments, aliases and directives are resolved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values

from execution.info import RawInfo
from execution.template import has_variable


class Asked:
    """One answer that is asked for: a field under one response key, of one object type."""

    def __init__(self, selection: Selection, key: str, type_: GraphQLObjectType, details: list[FieldDetails]) -> None:
        self._selection = selection
        self._type = type_
        self.details = details
        self.key = key
        self.name = details[0].node.name.value

    @property
    def python_name(self) -> str:
        """The attribute or method of the Strawberry type."""
        definition = self.field.extensions.get("strawberry-definition") if self.field is not None else None
        return str(definition.python_name) if definition is not None else self.name

    @property
    def field(self) -> Any:
        """The field of the GraphQL schema."""
        return self._selection.schema.get_field(self._type, self.name)

    def arguments(self, info: Any) -> dict[str, Any]:
        """By their GraphQL names, variables and defaults filled in. They belong to the request, not to the plan."""
        constant = self.constant_arguments
        return constant if constant is not None else self._arguments(_raw(info).variable_values)

    @cached_property
    def constant_arguments(self) -> dict[str, Any] | None:
        """The arguments, if they are the same in every request."""
        given = self.details[0].node.arguments or ()
        return None if any(has_variable(argument.value) for argument in given) else self._arguments({})

    def _arguments(self, variables: dict[str, Any]) -> dict[str, Any]:
        return get_argument_values(self.field, self.details[0].node, VariableValues({}, variables))

    @cached_property
    def selection(self) -> Selection:
        """What is asked of this field's own objects; empty for scalars."""
        return Selection(self._selection, self.field.type, self.details)


class Selection:
    """What is asked of the objects of one field; for interfaces and unions of each possible type."""

    def __init__(self, above: Selection | Any, return_type: Any, details: list[FieldDetails]) -> None:
        self.schema: GraphQLSchema = above.schema
        self.fragments: dict[str, FragmentDetails] = above.fragments
        self.flags: VariableValues = above.flags
        self.operation: Any = above.operation
        self.type: Any = get_named_type(return_type)
        self._details = details
        self._of: dict[str, dict[str, Asked]] = {}

    def of(self, type_name: str | None = None) -> dict[str, Asked]:
        """Response keys with what they ask, of objects of that type; None: of the field's own type."""
        name = type_name or self.type.name
        if name not in self._of:
            self._of[name] = self._collect(self.schema.type_map[name])
        return self._of[name]

    def _collect(self, type_: Any) -> dict[str, Asked]:
        if not is_object_type(type_):
            return {}
        fields = collect_subfields(
            self.schema, self.fragments, self.flags, self.operation, type_, self._details
        ).grouped_field_set
        return {key: Asked(self, key, type_, details) for key, details in fields.items()}

    def __iter__(self) -> Iterator[Asked]:
        """Everything asked of any possible type."""
        if not is_composite_type(self.type):
            return
        types = self.schema.get_possible_types(self.type) if is_abstract_type(self.type) else [self.type]
        for type_ in types:
            yield from self.of(type_.name).values()

    @property
    def names(self) -> set[str]:
        """Python names of all fields asked for."""
        return {asked.python_name for asked in self if asked.name != "__typename"}

    def named(self, python_name: str) -> list[Asked]:
        """All that is asked of that field, under any alias."""
        return [asked for asked in self if asked.name != "__typename" and asked.python_name == python_name]

    def asks(self, *path: str) -> bool:
        """Whether the field at the end of this path of Python names is asked for."""
        found = self.named(path[0])
        return bool(found) and (len(path) == 1 or any(asked.selection.asks(*path[1:]) for asked in found))


class _Above:
    """Where a selection begins: a resolver's info."""

    def __init__(self, raw: Any, flags: VariableValues, fragments: dict[str, FragmentDetails]) -> None:
        self.schema = raw.schema
        self.operation: Any = raw.operation
        self.flags = flags
        self.fragments = fragments


def asked(info: Any) -> Selection:
    """What is asked of the result of the resolver with this info; kept with the plan, so it costs once."""
    raw = _raw(info)
    if isinstance(raw, RawInfo):
        place = raw.place
        if place.selection is None:
            plan = raw.run.plan
            place.selection = Selection(_Above(raw, plan.flags, plan.fragments), raw.return_type, place.details)
        return place.selection
    fragments = {name: FragmentDetails(node) for name, node in raw.fragments.items()}
    nodes: list[FieldNode] = raw.field_nodes
    above = _Above(raw, VariableValues({}, raw.variable_values), fragments)
    return Selection(above, raw.return_type, [FieldDetails(node, None) for node in nodes])


def _raw(info: Any) -> Any:
    return getattr(info, "_raw_info", info)
