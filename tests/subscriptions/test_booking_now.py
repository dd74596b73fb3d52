"""How a stream about a booking begins: with the booking as it is, when the reader comes without a cursor."""

from collections.abc import AsyncIterator

import pytest

from services import booking as bookings
from subscriptions.hub import Hub
from tests import world
from tests.job import Job
from tests.live import opened, running_hub

BOOKING = """
subscription ($booking: UUID!, $after: Cursor) {
  bookingEvents(bookingId: $booking, after: $after) {
    __typename
    ... on BookingNow { cursor booking { id state version nextMoves netIdr partner { name } } }
    ... on BookingEvent { cursor name version }
    ... on CaughtUp { cursor }
  }
}"""


@pytest.fixture
async def hub(clean: str, redis_url: str) -> AsyncIterator[Hub]:
    async with running_hub(clean, redis_url) as running:
        yield running


@pytest.fixture
async def job() -> Job:
    customer, provider = await world.customer(), await world.provider()
    return Job(customer, provider, await world.request(customer, provider))


async def test_without_a_cursor_the_booking_comes_first_then_what_happens(hub: Hub, job: Job) -> None:
    async with opened(hub, job.customer.actor, BOOKING, job) as stream:
        now, caught_up = await stream.next(), await stream.next()
        assert now["booking"] == {
            "id": str(job.id), "state": "REQUESTED", "version": 2, "nextMoves": ["cancelBooking"], "netIdr": None,
            "partner": {"name": "Mitra Contoh"},
        }  # fmt: skip
        assert caught_up == {"__typename": "CaughtUp", "cursor": now["cursor"]}
        await bookings.accept(job.provider.actor, job.id)
        (item,) = await stream.until(1, "BookingEvent")
        while item["version"] <= now["booking"]["version"]:  # the relay may have been behind when the stream began
            (item,) = await stream.until(1, "BookingEvent")
        assert item["name"] == "BookingAccepted"


async def test_each_side_begins_with_its_own_view(hub: Hub, job: Job) -> None:
    async with opened(hub, job.provider.actor, BOOKING, job) as stream:
        now = (await stream.next())["booking"]
    assert (now["nextMoves"], now["netIdr"]) == (["acceptBooking", "declineBooking"], 120_000)


async def test_behind_a_cursor_no_state_is_repeated(hub: Hub, job: Job) -> None:
    async with opened(hub, job.customer.actor, BOOKING, job) as stream:
        cursor = (await stream.next())["cursor"]
    await bookings.accept(job.provider.actor, job.id)
    async with opened(hub, job.customer.actor, BOOKING, job, cursor) as stream:
        heard = [(await stream.next())["__typename"]]
        while "CaughtUp" not in heard or "BookingEvent" not in heard:
            heard.append((await stream.next())["__typename"])
    assert set(heard) == {"BookingEvent", "CaughtUp"}
