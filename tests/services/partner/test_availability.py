"""What can be booked with a partner, on the clocks of all three zones."""

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.booking import LEAD, BookingState
from domain.calendar import BUFFER, CHECK_IN, CHECK_OUT, DAY, MAX_SLOTS, Interval, Period, PlanException, Zone
from domain.permissions import Actor, Role
from domain.refusals import InvalidInput
from domain.service import ServiceType
from models.partner import Partner, Price, Resource
from services.partner import availability, capacity, plan
from services.partner.availability import MAX_OPEN_DAYS, Wish
from tests.partners import approve, book, open_partner
from tests.queries import statements

AREAS = {Zone.WIB: "31.71", Zone.WITA: "51.71", Zone.WIT: "94.01"}
GROOMER, HOTEL = ServiceType.GROOMER, ServiceType.DOG_HOTEL
MONDAY = date(2031, 3, 3)
LONG_BEFORE = datetime(2031, 2, 20, tzinfo=UTC)
HOUR = Wish(GROOMER, 60)
NIGHT = Wish(HOTEL, 1440)


async def opened(zone: Zone = Zone.WIB, week: list[Period] | None = None, service: ServiceType = GROOMER,
                 minutes: int = 60) -> tuple[Partner, Price]:  # fmt: skip
    """A partner of that zone, open on weekdays from 9 to 17 unless told otherwise."""
    actor = await open_partner(AREAS[zone])
    price = await approve(actor, service, minutes)
    await plan.set_plan(actor, [Period(day, time(9), time(17)) for day in range(5)] if week is None else week)
    return await Partner.get(id=actor.id), price


async def kennels(partner: Partner, count: int) -> list[Resource]:
    return [
        await Resource.create(partner_id=partner.id, is_kennel=True, label=f"Kandang {number}")
        for number in range(count)
    ]


@pytest.mark.parametrize("zone", list(Zone))
async def test_slots_follow_the_partners_own_clock(zone: Zone) -> None:
    partner, _ = await opened(zone)
    slots = await availability.free_slots(partner, HOUR, MONDAY, MONDAY, LONG_BEFORE)
    assert slots[0] == Interval(zone.at(MONDAY, time(9)), zone.at(MONDAY, time(10)))
    assert slots[-1] == Interval(zone.at(MONDAY, time(16)), zone.at(MONDAY, time(17)))
    assert len(slots) == 15


