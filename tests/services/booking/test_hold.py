"""Holding a slot."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from domain.booking import BookingState, OutOfArea, OutsideHours, PartnerNotBookable, SlotTaken, TooLate, TooManyHolds
from domain.refusals import IdempotencyKeyReused, NotFound
from domain.service import ServiceType
from models.booking import Booking
from models.event import Event
from models.task import Task
from services import booking as bookings
from tests import world


async def test_a_hold_fixes_price_commission_and_net() -> None:
    customer, provider = await world.customer(), await world.provider(price_idr=150_000)
    booking = await world.hold(customer, provider)
    assert (booking.state, booking.price_idr, booking.commission_idr, booking.net_idr) == (
        BookingState.HELD, 150_000, 30_000, 120_000,
    )  # fmt: skip
    event = await Event.get(name="BookingHeld")
    assert event.payload["price_idr"] == 150_000
    assert event.audience[0] == f"account:{customer.id}" and f"account:{provider.id}" not in event.audience
    task = await Task.get(name="expire_hold")
    assert task.due_at == booking.hold_expires_at


async def test_the_same_slot_is_refused_and_the_next_one_is_free_after_the_buffer() -> None:
    provider = await world.provider(minutes=60)
    await world.hold(await world.customer(), provider, world.at(10))
    other = await world.customer()
    with pytest.raises(SlotTaken):
        await world.hold(other, provider, world.at(10, minute=30))
    with pytest.raises(SlotTaken):  # 30 minutes of buffer
        await world.hold(other, provider, world.at(11))
    assert await world.hold(other, provider, world.at(11, minute=30))


async def test_a_hold_that_ran_out_gives_way_before_the_clock_comes_round() -> None:
    provider = await world.provider()
    first = await world.hold(await world.customer(), provider)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        second = await world.hold(await world.customer(), provider, first.starts_at)
    assert (await Booking.get(id=first.id)).state is BookingState.HOLD_EXPIRED
    assert second.state is BookingState.HELD


async def test_only_the_hours_of_the_plan_and_the_area_are_open() -> None:
    customer, provider = await world.customer(), await world.provider(areas=("31.71",))
    with pytest.raises(OutsideHours):
        await world.hold(customer, provider, world.at(23))
    with pytest.raises(TooLate):
        await world.hold(customer, provider, datetime.now(UTC) + timedelta(minutes=30))
    far = await world.customer(region_code="35.78.01.1001", postcode="60000")
    with pytest.raises(OutOfArea):
        await world.hold(far, provider)


@pytest.mark.proves("P-01")
async def test_a_partner_without_an_approved_service_cannot_be_booked() -> None:
    customer, provider = await world.customer(), await world.provider(approved=False)
    with pytest.raises(PartnerNotBookable) as refusal:
        await world.hold(customer, provider)
    assert refusal.value.code == "PARTNER_NOT_BOOKABLE"
    assert not await Booking.exists()


async def test_another_customers_pet_is_not_found() -> None:
    provider, sari, budi = await world.provider(), await world.customer(), await world.customer()
    with pytest.raises(NotFound):
        wish = bookings.NewBooking(provider.option.id, budi.pet.id, sari.address.id, starts_at=world.at(10))
        await bookings.hold(sari.actor.once("k"), wish)


async def test_a_hotel_takes_as_many_stays_as_it_has_kennels() -> None:
    hotel = await world.provider(ServiceType.DOG_HOTEL, kennels=2)
    stays = [await world.hold(await world.customer(), hotel) for _ in range(2)]
    assert stays[0].resource_id != stays[1].resource_id
    with pytest.raises(SlotTaken):
        await world.hold(await world.customer(), hotel)


async def test_a_customer_holds_at_most_five_times_at_once() -> None:
    customer = await world.customer()
    providers = [await world.provider() for _ in range(6)]
    results = await asyncio.gather(*(world.hold(customer, each) for each in providers), return_exceptions=True)
    assert sum(isinstance(each, TooManyHolds) for each in results) == 1


async def test_the_same_key_32_times_at_once_makes_one_booking() -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await asyncio.gather(*(world.hold(customer, provider, key="one") for _ in range(32)))
    assert len({booking.id for booking in held}) == 1
    assert await Booking.all().count() == 1


async def test_the_same_key_with_other_input_is_refused() -> None:
    customer, provider = await world.customer(), await world.provider()
    await world.hold(customer, provider, key="one")
    with pytest.raises(IdempotencyKeyReused):
        await world.hold(customer, provider, world.at(15), key="one")


async def test_a_refusal_is_not_remembered() -> None:
    customer, provider = await world.customer(), await world.provider()
    with pytest.raises(OutsideHours):
        await world.hold(customer, provider, world.at(23), key="one")
    assert await world.hold(customer, provider, world.at(10), key="one")


async def test_2000_concurrent_holds_of_overlapping_slots_never_overlap() -> None:
    provider = await world.provider(minutes=60)
    customers = [await world.customer() for _ in range(100)]
    starts = [world.at(8 + n % 8, minute=30 * (n % 2)) for n in range(2000)]

    async def grab(n: int) -> Booking:
        return await world.hold(customers[n % 100], provider, starts[n])

    results = await asyncio.gather(*(grab(n) for n in range(2000)), return_exceptions=True)
    losers = [each for each in results if isinstance(each, BaseException)]
    assert {type(each) for each in losers} <= {SlotTaken, TooManyHolds}, {repr(each) for each in losers}
    taken = sorted([(each.blocked_from, each.blocked_until) for each in results if isinstance(each, Booking)])
    assert len(taken) >= 5
    assert all(before[1] <= after[0] for before, after in pairwise(taken))
    assert sum(isinstance(each, SlotTaken) for each in losers) > 1900
