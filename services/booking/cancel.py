"""How a booking ends early: cancelled by one of three sides, or somebody did not come."""

from uuid import UUID

from domain.booking import BOOKING, CANCEL_VERB, AskSupport, BookingState, check_no_show
from domain.cancellation import Cancelled, at_whose_cost
from domain.permissions import Can
from domain.refusals import InvalidInput
from domain.text import line
from models.booking import Booking
from models.partner import Partner
from services.booking.step import pay_back, refund_if_cancelled, side_of, was_missed
from services.partner.profile import rerank
from services.work import Work, use_case

MAX_REASON_CHARACTERS = 500


@use_case(Can.CANCEL_BOOKING, replays=Booking)
async def cancel(work: Work, booking_id: UUID, reason: str = "") -> Booking:
    """End the booking; the snapshotted policy decides the refund. A partner's cancel gives everything back and counts
    against its rank; staff and partner give a reason."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    by = side_of(work.actor, booking)
    verb = CANCEL_VERB[by.value]
    BOOKING.move(booking.state, verb)
    reason = line(reason, "reason", MAX_REASON_CHARACTERS, optional=by is Cancelled.CUSTOMER)
    was_paid = booking.state is not BookingState.HELD
    back = refund_if_cancelled(booking, work.now, at_whose_cost(by, await was_missed(booking)))
    await work.move(
        booking, BOOKING, verb, facts={"by": by, "rule": back.rule}, ended_at=work.now, end_reason=reason,
        refund_idr=back.amount_idr if was_paid else None, refund_rule=back.rule.value if was_paid else "",
    )  # fmt: skip
    if was_paid:
        await pay_back(work, booking, back.amount_idr)
    if by is Cancelled.PARTNER:
        await _count(work, booking, "cancelled_count")
    return booking


@use_case(Can.REPORT_NO_SHOW, replays=Booking)
async def report_no_show(work: Work, booking_id: UUID, absent: Cancelled) -> Booking:
    """From 30 minutes after the start: the other side did not come. A customer reports the partner, a partner the
    customer, staff either. An absent partner costs the customer nothing; an absent customer pays."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    by = side_of(work.actor, booking)
    if absent is Cancelled.STAFF or absent is by:
        raise InvalidInput("absent", indonesian="pilih pihak lain", english="name the other side")
    verb = "no_show_partner" if absent is Cancelled.PARTNER else "no_show_customer"
    BOOKING.move(booking.state, verb)
    check_no_show(booking.starts_at, work.now)
    if by is Cancelled.PARTNER and await was_missed(booking):
        raise AskSupport()
    await end_as_no_show(work, booking, absent, by.value)
    return booking


async def end_as_no_show(work: Work, booking: Booking, absent: Cancelled, by: str) -> None:
    """The step behind every no-show, by people or by the clock."""
    gone = absent is Cancelled.PARTNER
    amount = booking.price_idr if gone else 0
    await work.move(
        booking, BOOKING, "no_show_partner" if gone else "no_show_customer", facts={"by": by}, ended_at=work.now,
        refund_idr=amount,
    )  # fmt: skip
    await pay_back(work, booking, amount)
    if gone:
        await _count(work, booking, "no_show_count")


async def _count(work: Work, booking: Booking, counter: str) -> None:
    partner = await work.lock(Partner.all(), booking.partner_id)
    await work.edit(partner, **{counter: getattr(partner, counter) + 1})
    await rerank(work, partner)
