"""A partner's profile and its numbers."""

from uuid import UUID

import strawberry

from domain.refusals import NotFound, NotSignedIn
from models import partner as rows
from schema.context import Info
from schema.partner import EditPartnerInput, MyPartner, OpenPartnerInput, Partner, PartnerResult, PartnerStatistics
from schema.service import is_inside
from services.partner import profile as profiles
from services.partner.reply import median_reply_s


@strawberry.type
class ProfileQuery:
    @strawberry.field(description="The reader as a partner, with everything that belongs to it.")
    async def my_partner(self, info: Info) -> MyPartner | None:
        actor = info.context.actor
        if actor.id is None:
            raise NotSignedIn()
        row = await rows.Partner.visible_to(actor).get_or_none(id=actor.id)
        return MyPartner.of(row) if row else None

    @strawberry.field(description="How a partner works, in numbers; for the partner itself and staff (Q-01, Q-07).")
    async def partner_statistics(self, info: Info, partner_id: UUID) -> PartnerStatistics:
        actor = info.context.actor
        row = await rows.Partner.visible_to(actor).get_or_none(id=partner_id)
        if row is None or not is_inside(actor, row.id):
            raise NotFound(field="partnerId")
        return PartnerStatistics.of(row, await median_reply_s(row.id))


@strawberry.type
class ProfileMutation:
    @strawberry.mutation(description="Make an account a partner; again, the answer is the same partner.")
    async def open_partner(self, info: Info, input: OpenPartnerInput) -> PartnerResult:
        return Partner.of(await profiles.open(info.context.actor, **vars(input)))

    @strawberry.mutation(description="Change the own profile, or a partner's by those who look after them.")
    async def edit_partner(self, info: Info, partner_id: UUID, input: EditPartnerInput) -> PartnerResult:
        change = profiles.ProfileEdit(**vars(input))
        return Partner.of(await profiles.edit(info.context.actor, partner_id, change))

    @strawberry.mutation(description="Take a partner out of search and of new bookings.")
    async def suspend_partner(self, info: Info, partner_id: UUID, reason: str) -> PartnerResult:
        return Partner.of(await profiles.suspend(info.context.actor, partner_id, reason))

    @strawberry.mutation(description="Let a suspended partner be found and booked again.")
    async def restore_partner(self, info: Info, partner_id: UUID, reason: str) -> PartnerResult:
        return Partner.of(await profiles.restore(info.context.actor, partner_id, reason))
