"""A schema with one of everything, whose values are decided by a seed: many right, some null, some wrong, some late."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import uuid
from functools import partial
from typing import Annotated, Any, Generic, NewType, TypeVar

import strawberry
from graphql import GraphQLObjectType
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from tests.execution.world import AnyWorld

T = TypeVar("T")
Rupiah = NewType("Rupiah", int)


class Said(Exception):
    """A refusal of the synthetic domain."""


class World(AnyWorld):
    """Makes the objects of the schema below."""

    def possible(self, abstract: Any) -> list[GraphQLObjectType]:
        return list(schema._schema.get_possible_types(abstract))

    def made(self, type_: GraphQLObjectType, key: str) -> Any:
        return make(type_, self, key)


@strawberry.enum
class Mood(enum.Enum):
    CALM = "calm"
    WILD = 2
    SHY = strawberry.enum_value("sh", name="TIMID")


Odd = NewType("Odd", int)


def _odd(value: Any) -> Any:
    if value == 13:
        return None
    if value % 2 == 0:
        raise ValueError(f"{value} is even")
    return value


class Allowed(BasePermission):
    message = "not for you"
    error_extensions = {"code": "FORBIDDEN"}

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        return bool(info.context.roll(f"{info.path.as_list()}may", 4))


class AllowedLater(BasePermission):
    message = "not yet"

    async def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        await asyncio.sleep(0)
        return bool(info.context.roll(f"{info.path.as_list()}may", 4))


class Loud(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        found = next_(source, info, **kwargs)
        return found.upper() if isinstance(found, str) else found


def make(type_: Any, world: World, key: str) -> Any:
    """An instance whose fields ask the world."""
    definition = type_.extensions["strawberry-definition"]
    made = object.__new__(definition.origin)
    made.__dict__.update(world=world, key=f"{key}:{type_.name}", graphql_type=type_)
    return made


def _ask(self: Any, python_name: str) -> Any:
    name = schema.config.name_converter.apply_naming_config(python_name)
    return self.world.value(self.graphql_type.fields[name].type, f"{self.key}/{python_name}")


def asks_world(cls: type[T]) -> type[T]:
    """Attributes of the class become questions to the world."""
    for field in cls.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        if isinstance(field, StrawberryField) and field.base_resolver is None:
            setattr(cls, field.python_name, property(partial(_ask, python_name=field.python_name)))
    return cls


@strawberry.input
class Window:
    from_: int = strawberry.field(name="from", default=0)
    upto: int | None = None
    moods: list[Mood] = strawberry.field(default_factory=lambda: [Mood.CALM])


@strawberry.input
class Filter:
    word: str = "any"
    mood: Mood | None = Mood.WILD
    window: Window | None = strawberry.UNSET
    windows: list[Window] | None = None
    price: Rupiah | None = None


@strawberry.input(one_of=True)
class Either:
    left: str | None = strawberry.UNSET
    right: int | None = strawberry.UNSET


@asks_world
@strawberry.interface
class Named:
    id: strawberry.ID
    name: str
    label: str | None

    @strawberry.field
    def shout(self, word: str = "hai", times: int = 1) -> str:
        return f"{word}*{times}"


@asks_world
@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@asks_world
@strawberry.type
class Connection(Generic[T]):
    edges: list[Edge[T]]
    total: int | None


@asks_world
@strawberry.type
class Pet(Named):
    age: int
    weight: float | None
    is_loud: bool
    mood: Mood
    moods: list[Mood | None] | None
    born: datetime.date | None
    price: Rupiah
    odd: Odd | None
    owner: Person
    friend: Pet | None
    secret: strawberry.Private[object]

    @strawberry.field
    def nickname(self, info: strawberry.Info) -> str | None:
        return f"{info.field_name} {info.path.as_list()} {info.return_type} {info.python_name}"

    @strawberry.field(permission_classes=[Allowed])
    def chip(self) -> str | None:
        return _ask(self, "label")  # type: ignore[no-any-return]

    @strawberry.field(permission_classes=[AllowedLater])
    async def vet(self) -> str:
        return "vet"

    @strawberry.field(extensions=[Loud()])
    def sound(self, word: str) -> str:
        return word


@asks_world
@strawberry.type
class Person(Named):
    uid: uuid.UUID
    joined: datetime.datetime
    balance: decimal.Decimal | None
    pets: list[Pet]
    grid: list[list[int | None]] | None
    wishes: list[Thing | None]
    page: Connection[Pet] | None

    @strawberry.field
    async def late(self) -> str | None:
        await asyncio.sleep(0)
        return _ask(self, "label")  # type: ignore[no-any-return]

    @strawberry.field
    async def loaded(self, info: strawberry.Info) -> str:
        return str(await asyncio.shield(info.context.loader.load(self.key)))  # type: ignore[attr-defined]

    @strawberry.field
    def friend(self, of: strawberry.ID = strawberry.ID("0")) -> Person | None:
        made: Person | None = _ask_as(self, "Person", "Person", f"friend{of}")
        return made

    @strawberry.field
    async def best(self) -> Person:
        await asyncio.sleep(0)
        made: Person = _ask_as(self, "Person", "Person!", "best")
        return made


def _ask_as(source: Any, named: str, type_: str, key: str) -> Any:
    graphql_type: Any = schema._schema.type_map[named]
    field = {"Person": "anyone", "Person!": "someone", "Named": "named"}[type_]
    query: Any = schema._schema.query_type
    assert graphql_type is not None
    return source.world.value(query.fields[field].type, f"{source.key}/{key}")


@asks_world
@strawberry.type
class Shop:
    name: str | None
    open: bool | None
    staff: list[Person] | None

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, Shop) and info.field_name != "neverShop"


@strawberry.type
class Refused:
    message: str


class ToRefused(strawberry.ExceptionHandler[Said, Refused]):
    def handle(self, exception: Said, *, field: StrawberryField, info: strawberry.Info) -> Refused:
        return Refused(message=f"{exception} at {info.path.as_list()}")


Thing = Annotated[Pet | Person | Shop, strawberry.union("Thing")]
Result = Annotated[Pet | Refused, strawberry.union("Result")]


def _root(info: strawberry.Info) -> Any:
    field: Any = info._raw_info.parent_type.fields[info.field_name]
    return info.context.value(field.type, f"/{info.field_name}")


@strawberry.type
class Query:
    constant: int = 3
    someone: Person = strawberry.field(resolver=_root)
    anyone: Person | None = strawberry.field(resolver=_root)
    pets: list[Pet] = strawberry.field(resolver=_root)
    things: list[Thing] | None = strawberry.field(resolver=_root)
    thing: Thing = strawberry.field(resolver=_root)
    named: list[Named | None] | None = strawberry.field(resolver=_root)
    shop: Shop | None = strawberry.field(resolver=_root)
    never_shop: Shop | None = strawberry.field(resolver=_root)
    page: Connection[Person] | None = strawberry.field(resolver=_root)

    @strawberry.field
    async def people(self, info: strawberry.Info) -> list[Person] | None:
        await asyncio.sleep(0)
        found: list[Person] | None = _root(info)
        return found

    @strawberry.field
    def echo(
        self, word: str, filter: Filter | None = None, moods: list[Mood] | None = None, either: Either | None = None
    ) -> str:
        return repr((word, filter, moods, either))

    @strawberry.field
    def numbers(self, ids: list[list[int]] | None = None, day: datetime.date | None = None, x: float = 0.5) -> str:
        return repr((ids, day, x))


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def adopt(self, info: strawberry.Info, name: str, loud: bool = False) -> Result:
        await asyncio.sleep(0)
        info.context.batches.append(name)
        if loud:
            raise Said(name)
        found: Any = make(schema._schema.type_map["Pet"], info.context, "/adopt")
        return found  # type: ignore[no-any-return]

    @strawberry.mutation
    def count(self, info: strawberry.Info) -> int:
        info.context.batches.append("count")
        return sum(isinstance(each, str) for each in info.context.batches)  # not what loaders write there

    @strawberry.mutation
    def risky(self, info: strawberry.Info) -> int:
        found: int = _root(info)
        return found


ARGUMENTS: dict[str, Any] = {
    "exception_handlers": [ToRefused()],
    "config": StrawberryConfig(
        scalar_map={
            Rupiah: strawberry.scalar(name="Rupiah", serialize=int, parse_value=int),
            Odd: strawberry.scalar(name="Odd", serialize=_odd, parse_value=int),
        }
    ),
}
schema = strawberry.Schema(Query, Mutation, types=[Pet, Person], **ARGUMENTS)
