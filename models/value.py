"""Values on their way into rows and statements: Tortoise's own ways, and shorter ones where they change nothing.

Tortoise asks for the time zone, the validators and the classes at each value of each row. Most values are of the very
class that the field is of, and come out as they went in.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from tortoise import fields
from tortoise.fields import Field
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model
from tortoise.validators import MaxLengthValidator

Read = Callable[[Any], Any]  # what is given -> what the row has
Write = Callable[[Any, Model], Any]  # (what the row has, the row) -> the parameter


def reader(field: Field[Any]) -> Read:
    """Gives what `field.to_python_value` gives."""
    own, kind = field.to_python_value, type(field)
    if kind is fields.DatetimeField:
        return lambda value: value if value is None or _is_utc(value) else own(value)
    if isinstance(field, CharEnumFieldInstance):
        kept: type[Enum] = field.enum_type
        return lambda value: value if value.__class__ is kept else own(value)
    return own


def writer(field: Field[Any]) -> Write:
    """Gives what `field.to_db_value` gives; but ids stay ids, which asyncpg takes as they are."""
    own, kind = field.to_db_value, type(field)
    if kind is fields.UUIDField:
        return lambda value, row: value
    if isinstance(field, fields.DatetimeField):
        is_plain = not (field.validators or field.auto_now or field.auto_now_add)
        return (lambda value, row: value if value is None or _is_utc(value) else own(value, row)) if is_plain else own
    if kind is fields.CharField and (longest := _longest(field)):
        return lambda value, row: value if value.__class__ is str and len(value) <= longest else own(value, row)
    if isinstance(field, CharEnumFieldInstance) and _takes_all(field):
        kept: type[Enum] = field.enum_type
        return lambda value, row: value.value if value.__class__ is kept else own(value, row)
    return own


def _takes_all(field: CharEnumFieldInstance) -> bool:
    """Whether each member of the enum is a text that the column has room for."""
    longest, words = _longest(field) or 0, [each.value for each in field.enum_type]
    return all(word.__class__ is str and len(word) <= longest for word in words)


def _longest(field: Field[Any]) -> int | None:
    """The length that a text may have, where nothing else is asked of it."""
    match field.validators:
        case [MaxLengthValidator() as only]:
            return only.max_length
    return None


def _is_utc(value: Any) -> bool:
    """Whether it is a moment as rows have it: our zone is UTC, see app/database.py."""
    return value.__class__ is datetime and value.tzinfo is UTC
