"""A partner as the public, the partner itself and staff see it."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from domain.calendar import Zone
from domain.partner import PartnerState, ServiceState
from domain.rank import PART_LABELS, WEIGHT, Part, parts
from domain.service import ServiceType
from models import calendar as calendar_rows
from models import partner as rows
from models.region import Region
from schema.calendar import PlanException, PlanPeriod
from schema.context import Info
from schema.refusal import Refusal
from schema.scalar import Rupiah
from schema.service import PartnerService, is_inside
from schema.table import one, reads
from services.partner.plan import MAX_PERIODS, upcoming_exceptions
from services.partner.reply import median_replies_s
from services.partner.search import Sort

for enum in (PartnerState, Part):
    strawberry.enum(enum)
strawberry.enum(Sort, name="PartnerSort")


@strawberry.type(description="A regency or district the partner works in.")
class Area:
    code: str = strawberry.field(description="Kemendagri code.")
    name: str


@strawberry.type(description="One part of the rank.")
class RankPart:
    part: Part
    points: int
    max_points: int
    label: str = strawberry.field(description="In the reader's language.")


@reads(rows.Partner)
@strawberry.type(description="A provider of care.")
class Partner:
    row: strawberry.Private[rows.Partner]
    id: UUID
    name: str
    bio: str
    zone: Zone
    rank: int = strawberry.field(description="0 to 1000; more is better.")

    @classmethod
    def of(cls, row: rows.Partner) -> "Partner":
        return cls(row=row, id=row.id, name=row.name, bio=row.bio, zone=Zone(row.zone), rank=row.rank)

    @strawberry.field(description="Where the partner works.")
    async def areas(self, info: Info) -> list[Area]:
        found = await asyncio.gather(*(info.context.loaders.one(Region, code) for code in self.row.areas))
        return [Area(code=region.code, name=region.name) for region in found]

    @strawberry.field(description="What the rank is made of, by what is known now.")
    async def why_this_rank(self, info: Info) -> list[RankPart]:
        median_s = await info.context.loaders.found(median_replies_s, self.id)
        points = parts(
            completed=self.row.completed_count, on_time=self.row.on_time_count, median_reply_s=median_s,
            cancelled_by_partner=self.row.cancelled_count, no_show_partner=self.row.no_show_count,
        )  # fmt: skip
        language = info.context.actor.language
        return [
            RankPart(part=part, points=points[part.value], max_points=WEIGHT[part],
                     label=PART_LABELS[part].spoken(language))
            for part in Part
        ]  # fmt: skip

    @strawberry.field(description="Approved services; the partner itself and staff see the others too (P-01, P-03).")
    async def services(self, info: Info) -> list[PartnerService]:
        return [PartnerService.of(row) for row in await self._services(info)]

    @strawberry.field(description="The cheapest price of the service, or of any; what search by price goes by.")
    async def from_price_idr(self, info: Info, service_type: ServiceType | None = None) -> Rupiah | None:
        approved = [
            row for row in await self._services(info)
            if row.state is ServiceState.APPROVED and service_type in (None, row.type)
        ]  # fmt: skip
        loaders = info.context.loaders
        prices = await asyncio.gather(
            *(loaders.many(rows.Price, "service_id", row.id, archived_at=None) for row in approved)
        )
        return min((Rupiah(price.price_idr) for each in prices for price in each), default=None)

    @strawberry.field(description="Where a hotel's guests are brought; for itself and staff, see Booking.hotelPlace.")
    def place(self, info: Info) -> str | None:
        return self.row.place if is_inside(info.context.actor, self.id) else None

    @strawberry.field(description="For the partner itself and staff.")
    def state(self, info: Info) -> PartnerState | None:
        return self.row.state if is_inside(info.context.actor, self.id) else None

    @strawberry.field(description="Why the partner was suspended or restored; for itself and staff.")
    def state_reason(self, info: Info) -> str | None:
        return self.row.state_reason if is_inside(info.context.actor, self.id) else None

    async def _services(self, info: Info) -> list[rows.PartnerService]:
        only = {} if is_inside(info.context.actor, self.id) else {"state": ServiceState.APPROVED}
        return await info.context.loaders.many(rows.PartnerService, "partner_id", self.id, **only)


@strawberry.type(description="What can be booked once at a time: the partner in person, or one kennel of a hotel.")
class Resource:
    id: UUID
    label: str
    is_kennel: bool
    is_archived: bool

    @classmethod
    def of(cls, row: rows.Resource) -> "Resource":
        return cls(id=row.id, label=row.label, is_kennel=row.is_kennel, is_archived=row.archived_at is not None)


@strawberry.type(description="The reader's own profile as a partner, with everything that belongs to it.")
class MyPartner:
    row: strawberry.Private[rows.Partner]
    profile: Partner

    @classmethod
    def of(cls, row: rows.Partner) -> "MyPartner":
        return cls(row=row, profile=Partner.of(row))

    @strawberry.field(description="The weekly plan.")
    async def plan(self) -> list[PlanPeriod]:
        periods = calendar_rows.PlanPeriod.filter(partner_id=self.row.id).order_by("weekday", "opens_minute")
        return [PlanPeriod.of(row) for row in await periods.limit(MAX_PERIODS)]

    @strawberry.field(description="Days from today on that differ from the plan.")
    async def exceptions(self) -> list[PlanException]:
        return [PlanException.of(row) for row in await upcoming_exceptions(self.row)]

    @strawberry.field(description="Itself, and the kennels of a hotel.")
    async def resources(self, info: Info) -> list[Resource]:
        found = await info.context.loaders.many(rows.Resource, "partner_id", self.row.id, archived_at=None)
        return [Resource.of(row) for row in found]


@strawberry.type(description="How a partner works, in numbers; for the partner itself and staff.")
class PartnerStatistics:
    completed_count: int
    on_time_count: int
    on_time_rate: float | None = strawberry.field(description="0 to 1; null before the first completed job (Q-01).")
    cancelled_count: int
    no_show_count: int
    median_reply_s: int | None = strawberry.field(description="Seconds to an answer; null before the first (Q-07).")

    @classmethod
    def of(cls, row: rows.Partner, median_s: int | None) -> "PartnerStatistics":
        rate = row.on_time_count / row.completed_count if row.completed_count else None
        return cls(
            completed_count=row.completed_count, on_time_count=row.on_time_count, on_time_rate=rate,
            cancelled_count=row.cancelled_count, no_show_count=row.no_show_count, median_reply_s=median_s,
        )  # fmt: skip


@reads(rows.PartnerService)
@strawberry.type(description="A service that waits for its review.")
class ServiceToReview:
    row: strawberry.Private[rows.PartnerService]
    service: PartnerService

    partner: Partner = one(Partner, "partner_id")

    @classmethod
    def of(cls, row: rows.PartnerService) -> "ServiceToReview":
        return cls(row=row, service=PartnerService.of(row))


@strawberry.input(description="Every given part must be true of a partner; `day` needs `serviceType`.")
class PartnerFilter:
    service_type: ServiceType | None = None
    region_code: str | None = strawberry.field(default=None, description="Province, regency, district or village.")
    postcode: str | None = None
    day: date | None = strawberry.field(default=None, description="With something free on this day.")
    max_price_idr: Rupiah | None = None
    min_rank: int | None = None
    text: str | None = strawberry.field(default=None, description="Part of the name or the bio.")


@strawberry.input
class OpenPartnerInput:
    account_id: UUID
    name: str
    areas: list[str]
    bio: str = ""
    zone: Zone | None = strawberry.field(default=None, description="The first area's when left out.")


@strawberry.input(description="What changes; the rest stays.")
class EditPartnerInput:
    name: str | None = None
    bio: str | None = None
    areas: list[str] | None = None
    zone: Zone | None = None
    place: str | None = strawberry.field(default=None, description="Where a hotel's guests are brought: the address.")


PartnerResult = Annotated[Partner | Refusal, strawberry.union("PartnerResult")]
ResourceResult = Annotated[Resource | Refusal, strawberry.union("ResourceResult")]
