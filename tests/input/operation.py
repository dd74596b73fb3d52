"""Every operation of the schema, asked with plain values, and the places in them where another value can stand."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_union_type,
)

from app.snapshot import sdl

Place = tuple[str | int, ...]
Plain = Mapping[str, Any]  # by the name of an argument or field, else of its type


@cache
def client_schema() -> GraphQLSchema:
    """The schema as clients see it."""
    return build_schema(sdl())


@dataclass(frozen=True)
class Operation:
    """A field of Query or Mutation."""

    kind: str
    name: str
    arguments: Mapping[str, GraphQLArgument]
    answers: Any

    @property
    def document(self) -> str:
        """Every argument a variable of the same name; of the answer only what kind it is, and why it was refused."""
        given = ", ".join(f"${name}: {each.type}" for name, each in self.arguments.items())
        taken = ", ".join(f"{name}: ${name}" for name in self.arguments)
        head = f"{self.kind} ({given})" if given else self.kind
        asked = f"{self.name}({taken})" if taken else self.name
        return f"{head} {{ {asked} {self._shown()} }}"

    def _shown(self) -> str:
        named = get_named_type(self.answers)
        if is_union_type(named):
            return "{ __typename ... on Refusal { code field message } }"
        return "" if is_leaf_type(named) else "{ __typename }"

    def variables(self, plain: Plain) -> dict[str, Any]:
        """A plain value for each argument."""
        return {name: _plain(name, each.type, plain) for name, each in self.arguments.items()}

    def places(self, *types: str) -> Iterator[tuple[Place, str]]:
        """Where a value of one of these types stands in the variables, and of which."""
        for name, each in self.arguments.items():
            yield from _places((name,), each.type, types)

    def with_value(self, plain: Plain, place: Place, value: Any) -> dict[str, Any]:
        """The plain variables, but this value in that place."""
        variables = self.variables(plain)
        at: Any = variables
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = value
        return variables


def operations() -> list[Operation]:
    """All of them, queries first."""
    schema = client_schema()
    found = []
    for kind, type in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert isinstance(type, GraphQLObjectType)
        found += [Operation(kind, name, field.args, field.type) for name, field in type.fields.items()]
    return found


def _plain(name: str, type: GraphQLInputType, plain: Plain) -> Any:
    inner = type.of_type if isinstance(type, GraphQLNonNull) else type
    if isinstance(inner, GraphQLList):
        return [_plain(name, inner.of_type, plain)]
    if isinstance(inner, GraphQLInputObjectType):
        return {each: _plain(each, field.type, plain) for each, field in inner.fields.items()}
    if name in plain:
        return plain[name]
    if isinstance(inner, GraphQLEnumType):
        return plain.get(inner.name, next(iter(inner.values)))
    return plain[inner.name]


def _places(path: Place, type: GraphQLInputType, types: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    inner = type.of_type if isinstance(type, GraphQLNonNull) else type
    if isinstance(inner, GraphQLList):
        yield from _places((*path, 0), inner.of_type, types)
    elif isinstance(inner, GraphQLInputObjectType):
        for name, field in inner.fields.items():
            yield from _places((*path, name), field.type, types)
    elif inner.name in types:
        yield path, inner.name


def as_body(document: str, variables: dict[str, Any]) -> bytes:
    """A request as JSON; lone surrogates are written as escapes."""
    return json.dumps({"query": document, "variables": variables}).encode()
