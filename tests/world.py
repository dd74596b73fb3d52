"""People and partners for tests, made through the use cases where there are some."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from uuid import UUID

from domain.booking import LEAD
from domain.calendar import Period, Zone
from domain.cancellation import Policy
from domain.evidence import EvidenceKind
from domain.payment import PaymentMethod
from domain.permissions import CUSTOMER, SYSTEM, Actor, Role
from domain.refusals import Language
from domain.service import CARE, ServiceType, Unit
from models.account import Account, RoleGrant
from models.booking import Booking
from models.partner import Partner, PartnerService, Price
from models.pet import Address, Pet
from services import booking as bookings
from services.partner import capacity, plan, price, profile, service
from services.partner.price import NewPrice

_numbers = count(1)
EVERYTHING = dict.fromkeys(EvidenceKind, 3)


@dataclass(frozen=True)
class Customer:
    actor: Actor
    pet: Pet
    address: Address

    @property
    def id(self) -> UUID:
        assert self.actor.id
        return self.actor.id


@dataclass(frozen=True)
class Provider:
    actor: Actor
    partner: Partner
    service: PartnerService
    option: Price

    @property
    def id(self) -> UUID:
        return self.partner.id


async def account(name: str, *roles: Role, language: Language = Language.EN, **changes: object) -> Actor:
    """An account with its roles, and the actor it is."""
    number = next(_numbers)
    facts = {"phone": f"+62812{number:07d}", "name": name, "language": language}
    row = await Account.create(**(facts | changes))  # type: ignore[arg-type]
    for role in roles:
        await RoleGrant.create(account_id=row.id, role=role)
    return Actor(id=row.id, roles=frozenset(roles), language=language)


async def staff(*roles: Role) -> Actor:
    number = next(_numbers)
    return await account(f"Staff {number}", *roles, phone=None, email=f"staff{number}@rawat.example")


async def customer(name: str = "Sari", region_code: str = "31.71.01.1001", postcode: str = "10110") -> Customer:
    """A customer with a dog and an address in Gambir, Jakarta."""
    actor = await account(name, *CUSTOMER)
    pet = await Pet.create(owner_id=actor.id, name="Bolu", species="DOG", size="SMALL")
    address = await Address.create(
        owner_id=actor.id, label="Rumah", recipient=name, phone="+628120000001", street="Jalan Contoh 1",
        region_code=region_code, postcode=postcode,
    )  # fmt: skip
    return Customer(actor, pet, address)


async def provider(
    service_type: ServiceType = ServiceType.GROOMER,
    *,
    areas: tuple[str, ...] = ("31.71",),
    policy: Policy = Policy.ONE_DAY,
    price_idr: int = 150_000,
    minutes: int = 60,
    kennels: int = 1,
    zone: Zone = Zone.WIB,
    approved: bool = True,
) -> Provider:
    """A partner that is open every day from 06.00 to 22.00 with one price."""
    person = await account(f"Mitra {next(_numbers)}", Role.CUSTOMER)
    assert person.id
    partner = await profile.open(SYSTEM, person.id, "Mitra Contoh", "Sayang hewan.", list(areas), zone)
    actor = Actor(id=person.id, roles=person.roles | {Role.PARTNER}, language=person.language)
    offered = await service.offer(actor, service_type, policy)
    unit = CARE[service_type].unit
    length = minutes if unit is Unit.SESSION else None
    option = await price.set_price(actor, offered.id, NewPrice("Paket", unit, price_idr, length))
    await plan.set_plan(actor, [Period(day, time(6), time(22)) for day in range(7)])
    for number in range(kennels if CARE[service_type].by_night else 0):
        await capacity.add_resource(actor, f"Kandang {number + 1}")
    if approved:
        offered = await service.submit(actor, offered.id)
        ops = await staff(Role.PARTNER_OPS)
        offered = await service.approve(ops, offered.id, EVERYTHING)
    return Provider(actor, partner, offered, option)


def at(hour: int, days: int = 3, zone: Zone = Zone.WIB, minute: int = 0) -> datetime:
    """That hour of a day from today, on the clocks of the zone."""
    return zone.at(zone.day_of(datetime.now(UTC)) + timedelta(days=days), time(hour, minute))


def in_days(days: int, zone: Zone = Zone.WIB) -> date:
    return zone.day_of(datetime.now(UTC)) + timedelta(days=days)


async def hold(
    customer: Customer, provider: Provider, starts_at: datetime | None = None, key: str | None = None, **wish: object
) -> Booking:
    """A held booking; by default at ten in three days."""
    if CARE[provider.service.type].by_night:
        wish = {"arrives_on": in_days(3), "leaves_on": in_days(5)} | wish
    else:
        wish = {"starts_at": starts_at or at(10), "address_id": customer.address.id} | wish
    new = bookings.NewBooking(option_id=provider.option.id, pet_id=customer.pet.id, **wish)  # type: ignore[arg-type]
    return await bookings.hold(customer.actor.once(key or f"hold-{next(_numbers)}"), new)


async def request(customer: Customer, provider: Provider, starts_at: datetime | None = None, **wish: object) -> Booking:
    booking = await hold(customer, provider, starts_at, **wish)  # type: ignore[arg-type]
    actor = customer.actor.once(f"request-{next(_numbers)}")
    return await bookings.request(actor, booking.id, PaymentMethod.E_WALLET)


async def accepted(
    customer: Customer, provider: Provider, starts_at: datetime | None = None, **wish: object
) -> Booking:
    booking = await request(customer, provider, starts_at, **wish)
    return await bookings.accept(provider.actor, booking.id)


__all__ = [
    "LEAD",
    "SYSTEM",
    "Actor",
    "Customer",
    "Provider",
    "accepted",
    "account",
    "at",
    "customer",
    "hold",
    "in_days",
    "provider",
    "request",
    "staff",
]
