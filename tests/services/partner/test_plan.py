"""A partner's week, its exceptions, and its kennels."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.booking import BookingState
from domain.calendar import MAX_EXCEPTIONS_A_DAY, Period, PlanException, Zone
from domain.partner import MAX_KENNELS, ResourceInUse, TooMany
from domain.refusals import InvalidInput, NotFound
from domain.service import ServiceType
from models.calendar import PlanException as ExceptionRow
from models.calendar import PlanPeriod
from models.partner import Resource
from services.partner import capacity, plan
from tests.partners import approve, book, open_partner

TOMORROW = Zone.WIB.day_of(datetime.now(UTC)) + timedelta(days=1)


@pytest.mark.proves("Q-09")
async def test_a_new_week_takes_the_place_of_the_old_one() -> None:
    partner, other = await open_partner(), await open_partner()
    await plan.set_plan(other, [Period(3, time(9), time(10))])
    await plan.set_plan(partner, [Period(0, time(9), time(12)), Period(0, time(13), time(0))])
    await plan.set_plan(partner, [Period(6, time(8), time(0))])
    rows = await PlanPeriod.filter(partner_id=partner.id)
    assert [(row.weekday, row.opens_minute, row.closes_minute) for row in rows] == [(6, 480, 1440)]
    assert await PlanPeriod.filter(partner_id=other.id).count() == 1


async def test_a_week_that_contradicts_itself_leaves_the_old_one() -> None:
    partner = await open_partner()
    await plan.set_plan(partner, [Period(0, time(9), time(12))])
    with pytest.raises(InvalidInput):
        await plan.set_plan(partner, [Period(1, time(9), time(12)), Period(1, time(11), time(13))])
    assert [row.weekday for row in await PlanPeriod.filter(partner_id=partner.id)] == [0]


@pytest.mark.proves("Q-09")
async def test_an_exception_is_added_and_removed_by_its_partner_only() -> None:
    partner, other = await open_partner(), await open_partner()
    row = await plan.add_exception(partner, PlanException(TOMORROW, time(9), time(0), False), "Libur")
    assert (row.on_day, row.opens_minute, row.closes_minute, row.note) == (TOMORROW, 540, 1440, "Libur")
    assert plan.differing(row) == PlanException(TOMORROW, time(9), time(0), False)
    with pytest.raises(NotFound):
        await plan.remove_exception(other, row.id)
    await plan.remove_exception(partner, row.id)
    assert not await ExceptionRow.exists()


@pytest.mark.parametrize(
    "exception, field",
    [
        (PlanException(TOMORROW - timedelta(days=2), None, None, False), "on"),
        (PlanException(date(2500, 1, 1), None, None, False), "on"),
        (PlanException(TOMORROW, time(9), None, False), "closes"),
        (PlanException(TOMORROW, time(9), time(9), True), "closes"),
        (PlanException(TOMORROW, time(9, 0, 1), time(10), True), "opens"),
    ],
)
async def test_an_exception_that_makes_no_sense_names_its_field(exception: PlanException, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await plan.add_exception(await open_partner(), exception)
    assert refused.value.field == field


async def test_a_day_has_only_so_many_exceptions() -> None:
    partner = await open_partner()
    for hour in range(MAX_EXCEPTIONS_A_DAY):
        await plan.add_exception(partner, PlanException(TOMORROW, time(hour), time(hour + 1), False))
    with pytest.raises(InvalidInput):
        await plan.add_exception(partner, PlanException(TOMORROW, None, None, False))


async def test_a_kennel_with_a_booking_to_come_cannot_be_removed() -> None:
    partner = await open_partner()
    kennel = await capacity.add_resource(partner, "Kandang 1")
    price = await approve(partner, ServiceType.DOG_HOTEL)
    now = datetime.now(UTC)
    booking = await book(price, now + timedelta(days=1), now + timedelta(days=2))
    with pytest.raises(ResourceInUse):
        await capacity.remove_resource(partner, kennel.id)
    booking.state = BookingState.DECLINED
    await booking.save()
    assert (await capacity.remove_resource(partner, kennel.id)).archived_at is not None


async def test_past_bookings_and_dead_holds_do_not_keep_a_kennel() -> None:
    partner = await open_partner()
    kennel = await capacity.add_resource(partner, "Kandang 1")
    price = await approve(partner, ServiceType.DOG_HOTEL)
    now = datetime.now(UTC)
    await book(price, now - timedelta(days=2), now - timedelta(days=1), state=BookingState.IN_SERVICE)
    await book(
        price, now + timedelta(days=1), now + timedelta(days=2), state=BookingState.HELD,
        hold_expires_at=now - timedelta(seconds=1),
    )  # fmt: skip
    await capacity.remove_resource(partner, kennel.id)
    assert not await Resource.filter(is_kennel=True, archived_at=None).exists()


async def test_a_living_hold_keeps_a_kennel() -> None:
    partner = await open_partner()
    kennel = await capacity.add_resource(partner, "Kandang 1")
    price = await approve(partner, ServiceType.DOG_HOTEL)
    now = datetime.now(UTC)
    await book(price, now + timedelta(days=1), now + timedelta(days=2), state=BookingState.HELD)
    with pytest.raises(ResourceInUse):
        await capacity.remove_resource(partner, kennel.id)


async def test_neither_the_partner_in_person_nor_anothers_kennel_can_be_removed() -> None:
    partner, other = await open_partner(), await open_partner()
    person = await Resource.get(partner_id=partner.id)
    kennel = await capacity.add_resource(other, "Kandang 1")
    for id in (person.id, kennel.id):
        with pytest.raises(NotFound):
            await capacity.remove_resource(partner, id)


async def test_the_number_of_kennels_has_an_end() -> None:
    partner = await open_partner()
    await Resource.bulk_create(
        Resource(partner_id=partner.id, is_kennel=True, label=f"Kandang {number}") for number in range(MAX_KENNELS)
    )
    with pytest.raises(TooMany):
        await capacity.add_resource(partner, "Satu lagi")
