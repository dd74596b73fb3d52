"""Lists of bookings cost the same number of statements for two rows and for twenty, and page without loss."""

from typing import Any

import pytest

from domain.booking import BookingState
from domain.permissions import Actor, Role
from domain.service import CareKind, ChecklistItem, ServiceType
from models.booking import Booking, CareLog, ChecklistTick
from models.pet import Address, Pet
from services import message as messages
from tests import world
from tests.ask import ask
from tests.queries import statements

EVERYTHING = """
  edges { cursor node {
    id code state nextMoves
    partner { id name services { type prices { title priceIdr } } }
    customer { id name } pet { name species } address { street } payment { state amountIdr }
    checklist { item label isTicked } careLog { onDay kind label }
    photoUpdates(first: 3) { edges { node { id media { id } } } }
    messages(first: 3) { edges { node { body side isMine } } }
  } }
  pageInfo { hasNextPage endCursor }
"""
LISTS = {name: f"query ($first: Int!, $after: String) {{ {name}(first: $first, after: $after) {{ {EVERYTHING} }} }}"
         for name in ("myBookings", "myJobs", "bookings")}  # fmt: skip
COUNT = 20


@pytest.fixture
async def readers() -> dict[str, Actor]:
    """A customer, its partner and an agent who all see the same twenty bookings, each with all that belongs to it."""
    sari, mitra = await world.customer(), await world.provider(ServiceType.DOG_HOTEL, kennels=COUNT)
    for number in range(COUNT):
        booking = await world.request(sari, mitra, key=f"hold {number}")
        pet = await Pet.create(owner_id=sari.id, name=f"Bolu {number}", species="DOG", size="SMALL")
        place = await Address.get(id=sari.address.id)
        own = await Address.create(
            owner_id=sari.id, label="Rumah", recipient="Sari", phone=place.phone, street=f"Jalan {number}",
            region_code=place.region_code, postcode=place.postcode,
        )  # fmt: skip
        await Booking.filter(id=booking.id).update(state=BookingState.ACCEPTED, pet_id=pet.id, address_id=own.id)
        await CareLog.create(booking_id=booking.id, on_day=world.in_days(3), kind=CareKind.FOOD)
        item = next(iter(ChecklistItem))
        await ChecklistTick.create(booking_id=booking.id, item=item, at_end=False)
        await messages.send(sari.actor.once(f"say {number}"), booking.id, f"Halo {number}")
    return {"myBookings": sari.actor, "myJobs": mitra.actor, "bookings": await world.staff(Role.AGENT)}


async def read(name: str, actor: Actor, first: int, after: str | None = None) -> Any:
    answer = await ask(LISTS[name], actor, first=first, after=after)
    return answer[name]


async def test_a_list_of_bookings_costs_the_same_for_two_rows_and_for_twenty(readers: dict[str, Actor]) -> None:
    for name, actor in readers.items():
        with statements() as few:
            assert len((await read(name, actor, 2))["edges"]) == 2
        with statements() as many:
            found = await read(name, actor, COUNT)
        assert len(found["edges"]) == COUNT
        assert len(few) == len(many), name
        node = found["edges"][0]["node"]
        assert node["payment"] and node["careLog"] and node["messages"]["edges"] and node["partner"]["services"]


async def test_pages_are_whole_and_repeat_nothing_when_all_start_at_once(readers: dict[str, Actor]) -> None:
    for name, actor in readers.items():
        seen: list[str] = []
        after, has_next = None, True
        while has_next:
            page = await read(name, actor, 3, after)
            seen += [edge["node"]["id"] for edge in page["edges"]]
            after, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(await Booking.all().distinct().values_list("starts_at")) == 1
        expected = [str(row.id) for row in await Booking.all().order_by("-starts_at", "-id")]
        assert seen == expected, name
