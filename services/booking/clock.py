"""What the clock does with bookings. Each use case reads the present state and does nothing when life went on."""

from datetime import date, datetime, timedelta
from uuid import UUID

from domain.booking import BOOKING, BookingState, IncidentKind
from domain.calendar import Zone
from domain.cancellation import Cancelled
from domain.events import BookingCameNear, CareWasMissed, PartnerWasMissed, UpdateBecameOverdue, UpdateStayedOverdue
from domain.permissions import Can
from domain.service import CARE, next_update_due
from domain.task import Timer
from models.booking import Booking
from services.booking.cancel import end_as_no_show
from services.booking.job import finish_job, missing_entries, watch_care, watch_updates
from services.booking.step import pay_back, raise_incident
from services.work import Work, use_case

ESCALATE_AFTER = timedelta(minutes=15)  # between asking the partner for an update and telling support


async def _still(work: Work, booking_id: UUID, *states: BookingState) -> Booking | None:
    """The booking, locked, when it is still in one of the states."""
    booking = await work.lock(Booking.all(), booking_id)
    return booking if booking.state in states else None


@use_case(Can.EXPIRE_HOLD)
async def expire_hold(work: Work, booking_id: UUID) -> None:
    """A hold lives 15 minutes."""
    booking = await _still(work, booking_id, BookingState.HELD)
    if booking and booking.hold_expires_at <= work.now:
        await work.move(booking, BOOKING, "expire_hold", ended_at=work.now)


@use_case(Can.EXPIRE_REQUEST)
async def expire_request(work: Work, booking_id: UUID) -> None:
    """A request without an answer ends at min(24 h, start - 1 h); the customer gets everything back."""
    booking = await _still(work, booking_id, BookingState.REQUESTED)
    if booking and booking.request_expires_at and booking.request_expires_at <= work.now:
        await work.move(booking, BOOKING, "expire_request", ended_at=work.now, refund_idr=booking.price_idr)
        await pay_back(work, booking, booking.price_idr)


@use_case(Can.REMIND_OF_BOOKING)
async def remind(work: Work, booking_id: UUID, minutes: int) -> None:
    """24 hours and one hour before the start, both sides are reminded."""
    booking = await _still(work, booking_id, BookingState.ACCEPTED)
    if booking and work.now < booking.starts_at:
        work.note(booking, BookingCameNear, minutes=minutes)


@use_case(Can.NOTICE_LATENESS)
async def notice_lateness(work: Work, booking_id: UUID) -> None:
    """No check-in and no report at start + grace: the system says it itself (Q-02). A report moves the moment to the
    announced arrival + grace."""
    booking = await _still(work, booking_id, BookingState.ACCEPTED)
    if booking is None:
        return
    promised = max(booking.starts_at, booking.late_until or booking.starts_at)
    if work.now < promised + timedelta(seconds=CARE[booking.service_type].grace_s):
        return  # a later report has put off its own look
    incident = await raise_incident(work, booking, IncidentKind.MISSED_START, promised.isoformat())
    if incident:
        minutes = int((work.now - booking.starts_at).total_seconds() // 60)
        work.note(booking, PartnerWasMissed, incident_id=incident.id, minutes=minutes)
    # Should nobody act at all, the booking still ends.
    due = booking.ends_at + timedelta(hours=24)
    work.later(Timer.COMPLETE_BOOKING, due, booking.id, booking_id=booking.id)


@use_case(Can.NOTICE_OVERDUE_UPDATE)
async def notice_overdue_update(
    work: Work, booking_id: UUID, counted_from: datetime | None, escalates: datetime | None = None
) -> None:
    """An overdue photo update is asked of the partner first; 15 minutes later support is told (Q-08)."""
    booking = await _still(work, booking_id, BookingState.IN_SERVICE)
    if booking is None or booking.started_at is None:
        return
    if escalates is not None:
        if booking.last_update_at is None or booking.last_update_at < escalates - ESCALATE_AFTER:
            work.note(booking, UpdateStayedOverdue, previous_update_at=booking.last_update_at)
        return
    last = max((each for each in (booking.last_update_at, counted_from) if each), default=None)
    zone = Zone(booking.zone)
    due = next_update_due(booking.service_type, booking.started_at, booking.ends_at, last, work.now, zone)
    if due is None or due > work.now:
        watch_updates(work, booking, counted_from)
        return
    if await raise_incident(work, booking, IncidentKind.OVERDUE_UPDATE, due.isoformat()):
        work.note(booking, UpdateBecameOverdue, previous_update_at=booking.last_update_at)
        work.later(
            Timer.NOTICE_OVERDUE_UPDATE, work.now + ESCALATE_AFTER, booking.id, due.isoformat(), "support",
            booking_id=booking.id, counted_from=None, escalates=work.now + ESCALATE_AFTER,
        )  # fmt: skip
    watch_updates(work, booking, due)


@use_case(Can.NOTICE_MISSING_CARE)
async def notice_missing_care(work: Work, booking_id: UUID, day: date) -> None:
    """A hotel day ended on the partner's clock: what was not logged is told to partner and support (Q-06)."""
    booking = await _still(work, booking_id, BookingState.IN_SERVICE)
    if booking is None:
        return
    missing = [kind for on, kind in await missing_entries(booking, work.now) if on == day]
    if missing and await raise_incident(work, booking, IncidentKind.MISSED_CARE, day.isoformat()):
        work.note(booking, CareWasMissed, day=day, missing=missing)
    if Zone(booking.zone).day_of(booking.ends_at) > day:
        watch_care(work, booking, day + timedelta(days=1))


@use_case(Can.COMPLETE_BOOKING_BY_CLOCK)
async def complete_by_clock(work: Work, booking_id: UUID) -> None:
    """24 h after the end the clock completes what the partner forgot, and ends what never began as the partner's
    no-show with everything paid back."""
    booking = await _still(work, booking_id, BookingState.IN_SERVICE, BookingState.ACCEPTED)
    if booking is None or work.now < booking.ends_at + timedelta(hours=24):
        return
    if booking.state is BookingState.IN_SERVICE:
        await finish_job(work, booking)
    else:
        await end_as_no_show(work, booking, Cancelled.PARTNER, "CLOCK")


@use_case(Can.CLOSE_BOOKING)
async def close(work: Work, booking_id: UUID) -> None:
    """48 h after completion, without a dispute, the booking is closed."""
    booking = await _still(work, booking_id, BookingState.COMPLETED)
    if booking:
        await work.move(booking, BOOKING, "close", ended_at=work.now)
