"""A partner's services, their review, and their prices."""

from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.cancellation import Policy
from domain.evidence import EvidenceKind
from domain.partner import ServiceState
from domain.permissions import Can
from domain.refusals import InvalidInput
from domain.service import ServiceType
from models import partner as rows
from schema.context import Info
from schema.page import FIRST, Connection
from schema.partner import ServiceToReview
from schema.reading import page
from schema.service import (
    EvidenceCountInput,
    PartnerService,
    Price,
    PriceInput,
    PriceResult,
    ServiceResult,
)
from services.partner import price as prices
from services.partner import service as services


@strawberry.type
class ServiceQuery:
    @strawberry.field(description="Services that wait for a decision, the one offered first first; for reviewers.")
    async def services_to_review(
        self, info: Info, first: int = FIRST, after: str | None = None
    ) -> Connection[ServiceToReview]:
        actor = info.context.actor
        actor.must(Can.APPROVE_SERVICE)
        waiting = rows.PartnerService.seen_by(actor) & Q(state=ServiceState.UNDER_REVIEW)
        return await page(info, ServiceToReview, waiting, ("id",), first, after)


@strawberry.type
class ServiceMutation:
    @strawberry.mutation(description="Offer a service; offered already, its cancel policy changes for later bookings.")
    async def offer_service(self, info: Info, type: ServiceType, cancel_policy: Policy) -> ServiceResult:
        return PartnerService.of(await services.offer(info.context.actor, type, cancel_policy))

    @strawberry.mutation(description="Ask for the review of a service.")
    async def submit_service(self, info: Info, service_id: UUID) -> ServiceResult:
        return PartnerService.of(await services.submit(info.context.actor, service_id))

    @strawberry.mutation(description="Approve a service by the evidence the reviewer confirmed (P-03).")
    async def approve_service(self, info: Info, service_id: UUID, evidence: list[EvidenceCountInput]) -> ServiceResult:
        return PartnerService.of(await services.approve(info.context.actor, service_id, _counts(evidence)))

    @strawberry.mutation(description="Reject a service, or take an approval back.")
    async def reject_service(self, info: Info, service_id: UUID, reason: str) -> ServiceResult:
        return PartnerService.of(await services.reject(info.context.actor, service_id, reason))

    @strawberry.mutation(description="Add a price to a service, or put it in the place of another.")
    async def set_price(self, info: Info, service_id: UUID, input: PriceInput) -> PriceResult:
        row = await prices.set_price(info.context.actor, service_id, prices.NewPrice(**vars(input)))
        return await _price(info, row)

    @strawberry.mutation(description="Stop offering a price; bookings made keep it.")
    async def remove_price(self, info: Info, price_id: UUID) -> PriceResult:
        return await _price(info, await prices.remove_price(info.context.actor, price_id))


async def _price(info: Info, row: rows.Price) -> Price:
    return Price.of(row, await info.context.loaders.one(rows.PartnerService, row.service_id))


def _counts(evidence: list[EvidenceCountInput]) -> dict[EvidenceKind, int]:
    counts = {each.kind: each.count for each in evidence}
    if len(counts) != len(evidence):
        raise InvalidInput("evidence", indonesian="setiap jenis sekali saja", english="name each kind once")
    return counts
