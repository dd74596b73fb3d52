"""A booking as customer, partner and staff see it."""

from datetime import date, datetime
from operator import attrgetter
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from domain.booking import BookingState, IncidentKind
from domain.booking.side import next_moves
from domain.cancellation import POLICY_LABELS, Cancelled, Policy, at_whose_cost
from domain.payment import PaymentMethod, PaymentState
from domain.permissions import Role
from domain.region import DISTRICT, LEVEL_LENGTH
from domain.service import CARE, CARE_LABELS, CHECKLIST_LABELS, CareKind, ChecklistItem, ServiceType, Unit
from models import account as account_rows
from models import booking as rows
from models import partner as partner_rows
from models import payment as payment_rows
from models import pet as pet_rows
from models import region as region_rows
from schema.context import Info
from schema.message import Message
from schema.nested import many
from schema.page import Connection
from schema.partner import Partner
from schema.pet import Address, Pet, Region
from schema.photo import PhotoUpdate
from schema.refusal import Refusal
from schema.scalar import Rupiah
from schema.table import one, reads
from services.booking.step import refund_if_cancelled, side_of

for enum in (BookingState, IncidentKind, Cancelled, PaymentMethod, PaymentState, CareKind):
    strawberry.enum(enum)

# The partner learns where to go and whom to call once it has agreed.
AGREED = frozenset({BookingState.ACCEPTED, BookingState.IN_SERVICE, BookingState.COMPLETED, BookingState.CLOSED})


@reads(account_rows.Account)
@strawberry.type(description="The customer as the partner of a booking knows them.")
class BookingCustomer:
    id: UUID
    name: str

    @classmethod
    def of(cls, row: account_rows.Account) -> "BookingCustomer":
        return cls(id=row.id, name=row.name)


@strawberry.type
class Payment:
    method: PaymentMethod
    state: PaymentState
    amount_idr: Rupiah
    refunded_idr: Rupiah


@strawberry.type
class CareEntry:
    on_day: date
    kind: CareKind
    note: str
    logged_at: datetime

    @strawberry.field(description="In the reader's language.")
    def label(self, info: Info) -> str:
        return CARE_LABELS[self.kind].spoken(info.context.actor.language)


@strawberry.type
class ChecklistEntry:
    item: ChecklistItem
    at_end: bool
    is_ticked: bool

    @strawberry.field(description="In the reader's language.")
    def label(self, info: Info) -> str:
        return CHECKLIST_LABELS[self.item].spoken(info.context.actor.language)


@reads(rows.Incident, raised_at="created_at")
@strawberry.type
class Incident:
    row: strawberry.Private[rows.Incident]
    id: UUID
    kind: IncidentKind
    item: ChecklistItem | None
    note: str
    raised_at: datetime

    @classmethod
    def of(cls, row: rows.Incident) -> "Incident":
        return cls(row=row, id=row.id, kind=row.kind, item=row.item, note=row.note, raised_at=row.created_at)

    @strawberry.field
    async def booking(self, info: Info) -> "Booking":
        return Booking.of(await info.context.loaders.one(rows.Booking, self.row.booking_id))


@strawberry.type(description="What the customer would get back by cancelling now.")
class RefundPreview:
    amount_idr: Rupiah
    percent: int
    rule: str


