"""From hold to agreement: the customer requests, the partner accepts or declines."""

from datetime import timedelta
from uuid import UUID

from domain.booking import (
    BOOKING,
    REMINDERS,
    answer_until,
    check_answer_in_time,
    check_hold_is_alive,
)
from domain.payment import PaymentMethod, PaymentState
from domain.permissions import Can
from domain.refusals import NotFound
from domain.service import CARE
from domain.task import Timer
from domain.text import line
from integrations.payment import authorise_locally
from models.booking import Booking
from models.payment import Payment
from services.booking.step import check_bookable, pay_back
from services.work import Work, use_case

MAX_REASON_CHARACTERS = 500


@use_case(Can.REQUEST_BOOKING, replays=Booking)
async def request(work: Work, booking_id: UUID, method: PaymentMethod) -> Booking:
    """The customer pays (authorised at once by the simulator) and asks the partner. Raises TooLate after the hold."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    if booking.customer_id != work.actor.id:
        raise NotFound()
    BOOKING.move(booking.state, "request")
    check_hold_is_alive(booking.hold_expires_at, work.now)
    expires_at = answer_until(work.now, booking.starts_at)
    check_answer_in_time(expires_at, work.now)
    await check_bookable(booking.service_id)
    yes = authorise_locally(str(booking.id), booking.price_idr, method)
    await Payment.create(
        booking_id=booking.id, method=method, state=PaymentState.AUTHORISED, amount_idr=booking.price_idr,
        provider_reference=yes.reference, authorised_at=work.now,
    )  # fmt: skip
    booking.requested_at = work.now  # before the move: from here on the partner is in the event's audience
    await work.move(booking, BOOKING, "request", requested_at=work.now, request_expires_at=expires_at)
    work.later(Timer.EXPIRE_REQUEST, expires_at, booking.id, booking_id=booking.id)
    return booking


@use_case(Can.ACCEPT_BOOKING, replays=Booking)
async def accept(work: Work, booking_id: UUID) -> Booking:
    """The partner says yes; from here on both are reminded, and lateness is noticed (Q-09, Q-02)."""
    booking = await _asked(work, booking_id, "accept")
    await work.move(booking, BOOKING, "accept", answered_at=work.now)
    for before in REMINDERS:
        if booking.starts_at - before > work.now:
            minutes = int(before.total_seconds() // 60)
            work.later(
                Timer.REMIND_OF_BOOKING, booking.starts_at - before, booking.id, minutes,
                booking_id=booking.id, minutes=minutes,
            )  # fmt: skip
    grace = timedelta(seconds=CARE[booking.service_type].grace_s)
    due = booking.starts_at + grace
    work.later(Timer.NOTICE_LATENESS, due, booking.id, due.isoformat(), booking_id=booking.id)
    return booking


@use_case(Can.DECLINE_BOOKING, replays=Booking)
async def decline(work: Work, booking_id: UUID, reason: str = "") -> Booking:
    """The partner says no; the customer gets everything back."""
    booking = await _asked(work, booking_id, "decline")
    reason = line(reason, "reason", MAX_REASON_CHARACTERS, optional=True)
    await work.move(
        booking, BOOKING, "decline", answered_at=work.now, ended_at=work.now, end_reason=reason,
        refund_idr=booking.price_idr,
    )  # fmt: skip
    await pay_back(work, booking, booking.price_idr)
    return booking


async def _asked(work: Work, booking_id: UUID, verb: str) -> Booking:
    """The request, locked, if it is this partner's and still open."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    if booking.partner_id != work.actor.id:
        raise NotFound()
    BOOKING.move(booking.state, verb)
    if booking.request_expires_at is not None:
        check_answer_in_time(booking.request_expires_at, work.now)
    return booking
