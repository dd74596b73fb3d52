"""Finding a partner, and what can be booked with it."""

from datetime import UTC, date, datetime
from uuid import UUID

import strawberry

from domain.calendar import Zone, check_range
from domain.refusals import InvalidInput, NotFound
from domain.service import ServiceType
from models import partner as rows
from schema.calendar import FreeSlot
from schema.context import Info
from schema.page import FIRST, Connection, check_first, cursor_text, values_of
from schema.partner import Partner, PartnerFilter
from schema.reading import Found, page_of, row
from services.partner.availability import free_slots
from services.partner.search import ORDER, Filter, Place, Sort, search
from services.partner.wish import wish_for

ORDERED_BY = {
    Sort.RANK: (rows.Partner._meta.fields_map["rank"], rows.Partner._meta.fields_map["id"]),
    Sort.PRICE: (rows.Price._meta.fields_map["price_idr"], rows.Partner._meta.fields_map["id"]),
}
DAY_NAMES = {"firstDay": "fromDay", "lastDay": "toDay"}


@strawberry.type
class SearchQuery:
    @strawberry.field(description="Partners that can be booked: active, with an approved and priced service (P-01).")
    async def partners(
        self,
        info: Info,
        filter: PartnerFilter | None = None,
        sort: Sort = Sort.RANK,
        first: int = FIRST,
        after: str | None = None,
    ) -> Connection[Partner]:
        check_first(first)
        wanted = Filter(**vars(filter)) if filter else Filter()
        behind = Place(*values_of(after, ORDERED_BY[sort])) if after is not None else None
        found = await search(wanted, sort, first, behind, datetime.now(UTC))
        last = cursor_text([found.last.value, found.last.id]) if found.last else None
        listed = Found(found.statement, ORDER[sort], found.has_next, last)
        return await page_of(info, Partner, listed, first, after)

    @strawberry.field(description="One partner, if the reader sees it.")
    async def partner(self, info: Info, id: UUID) -> Partner | None:
        return await row(info, Partner, rows.Partner.seen_by(info.context.actor), id=id)

    @strawberry.field(
        description="What can be booked with the partner on these days (at most 31), in order, the first 200: so many "
        "units of a price, or of the shortest price of a service. For a hotel one stay for each day of arrival."
    )
    async def free_slots(
        self,
        info: Info,
        partner_id: UUID,
        from_day: date,
        to_day: date,
        price_id: UUID | None = None,
        service_type: ServiceType | None = None,
        units: int = 1,
    ) -> list[FreeSlot]:
        _check_days(from_day, to_day)
        partner = await rows.Partner.visible_to(info.context.actor).get_or_none(id=partner_id)
        if partner is None:
            raise NotFound(field="partnerId")
        wish = await wish_for(partner, price_id, service_type, units)
        slots = await free_slots(partner, wish, from_day, to_day, datetime.now(UTC))
        return [FreeSlot.of(slot, Zone(partner.zone)) for slot in slots]


def _check_days(from_day: date, to_day: date) -> None:
    """check_range, with the names that clients know the days by."""
    try:
        check_range(from_day, to_day)
    except InvalidInput as refusal:
        raise InvalidInput(
            DAY_NAMES[refusal.field or "lastDay"],
            indonesian=str(refusal.facts["reason_id"]),
            english=str(refusal.facts["reason_en"]),
        ) from refusal