@pytest.mark.parametrize("zone", list(Zone))
@pytest.mark.parametrize("seed", range(6))
async def test_every_slot_is_free_open_and_none_is_left_out(zone: Zone, seed: int) -> None:
    dice = random.Random(seed)
    week = [
        Period(day, time(opens), time((opens + dice.randint(1, 6)) % 24))
        for day in range(7)
        for opens in dice.sample([0, 8, 17], dice.randint(0, 3))
    ]
    length = timedelta(minutes=dice.choice([15, 45, 60, 120]))
    partner, price = await opened(zone, week)
    taken = []
    at = zone.at(MONDAY, time(0))
    for _ in range(8):
        at += timedelta(minutes=dice.randint(1, 900))
        job = Interval(at, at + timedelta(minutes=dice.randint(15, 240)))
        at = job.with_buffer(BUFFER).ends_at
        taken.append(job.with_buffer(BUFFER))
        await book(price, job.starts_at, job.ends_at, buffer_min=30)
    wish = Wish(GROOMER, int(length.total_seconds() // 60))
    now = zone.at(MONDAY, time(7))
    slots = await availability.free_slots(partner, wish, MONDAY, MONDAY + 2 * DAY, now)
    hours = await availability.open_hours(partner, MONDAY, MONDAY + 3 * DAY)
    # Counted plainly: every half hour after each opening, judged one by one.
    expected = []
    for span in hours:
        start = span.starts_at
        while start + length <= span.ends_at:
            slot = Interval(start, start + length)
            is_free = not any(slot.with_buffer(BUFFER).overlaps(each) for each in taken)
            if is_free and start >= now + LEAD and start < zone.at(MONDAY + 3 * DAY, time(0)):
                expected.append(slot)
            start += timedelta(minutes=30)
    assert slots == expected[:MAX_SLOTS]


async def test_a_booking_takes_its_time_and_the_buffer_after_it() -> None:
    partner, price = await opened()
    nine = Zone.WIB.at(MONDAY, time(9))
    await book(price, nine, nine + timedelta(hours=1), buffer_min=30)
    slots = await availability.free_slots(partner, HOUR, MONDAY, MONDAY, LONG_BEFORE)
    assert slots[0].starts_at == nine + timedelta(hours=1, minutes=30)


@pytest.mark.parametrize("state", [BookingState.DECLINED, BookingState.COMPLETED, BookingState.HOLD_EXPIRED])
async def test_a_booking_that_is_over_takes_nothing(state: BookingState) -> None:
    partner, price = await opened()
    nine = Zone.WIB.at(MONDAY, time(9))
    await book(price, nine, nine + timedelta(hours=1), state=state)
    slots = await availability.free_slots(partner, HOUR, MONDAY, MONDAY, LONG_BEFORE)
    assert slots[0].starts_at == nine


@pytest.mark.parametrize("seconds, is_free", [(-1, True), (0, True), (1, False)])
async def test_a_hold_takes_the_time_until_it_runs_out(seconds: int, is_free: bool) -> None:
    partner, price = await opened()
    nine = Zone.WIB.at(MONDAY, time(9))
    await book(
        price, nine, nine + timedelta(hours=1), state=BookingState.HELD,
        hold_expires_at=LONG_BEFORE + timedelta(seconds=seconds),
    )  # fmt: skip
    slots = await availability.free_slots(partner, HOUR, MONDAY, MONDAY, LONG_BEFORE)
    assert (slots[0].starts_at == nine) is is_free


@pytest.mark.parametrize("length", [1, 2, 5, 7, 8, 31])
async def test_the_plan_of_a_range_is_that_of_its_days(length: int) -> None:
    """The statement leaves out weekdays that are not in the range."""
    partner, _ = await opened(week=[Period(day, time(8 + day), time(17)) for day in (0, 1, 3, 6)])
    for begins in (MONDAY + number * DAY for number in range(7)):
        days = [begins + number * DAY for number in range(length)]
        alone = [span for day in days for span in await availability.open_hours(partner, day, day)]
        assert await availability.open_hours(partner, days[0], days[-1]) == alone


async def test_exceptions_close_and_open_days() -> None:
    partner, _ = await opened()
    day = Zone.WIB.day_of(datetime.now(UTC)) + 7 * DAY
    monday, saturday = day - day.weekday() * DAY + 7 * DAY, day - day.weekday() * DAY + 12 * DAY

    actor = Actor(id=partner.id, roles=frozenset({Role.PARTNER}))
    await plan.add_exception(actor, PlanException(monday, None, None, False))
    await plan.add_exception(actor, PlanException(saturday, time(10), time(12), True))
    now = datetime.now(UTC)
    assert await availability.free_slots(partner, HOUR, monday, monday, now) == []
    assert len(await availability.free_slots(partner, HOUR, saturday, saturday, now)) == 3


async def test_nothing_begins_before_the_lead_time_or_too_far_ahead() -> None:
    partner, _ = await opened()
    now = Zone.WIB.at(MONDAY, time(10, 10))
    slots = await availability.free_slots(partner, HOUR, MONDAY, MONDAY, now)
    assert slots[0].starts_at == Zone.WIB.at(MONDAY, time(12, 30))
    assert await availability.free_slots(partner, HOUR, MONDAY, MONDAY, LONG_BEFORE - 365 * DAY) == []


async def test_a_job_may_run_over_midnight_into_the_day_after_the_range() -> None:
    partner, _ = await opened(week=[Period(day, time(0), time(0)) for day in range(7)])
    slots = await availability.free_slots(partner, HOUR, MONDAY, MONDAY, LONG_BEFORE)
    assert slots[-1].starts_at == Zone.WIB.at(MONDAY, time(23, 30))


async def test_a_range_is_not_longer_than_a_month() -> None:
    partner, _ = await opened()
    with pytest.raises(InvalidInput):
        await availability.free_slots(partner, HOUR, MONDAY, MONDAY + 31 * DAY, LONG_BEFORE)
    with pytest.raises(InvalidInput):
        await availability.open_hours(partner, MONDAY, MONDAY + MAX_OPEN_DAYS * DAY)


@pytest.mark.parametrize("zone", list(Zone))
async def test_a_hotel_day_is_free_while_any_kennel_is(zone: Zone) -> None:
    partner, price = await opened(zone, [Period(day, time(8), time(20)) for day in range(7)], HOTEL)
    first, second = await kennels(partner, 2)
    stay = Interval(zone.at(MONDAY, CHECK_IN), zone.at(MONDAY + 2 * DAY, CHECK_OUT))
    await book(price, stay.starts_at, stay.ends_at, resource_id=first.id)
    days = [zone.day_of(each.starts_at) for each in await free_week(partner)]
    assert days == [MONDAY + number * DAY for number in range(7)]
    await book(price, stay.starts_at, stay.ends_at - DAY, resource_id=second.id)
    days = [zone.day_of(each.starts_at) for each in await free_week(partner)]
    assert days == [MONDAY + number * DAY for number in range(1, 7)]


async def test_a_stay_needs_one_kennel_for_all_its_nights() -> None:
    partner, price = await opened(week=[Period(day, time(8), time(20)) for day in range(7)], service=HOTEL)
    first, second = await kennels(partner, 2)
    zone = Zone.WIB
    for number, kennel in ((0, first), (1, second)):
        arrives_on = MONDAY + number * DAY
        await book(price, zone.at(arrives_on, CHECK_IN), zone.at(arrives_on + DAY, CHECK_OUT), resource_id=kennel.id)
    slots = await availability.free_slots(partner, Wish(HOTEL, 2 * 1440), MONDAY, MONDAY, LONG_BEFORE)
    assert slots == []
    assert len(await availability.free_slots(partner, NIGHT, MONDAY, MONDAY, LONG_BEFORE)) == 1


async def test_a_hotel_takes_no_arrival_on_a_day_it_is_closed_on_or_closed_after() -> None:
    week = [Period(day, time(8), time(20)) for day in (0, 1, 3)]
    partner, _ = await opened(week=week, service=HOTEL)
    await kennels(partner, 1)
    assert [Zone.WIB.day_of(each.starts_at) for each in await free_week(partner)] == [MONDAY]


async def test_the_longest_stay_may_begin_on_the_last_day_of_the_longest_range() -> None:
    partner, _ = await opened(week=[Period(day, time(0), time(0)) for day in range(7)], service=HOTEL)
    await kennels(partner, 1)
    slots = await availability.free_slots(partner, Wish(HOTEL, 30 * 1440), MONDAY, MONDAY + 30 * DAY, LONG_BEFORE)
    assert len(slots) == 31


async def test_an_archived_kennel_is_not_offered() -> None:
    partner, _ = await opened(week=[Period(day, time(8), time(20)) for day in range(7)], service=HOTEL)
    (kennel,) = await kennels(partner, 1)
    owner = Actor(id=partner.id, roles=frozenset({Role.PARTNER}))
    await capacity.remove_resource(owner, kennel.id)
    assert await free_week(partner) == []


async def test_many_partners_are_judged_with_as_many_statements_as_one() -> None:
    partners = [(await opened())[0] for _ in range(6)]
    nine = Zone.WIB.at(MONDAY, time(9))
    price = await Price.get(service__partner_id=partners[0].id)
    await book(price, nine, nine + timedelta(hours=8), buffer_min=30)
    wishes = {partner.id: HOUR for partner in partners}
    with statements() as alone:
        await availability.free_on(partners[:1], wishes, MONDAY, LONG_BEFORE)
    with statements() as together:
        free = await availability.free_on(partners, wishes, MONDAY, LONG_BEFORE)
    assert free == {partner.id for partner in partners[1:]}
    assert len(alone) == len(together) == 3


async def free_week(partner: Partner) -> list[Interval]:
    return await availability.free_slots(partner, NIGHT, MONDAY, MONDAY + 6 * DAY, LONG_BEFORE)
