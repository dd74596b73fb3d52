"""Cancelling, in each tier and by each side."""

from datetime import timedelta

import pytest
import time_machine

from domain.booking import BookingState
from domain.cancellation import Policy
from domain.payment import PaymentState
from domain.permissions import Role
from domain.refusals import IllegalMove, InvalidInput, NotFound
from models.partner import Partner
from models.payment import Payment
from services import booking as bookings
from tests import world

DAYS = {Policy.SAME_DAY: 0, Policy.ONE_DAY: 1, Policy.THREE_DAY: 3, Policy.SEVEN_DAY: 7}


@pytest.mark.parametrize("policy", Policy)
async def test_a_customer_gets_everything_back_in_time_and_half_later(policy: Policy) -> None:
    provider = await world.provider(policy=policy, price_idr=100_000)
    starts_at = world.at(15, days=9)
    early, late = [
        await world.accepted(await world.customer(), provider, starts_at - timedelta(hours=n)) for n in (0, 3)
    ]
    until = starts_at if policy is Policy.SAME_DAY else world.at(12, days=9 - DAYS[policy])
    with time_machine.travel(until - timedelta(seconds=30)):
        await bookings.cancel(world_actor(early), early.id)
    assert (await Payment.get(booking_id=early.id)).refunded_idr == 100_000
    if policy is Policy.SAME_DAY:
        return  # nothing is later than the start; cancelling is over then
    with time_machine.travel(until + timedelta(seconds=1)):
        ended = await bookings.cancel(world_actor(late), late.id)
    payment = await Payment.get(booking_id=late.id)
    assert (ended.refund_idr, payment.refunded_idr, payment.state) == (50_000, 50_000, PaymentState.PARTLY_REFUNDED)


def world_actor(booking: object) -> world.Actor:
    return world.Actor(id=booking.customer_id, roles=frozenset({Role.CUSTOMER}))  # type: ignore[attr-defined]


async def test_a_partner_that_cancels_gives_everything_back_and_it_counts() -> None:
    provider = await world.provider()
    booking = await world.accepted(await world.customer(), provider)
    with pytest.raises(InvalidInput):
        await bookings.cancel(provider.actor, booking.id)
    ended = await bookings.cancel(provider.actor, booking.id, "Sakit")
    assert (ended.state, ended.refund_idr) == (BookingState.CANCELLED_BY_PARTNER, booking.price_idr)
    after = await Partner.get(id=provider.id)
    assert after.cancelled_count == 1 and after.rank < provider.partner.rank


async def test_support_cancels_with_a_reason_and_other_staff_or_customers_do_not() -> None:
    booking = await world.accepted(await world.customer(), await world.provider())
    with pytest.raises(NotFound):
        await bookings.cancel((await world.customer()).actor, booking.id)
    agent = await world.staff(Role.AGENT)
    ended = await bookings.cancel(agent, booking.id, "Permintaan pelanggan")
    assert ended.state is BookingState.CANCELLED_BY_STAFF


async def test_a_released_hold_costs_nothing_and_frees_the_slot() -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await world.hold(customer, provider)
    ended = await bookings.cancel(customer.actor, held.id)
    assert ended.refund_idr is None
    assert await world.hold(await world.customer(), provider, held.starts_at)
    with pytest.raises(IllegalMove):
        await bookings.cancel(customer.actor, held.id)
