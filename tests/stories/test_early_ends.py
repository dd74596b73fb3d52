"""How bookings end early, each by a moved clock: a hold and a request that ran out, and a cancellation in each tier."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from domain.booking import BookingState
from domain.cancellation import Policy
from domain.service import ServiceType
from models.booking import Booking
from models.notification import Notification
from models.payment import Payment
from tests import world
from tests.running import eventually, system
from tests.stories import documents as say
from tests.stories.test_main_job import all_holds

FREE_DAYS = {Policy.SAME_DAY: 0, Policy.ONE_DAY: 1, Policy.THREE_DAY: 3, Policy.SEVEN_DAY: 7}


async def test_holds_and_requests_run_out_by_the_clock(clean: str, redis_url: str, tmp_path: Path) -> None:
    with time_machine.travel(world.at(9, days=1)) as clock:
        async with system(clean, redis_url, tmp_path) as running:
            customer, provider = await world.customer(), await world.provider()
            held = await world.hold(customer, provider, world.at(10, days=4))
            asked = await world.request(customer, provider, world.at(14, days=4))
            sari = await running.client(customer.actor)
            async with sari.follow(say.BOOKING_EVENTS, id=str(held.id), after="e0") as stream:
                await stream.named("BookingHeld")
                clock.move_to(held.hold_expires_at)
                assert (await stream.named("BookingHoldExpired"))["state"] == "HOLD_EXPIRED"
            sari = await running.client(customer.actor)
            late = (await sari.ask(say.REQUEST, id=str(held.id), key="late"))["requestBooking"]
            assert late["code"] == "ILLEGAL_MOVE"
            assert await world.hold(await world.customer(), provider, held.starts_at)  # the slot is free again

            async with sari.follow(say.BOOKING_EVENTS, id=str(asked.id), after="e0") as stream:
                await stream.named("BookingRequested")
                assert asked.request_expires_at
                clock.move_to(asked.request_expires_at)
                assert (await stream.named("BookingRequestExpired"))["state"] == "REQUEST_EXPIRED"
            assert (await Payment.get(booking_id=asked.id)).refunded_idr == asked.price_idr
            mitra = await running.client(provider.actor)
            answer = (await mitra.ask(say.ACCEPT, id=str(asked.id)))["acceptBooking"]
            assert answer["code"] == "ILLEGAL_MOVE"
            await eventually(lambda: Notification.filter(template="request_expired", booking_id=asked.id).exists())
            await all_holds(running)


@pytest.mark.parametrize("policy", Policy)
async def test_a_customer_cancels_in_time_late_and_not_after_the_start(
    policy: Policy, clean: str, redis_url: str, tmp_path: Path
) -> None:
    with time_machine.travel(world.at(9, days=1)) as clock:
        async with system(clean, redis_url, tmp_path) as running:
            provider = await world.provider(policy=policy, price_idr=100_000)
            starts_at = world.at(15, days=9)
            until = starts_at if policy is Policy.SAME_DAY else world.at(12, days=9 - FREE_DAYS[policy])
            bookings = [
                (
                    customer := await world.customer(),
                    await world.accepted(customer, provider, starts_at + timedelta(hours=2 * n)),
                )
                for n in range(3)
            ]

            async def cancel(number: int) -> dict[str, object]:
                customer, booking = bookings[number]
                client = await running.client(customer.actor)
                return dict((await client.ask(say.CANCEL, id=str(booking.id)))["cancelBooking"])

            clock.move_to(until - timedelta(seconds=20))
            assert await cancel(0) == {"state": "CANCELLED_BY_CUSTOMER", "refundIdr": 100_000}
            # Told while it is news: the clock is about to jump over days.
            await eventually(lambda: Notification.filter(template="booking_cancelled", channel="IN_APP").exists())
            if policy is not Policy.SAME_DAY:
                clock.move_to(until + timedelta(seconds=1))
                assert await cancel(1) == {"state": "CANCELLED_BY_CUSTOMER", "refundIdr": 50_000}
            clock.move_to(bookings[2][1].starts_at)
            started = bookings[2][1]
            mitra = await running.client(provider.actor)
            await mitra.ask(say.START, id=str(started.id), items=["TOOLS_CLEAN", "SAFETY_PROTOCOL"])
            assert (await cancel(2))["code"] == "ILLEGAL_MOVE"
            await all_holds(running)


async def test_a_long_stay_cancelled_late_gives_half_of_the_first_week_and_all_of_the_rest(
    clean: str, redis_url: str, tmp_path: Path
) -> None:
    with time_machine.travel(world.at(9, days=1)) as clock:
        async with system(clean, redis_url, tmp_path) as running:
            hotel = await world.provider(ServiceType.DOG_HOTEL, policy=Policy.SEVEN_DAY, price_idr=100_000)
            customer = await world.customer()
            stay = await world.accepted(customer, hotel, arrives_on=world.in_days(10), leaves_on=world.in_days(20))
            clock.move_to(stay.starts_at - timedelta(days=2))
            client = await running.client(customer.actor)
            ended = (await client.ask(say.CANCEL, id=str(stay.id)))["cancelBooking"]
            assert ended == {"state": "CANCELLED_BY_CUSTOMER", "refundIdr": 7 * 50_000 + 3 * 100_000}
            assert (await Booking.get(id=stay.id)).state is BookingState.CANCELLED_BY_CUSTOMER
            await all_holds(running)
