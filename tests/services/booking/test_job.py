"""The job itself, and what is reported or noticed during it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from domain.booking import (
    AskSupport,
    BookingState,
    CareMissing,
    IncidentKind,
    NoUpdate,
    TooEarly,
    TooManyReports,
)
from domain.calendar import Zone
from domain.cancellation import Cancelled
from domain.permissions import SYSTEM, Role
from domain.refusals import IllegalMove, InvalidInput, NotFound
from domain.service import CARE, CareKind, ChecklistIncomplete, ChecklistItem, ServiceType
from models.booking import Booking, Incident
from models.event import Event
from models.partner import Partner
from services import booking as bookings
from tests import world
from tests.ask import ask

PREVIEW = "query ($id: UUID!) { booking(id: $id) { refundPreview { amountIdr } } }"
I = ChecklistItem  # noqa: E741


def start_items(provider: world.Provider) -> tuple[ChecklistItem, ...]:
    return CARE[provider.service.type].start_checklist


async def started(
    service_type: ServiceType = ServiceType.GROOMER, **wish: object
) -> tuple[world.Customer, world.Provider, Booking]:
    """A running job; the clock of the caller must stand at its start."""
    customer, provider = await world.customer(), await world.provider(service_type)
    booking = await world.accepted(customer, provider, **wish)  # type: ignore[arg-type]
    with time_machine.travel(booking.starts_at):
        booking = await bookings.start(provider.actor, booking.id, start_items(provider))
    return customer, provider, booking


async def seen(booking: Booking, at: datetime) -> None:
    """As if a photo update had been sent at that moment."""
    booking.last_update_at = at
    await booking.save(update_fields=["last_update_at"])


@pytest.mark.proves("Q-03")
async def test_a_grooming_job_starts_only_with_both_items_ticked() -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    with time_machine.travel(booking.starts_at):
        with pytest.raises(ChecklistIncomplete) as refusal:
            await bookings.start(provider.actor, booking.id, [I.TOOLS_CLEAN])
        assert refusal.value.missing == (I.SAFETY_PROTOCOL,)
        assert (await Booking.get(id=booking.id)).state is BookingState.ACCEPTED
        await bookings.tick(provider.actor, booking.id, [I.TOOLS_CLEAN])
        assert (await bookings.start(provider.actor, booking.id, [I.SAFETY_PROTOCOL])).state is BookingState.IN_SERVICE


@pytest.mark.proves("Q-03")
async def test_a_deviation_from_the_checklist_is_an_incident_for_support() -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    for note in ("Gunting patah", "Sisir juga"):
        await bookings.report_deviation(provider.actor, booking.id, I.TOOLS_CLEAN, note)
    incidents = await Incident.filter(booking_id=booking.id)
    assert {(each.kind, each.item) for each in incidents} == {(IncidentKind.DEVIATION, I.TOOLS_CLEAN)}
    assert [each.note for each in incidents] == ["Gunting patah", "Sisir juga"]  # the second is news, no repeat
    assert "queue:support" in (await Event.filter(name="DeviationReported"))[1].topics


@pytest.mark.proves("Q-04")
async def test_a_walkers_checklist_has_its_three_items_and_a_violation_links_to_the_item() -> None:
    assert CARE[ServiceType.DOG_WALKER].start_checklist == (I.STRONG_LEASH, I.NO_PHONE, I.CLEAN_UP)
    customer, provider, booking = await started(ServiceType.DOG_WALKER)
    with pytest.raises(InvalidInput):
        await bookings.report_violation(customer.actor, booking.id, I.TOOLS_CLEAN, "?")
    await bookings.report_violation(customer.actor, booking.id, I.NO_PHONE, "Menelepon terus")
    incident = await Incident.get(booking_id=booking.id)
    assert (incident.kind, incident.item, incident.reported_by) == (
        IncidentKind.VIOLATION, I.NO_PHONE, customer.id,
    )  # fmt: skip
    with pytest.raises(NotFound):
        await bookings.report_violation((await world.customer()).actor, booking.id, I.NO_PHONE, "x")
    event = await Event.get(name="ViolationReported")
    assert f"account:{provider.id}" not in event.audience  # who may be alone with the dog just then
    for number in range(9):
        await bookings.report_violation(customer.actor, booking.id, I.NO_PHONE, f"Lagi {number}")
    with pytest.raises(TooManyReports):
        await bookings.report_violation(customer.actor, booking.id, I.NO_PHONE, "Lagi")


@pytest.mark.proves("Q-05")
async def test_a_trainer_ticks_both_items_at_the_start_and_again_at_the_end() -> None:
    both = (I.POSITIVE_METHODS, I.SAFE_ENVIRONMENT)
    booking = await world.accepted(await world.customer(), provider := await world.provider(ServiceType.DOG_TRAINER))
    with time_machine.travel(booking.starts_at):
        with pytest.raises(ChecklistIncomplete):
            await bookings.start(provider.actor, booking.id, both[:1])
        booking = await bookings.start(provider.actor, booking.id, both)
        await seen(booking, booking.starts_at)
        with pytest.raises(ChecklistIncomplete):
            await bookings.complete(provider.actor, booking.id, both[:1])
        assert (await bookings.complete(provider.actor, booking.id, both)).state is BookingState.COMPLETED


async def test_a_job_starts_from_30_minutes_before_and_only_once() -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    items = start_items(provider)
    with time_machine.travel(booking.starts_at - timedelta(minutes=31)), pytest.raises(TooEarly):
        await bookings.start(provider.actor, booking.id, items)
    with time_machine.travel(booking.starts_at - timedelta(minutes=30)):
        await bookings.start(provider.actor, booking.id, items)
        with pytest.raises(IllegalMove):
            await bookings.start(provider.actor, booking.id, items)


@pytest.mark.proves("Q-01")
@pytest.mark.parametrize("minutes, on_time", [(0, 1), (15, 1), (16, 0)])
async def test_a_check_in_within_the_grace_is_on_time_and_counts(minutes: int, on_time: int) -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    with time_machine.travel(booking.starts_at + timedelta(minutes=minutes), tick=False):
        booking = await bookings.start(provider.actor, booking.id, start_items(provider))
        await seen(booking, datetime.now(UTC))
        await bookings.complete(provider.actor, booking.id)
    assert booking.started_at == booking.starts_at + timedelta(minutes=minutes)
    partner = await Partner.get(id=provider.id)
    assert (partner.completed_count, partner.on_time_count) == (1, on_time)


async def test_a_partner_completes_only_with_an_update_and_staff_flags_a_job_without() -> None:
    _, provider, booking = await started()
    with pytest.raises(NoUpdate):
        await bookings.complete(provider.actor, booking.id)
    done = await bookings.complete(await world.staff(Role.SENIOR_AGENT), booking.id)
    assert (done.state, done.has_no_updates) == (BookingState.COMPLETED, True)


@pytest.mark.proves("Q-08")
async def test_a_job_that_the_clock_completes_without_any_update_is_flagged() -> None:
    _, _, booking = await started()
    with time_machine.travel(booking.ends_at + timedelta(hours=23)):
        await bookings.complete_by_clock(SYSTEM, booking.id)
    assert (await Booking.get(id=booking.id)).state is BookingState.IN_SERVICE
    with time_machine.travel(booking.ends_at + timedelta(hours=24)):
        await bookings.complete_by_clock(SYSTEM, booking.id)
    done = await Booking.get(id=booking.id)
    assert (done.state, done.has_no_updates) == (BookingState.COMPLETED, True)
    assert (await Event.get(name="BookingCompleted")).payload["has_no_updates"] is True


@pytest.mark.proves("Q-02")
async def test_no_check_in_and_no_report_at_start_plus_grace_is_noticed_once() -> None:
    booking = await world.accepted(await world.customer(), await world.provider())
    with time_machine.travel(booking.starts_at + timedelta(minutes=14)):
        await bookings.notice_lateness(SYSTEM, booking.id)
    assert not await Incident.exists()
    with time_machine.travel(booking.starts_at + timedelta(minutes=15)):
        for _ in range(2):
            await bookings.notice_lateness(SYSTEM, booking.id)
    assert (await Incident.get(booking_id=booking.id)).kind is IncidentKind.MISSED_START
    event = await Event.get(name="PartnerWasMissed")
    assert {"queue:support", f"booking:{booking.id}"} <= set(event.topics)


@pytest.mark.proves("Q-02")
async def test_a_report_of_lateness_puts_the_look_off_to_the_new_arrival() -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    arrival = booking.starts_at + timedelta(minutes=40)
    with time_machine.travel(booking.starts_at - timedelta(minutes=5)):
        with pytest.raises(InvalidInput):
            await bookings.report_late(provider.actor, booking.id, booking.starts_at, "macet")
        late = await bookings.report_late(provider.actor, booking.id, arrival, "macet")
    assert late.late_until == arrival
    assert (await Event.get(name="PartnerReportedLate")).payload["minutes"] == 40
    with time_machine.travel(booking.starts_at + timedelta(minutes=20)):
        await bookings.notice_lateness(SYSTEM, booking.id)
    assert not await Event.exists(name="PartnerWasMissed")
    with time_machine.travel(arrival + timedelta(minutes=15)):
        await bookings.notice_lateness(SYSTEM, booking.id)
    assert await Event.exists(name="PartnerWasMissed")


@pytest.mark.proves("Q-08")
async def test_an_overdue_update_is_asked_of_the_partner_then_of_support() -> None:
    _, _, booking = await started(units=1)
    due = booking.ends_at
    with time_machine.travel(due - timedelta(seconds=1)):
        await bookings.notice_overdue_update(SYSTEM, booking.id, None)
    assert not await Event.exists(name="UpdateBecameOverdue")
    with time_machine.travel(due + timedelta(seconds=1), tick=False):
        for _ in range(2):
            await bookings.notice_overdue_update(SYSTEM, booking.id, None)
        escalates = datetime.now(UTC) + timedelta(minutes=15)
    event = await Event.get(name="UpdateBecameOverdue")
    assert f"partner:{booking.partner_id}" in event.topics and "queue:support" not in event.topics
    with time_machine.travel(escalates):
        await bookings.notice_overdue_update(SYSTEM, booking.id, None, escalates)
    assert "queue:support" in (await Event.get(name="UpdateStayedOverdue")).topics


@pytest.mark.proves("Q-08")
async def test_an_update_in_time_silences_support() -> None:
    _, _, booking = await started(units=1)
    escalates = booking.ends_at + timedelta(minutes=15)
    await seen(booking, booking.ends_at + timedelta(minutes=5))
    with time_machine.travel(escalates):
        await bookings.notice_overdue_update(SYSTEM, booking.id, None, escalates)
    assert not await Event.exists(name="UpdateStayedOverdue")


@pytest.mark.proves("Q-06")
async def test_each_day_of_a_stay_needs_its_four_entries_and_a_missing_one_raises_an_alarm() -> None:
    _, hotel, booking = await started(ServiceType.DOG_HOTEL)
    zone = Zone(booking.zone)
    first = zone.day_of(booking.starts_at)
    with time_machine.travel(booking.starts_at + timedelta(hours=1)):
        await bookings.log_care(hotel.actor, booking.id, first, [CareKind.CLEAN, CareKind.FOOD])
        with pytest.raises(InvalidInput):
            await bookings.log_care(hotel.actor, booking.id, first + timedelta(days=1), [CareKind.FOOD])
    midnight = zone.at(first + timedelta(days=1), datetime.min.time())
    with time_machine.travel(midnight):
        for _ in range(2):
            await bookings.notice_missing_care(SYSTEM, booking.id, first)
    event = await Event.get(name="CareWasMissed")
    assert (event.payload["day"], event.payload["missing"]) == (first.isoformat(), ["DRINK", "PLAY"])
    await seen(booking, midnight)
    with time_machine.travel(booking.ends_at):
        with pytest.raises(CareMissing):
            await bookings.complete(hotel.actor, booking.id)
        for day in range(3):
            await bookings.log_care(hotel.actor, booking.id, first + timedelta(days=day), list(CareKind))
    with time_machine.travel(booking.ends_at - timedelta(days=1)), pytest.raises(TooEarly):
        await bookings.complete(hotel.actor, booking.id)  # a stay is over on its last day, not before
    with time_machine.travel(booking.ends_at + timedelta(hours=20)):  # a day after owes nothing
        assert (await bookings.complete(hotel.actor, booking.id)).state is BookingState.COMPLETED


async def test_48_hours_after_completion_the_clock_closes() -> None:
    _, provider, booking = await started()
    await seen(booking, booking.starts_at)
    await bookings.complete(provider.actor, booking.id)
    await bookings.close(SYSTEM, booking.id)
    assert (await Booking.get(id=booking.id)).state is BookingState.CLOSED


@pytest.mark.parametrize("absent, refunded", [(Cancelled.PARTNER, True), (Cancelled.CUSTOMER, False)])
async def test_a_no_show_is_reported_by_the_other_side_from_30_minutes_on(absent: Cancelled, refunded: bool) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    reporter = customer.actor if absent is Cancelled.PARTNER else provider.actor
    with time_machine.travel(booking.starts_at + timedelta(minutes=29)), pytest.raises(TooEarly):
        await bookings.report_no_show(reporter, booking.id, absent)
    with time_machine.travel(booking.starts_at + timedelta(minutes=30)):
        with pytest.raises(InvalidInput):
            await bookings.report_no_show(reporter, booking.id, Cancelled(side_of(reporter, booking)))
        ended = await bookings.report_no_show(reporter, booking.id, absent)
    assert ended.refund_idr == (booking.price_idr if refunded else 0)


def side_of(actor: object, booking: Booking) -> str:
    return "CUSTOMER" if getattr(actor, "id", None) == booking.customer_id else "PARTNER"


async def test_a_booking_that_never_began_ends_as_the_partners_no_show() -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    with time_machine.travel(booking.ends_at + timedelta(hours=24)):
        await bookings.complete_by_clock(SYSTEM, booking.id)
    ended = await Booking.get(id=booking.id)
    assert (ended.state, ended.refund_idr) == (BookingState.NO_SHOW_PARTNER, booking.price_idr)
    assert (await Partner.get(id=provider.id)).no_show_count == 1


async def test_a_partner_cannot_put_a_job_off_by_reporting_again_and_again() -> None:
    booking = await world.accepted(await world.customer(), provider := await world.provider(minutes=600), world.at(8))
    arrival = booking.starts_at + timedelta(hours=3)
    with time_machine.travel(booking.starts_at):
        for _ in range(3):  # said once, told once
            await bookings.report_late(provider.actor, booking.id, arrival, "macet")
        with pytest.raises(InvalidInput):
            await bookings.report_late(provider.actor, booking.id, booking.starts_at + timedelta(hours=5), "macet")
    assert await Event.filter(name="PartnerReportedLate").count() == 1
    customer = world.Actor(id=booking.customer_id, roles=frozenset({Role.CUSTOMER}))
    with time_machine.travel(booking.starts_at + timedelta(minutes=30)):  # the agreed start counts for the customer
        ended = await bookings.report_no_show(customer, booking.id, Cancelled.PARTNER)
    assert ended.refund_idr == booking.price_idr


async def test_who_was_left_waiting_gets_everything_back_by_cancelling() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at + timedelta(minutes=20)):
        await bookings.notice_lateness(SYSTEM, booking.id)
        shown = await ask(PREVIEW, customer.actor, id=str(booking.id))
        assert shown["booking"]["refundPreview"]["amountIdr"] == booking.price_idr  # what cancelling then gives
        ended = await bookings.cancel(customer.actor, booking.id)
    assert ended.refund_idr == booking.price_idr


async def test_a_partner_that_was_missed_does_not_call_the_customer_absent() -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at + timedelta(minutes=31)):
        await bookings.notice_lateness(SYSTEM, booking.id)
        with pytest.raises(AskSupport):
            await bookings.report_no_show(provider.actor, booking.id, Cancelled.CUSTOMER)
        senior = await world.staff(Role.SENIOR_AGENT)
        ended = await bookings.report_no_show(senior, booking.id, Cancelled.CUSTOMER)
    assert ended.state is BookingState.NO_SHOW_CUSTOMER
