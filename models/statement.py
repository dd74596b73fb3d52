"""SQL of one row, written once for each model and set of columns: insert it, change it, and rows from records.

Tortoise would build the same text anew for each call, which costs more than PostgreSQL takes to execute it.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from tortoise.fields import Field
from tortoise.models import Model

from models.pool import Record
from models.record import records

MAX_TEXTS = 1000  # kept; there are about two for each model and use case

M = TypeVar("M", bound=Model)
Values = tuple[tuple[str, Field[Any]], ...]  # names and fields whose values are the parameters, in their order


async def insert(row: Model) -> None:
    """Insert a row whose id was made in Python."""
    sql, fields = _insertion(type(row))
    await records(sql, _values(row, fields))
    row._saved_in_db = True


async def update(row: Model, names: Iterable[str]) -> None:
    """Write these fields of the row."""
    sql, fields = _change(type(row), tuple(names))
    await records(sql, _values(row, fields))


def new(model: type[M], **values: Any) -> M:
    """A row that is not in the database yet: the model's defaults and these values, as `model(**values)` makes it."""
    defaults, names = _defaults(model)
    if unknown := values.keys() - names:
        raise TypeError(f"{model.__name__} has no {sorted(unknown)}")
    made = {name: default() if callable(default) else default for name, default in defaults if name not in values}
    row = model._init_from_db(**made, **values)
    row._saved_in_db = False
    return row


def rows(model: type[M], found: Sequence[Record]) -> list[M]:
    """Rows of the model from records with all of its columns."""
    return [model._init_from_db(**dict(record)) for record in found]


def _values(row: Model, fields: Values) -> list[Any]:
    return [field.to_db_value(getattr(row, name), row) for name, field in fields]


@lru_cache(maxsize=MAX_TEXTS)
def _defaults(model: type[Model]) -> tuple[tuple[tuple[str, Any], ...], frozenset[str]]:
    meta = model._meta
    if any(meta.fields_db_projection[name] != name for name in meta.fields_db_projection):
        raise TypeError(f"{model.__name__} has columns that are called otherwise than its fields")
    given = {name: meta.fields_map[name].default for name in meta.fields_db_projection}
    return tuple(given.items()), frozenset(given)


@lru_cache(maxsize=MAX_TEXTS)
def _insertion(model: type[Model]) -> tuple[str, Values]:
    meta = model._meta
    names = [name for name in meta.fields_db_projection if not meta.fields_map[name].generated]
    columns = ", ".join(f'"{meta.fields_db_projection[name]}"' for name in names)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    sql = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608 - names of the model
    return sql, tuple((name, meta.fields_map[name]) for name in names)


@lru_cache(maxsize=MAX_TEXTS)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, Values]:
    meta = model._meta
    places = ", ".join(f'"{meta.fields_db_projection[name]}" = ${number}' for number, name in enumerate(names, 2))
    sql = f'UPDATE "{meta.db_table}" SET {places} WHERE "{meta.db_pk_column}" = $1'  # noqa: S608 - names of the model
    return sql, tuple((name, meta.fields_map[name]) for name in (meta.pk_attr, *names))
