"""Steps that several booking use cases share; each runs inside the caller's transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.booking import IncidentKind, PartnerNotBookable
from domain.calendar import Zone
from domain.cancellation import Cancelled, Refund, refund
from domain.partner import PartnerState, ServiceState
from domain.payment import state_after_refund
from domain.permissions import Actor, Role
from domain.service import ChecklistItem, Unit
from models.booking import Booking, Incident
from models.payment import Payment
from models.record import records
from services.work import Work

LOCK_PARTNER = """
SELECT s.state, p.state FROM partner_service s JOIN partner p ON p.id = s.partner_id
 WHERE s.id = $1 FOR NO KEY UPDATE OF p"""


def side_of(actor: Actor, booking: Booking) -> Cancelled:
    """As whom the actor acts on this booking: its customer, its partner, or staff."""
    if actor.id == booking.customer_id:
        return Cancelled.CUSTOMER
    return Cancelled.PARTNER if actor.id == booking.partner_id else Cancelled.STAFF


async def check_bookable(service_id: UUID) -> None:
    """P-01: the service is approved and its partner active, and both stay so until the commit; PartnerNotBookable."""
    found = await records(LOCK_PARTNER, [service_id])
    if not found:
        raise PartnerNotBookable(field="optionId")
    check_states(*found[0])


def check_states(service: str, partner: str) -> None:
    """P-01: the service is approved and its partner active, or PartnerNotBookable."""
    if service != ServiceState.APPROVED or partner != PartnerState.ACTIVE:
        raise PartnerNotBookable(field="optionId")


def is_own_partner(actor: Actor, booking: Booking) -> bool:
    return Role.PARTNER in actor.roles and actor.id == booking.partner_id


def refund_if_cancelled(booking: Booking, at: datetime, by: Cancelled) -> Refund:
    """What the snapshotted policy gives back when `by` cancels at that moment."""
    nights = booking.units if booking.unit is Unit.NIGHT else 0
    return refund(
        booking.cancel_policy, booking.price_idr, booking.starts_at, booking.ends_at, nights, at, Zone(booking.zone), by
    )


async def pay_back(work: Work, booking: Booking, amount_idr: int) -> None:
    """Record on the payment what goes back to the customer; a booking that was only held has no payment."""
    payment = await Payment.filter(booking_id=booking.id).select_for_update().first()
    if payment is None or amount_idr == payment.refunded_idr:
        return
    await work.edit(payment, refunded_idr=amount_idr, state=state_after_refund(payment.amount_idr, amount_idr))


async def was_missed(booking: Booking) -> bool:
    """Whether the clock noticed that the partner neither came nor reported, and the job has not begun since."""
    missed = Incident.filter(booking_id=booking.id, kind=IncidentKind.MISSED_START)
    return booking.started_at is None and await missed.exists()


async def raise_incident(
    work: Work, booking: Booking, kind: IncidentKind, cause: str, *, note: str = "", item: ChecklistItem | None = None
) -> Incident | None:
    """One incident per (booking, kind, cause): None when it was raised before."""
    facts: dict[str, Any] = {"booking_id": booking.id, "kind": kind, "cause": cause}
    if await Incident.exists(**facts):  # under the booking's lock, so nobody else is about to insert it
        return None
    return await Incident.create(**facts, item=item, note=note, reported_by=work.actor.id)
