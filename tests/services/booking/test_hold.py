"""Holding a slot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine

from domain.booking import (
    BOOKING,
    BookingState,
    OutOfArea,
    OutsideHours,
    PartnerNotBookable,
    SlotTaken,
    TooLate,
    TooManyHolds,
)
from domain.permissions import CUSTOMER, SYSTEM, Actor
from domain.refusals import IdempotencyKeyReused, NotFound
from domain.service import ServiceType
from models.backend import transaction
from models.booking import Booking
from models.event import Event
from models.partner import Resource
from models.record import records
from models.task import IdempotencyKey, Task
from services import booking as bookings
from services.work import Work
from tests import world
from tests.queries import statements


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


async def test_a_hold_is_six_statements_in_one_transaction() -> None:
    customer, provider = await world.customer(), await world.provider()
    with statements() as sent:
        await world.hold(customer, provider)
    assert len(sent) == 6, sent


async def test_without_an_account_there_is_no_turn_to_take() -> None:
    provider, customer = await world.provider(), await world.customer()
    nobody = Actor(id=uuid4(), roles=CUSTOMER)
    wish = bookings.NewBooking(provider.option.id, customer.pet.id, customer.address.id, starts_at=world.at(10))
    for actor in (nobody, nobody.once("k")):
        with pytest.raises(NotFound):
            await bookings.hold(actor, wish)
    assert not await IdempotencyKey.exists()


async def test_without_a_key_a_customer_takes_turns_too() -> None:
    customer = await world.customer()
    providers = [await world.provider() for _ in range(7)]
    wishes = [
        bookings.NewBooking(each.option.id, customer.pet.id, customer.address.id, starts_at=world.at(10))
        for each in providers
    ]
    results = await asyncio.gather(*(bookings.hold(customer.actor, each) for each in wishes), return_exceptions=True)
    assert sum(isinstance(each, TooManyHolds) for each in results) == 2


@asynccontextmanager
async def kept_by_another(sql: str, id: UUID) -> AsyncIterator[None]:
    """A transaction of somebody else's that has executed the statement, and commits at the end."""
    begun, end = asyncio.Event(), asyncio.Event()

    async def other() -> None:
        async with transaction():
            await records(sql, [id])
            begun.set()
            await end.wait()

    task = asyncio.create_task(other())
    await begun.wait()
    try:
        yield
    finally:
        end.set()
        await task


async def test_a_partner_that_is_suspended_meanwhile_is_not_bookable() -> None:
    customer, provider = await world.customer(), await world.provider()
    async with kept_by_another("UPDATE partner SET state = 'SUSPENDED' WHERE id = $1", provider.id):
        held = asyncio.create_task(world.hold(customer, provider))
        await asyncio.sleep(0.2)
        assert not held.done()  # it waits for the partner
    with pytest.raises(PartnerNotBookable):
        await held
    assert not await Booking.exists() and not await Task.filter(name="expire_hold").exists()


async def test_a_loser_does_not_queue_up_for_the_lock() -> None:
    first, second, provider = await world.customer(), await world.customer(), await world.provider()
    await world.hold(first, provider)
    async with kept_by_another("SELECT id FROM partner WHERE id = $1 FOR NO KEY UPDATE", provider.id):
        async with asyncio.timeout(2):
            with pytest.raises(SlotTaken):
                await world.hold(second, provider)


async def test_a_kennel_that_is_removed_meanwhile_is_not_given() -> None:
    customer, hotel = await world.customer(), await world.provider(ServiceType.DOG_HOTEL, kennels=2)
    kennels = await Resource.filter(partner_id=hotel.id, is_kennel=True).order_by("id")
    async with kept_by_another("UPDATE resource SET archived_at = now() WHERE id = $1", kennels[0].id):
        held = asyncio.create_task(world.hold(customer, hotel))
        await asyncio.sleep(0.2)
        assert not held.done()
    assert (await held).resource_id == kennels[1].id


async def test_what_the_constraint_refuses_leaves_neither_event_nor_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The booking, its event, its timer and the answer to the key are one statement."""
    first, second, provider = await world.customer(), await world.customer(), await world.provider()
    await world.hold(first, provider)

    async def free(work: object, offer: Any, blocked: object) -> UUID:  # as if nobody had looked
        return (await Resource.get(partner_id=offer.partner_id, is_kennel=False)).id

    monkeypatch.setattr(import_module("services.booking.hold"), "_free_resource", free)
    with pytest.raises(SlotTaken):
        await world.hold(second, provider, key="two")
    assert await Booking.all().count() == await Event.filter(name="BookingHeld").count() == 1
    assert await Task.filter(name="expire_hold").count() == 1
    assert not await IdempotencyKey.filter(key="two").exists()


async def test_one_row_only_is_born_at_the_end() -> None:
    work, customer = Work(SYSTEM), await world.customer()
    booking = await world.hold(customer, await world.provider())
    work.born_at_the_end(booking, BOOKING.born)
    with pytest.raises(ValueError, match="one row"):
        work.born_at_the_end(booking, BOOKING.born)


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
