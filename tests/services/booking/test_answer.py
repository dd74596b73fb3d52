"""From hold to agreement."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from domain.booking import BookingState, PartnerNotBookable, TooLate
from domain.payment import PaymentMethod, PaymentState
from domain.permissions import NOBODY, SYSTEM, Role
from domain.refusals import IllegalMove, NotAllowed, NotFound, NotSignedIn
from models.booking import Booking
from models.event import Event
from models.partner import Price
from models.payment import Payment
from models.task import Task
from services import account as accounts
from services import booking as bookings
from services.partner import price
from services.partner.price import NewPrice
from tests import world


async def test_a_request_is_paid_at_once_and_the_partner_hears_of_it() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.request(customer, provider)
    payment = await Payment.get(booking_id=booking.id)
    assert (payment.state, payment.amount_idr) == (PaymentState.AUTHORISED, booking.price_idr)
    event = await Event.get(name="BookingRequested")
    assert f"partner:{provider.id}" in event.topics and f"account:{provider.id}" in event.audience


async def test_a_partner_answers_within_24_hours_and_an_hour_before_the_start() -> None:
    customer, provider = await world.customer(), await world.provider()
    far = await world.request(customer, provider, world.at(10, days=5))
    assert far.request_expires_at and far.requested_at
    assert far.request_expires_at - far.requested_at == timedelta(hours=24)
    with time_machine.travel(world.at(6, days=4)):
        near = await world.request(customer, await world.provider(), world.at(9, days=0))
    assert near.request_expires_at == near.starts_at - timedelta(hours=1)


@pytest.mark.proves("Q-09")
async def test_a_partner_accepts_or_declines_its_own_requests() -> None:
    customer, provider, other = await world.customer(), await world.provider(), await world.provider()
    first = await world.request(customer, provider)
    second = await world.request(customer, provider, world.at(14))
    with pytest.raises(NotFound):
        await bookings.accept(other.actor, first.id)
    with pytest.raises(NotAllowed):
        await bookings.accept(customer.actor, first.id)
    with pytest.raises(NotSignedIn):
        await bookings.accept(NOBODY, first.id)
    both = replace(customer.actor, roles=customer.actor.roles | {Role.PARTNER})  # a customer who is also a partner
    with pytest.raises(NotFound):
        await bookings.accept(both, first.id)
    assert (await bookings.accept(provider.actor, first.id)).state is BookingState.ACCEPTED
    declined = await bookings.decline(provider.actor, second.id, "Sudah penuh")
    assert (declined.state, declined.refund_idr) == (BookingState.DECLINED, declined.price_idr)
    assert (await Payment.get(booking_id=second.id)).state is PaymentState.REFUNDED


async def test_8_simultaneous_accepts_are_one_success() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.request(customer, provider)
    results = await asyncio.gather(
        *(bookings.accept(provider.actor, booking.id) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, IllegalMove) for each in results) == 7, results
    assert await Event.filter(name="BookingAccepted").count() == 1


async def test_a_partner_does_not_see_a_hold() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.hold(customer, provider)
    assert not await Booking.visible_to(provider.actor).filter(id=booking.id).exists()
    with pytest.raises(NotFound):
        await bookings.cancel(provider.actor, booking.id, "x")


async def test_a_request_after_the_hold_or_an_answer_after_the_deadline_is_too_late() -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await world.hold(customer, provider)
    asked = await world.request(customer, provider, world.at(15))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        with pytest.raises(TooLate):
            await bookings.request(customer.actor.once("r"), held.id, PaymentMethod.GATEWAY)
        with pytest.raises(TooLate):
            await bookings.accept(provider.actor, asked.id)


async def test_holds_and_requests_expire_by_the_clock_once_and_not_early() -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await world.hold(customer, provider)
    asked = await world.request(customer, provider, world.at(15))
    await bookings.expire_hold(SYSTEM, held.id)
    await bookings.expire_request(SYSTEM, asked.id)
    assert (await Booking.get(id=held.id)).state is BookingState.HELD
    assert (await Booking.get(id=asked.id)).state is BookingState.REQUESTED
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        for _ in range(2):
            await bookings.expire_hold(SYSTEM, held.id)
            await bookings.expire_request(SYSTEM, asked.id)
    assert (await Booking.get(id=held.id)).state is BookingState.HOLD_EXPIRED
    assert (await Booking.get(id=asked.id)).state is BookingState.REQUEST_EXPIRED
    assert (await Payment.get(booking_id=asked.id)).refunded_idr == asked.price_idr
    assert await Event.filter(name="BookingRequestExpired").count() == 1


async def test_accepting_puts_reminders_and_the_look_for_lateness_off() -> None:
    booking = await world.accepted(await world.customer(), await world.provider())
    due = {task.name: task.due_at for task in await Task.filter(name__in=["notice_lateness"])}
    assert due["notice_lateness"] == booking.starts_at + timedelta(minutes=15)
    reminders = await Task.filter(name="remind_of_booking").order_by("due_at")
    assert [booking.starts_at - task.due_at for task in reminders] == [timedelta(hours=24), timedelta(hours=1)]


async def test_a_later_price_does_not_change_what_was_agreed() -> None:
    customer, provider = await world.customer(), await world.provider(price_idr=150_000)
    booking = await world.accepted(customer, provider)
    new = NewPrice("Paket", provider.option.unit, 300_000, 60, replaces=provider.option.id)
    await price.set_price(provider.actor, provider.service.id, new)
    again = await Booking.get(id=booking.id)
    assert (again.price_idr, again.commission_idr, again.net_idr) == (150_000, 30_000, 120_000)
    assert await Price.filter(archived_at=None).count() == 1


async def test_whoever_was_suspended_meanwhile_cannot_be_paid_for() -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await world.hold(customer, provider)
    await accounts.suspend(await world.staff(Role.MANAGEMENT), provider.id)
    with pytest.raises(PartnerNotBookable):
        await bookings.request(customer.actor.once("r"), held.id, PaymentMethod.GATEWAY)
    with pytest.raises(PartnerNotBookable):
        await world.hold(customer, provider, world.at(15))
    assert not await Payment.exists()
