"""SQL of one row, written once for each model and set of columns: insert it, change it, and rows from records.

Tortoise would build the same text anew for each call, which costs more than PostgreSQL takes to execute it. Values take
Tortoise's way into a row and into a statement, but for those of which models/value.py knows that it changes nothing.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from tortoise.models import Model

from models.pool import Record
from models.record import records
from models.value import Read, Write, reader, writer

MAX_TEXTS = 1000  # kept; there are about two for each model and use case
UNCHANGEABLE = (type(None), str, int, Enum)  # defaults that all rows may share

M = TypeVar("M", bound=Model)
Values = tuple[tuple[str, Write], ...]  # fields, and how their values become the parameters, in their order


class _Blank(NamedTuple):
    """What a row of the model begins with."""

    state: dict[str, Any]  # the attributes that all new rows share
    made: tuple[tuple[str, Any], ...]  # defaults that are each row's own
    readers: dict[str, Read]  # by the fields that may be given


async def insert(row: Model, within: str = "{insert}", values: Sequence[Any] = ()) -> None:
    """Insert a row whose id was made in Python; also by a statement with its own `values`, `within` which it stands."""
    sql, fields = _insertion(type(row), within, len(values))
    await records(sql, [*values, *_values(row, fields)])
    row._saved_in_db = True


async def update(row: Model, names: Iterable[str]) -> None:
    """Write these fields of the row."""
    sql, fields = _change(type(row), tuple(names))
    await records(sql, _values(row, fields))


def new(model: type[M], **values: Any) -> M:
    """A row that is not in the database yet: the model's defaults and these values, as `model(**values)` makes it."""
    blank = _blank(model)
    row = model.__new__(model)
    state = vars(row)
    state.update(blank.state)
    state["_await_when_save"] = {}
    for name, default in blank.made:
        if name not in values:
            state[name] = blank.readers[name](default() if callable(default) else default)
    try:
        for name, value in values.items():
            state[name] = blank.readers[name](value)
    except KeyError:
        raise TypeError(f"{model.__name__} has no {sorted(values.keys() - blank.readers.keys())}") from None
    return row


def rows(model: type[M], found: Sequence[Record]) -> list[M]:
    """Rows of the model from records with all of its columns."""
    return [model._init_from_db(**dict(record)) for record in found]


def _values(row: Model, fields: Values) -> list[Any]:
    state = vars(row)
    return [write(state[name], row) for name, write in fields]


@lru_cache(maxsize=MAX_TEXTS)
def _blank(model: type[Model]) -> _Blank:
    meta = model._meta
    if any(meta.fields_db_projection[name] != name for name in meta.fields_db_projection):
        raise TypeError(f"{model.__name__} has columns that are called otherwise than its fields")
    given = {name: meta.fields_map[name].default for name in meta.fields_db_projection}
    shared = {name for name, default in given.items() if isinstance(default, UNCHANGEABLE)}
    row = model._init_from_db(**{name: default if name in shared else None for name, default in given.items()})
    row._saved_in_db = False
    state = {name: value for name, value in vars(row).items() if name in shared or name not in given}
    made = tuple((name, default) for name, default in given.items() if name not in shared)
    return _Blank(state, made, {name: reader(meta.fields_map[name]) for name in given})


@lru_cache(maxsize=MAX_TEXTS)
def _insertion(model: type[Model], within: str, known: int) -> tuple[str, Values]:
    meta = model._meta
    names = [name for name in meta.fields_db_projection if not meta.fields_map[name].generated]
    columns = ", ".join(f'"{meta.fields_db_projection[name]}"' for name in names)
    places = ", ".join(f"${number}" for number in range(known + 1, known + len(names) + 1))
    sql = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608 - names of the model
    return within.replace("{insert}", sql), tuple((name, writer(meta.fields_map[name])) for name in names)


@lru_cache(maxsize=MAX_TEXTS)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, Values]:
    meta = model._meta
    places = ", ".join(f'"{meta.fields_db_projection[name]}" = ${number}' for number, name in enumerate(names, 2))
    sql = f'UPDATE "{meta.db_table}" SET {places} WHERE "{meta.db_pk_column}" = $1'  # noqa: S608 - names of the model
    return sql, tuple((name, writer(meta.fields_map[name])) for name in (meta.pk_attr, *names))
