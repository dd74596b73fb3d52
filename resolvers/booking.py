"""Questions and orders about bookings."""

from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.booking import IncidentKind
from domain.cancellation import Cancelled
from domain.payment import PaymentMethod
from domain.permissions import Actor
from domain.refusals import InvalidInput, NotAllowed, NotSignedIn
from domain.service import CareKind, ChecklistItem
from domain.text import line
from models import booking as rows
from schema.booking import Booking, BookingFilter, BookingResult, HoldBookingInput, Incident
from schema.context import Info
from schema.page import FIRST, Connection
from schema.reading import page, row
from services import booking as bookings

MAX_ITEMS = 20
MAX_CODE_CHARACTERS = 12
NEWEST_START, SOONEST_START = ("-starts_at", "-id"), ("starts_at", "id")

T = TypeVar("T")


@strawberry.type
class BookingQuery:
    @strawberry.field(description="One booking, if the reader sees it.")
    async def booking(self, info: Info, id: UUID) -> Booking | None:
        return await row(info, Booking, rows.Booking.seen_by(info.context.actor), id=id)

    @strawberry.field(description="The reader's own bookings as a customer, newest start first.")
    async def my_bookings(
        self, info: Info, filter: BookingFilter | None = None, first: int = FIRST, after: str | None = None
    ) -> Connection[Booking]:
        actor = _signed_in(info)
        found = _filtered(rows.Booking.seen_by(actor) & Q(customer_id=actor.id), filter)
        return await page(info, Booking, found, NEWEST_START, first, after)

    @strawberry.field(description="The reader's jobs as a partner, newest start first, or soonest first.")
    async def my_jobs(
        self,
        info: Info,
        filter: BookingFilter | None = None,
        soonest_first: bool = False,
        first: int = FIRST,
        after: str | None = None,
    ) -> Connection[Booking]:
        actor = _signed_in(info)
        found = _filtered(rows.Booking.seen_by(actor) & Q(partner_id=actor.id), filter)
        order = SOONEST_START if soonest_first else NEWEST_START
        return await page(info, Booking, found, order, first, after)

    @strawberry.field(description="Every booking, for staff; of one partner or customer when given.")
    async def bookings(
        self,
        info: Info,
        partner_id: UUID | None = None,
        customer_id: UUID | None = None,
        filter: BookingFilter | None = None,
        first: int = FIRST,
        after: str | None = None,
    ) -> Connection[Booking]:
        found = _filtered(rows.Booking.seen_by(_all_seeing(info)), filter)
        found = found & Q(partner_id=partner_id) if partner_id else found
        found = found & Q(customer_id=customer_id) if customer_id else found
        return await page(info, Booking, found, NEWEST_START, first, after)

    @strawberry.field(description="What support should look at, for staff who see every booking, newest first.")
    async def incidents(
        self,
        info: Info,
        kind: IncidentKind | None = None,
        booking_id: UUID | None = None,
        first: int = FIRST,
        after: str | None = None,
    ) -> Connection[Incident]:
        found = rows.Incident.seen_by(_all_seeing(info))
        found = found & Q(kind=kind) if kind else found
        found = found & Q(booking_id=booking_id) if booking_id else found
        return await page(info, Incident, found, ("-id",), first, after)


