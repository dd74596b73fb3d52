"""Which table a type's objects stand for, which row a column points at, and which rows point back: said once, by
`@reads`, `one` and `many`. Lists are then read by one statement that asks only for what the client asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry
from tortoise.models import Model

from schema.context import Info

RELATION = "relation"  # in a field's metadata

N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class One:
    """The row that a column points at."""

    target: type[Any]
    column: str


@dataclass(frozen=True, slots=True)
class Many:
    """The rows whose `column` points back, in the order of their ids (`id` or `-id`): for those who see every row of
    `noun`, and for the parties, the accounts in these columns of the row that is pointed at."""

    target: type[Any]
    column: str
    order: str
    noun: str
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a type. `columns`: attribute of the type -> field of the model."""

    target: type[Any]
    model: type[Model]
    columns: Mapping[str, str]
    relations: Mapping[str, One | Many]


TABLES: dict[type, Table] = {}


def reads(model: type[Model], **renamed: str) -> Callable[[type[N]], type[N]]:
    """Say that objects of a Strawberry type are rows of `model`, made by its `of(row)`. An attribute with the name of a
    field of the model is that field; `renamed` names the field of an attribute that is called otherwise."""

    def declare(type_: type[N]) -> type[N]:
        defined: Any = type_
        columns, relations = {}, {}
        for field in defined.__strawberry_definition__.fields:
            name = renamed.get(field.python_name, field.python_name)
            if field.base_resolver is None and name in model._meta.fields_map:
                columns[field.python_name] = name
            elif RELATION in field.metadata:
                relations[field.python_name] = field.metadata[RELATION]
        TABLES[type_] = Table(type_, model, columns, relations)
        return type_

    return declare


def one(target: type[Any], column: str, description: str | None = None) -> Any:
    """A field of a type that has a `row`: what its `column` points at. Who sees the row sees that, too."""

    async def pointed_at(self: Any, info: Info) -> Any:
        return target.of(await info.context.loaders.one(TABLES[target].model, getattr(self.row, column)))

    pointed_at.__annotations__["return"] = target
    return strawberry.field(resolver=pointed_at, description=description, metadata={RELATION: One(target, column)})
