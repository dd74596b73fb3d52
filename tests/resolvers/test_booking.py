"""What each reader is shown of bookings, and that asking again changes nothing twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from domain.booking import BookingState, IncidentKind
from domain.permissions import NOBODY, Actor, Role
from domain.service import CARE, MAX_CARE_DAYS, CareKind, ServiceType
from models.booking import Booking, CareLog, Incident
from models.event import Event
from models.partner import Partner
from models.payment import Payment
from services import booking as bookings
from tests import world
from tests.ask import ask, refused
from tests.queries import statements

REFUSAL = "... on Refusal { code field }"
MOVES = "query ($id: UUID!) { booking(id: $id) { nextMoves } }"
CARE_LOG = "query ($id: UUID!) { booking(id: $id) { careLog { onDay kind } } }"
PLACE = "query ($id: UUID!) { booking(id: $id) { hotelPlace area { code name } address { street } } }"
EDIT_PLACE = f"""mutation ($id: UUID!, $place: String!) {{
  editPartner(partnerId: $id, input: {{ place: $place }}) {{ ... on Partner {{ place }} {REFUSAL} }} }}"""
PARTNER_PLACE = "query ($id: UUID!) { partner(id: $id) { place } }"
JOBS = """query ($first: Int! = 20, $after: String, $soonest: Boolean! = false) {
  myJobs(first: $first, after: $after, soonestFirst: $soonest) {
    edges { node { id startsAt nextMoves hotelPlace area { name } } } pageInfo { hasNextPage endCursor }
  }
}"""
BOOKINGS = "query ($code: String) { bookings(filter: { code: $code }) { edges { node { id } } } }"
INCIDENTS = """query ($kind: IncidentKind, $booking: UUID, $first: Int! = 20, $after: String) {
  incidents(kind: $kind, bookingId: $booking, first: $first, after: $after) {
    edges { node { id kind note booking { code partner { name } } } } pageInfo { hasNextPage endCursor }
  }
}"""
CANCEL = f"""mutation ($id: UUID!, $key: String, $reason: String! = "Sakit") {{
  cancelBooking(bookingId: $id, reason: $reason, idempotencyKey: $key) {{
    ... on Booking {{ id state version refundIdr payment {{ refundedIdr }} }} {REFUSAL} }} }}"""
MOVE = f"""mutation ($id: UUID!, $key: String) {{
  %s(bookingId: $id, idempotencyKey: $key %s) {{ ... on Booking {{ id state version }} {REFUSAL} }} }}"""


async def moves(booking: Booking, actor: Actor) -> list[str]:
    found: list[str] = (await ask(MOVES, actor, id=str(booking.id)))["booking"]["nextMoves"]
    return found


async def test_each_reader_is_offered_mutations_of_its_own() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.request(customer, provider)
    assert await moves(booking, customer.actor) == ["cancelBooking"]
    assert await moves(booking, provider.actor) == ["acceptBooking", "declineBooking"]
    assert await moves(booking, await world.staff(Role.AGENT)) == ["cancelBooking"]
    assert await moves(booking, await world.staff(Role.FINANCE)) == []


async def test_the_care_log_of_the_longest_stay_is_shown_whole() -> None:
    customer, provider = await world.customer(), await world.provider(ServiceType.DOG_HOTEL)
    booking = await world.accepted(customer, provider)
    first = booking.starts_at.date()
    await CareLog.bulk_create(
        CareLog(booking_id=booking.id, on_day=first + timedelta(days=day), kind=kind)
        for day in range(MAX_CARE_DAYS)
        for kind in CareKind
    )
    log = (await ask(CARE_LOG, customer.actor, id=str(booking.id)))["booking"]["careLog"]
    assert len(log) == MAX_CARE_DAYS * len(CareKind)
    assert log[-1]["onDay"] == str(first + timedelta(days=MAX_CARE_DAYS - 1))


async def test_a_hotels_place_is_told_to_those_who_agreed_and_to_nobody_before() -> None:
    customer, provider = await world.customer(), await world.provider(ServiceType.DOG_HOTEL)
    edited = await ask(EDIT_PLACE, provider.actor, id=str(provider.id), place="Jalan Hotel 7, Menteng")
    assert edited["editPartner"] == {"place": "Jalan Hotel 7, Menteng"}
    booking = await world.request(customer, provider)
    readers = (customer.actor, provider.actor, await world.staff(Role.AGENT))
    for state, place in ((BookingState.REQUESTED, None), (BookingState.ACCEPTED, "Jalan Hotel 7, Menteng")):
        await Booking.filter(id=booking.id).update(state=state)
        for reader in readers:
            seen = (await ask(PLACE, reader, id=str(booking.id)))["booking"]
            assert (seen["hotelPlace"], seen["area"]) == (place, None)
    for reader in (NOBODY, customer.actor):
        assert (await ask(PARTNER_PLACE, reader, id=str(provider.id)))["partner"] == {"place": None}


async def test_a_place_is_a_bounded_text_and_only_a_hotel_stay_shows_it() -> None:
    customer, provider = await world.customer(), await world.provider()
    long = await ask(EDIT_PLACE, provider.actor, id=str(provider.id), place="x" * 301)
    assert long["editPartner"] == {"code": "INVALID_INPUT", "field": "place"}
    await Partner.filter(id=provider.id).update(place="Jalan Salon 1")
    booking = await world.accepted(customer, provider)
    assert (await ask(PLACE, customer.actor, id=str(booking.id)))["booking"]["hotelPlace"] is None


async def test_a_partner_deciding_on_a_request_sees_the_district_and_not_the_street() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.request(customer, provider)
    seen = (await ask(PLACE, provider.actor, id=str(booking.id)))["booking"]
    assert seen == {"hotelPlace": None, "area": {"code": "31.71.01", "name": "Gambir"}, "address": None}


async def test_a_list_of_jobs_costs_the_same_however_long_and_comes_in_either_order() -> None:
    provider = await world.provider()
    starts = [world.at(hour) for hour in (8, 11, 14)]
    for start in starts:
        await world.request(await world.customer(), provider, start)
    counts, seen, after = [], [], None
    for _ in range(3):
        with statements() as sent:
            jobs = (await ask(JOBS, provider.actor, first=1, after=after, soonest=True))["myJobs"]
        counts.append(len(sent))
        seen += [edge["node"]["startsAt"] for edge in jobs["edges"]]
        after = jobs["pageInfo"]["endCursor"]
    assert not jobs["pageInfo"]["hasNextPage"]
    assert seen == sorted(seen) and len(set(seen)) == 3
    with statements() as sent:
        jobs = (await ask(JOBS, provider.actor))["myJobs"]
    assert [edge["node"]["startsAt"] for edge in jobs["edges"]] == seen[::-1]
    assert {len(sent), *counts} == {counts[0]}
    assert [edge["node"]["area"] for edge in jobs["edges"]] == [{"name": "Gambir"}] * 3


async def test_support_finds_a_booking_by_its_code_in_any_case() -> None:
    customer, provider, agent = await world.customer(), await world.provider(), await world.staff(Role.AGENT)
    booking = await world.request(customer, provider)
    await world.request(customer, provider, world.at(14))
    for code in (booking.code, f" {booking.code.lower()} "):
        found = (await ask(BOOKINGS, agent, code=code))["bookings"]
        assert [edge["node"]["id"] for edge in found["edges"]] == [str(booking.id)]
    assert (await ask(BOOKINGS, agent, code=booking.code[:-1]))["bookings"]["edges"] == []
    for code in ("", "\x00", "x" * 13):
        assert await refused(BOOKINGS, agent, code=code) == ("INVALID_INPUT", "code")


async def test_support_reads_incidents_newest_first_and_by_kind_and_booking() -> None:
    customer, provider, agent = await world.customer(), await world.provider(), await world.staff(Role.AGENT)
    one, other = [await world.request(customer, provider, world.at(hour)) for hour in (8, 14)]
    kinds = (IncidentKind.LATENESS, IncidentKind.VIOLATION, IncidentKind.LATENESS)
    made = [
        await Incident.create(booking_id=booking.id, kind=kind, cause=str(number))
        for number, (booking, kind) in enumerate(zip((one, one, other), kinds, strict=True))
    ]
    ids = [str(row.id) for row in made]
    for given, expected in (
        ({}, ids[::-1]),
        ({"kind": "LATENESS"}, [ids[2], ids[0]]),
        ({"booking": str(one.id)}, [ids[1], ids[0]]),
    ):
        assert await _incidents(agent, **given) == expected
    assert [len(await _incidents(agent, first=count)) for count in (1, 3)] == [1, 3]
    with statements() as few:
        await ask(INCIDENTS, agent, first=1)
    with statements() as many:
        await ask(INCIDENTS, agent, first=3)
    assert len(few) == len(many)
    for reader, code in ((NOBODY, "NOT_SIGNED_IN"), (customer.actor, "NOT_ALLOWED"), (provider.actor, "NOT_ALLOWED")):
        assert await refused(INCIDENTS, reader) == (code, None)


async def _incidents(agent: Actor, **given: Any) -> list[str]:
    found = (await ask(INCIDENTS, agent, **given))["incidents"]
    return [edge["node"]["id"] for edge in found["edges"]]


async def test_a_cancel_asked_twice_with_one_key_gives_one_answer_and_one_refund() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    first = await ask(CANCEL, customer.actor, id=str(booking.id), key="k1")
    assert first["cancelBooking"]["state"] == "CANCELLED_BY_CUSTOMER"
    assert first["cancelBooking"]["payment"] == {"refundedIdr": 150_000}
    assert await ask(CANCEL, customer.actor, id=str(booking.id), key="k1") == first
    assert await Event.filter(name="BookingCancelledByCustomer").count() == 1
    assert (await Payment.get(booking_id=booking.id)).version == 2
    other = await ask(CANCEL, customer.actor, id=str(booking.id), key="k1", reason="Lain")
    assert other["cancelBooking"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    without = await ask(CANCEL, customer.actor, id=str(booking.id))
    assert without["cancelBooking"]["code"] == "ILLEGAL_MOVE"


@pytest.mark.parametrize("name, state", [("acceptBooking", "ACCEPTED"), ("declineBooking", "DECLINED")])
async def test_an_answer_given_twice_with_one_key_is_given_once(name: str, state: str) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.request(customer, provider)
    first = await _move(name, provider.actor, booking.id)
    assert first["state"] == state
    assert await _move(name, provider.actor, booking.id) == first


async def test_a_start_and_a_completion_repeated_with_one_key_happen_once() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at):
        await bookings.tick(provider.actor, booking.id, CARE[ServiceType.GROOMER].start_checklist)
        starts = [await _move("startBooking", provider.actor, booking.id) for _ in range(2)]
        senior = await world.staff(Role.SENIOR_AGENT)
        ends = [await _move("completeBooking", senior, booking.id) for _ in range(2)]
    assert [answer["state"] for answer in (*starts, *ends)] == ["IN_SERVICE"] * 2 + ["COMPLETED"] * 2
    assert starts[0] == starts[1] and ends[0] == ends[1]
    assert (await Partner.get(id=provider.id)).completed_count == 1


async def test_an_absence_reported_twice_with_one_key_counts_once() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at + timedelta(minutes=31)):
        reports = [await _move("reportNoShow", customer.actor, booking.id, "absent: PARTNER") for _ in range(2)]
    assert reports[0] == reports[1]
    assert reports[0]["state"] == "NO_SHOW_PARTNER"
    assert (await Partner.get(id=provider.id)).no_show_count == 1


async def _move(name: str, actor: Actor, booking_id: UUID, more: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = (await ask(MOVE % (name, more), actor, id=str(booking_id), key="once"))[name]
    return answer
