"""The product's own schema with random values instead of a database: its types, scalars and unions are compared."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, parse, specified_rules, validate
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from app import graphql as product
from execution.schema import CompiledSchema
from schema.refusal import ToRefusal
from schema.scalar import SCALARS
from tests.execution.world import AnyWorld


class RealWorld(AnyWorld):
    """Objects of the product's classes whose attributes are decided by the seed."""

    def made(self, type_: GraphQLObjectType, key: str) -> Any:
        """An instance of the type's class, without its values."""
        instance: Any = object.__new__(_lazy(type_))
        instance.__dict__.update(_world=self, _key=f"{key}:{type_.name}")
        return instance


@lru_cache(maxsize=1_000)
def _lazy(type_: GraphQLObjectType) -> type:
    definition = type_.extensions["strawberry-definition"]
    attributes = {field.extensions["strawberry-definition"].python_name: field.type for field in type_.fields.values()}

    def read(self: Any, name: str) -> Any:
        if name not in attributes:
            raise AttributeError(name)
        return self._world.value(attributes[name], f"{self._key}/{name}")

    return type(definition.origin.__name__, (definition.origin,), {"__getattr__": read})


def _answer(type_: Any, source: Any, info: Any, **arguments: Any) -> Any:
    key = f"{getattr(source, '_key', '')}/{info.field_name}{sorted(arguments.items(), key=str)}"
    return info.context.value(type_, key)


def _without_database(schema: strawberry.Schema) -> None:
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                if field.extensions["strawberry-definition"].base_resolver is not None:
                    field.resolve = partial(_answer, field.type)


def pair() -> tuple[strawberry.Schema, CompiledSchema]:
    """The product's types under both executors."""
    made = []
    for kind in (strawberry.Schema, CompiledSchema):
        built: Callable[..., Any] = kind
        schema = built(
            query=merge_types("Query", product.QUERIES),
            mutation=merge_types("Mutation", product.MUTATIONS),
            exception_handlers=[ToRefusal()],
            config=StrawberryConfig(scalar_map=SCALARS),
        )
        _without_database(schema)
        made.append(schema)
    return made[0], made[1]


def invalid(schema: strawberry.Schema, text: str) -> list[GraphQLError]:
    """Why the document is not valid."""
    return validate(schema._schema, parse(text), specified_rules)
