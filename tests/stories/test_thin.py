"""The thinnest journey: hold, request, accept, seen live by customer and partner."""

from pathlib import Path

from tests import world
from tests.running import numbered, system

EVENTS = """
subscription Follow($id: UUID!, $after: Cursor) {
  bookingEvents(bookingId: $id, after: $after) {
    __typename
    ... on BookingEvent { cursor name state version booking { id state version } }
    ... on CaughtUp { cursor }
    ... on Lagged { after until }
    ... on StreamEnded { reason }
  }
}
"""
ACCEPT = """
mutation Accept($id: UUID!) {
  acceptBooking(bookingId: $id) { ... on Booking { state netIdr } ... on Refusal { code } }
}
"""


async def test_an_acceptance_is_seen_live(clean: str, redis_url: str, tmp_path: Path) -> None:
    async with system(clean, redis_url, tmp_path) as running:
        customer, provider = await world.customer(), await world.provider()
        booking = await world.request(customer, provider)
        await numbered()
        sari, mitra = await running.client(customer.actor), await running.client(provider.actor)
        async with sari.follow(EVENTS, id=str(booking.id), after="e0") as stream:
            await stream.named("BookingRequested")
            await stream.caught_up()
            answer = await mitra.ask(ACCEPT, id=str(booking.id))
            assert answer["acceptBooking"] == {"state": "ACCEPTED", "netIdr": 120_000}
            item = await stream.named("BookingAccepted")
            assert item["state"] == item["booking"]["state"] == "ACCEPTED"
            assert item["booking"]["version"] >= item["version"]