@reads(rows.Booking)
@strawberry.type
class Booking:
    row: strawberry.Private[rows.Booking]
    id: UUID
    code: str
    state: BookingState
    version: int
    service_type: ServiceType
    zone: str
    starts_at: datetime
    ends_at: datetime
    unit: Unit
    units: int
    price_idr: Rupiah
    refund_idr: Rupiah | None
    cancel_policy: Policy
    note: str
    hold_expires_at: datetime
    requested_at: datetime | None
    request_expires_at: datetime | None
    answered_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    late_until: datetime | None
    late_reason: str
    last_update_at: datetime | None
    has_no_updates: bool
    created_at: datetime

    partner: Partner = one(Partner, "partner_id")
    customer: BookingCustomer = one(BookingCustomer, "customer_id")
    pet: Pet = one(Pet, "pet_id")
    photo_updates: Connection[PhotoUpdate] = many(
        PhotoUpdate, "booking_id", "-id", "photo", description="News from the job, newest first (Q-08)."
    )
    messages: Connection[Message] = many(
        Message, "booking_id", "id", "message", description="The conversation of customer and partner, newest last."
    )

    @classmethod
    def of(cls, row: rows.Booking) -> "Booking":
        return cls(row=row, **dict(zip(_COLUMNS, _values(row), strict=True)))

    @strawberry.field(description="The platform's part, for the partner and staff (M-01).")
    def commission_idr(self, info: Info) -> Rupiah | None:
        return Rupiah(self.row.commission_idr) if self._tells_money(info) else None

    @strawberry.field(description="In hundredths of a per cent, for the partner and staff (M-01).")
    def commission_bp(self, info: Info) -> int | None:
        return self.row.commission_bp if self._tells_money(info) else None

    @strawberry.field(description="What the partner earns, for the partner and staff (M-01).")
    def net_idr(self, info: Info) -> Rupiah | None:
        return Rupiah(self.row.net_idr) if self._tells_money(info) else None

    @strawberry.field(
        description="Mutations that the state allows the reader; their hour is judged when they are done."
    )
    def next_moves(self, info: Info) -> list[str]:
        actor = info.context.actor
        return [to_camel_case(can.value) for can in next_moves(self.state, side_of(actor, self.row), actor.roles)]

    @strawberry.field(description="The cancel policy as a sentence in the reader's language.")
    def cancel_policy_text(self, info: Info) -> str:
        return POLICY_LABELS[self.cancel_policy].spoken(info.context.actor.language)

    @strawberry.field(description="Where the service takes place; a partner sees it once it has accepted.")
    async def address(self, info: Info) -> Address | None:
        is_partner = info.context.actor.id == self.row.partner_id
        if self.row.address_id is None or (is_partner and self.state not in AGREED):
            return None
        return Address.of(await info.context.loaders.one(pet_rows.Address, self.row.address_id))

    @strawberry.field(description="The district of the address; a partner sees it before it accepts, too.")
    async def area(self, info: Info) -> Region | None:
        if self.row.address_id is None:
            return None
        address = await info.context.loaders.one(pet_rows.Address, self.row.address_id)
        row = await info.context.loaders.one(region_rows.Region, address.region_code[: LEVEL_LENGTH[DISTRICT]])
        return Region.of(row) if row else None

    @strawberry.field(description="Where to bring the dog for a hotel stay, once it is agreed.")
    async def hotel_place(self, info: Info) -> str | None:
        if self.service_type is not ServiceType.DOG_HOTEL or self.state not in AGREED:
            return None
        return (await info.context.loaders.one(partner_rows.Partner, self.row.partner_id)).place or None

    @strawberry.field
    async def payment(self, info: Info) -> Payment | None:
        found = await info.context.loaders.many(payment_rows.Payment, "booking_id", self.id)
        if not found:
            return None
        paid = found[0]
        return Payment(
            method=paid.method, state=paid.state, amount_idr=Rupiah(paid.amount_idr),
            refunded_idr=Rupiah(paid.refunded_idr),
        )  # fmt: skip

    @strawberry.field(description="The service's checklist and what was ticked (Q-03, Q-04, Q-05).")
    async def checklist(self, info: Info) -> list[ChecklistEntry]:
        ticks = await info.context.loaders.many(rows.ChecklistTick, "booking_id", self.id)
        ticked = {(tick.item, tick.at_end) for tick in ticks}
        care = CARE[self.service_type]
        wanted = [(item, False) for item in care.start_checklist] + [(item, True) for item in care.end_checklist]
        return [ChecklistEntry(item=item, at_end=end, is_ticked=(item, end) in ticked) for item, end in wanted]

    @strawberry.field(description="What a hotel entered for each day (Q-06).")
    async def care_log(self, info: Info) -> list[CareEntry]:
        logs = await info.context.loaders.many(rows.CareLog, "booking_id", self.id)
        logs.sort(key=lambda log: (log.on_day, log.kind))
        return [CareEntry(on_day=log.on_day, kind=log.kind, note=log.note, logged_at=log.created_at) for log in logs]

    @strawberry.field(description="For staff.")
    async def incidents(self, info: Info) -> list[Incident] | None:
        if not info.context.actor.sees_all("booking"):
            return None
        found = await info.context.loaders.many(rows.Incident, "booking_id", self.id)
        return [Incident.of(row) for row in found]

    @strawberry.field(description="What would be paid back if the reader cancelled now.")
    async def refund_preview(self, info: Info, at: datetime | None = None) -> RefundPreview:
        moment = at if at and at.tzinfo else datetime.now().astimezone()
        incidents = await info.context.loaders.many(rows.Incident, "booking_id", self.id)
        missed = self.row.started_at is None and any(each.kind is IncidentKind.MISSED_START for each in incidents)
        by = at_whose_cost(side_of(info.context.actor, self.row), missed)
        back = refund_if_cancelled(self.row, moment, by)
        return RefundPreview(amount_idr=Rupiah(back.amount_idr), percent=back.percent, rule=back.rule.value)

    def _tells_money(self, info: Info) -> bool:
        actor = info.context.actor
        return actor.sees_all("booking") or (Role.PARTNER in actor.roles and actor.id == self.row.partner_id)


_COLUMNS = (
    "id", "code", "state", "version", "service_type", "zone", "starts_at", "ends_at", "unit", "units", "price_idr",
    "refund_idr", "cancel_policy", "note", "hold_expires_at", "requested_at", "request_expires_at", "answered_at",
    "started_at", "completed_at", "ended_at", "end_reason", "late_until", "late_reason", "last_update_at",
    "has_no_updates", "created_at",
)  # fmt: skip
_values = attrgetter(*_COLUMNS)


@strawberry.input(description="A start and units, or for a hotel the days of arrival and leaving.")
class HoldBookingInput:
    option_id: UUID
    pet_id: UUID
    address_id: UUID | None = None
    starts_at: datetime | None = None
    units: int = 1
    arrives_on: date | None = None
    leaves_on: date | None = None
    note: str = ""


@strawberry.input
class BookingFilter:
    states: list[BookingState] | None = None
    service_type: ServiceType | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    pet_id: UUID | None = None
    code: str | None = strawberry.field(default=None, description="The whole code, in capitals or not.")


BookingResult = Annotated[Booking | Refusal, strawberry.union("BookingResult")]