@strawberry.type
class BookingMutation:
    @strawberry.mutation(description="Take a slot for 15 minutes; the price is fixed from here on.")
    async def hold_booking(self, info: Info, input: HoldBookingInput, idempotency_key: str) -> BookingResult:
        wish = bookings.NewBooking(
            option_id=input.option_id, pet_id=input.pet_id, address_id=input.address_id, starts_at=input.starts_at,
            units=input.units, arrives_on=input.arrives_on, leaves_on=input.leaves_on, note=input.note,
        )  # fmt: skip
        return Booking.of(await bookings.hold(info.context.actor.once(idempotency_key), wish))

    @strawberry.mutation(description="Pay for a held booking and ask the partner.")
    async def request_booking(
        self, info: Info, booking_id: UUID, payment_method: PaymentMethod, idempotency_key: str
    ) -> BookingResult:
        actor = info.context.actor.once(idempotency_key)
        return Booking.of(await bookings.request(actor, booking_id, payment_method))

    @strawberry.mutation
    async def accept_booking(self, info: Info, booking_id: UUID, idempotency_key: str | None = None) -> BookingResult:
        return Booking.of(await bookings.accept(_once(info, idempotency_key), booking_id))

    @strawberry.mutation
    async def decline_booking(
        self, info: Info, booking_id: UUID, reason: str = "", idempotency_key: str | None = None
    ) -> BookingResult:
        return Booking.of(await bookings.decline(_once(info, idempotency_key), booking_id, reason))

    @strawberry.mutation(description="Confirm checklist items before the start, or at the end (trainers).")
    async def tick_checklist(
        self, info: Info, booking_id: UUID, items: list[ChecklistItem], at_end: bool = False
    ) -> BookingResult:
        return Booking.of(await bookings.tick(info.context.actor, booking_id, _bounded(items), at_end))

    @strawberry.mutation(description="Check in. Items given here are ticked with it.")
    async def start_booking(
        self,
        info: Info,
        booking_id: UUID,
        items: list[ChecklistItem] | None = None,
        idempotency_key: str | None = None,
    ) -> BookingResult:
        return Booking.of(await bookings.start(_once(info, idempotency_key), booking_id, _bounded(items or [])))

    @strawberry.mutation(description="End the job. Items given here are ticked with it.")
    async def complete_booking(
        self,
        info: Info,
        booking_id: UUID,
        items: list[ChecklistItem] | None = None,
        idempotency_key: str | None = None,
    ) -> BookingResult:
        return Booking.of(await bookings.complete(_once(info, idempotency_key), booking_id, _bounded(items or [])))

    @strawberry.mutation(description="End the booking early; the booking's cancel policy decides the refund.")
    async def cancel_booking(
        self, info: Info, booking_id: UUID, reason: str = "", idempotency_key: str | None = None
    ) -> BookingResult:
        return Booking.of(await bookings.cancel(_once(info, idempotency_key), booking_id, reason))

    @strawberry.mutation(description="The other side did not come: from 30 minutes after the start.")
    async def report_no_show(
        self, info: Info, booking_id: UUID, absent: Cancelled, idempotency_key: str | None = None
    ) -> BookingResult:
        return Booking.of(await bookings.report_no_show(_once(info, idempotency_key), booking_id, absent))

    @strawberry.mutation(description="The partner will be late: customer and support are told at once.")
    async def report_late(self, info: Info, booking_id: UUID, arrives_at: datetime, reason: str) -> BookingResult:
        return Booking.of(await bookings.report_late(info.context.actor, booking_id, _aware(arrives_at), reason))

    @strawberry.mutation(description="The partner cannot keep a checklist item.")
    async def report_deviation(self, info: Info, booking_id: UUID, item: ChecklistItem, note: str) -> BookingResult:
        return Booking.of(await bookings.report_deviation(info.context.actor, booking_id, item, note))

    @strawberry.mutation(description="The customer saw a checklist item broken.")
    async def report_violation(self, info: Info, booking_id: UUID, item: ChecklistItem, note: str) -> BookingResult:
        return Booking.of(await bookings.report_violation(info.context.actor, booking_id, item, note))

    @strawberry.mutation(description="Enter a hotel day's care.")
    async def log_care(
        self, info: Info, booking_id: UUID, day: date, kinds: list[CareKind], note: str = ""
    ) -> BookingResult:
        return Booking.of(await bookings.log_care(info.context.actor, booking_id, day, _bounded(kinds), note))


def _signed_in(info: Info) -> Actor:
    if info.context.actor.id is None:
        raise NotSignedIn()
    return info.context.actor


def _all_seeing(info: Info) -> Actor:
    actor = _signed_in(info)
    if not actor.sees_all("booking"):
        raise NotAllowed()
    return actor


def _once(info: Info, idempotency_key: str | None) -> Actor:
    """Without a key, asking again is judged anew: the move is not legal any more, so it has no second effect."""
    actor = info.context.actor
    return actor if idempotency_key is None else actor.once(idempotency_key)


def _filtered(found: Q, filter: BookingFilter | None) -> Q:
    if filter is None:
        return found
    wanted: dict[str, Any] = {
        "state__in": filter.states,
        "service_type": filter.service_type,
        "starts_at__gte": filter.starts_from,
        "starts_at__lt": filter.starts_before,
        "pet_id": filter.pet_id,
        "code": line(filter.code, "code", MAX_CODE_CHARACTERS).upper() if filter.code is not None else None,
    }
    return found & Q(**{name: value for name, value in wanted.items() if value is not None})


def _bounded(items: list[T]) -> list[T]:
    if len(items) > MAX_ITEMS:
        raise InvalidInput("items", indonesian=f"paling banyak {MAX_ITEMS}", english=f"at most {MAX_ITEMS}")
    return items


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidInput("arrivesAt", indonesian="sertakan zona waktu", english="give a time zone")
    return moment
