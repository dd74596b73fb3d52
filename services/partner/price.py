"""What a partner's services cost. A price never changes: it is archived and another takes its place."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.queryset import QuerySet

from domain.money import check_price
from domain.partner import MAX_PRICES, TooMany, check_unit
from domain.permissions import Can
from domain.refusals import NotFound
from domain.service import Unit
from domain.text import line
from models.partner import Price
from services.partner.service import owned
from services.work import Work, use_case

MAX_TITLE_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What one unit of a service costs. `minutes` may be left out where the unit says it; `replaces` is archived."""

    title: str
    unit: Unit
    price_idr: int
    minutes: int | None = None
    replaces: UUID | None = None


@use_case(Can.SET_PRICE)
async def set_price(work: Work, service_id: UUID, wish: NewPrice) -> Price:
    """Add a price, or put it in the place of an older one; bookings made keep theirs (M-01).

    Raises NotFound for another partner's service, InvalidInput, or TooMany above MAX_PRICES active ones.
    """
    service = await owned(work, service_id)
    title = line(wish.title, "title", MAX_TITLE_CHARACTERS)
    minutes = check_unit(service.type, wish.unit, wish.minutes)
    check_price(wish.price_idr, "priceIdr")
    if wish.replaces is not None:
        await _archive(work, Price.filter(service_id=service.id), wish.replaces, "replaces")
    if await Price.filter(service_id=service.id, archived_at=None).count() >= MAX_PRICES:
        raise TooMany(limit=MAX_PRICES)
    return await Price.create(
        service_id=service.id, title=title, unit=wish.unit, minutes=minutes, price_idr=wish.price_idr
    )


@use_case(Can.REMOVE_PRICE)
async def remove_price(work: Work, price_id: UUID) -> Price:
    """Stop offering a price. Raises NotFound for another partner's, or one that is gone."""
    return await _archive(work, Price.filter(service__partner_id=work.actor.id), price_id, None)


async def _archive(work: Work, among: QuerySet[Price], price_id: UUID, field: str | None) -> Price:
    price = await among.filter(id=price_id, archived_at=None).select_for_update(of=("price",), no_key=True).first()
    if price is None:
        raise NotFound(field=field)
    await work.edit(price, archived_at=work.now)
    return price
