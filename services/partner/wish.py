"""What a question about free slots means: which service, and for how long (P-01)."""

from datetime import timedelta
from uuid import UUID

from domain.booking import PartnerNotBookable
from domain.calendar import MAX_NIGHTS, check_length
from domain.money import check_units
from domain.partner import PartnerState, ServiceState
from domain.refusals import InvalidInput, NotFound
from domain.service import CARE, ServiceType
from models.partner import Partner, PartnerService, Price
from services.partner.availability import Wish


async def wish_for(partner: Partner, price_id: UUID | None, service_type: ServiceType | None, units: int) -> Wish:
    """So many units of that price, or of the shortest price of that service; exactly one of the two is given.

    Raises PartnerNotBookable (P-01) unless the partner is active and the service approved and priced, NotFound for a
    price that is not the partner's, InvalidInput.
    """
    if (price_id is None) is (service_type is None):
        raise InvalidInput("priceId", indonesian="isi priceId atau serviceType, salah satu saja",
                           english="give either priceId or serviceType")  # fmt: skip
    check_units(units)
    if price_id is not None:
        price = await Price.filter(id=price_id, service__partner_id=partner.id, archived_at=None).first()
        if price is None:
            raise NotFound(field="priceId")
    else:
        of_service = Price.filter(service__partner_id=partner.id, service__type=service_type, archived_at=None)
        price = await of_service.order_by("minutes", "id").first()
        if price is None:
            raise PartnerNotBookable(field="serviceType")
    service = await PartnerService.get(id=price.service_id)
    if partner.state is not PartnerState.ACTIVE or service.state is not ServiceState.APPROVED:
        raise PartnerNotBookable(field="priceId" if price_id else "serviceType")
    minutes = price.minutes * units
    _check_minutes(service.type, minutes, units)
    return Wish(service.type, minutes)


def _check_minutes(service_type: ServiceType, minutes: int, units: int) -> None:
    if not CARE[service_type].by_night:
        check_length(timedelta(minutes=minutes), "units")
    elif units > MAX_NIGHTS:
        raise InvalidInput("units", indonesian=f"paling lama {MAX_NIGHTS} malam", english=f"at most {MAX_NIGHTS}")
