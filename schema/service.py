"""One service of a partner, its prices, and what its approval still wants."""

from typing import Annotated
from uuid import UUID

import strawberry

from domain.cancellation import POLICY_LABELS, Policy
from domain.evidence import KIND_LABELS, RULES, EvidenceKind, open_leaves
from domain.money import commission_rate, split
from domain.partner import ServiceState
from domain.permissions import Actor
from domain.service import CARE, CHECKLIST_LABELS, UNIT_LABELS, ChecklistItem, ServiceType, Unit
from models import partner as rows
from schema.context import Info
from schema.refusal import Refusal
from schema.scalar import Rupiah

for enum in (ServiceType, Unit, ChecklistItem, Policy, ServiceState, EvidenceKind):
    strawberry.enum(enum)


def is_inside(actor: Actor, partner_id: UUID) -> bool:
    """Whether the reader is the partner itself or staff: they also see money, reviews and what is not yet approved."""
    return actor.id == partner_id or actor.sees_all("partner")


@strawberry.type(description="What one unit of a service costs.")
class Price:
    service: strawberry.Private[rows.PartnerService]
    id: UUID
    title: str
    unit: Unit
    minutes: int = strawberry.field(description="How long one unit lasts.")
    price_idr: Rupiah
    is_archived: bool

    @classmethod
    def of(cls, row: rows.Price, service: rows.PartnerService) -> "Price":
        return cls(
            service=service, id=row.id, title=row.title, unit=row.unit, minutes=row.minutes,
            price_idr=Rupiah(row.price_idr), is_archived=row.archived_at is not None,
        )  # fmt: skip

    @strawberry.field(description="The unit in the reader's language.")
    def unit_label(self, info: Info) -> str:
        return UNIT_LABELS[self.unit].spoken(info.context.actor.language)

    @strawberry.field(description="The platform's part in hundredths of a per cent; for the partner and staff (O-03).")
    def commission_bp(self, info: Info) -> int | None:
        return commission_rate(self.service.type) if self._tells_money(info) else None

    @strawberry.field(description="The platform's part of one unit; for the partner and staff (M-01).")
    def commission_idr(self, info: Info) -> Rupiah | None:
        parts = split(self.price_idr, commission_rate(self.service.type))
        return Rupiah(parts.commission_idr) if self._tells_money(info) else None

    @strawberry.field(description="What the partner earns with one unit; for the partner and staff (M-01).")
    def net_idr(self, info: Info) -> Rupiah | None:
        parts = split(self.price_idr, commission_rate(self.service.type))
        return Rupiah(parts.net_idr) if self._tells_money(info) else None

    def _tells_money(self, info: Info) -> bool:
        return is_inside(info.context.actor, self.service.partner_id)


@strawberry.type(description="One thing the partner confirms before it starts.")
class ChecklistLabel:
    item: ChecklistItem
    label: str = strawberry.field(description="In the reader's language.")


@strawberry.type(description="Evidence that a review still wants, or one of several ways to satisfy it.")
class OpenEvidence:
    kind: EvidenceKind
    label: str = strawberry.field(description="In the reader's language.")
    have: int
    need: int
    is_choice: bool


@strawberry.type(description="One of the four services as one partner offers it.")
class PartnerService:
    row: strawberry.Private[rows.PartnerService]
    id: UUID
    type: ServiceType
    state: ServiceState
    cancel_policy: Policy

    @classmethod
    def of(cls, row: rows.PartnerService) -> "PartnerService":
        return cls(row=row, id=row.id, type=row.type, state=row.state, cancel_policy=row.cancel_policy)

    @strawberry.field(description="The service's name in the reader's language.")
    def name(self, info: Info) -> str:
        return CARE[self.type].name.spoken(info.context.actor.language)

    @strawberry.field(description="The cancel policy as a sentence in the reader's language.")
    def cancel_policy_text(self, info: Info) -> str:
        return POLICY_LABELS[self.cancel_policy].spoken(info.context.actor.language)

    @strawberry.field(description="Prices that can be booked, oldest first.")
    async def prices(self, info: Info) -> list[Price]:
        found = await info.context.loaders.many(rows.Price, "service_id", self.id, archived_at=None)
        return [Price.of(row, self.row) for row in found]

    @strawberry.field(description="What the partner confirms before it starts (Q-03, Q-04, Q-05).")
    def start_checklist(self, info: Info) -> list[ChecklistLabel]:
        language = info.context.actor.language
        return [
            ChecklistLabel(item=item, label=CHECKLIST_LABELS[item].spoken(language))
            for item in CARE[self.type].start_checklist
        ]

    @strawberry.field(description="Why it was rejected; for the partner and staff.")
    def reason(self, info: Info) -> str | None:
        return self.row.reason if is_inside(info.context.actor, self.row.partner_id) else None

    @strawberry.field(description="What the review still wants, by the items confirmed; for the partner and staff.")
    def open_evidence(self, info: Info) -> list[OpenEvidence] | None:
        if not is_inside(info.context.actor, self.row.partner_id):
            return None
        counts = {EvidenceKind(kind): count for kind, count in self.row.evidence.items()}
        language = info.context.actor.language
        return [
            OpenEvidence(kind=leaf.kind, label=KIND_LABELS[leaf.kind].spoken(language), have=leaf.have,
                         need=leaf.need, is_choice=leaf.is_choice)
            for leaf in open_leaves(RULES[self.type], counts)
        ]  # fmt: skip


@strawberry.input(description="How many items of a kind the reviewer confirmed.")
class EvidenceCountInput:
    kind: EvidenceKind
    count: int


@strawberry.input(description="A price; it takes the place of `replaces`, which is archived.")
class PriceInput:
    title: str
    unit: Unit
    price_idr: Rupiah
    minutes: int | None = None
    replaces: UUID | None = None


ServiceResult = Annotated[PartnerService | Refusal, strawberry.union("ServiceResult")]
PriceResult = Annotated[Price | Refusal, strawberry.union("PriceResult")]
