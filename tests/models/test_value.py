"""The shorter ways of values end where Tortoise's own ways end."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg.pgproto.pgproto import UUID as DriversUUID
from tortoise import Tortoise, fields
from tortoise.fields import Field
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.validators import MinLengthValidator

from domain.booking import BookingState
from models.account import Account
from models.value import reader, writer

HERE = uuid4()
GIVEN: tuple[Any, ...] = (
    None, "", "word", "x" * 2000, "HELD", BookingState.HELD, 0, 7, True, 1.5, HERE, str(HERE), DriversUUID(str(HERE)),
    datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=7))), [], {}, b"",
)  # fmt: skip


def outcome(way: Any, *given: Any) -> tuple[Any, Any]:
    """Value and class, or the class of the error."""
    try:
        value = way(*given)
    except Exception as error:
        return type(error), None
    return value, value.__class__


def all_fields() -> list[Field[Any]]:
    assert Tortoise.apps
    models = Tortoise.apps["models"].values()
    return [each for model in models for each in model._meta.fields_map.values() if each.has_db_field]


def test_every_field_of_every_table_reads_as_tortoise_reads() -> None:
    assert len(all_fields()) > 100
    for field in all_fields():
        for value in GIVEN:
            assert outcome(reader(field), value) == outcome(field.to_python_value, value), (field, value)


def test_every_field_of_every_table_writes_as_tortoise_writes() -> None:
    """But for ids: Tortoise makes texts of them. A row's id is an id already, whatever was given."""
    row = Account(name="Sari", created_at=datetime(2026, 3, 1, tzinfo=UTC))
    for field in all_fields():
        for value in GIVEN:
            if isinstance(field, fields.UUIDField):
                if value is None or isinstance(value, UUID):
                    assert writer(field)(value, row) is value
            else:
                assert outcome(writer(field), value, row) == outcome(field.to_db_value, value, row), (field, value)


@pytest.mark.parametrize(
    "field",
    [fields.CharField(max_length=3, validators=[MinLengthValidator(2)]), fields.DatetimeField(auto_now=True),
     fields.CharEnumField(BookingState, max_length=3), fields.CharField(max_length=3, null=True)],
)  # fmt: skip
def test_what_a_field_asks_of_its_values_is_asked(field: Field[Any]) -> None:
    row = Account(name="Sari")
    field.model_field_name = "created_at" if isinstance(field, fields.DatetimeField) else "name"
    for value in (None, "", "abc", "abcd", BookingState.HELD):
        told = outcome(writer(field), value, row)
        if not isinstance(field, fields.DatetimeField):  # which is now, each time
            assert told == outcome(field.to_db_value, value, row)
    if isinstance(field, CharEnumFieldInstance):
        assert outcome(writer(field), BookingState.HELD, row)[1] is None  # too long for the column
