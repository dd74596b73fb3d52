"""What customer and partner of a booking write to each other."""

from uuid import UUID

from domain.events import MessageSent
from domain.message import Side, check_body, check_open, reply_seconds
from domain.permissions import Can, Role
from domain.refusals import NotFound
from models.booking import Booking
from models.message import Message
from services.booking.step import is_own_partner
from services.work import Work, use_case


@use_case(Can.SEND_MESSAGE, replays=Message)
async def send(work: Work, booking_id: UUID, body: str) -> Message:
    """Write to the other side of a booking, from the request until 7 days after its end (ConversationClosed
    otherwise). The partner's first answer keeps how long the customer waited (Q-07)."""
    body = check_body(body)
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    side = _side(work, booking)
    check_open(booking.requested_at, booking.completed_at or booking.ended_at, work.now)
    waited_s = await _waited_s(work, booking) if side is Side.PARTNER else None
    message = await Message.create(
        booking_id=booking.id, partner_id=booking.partner_id, sender_id=work.actor.id, side=side, body=body,
        reply_s=waited_s, created_at=work.now,
    )  # fmt: skip
    work.note(booking, MessageSent, message_id=message.id, side=side)  # the text stays out of the event log
    return message


def _side(work: Work, booking: Booking) -> Side:
    """Staff may read a conversation but are not a side of it."""
    if is_own_partner(work.actor, booking):
        return Side.PARTNER
    if Role.CUSTOMER in work.actor.roles and work.actor.id == booking.customer_id:
        return Side.CUSTOMER
    raise NotFound()


async def _waited_s(work: Work, booking: Booking) -> int | None:
    """Seconds since the oldest message that the partner has not answered; the booking's lock keeps both lists still."""
    of_booking = Message.filter(booking_id=booking.id)
    answered = await of_booking.filter(side=Side.PARTNER).order_by("-id").first()
    asked = of_booking.filter(side=Side.CUSTOMER)
    oldest = await (asked.filter(id__gt=answered.id) if answered else asked).order_by("id").first()
    return reply_seconds(oldest.created_at if oldest else None, work.now)
