"""The services a partner offers, each decided on its own (P-03)."""

from collections.abc import Mapping
from uuid import UUID

from domain.cancellation import Policy
from domain.evidence import EvidenceKind, check_evidence
from domain.partner import SERVICE, check_counts
from domain.permissions import Can
from domain.refusals import NotAllowed
from domain.service import ServiceType
from domain.text import line
from models.partner import PartnerService
from services.partner.profile import own
from services.work import Work, use_case

MAX_REASON_CHARACTERS = 500


@use_case(Can.OFFER_SERVICE)
async def offer(work: Work, service_type: ServiceType, cancel_policy: Policy) -> PartnerService:
    """Offer one of the four services; offered already, only the cancel policy of later bookings changes."""
    partner = await own(work)
    service = await PartnerService.filter(partner_id=partner.id, type=service_type).first()
    if service is not None:
        if service.cancel_policy is not cancel_policy:
            await work.edit(service, cancel_policy=cancel_policy)
        return service
    service = PartnerService(partner_id=partner.id, type=service_type, state=SERVICE.start, cancel_policy=cancel_policy)
    await work.born(service, SERVICE.born, service_type=service_type)
    return service


@use_case(Can.SUBMIT_SERVICE)
async def submit(work: Work, service_id: UUID) -> PartnerService:
    """Ask for the review of one service. Raises NotFound for another partner's."""
    service = await owned(work, service_id)
    await work.move(service, SERVICE, "submit", facts={"service_type": service.type})
    return service


@use_case(Can.APPROVE_SERVICE)
async def approve(work: Work, service_id: UUID, counts: Mapping[EvidenceKind, int]) -> PartnerService:
    """Let the service be found and booked. `counts` are the items the reviewer confirmed; raises EvidenceMissing with
    what its rule still wants (P-03). Nobody decides about their own service."""
    service = await _reviewed(work, service_id)
    check_counts(counts)
    SERVICE.move(service.state, "approve")
    check_evidence(service.type, counts)
    evidence = {kind.value: count for kind, count in counts.items() if count}
    await work.move(
        service, SERVICE, "approve", facts={"service_type": service.type},
        evidence=evidence, decided_by=work.actor.id, decided_at=work.now, reason="",
    )  # fmt: skip
    return service


@use_case(Can.REJECT_SERVICE)
async def reject(work: Work, service_id: UUID, reason: str) -> PartnerService:
    """Refuse a service, or take back an approval; the partner reads the reason and may submit again."""
    service = await _reviewed(work, service_id)
    await work.move(
        service, SERVICE, "reject", facts={"service_type": service.type},
        decided_by=work.actor.id, decided_at=work.now, reason=line(reason, "reason", MAX_REASON_CHARACTERS),
    )  # fmt: skip
    return service


async def owned(work: Work, service_id: UUID) -> PartnerService:
    """Step: one of the actor's own services, locked; NotFound for another's."""
    return await work.lock(PartnerService.filter(partner_id=work.actor.id), service_id)


async def _reviewed(work: Work, service_id: UUID) -> PartnerService:
    service = await work.lock(PartnerService.visible_to(work.actor), service_id)
    if service.partner_id == work.actor.id:
        raise NotAllowed()
    return service
