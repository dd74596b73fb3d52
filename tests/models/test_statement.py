"""The written-once SQL does what Tortoise's own would do."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.exceptions import IntegrityError, OperationalError

from domain.booking import BookingState
from models.account import Account
from models.booking import Booking
from models.partner import Partner, PartnerService
from models.pet import Pet
from models.record import records
from models.row import Row
from models.statement import insert, new, rows, update
from tests import world


def columns(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row._meta.fields_db_projection}


async def test_a_new_row_is_what_the_model_would_make() -> None:
    moment = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=7)))
    cases: tuple[tuple[type[Any], dict[str, Any]], ...] = (
        (Pet, {"name": "Bolu", "species": "DOG", "size": "SMALL"}),
        (Partner, {"name": "Mitra", "areas": ["31"]}),
        (Account, {"name": "Sari", "suspended_at": moment}),
    )
    for model, given in cases:
        given["id"] = (await world.customer()).id
        made, expected = new(model, **given), model(**given)
        assert columns(made) == columns(expected)
        assert made._saved_in_db is expected._saved_in_db is False
    assert new(Account, name="Sari", suspended_at=moment).suspended_at == moment
    assert new(Partner, name="A").areas is not new(Partner, name="B").areas


def test_a_name_that_the_model_does_not_have_is_an_error() -> None:
    with pytest.raises(TypeError, match="colour"):
        new(Pet, name="Bolu", colour="red")


async def test_an_inserted_row_is_read_back_as_it_was() -> None:
    customer = await world.customer()
    row = new(Partner, id=customer.id, name="Mitra", areas=["31", "32.01"], rank=7, created_at=datetime.now(UTC))
    await insert(row)
    assert row._saved_in_db
    assert columns(await Partner.get(id=row.id)) == columns(row)
    [found] = rows(Partner, await records("SELECT * FROM partner WHERE id = $1", [row.id]))
    assert columns(found) == columns(row)
    service = new(
        PartnerService, partner_id=row.id, type="GROOMER", evidence={"photo": 3}, created_at=datetime.now(UTC)
    )
    await insert(service)
    assert (await PartnerService.get(id=service.id)).evidence == {"photo": 3}
    with pytest.raises(IntegrityError):
        await insert(new(Pet, owner_id=row.id, id=customer.pet.id, name="B", species="DOG", size="S"))


async def test_only_the_named_fields_are_written() -> None:
    booking = await world.hold(await world.customer(), await world.provider())
    booking.state, booking.note, booking.late_until = BookingState.REQUESTED, "not written", booking.starts_at
    await update(booking, ["state", "late_until"])
    again = await Booking.get(id=booking.id)
    assert (again.state, again.note, again.late_until) == (BookingState.REQUESTED, "", booking.starts_at)


async def test_records_raise_what_tortoise_raises() -> None:
    with pytest.raises(OperationalError):
        await records("SELECT nonsense")


def test_every_row_can_be_written() -> None:
    """Columns are called as their fields are."""
    assert Tortoise.apps
    models = [model for model in Tortoise.apps["models"].values() if issubclass(model, Row)]
    assert len(models) > 10
    for model in models:
        assert all(column == name for name, column in model._meta.fields_db_projection.items()), model
