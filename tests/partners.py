"""Partners for tests: made by the use cases, or as rows where many are needed at once."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from domain.booking import BookingState
from domain.calendar import Period
from domain.cancellation import Policy
from domain.evidence import EvidenceKind
from domain.partner import ServiceState
from domain.permissions import SYSTEM, Actor, Role
from domain.service import CARE, ServiceType, Unit
from models.account import Account
from models.booking import Booking
from models.partner import Partner, PartnerService, Price, Resource
from models.pet import Pet
from services.partner import plan, price, profile, service
from services.partner.price import NewPrice

JAKARTA_PUSAT, GAMBIR, GAMBIR_VILLAGE = "31.71", "31.71.01", "31.71.01.1001"
ALL_DAY = [Period(day, time(0), time(0)) for day in range(7)]
EVIDENCE = {
    ServiceType.GROOMER: (EvidenceKind.PORTFOLIO, EvidenceKind.CERTIFICATE),
    ServiceType.DOG_WALKER: (EvidenceKind.EXPERIENCE, EvidenceKind.REFERENCE),
    ServiceType.DOG_TRAINER: (EvidenceKind.CERTIFICATE, EvidenceKind.METHOD_REVIEW_POSITIVE),
    ServiceType.DOG_HOTEL: (
        EvidenceKind.FACILITY_PHOTO, EvidenceKind.BUSINESS_LICENCE, EvidenceKind.HOTEL_DAILY_SOP,
        EvidenceKind.HOTEL_SOP_FEEDING, EvidenceKind.HOTEL_SOP_EXERCISE, EvidenceKind.HOTEL_SOP_EMERGENCY,
    ),
}  # fmt: skip


async def actor(*roles: Role) -> Actor:
    """Somebody new with these roles."""
    account = await Account.create(name="Uji")
    return Actor(id=account.id, roles=frozenset(roles))


def id_of(actor: Actor) -> UUID:
    """The id of somebody who is signed in."""
    assert actor.id is not None
    return actor.id


async def reviewer() -> Actor:
    return await actor(Role.PARTNER_OPS)


def enough(service_type: ServiceType) -> dict[EvidenceKind, int]:
    """Evidence that satisfies the rule of the service."""
    kinds = (EvidenceKind.KTP, EvidenceKind.BACKGROUND_CHECK, *EVIDENCE[service_type])
    return dict.fromkeys(kinds, 1)


async def open_partner(*areas: str, name: str = "Mitra Uji") -> Actor:
    """A partner without services, opened by the use case."""
    account = await Account.create(name=name)
    await profile.open(SYSTEM, account.id, name, "", list(areas or (JAKARTA_PUSAT,)))
    return Actor(id=account.id, roles=frozenset({Role.PARTNER}))


async def approve(partner: Actor, service_type: ServiceType, minutes: int = 60, price_idr: int = 100_000) -> Price:
    """Offer, submit, approve and price a service, and be open day and night; the price is what is returned."""
    offered = await service.offer(partner, service_type, Policy.ONE_DAY)
    await service.submit(partner, offered.id)
    await service.approve(await reviewer(), offered.id, enough(service_type))
    await plan.set_plan(partner, ALL_DAY)
    unit = CARE[service_type].unit
    wish = NewPrice("Biasa", unit, price_idr, minutes if unit is Unit.SESSION else None)
    return await price.set_price(partner, offered.id, wish)


async def many(count: int, service_type: ServiceType = ServiceType.GROOMER, *, areas: list[str] | None = None,
               rank: int = 500, price_idr: int = 100_000) -> list[Partner]:  # fmt: skip
    """Approved partners with a price, as plain rows: equal ranks and prices, different names."""
    partners, services, prices, people = [], [], [], []
    for number in range(count):
        account = Account(name=f"Mitra {number}")
        partner = Partner(id=account.id, name=account.name, areas=areas or [JAKARTA_PUSAT], rank=rank)
        offered = PartnerService(partner_id=partner.id, type=service_type, state=ServiceState.APPROVED)
        unit = CARE[service_type].unit
        cost = Price(service_id=offered.id, title="Biasa", unit=unit, price_idr=price_idr, minutes=60)
        person = Resource(partner_id=partner.id, label="Mitra", is_kennel=CARE[service_type].by_night)
        partners.append((account, partner))
        services.append(offered)
        prices.append(cost)
        people.append(person)
    await Account.bulk_create([account for account, _ in partners])
    await Partner.bulk_create([partner for _, partner in partners])
    await PartnerService.bulk_create(services)
    await Price.bulk_create(prices)
    await Resource.bulk_create(people)
    return [partner for _, partner in partners]


async def book(price: Price, starts_at: datetime, ends_at: datetime, *, buffer_min: int = 0,
               state: BookingState = BookingState.ACCEPTED, resource_id: UUID | None = None,
               hold_expires_at: datetime | None = None) -> Booking:  # fmt: skip
    """A booking row that takes the time of the partner's first resource (or of that one)."""
    offered = await PartnerService.get(id=price.service_id)
    customer = await Account.create(name="Pelanggan")
    pet = await Pet.create(owner_id=customer.id, name="Milo", species="DOG", size="SMALL")
    by_night = CARE[offered.type].by_night
    if resource_id is None:
        first = await Resource.filter(partner_id=offered.partner_id, is_kennel=by_night).order_by("id").first()
        assert first is not None
        resource_id = first.id
    return await Booking.create(
        code=f"BK-{str(pet.id)[-8:]}", customer_id=customer.id, partner_id=offered.partner_id, service_id=offered.id,
        option_id=price.id, resource_id=resource_id, pet_id=pet.id, service_type=offered.type, state=state,
        zone="WIB", starts_at=starts_at, ends_at=ends_at, blocked_from=starts_at,
        blocked_until=ends_at + timedelta(minutes=buffer_min), unit=price.unit, units=1, price_idr=100, commission_bp=0,
        commission_idr=0, net_idr=100, cancel_policy=Policy.ONE_DAY,
        hold_expires_at=hold_expires_at or datetime.now(UTC) + timedelta(minutes=15),
    )  # fmt: skip
