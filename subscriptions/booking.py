"""Bookings, live: one booking for those who see it, and a partner's whole work."""

from collections.abc import AsyncIterable
from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from domain.booking import BookingState
from domain.permissions import Role
from domain.refusals import NotAllowed, NotFound, NotSignedIn
from models import booking as rows
from schema.booking import Booking
from schema.context import Info
from schema.scalar import Cursor, Rupiah, cursor
from subscriptions.hub import Heard
from subscriptions.stream import CaughtUp, Lagged, Stream, StreamEnded


@strawberry.type(description="One thing that happened to a booking, with the facts that changed.")
class BookingEvent:
    cursor: Cursor
    name: str = strawberry.field(description="What happened, e.g. BookingAccepted.")
    at: datetime
    booking_id: UUID
    version: int = strawberry.field(description="Of the booking after this event.")
    state: BookingState | None = strawberry.field(description="The new state, when the event changed it.")
    late_until: datetime | None
    minutes: int | None
    refund_idr: Rupiah | None
    day: date | None
    items: list[str] | None

    @strawberry.field(description="The booking as it is now; never older than the event.")
    async def booking(self, info: Info) -> Booking:
        return Booking.of(await info.context.loaders.one(rows.Booking, self.booking_id))

    @classmethod
    def of(cls, event: Heard) -> "BookingEvent":
        facts = event.payload
        state, late_until, day = facts.get("state"), facts.get("late_until"), facts.get("day")
        return cls(
            cursor=cursor(event.position),
            name=event.name,
            at=event.at,
            booking_id=UUID(facts["booking_id"]),
            version=facts["version"],
            state=BookingState(state) if state else None,
            late_until=datetime.fromisoformat(late_until) if late_until else None,
            minutes=facts.get("minutes"),
            refund_idr=facts.get("refund_idr"),
            day=date.fromisoformat(day) if day else None,
            items=facts.get("items") or facts.get("missing"),
        )


@strawberry.type(description="The booking at the start of a stream that began without a cursor; what changes follows.")
class BookingNow:
    cursor: Cursor
    booking: Booking


BookingItem = Annotated[BookingEvent | BookingNow | CaughtUp | Lagged | StreamEnded, strawberry.union("BookingItem")]


def of_a_booking(event: Heard) -> BookingEvent | None:
    """The partner's topic also hears of its profile and services."""
    return BookingEvent.of(event) if "booking_id" in event.payload else None


async def booking_now(info: Info, booking_id: UUID, caught_up: CaughtUp) -> BookingNow:
    """The present state; read after the head of the log, so that nothing falls between it and what follows."""
    row = await rows.Booking.visible_to(info.context.actor).get_or_none(id=booking_id)
    if row is None:
        raise NotFound(field="bookingId")
    return BookingNow(cursor=caught_up.cursor, booking=Booking.of(row))


async def check_sees(info: Info, booking_id: UUID) -> None:
    """Raises NotFound unless the viewer sees the booking (or NotSignedIn)."""
    if info.context.actor.id is None:
        raise NotSignedIn()
    if not await rows.Booking.visible_to(info.context.actor).filter(id=booking_id).exists():
        raise NotFound(field="bookingId")


@strawberry.type
class BookingSubscription:
    @strawberry.subscription(
        description="Everything that happens to one booking, for those who see it; without `after`, first BookingNow."
    )
    async def booking_events(
        self, info: Info, booking_id: UUID, after: Cursor | None = None
    ) -> AsyncIterable[BookingItem]:
        await check_sees(info, booking_id)
        first = partial(booking_now, info, booking_id) if after is None else None
        return Stream[BookingItem](info, [f"booking:{booking_id}"], after, BookingEvent.of, first)

    @strawberry.subscription(description="A partner's work: requests, answers, changes and alarms of all its bookings.")
    async def job_updates(self, info: Info, after: Cursor | None = None) -> AsyncIterable[BookingItem]:
        actor = info.context.actor
        if Role.PARTNER not in actor.roles:
            raise NotAllowed() if actor.roles else NotSignedIn()
        return Stream(info, [f"partner:{actor.id}"], after, of_a_booking)
