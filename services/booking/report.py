"""What customer and partner report during a job: lateness, a deviation, a violation."""

from datetime import datetime, timedelta
from uuid import UUID

from domain.booking import BookingState, IncidentKind, check_arrival, check_report_count
from domain.events import DeviationReported, PartnerReportedLate, ViolationReported
from domain.identifier import new_id
from domain.permissions import Can
from domain.refusals import IllegalMove, InvalidInput, NotFound
from domain.service import CARE, ChecklistItem
from domain.task import Timer
from domain.text import line, paragraph
from models.booking import Booking, Incident
from services.booking.job import own_job
from services.booking.step import raise_incident
from services.work import Work, use_case

MAX_REASON_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 1000
REPORTABLE = (BookingState.IN_SERVICE, BookingState.COMPLETED)


@use_case(Can.REPORT_LATE)
async def report_late(work: Work, booking_id: UUID, arrives_at: datetime, reason: str) -> Booking:
    """The partner says when it will arrive; customer and support are told at once (Q-02)."""
    booking = await own_job(work, booking_id, BookingState.ACCEPTED, verb="report_late")
    check_arrival(booking.starts_at, booking.ends_at, arrives_at, work.now)
    if arrives_at == booking.late_until:
        return booking  # said already
    await _check_count(booking, IncidentKind.LATENESS)
    minutes = -(-(arrives_at - booking.starts_at) // timedelta(minutes=1))
    await raise_incident(work, booking, IncidentKind.LATENESS, arrives_at.isoformat())
    await work.change(
        booking, PartnerReportedLate, facts={"minutes": minutes}, late_until=arrives_at,
        late_reason=line(reason, "reason", MAX_REASON_CHARACTERS),
    )  # fmt: skip
    due = arrives_at + timedelta(seconds=CARE[booking.service_type].grace_s)
    work.later(Timer.NOTICE_LATENESS, due, booking.id, due.isoformat(), booking_id=booking.id)
    return booking


@use_case(Can.REPORT_DEVIATION)
async def report_deviation(work: Work, booking_id: UUID, item: ChecklistItem, note: str) -> Booking:
    """The partner says that a checklist item cannot be kept: an incident for support (Q-03)."""
    booking = await own_job(work, booking_id, BookingState.ACCEPTED, BookingState.IN_SERVICE, verb="report_deviation")
    _check_item(booking, item)
    note = paragraph(note, "note", MAX_NOTE_CHARACTERS, optional=False)
    incident = await _reported(work, booking, IncidentKind.DEVIATION, item, note)
    work.note(booking, DeviationReported, item=item, incident_id=incident.id)
    return booking


@use_case(Can.REPORT_VIOLATION)
async def report_violation(work: Work, booking_id: UUID, item: ChecklistItem, note: str) -> Booking:
    """The customer says which rule of the checklist was broken; the incident links to that item (Q-04)."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    if booking.customer_id != work.actor.id:
        raise NotFound()
    if booking.state not in REPORTABLE:
        raise IllegalMove(verb="report_violation", state=booking.state.value)
    _check_item(booking, item)
    note = paragraph(note, "note", MAX_NOTE_CHARACTERS, optional=False)
    incident = await _reported(work, booking, IncidentKind.VIOLATION, item, note)
    work.note(booking, ViolationReported, item=item, incident_id=incident.id)
    return booking


async def _reported(work: Work, booking: Booking, kind: IncidentKind, item: ChecklistItem, note: str) -> Incident:
    """Each report by a person is an incident of its own: a second one on the same item is news, not a repeat."""
    await _check_count(booking, kind)
    return await Incident.create(
        booking_id=booking.id, kind=kind, cause=str(new_id()), item=item, note=note, reported_by=work.actor.id
    )


async def _check_count(booking: Booking, kind: IncidentKind) -> None:
    check_report_count(await Incident.filter(booking_id=booking.id, kind=kind).count())


def _check_item(booking: Booking, item: ChecklistItem) -> None:
    care = CARE[booking.service_type]
    if item not in (*care.start_checklist, *care.end_checklist):
        raise InvalidInput("item", indonesian="bukan butir layanan ini", english="not an item of this service")
