"""The partners of the demo world: opened, offered, reviewed and approved by the use cases, with hours and capacity."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from uuid import UUID

from app.demo.place import City
from domain.calendar import MIDNIGHT, Period
from domain.calendar import PlanException as Differing
from domain.cancellation import Policy
from domain.evidence import EvidenceKind
from domain.permissions import Actor, Role
from domain.service import CARE, ServiceType, Unit
from models.partner import PartnerService, Price
from services.partner import capacity, plan, price, profile, service
from services.partner.price import NewPrice

EVIDENCE = dict.fromkeys(EvidenceKind, 1) | {EvidenceKind.REFERENCE: 3, EvidenceKind.PORTFOLIO: 5}
# Read in this order by number, so that each city has every service and every policy has partners.
KINDS = (ServiceType.GROOMER, ServiceType.DOG_WALKER, ServiceType.DOG_HOTEL, ServiceType.DOG_TRAINER)
POLICIES = (Policy.ONE_DAY, Policy.SAME_DAY, Policy.THREE_DAY, Policy.SEVEN_DAY)
NAMES = {
    ServiceType.GROOMER: "Salon Anabul {}",
    ServiceType.DOG_WALKER: "Jalan Bareng {}",
    ServiceType.DOG_HOTEL: "Penginapan Anjing {}",
    ServiceType.DOG_TRAINER: "Sekolah Anjing {}",
}
BIOS = {
    ServiceType.GROOMER: "Mandi, potong kuku dan gunting bulu di rumah Anda, dengan alat yang selalu disterilkan.",
    ServiceType.DOG_WALKER: "Jalan santai dengan rute teduh. Kotoran selalu dibersihkan.",
    ServiceType.DOG_HOTEL: "Kandang luas, halaman rumput, dua kali main sehari dan kabar dengan foto.",
    ServiceType.DOG_TRAINER: "Latihan kepatuhan dengan metode positif, tanpa kekerasan.",
}
# Title, minutes of a session, rupiah a unit.
PRICES: dict[ServiceType, tuple[tuple[str, int, int], ...]] = {
    ServiceType.GROOMER: (("Mandi dan sisir", 60, 120_000), ("Mandi dan gunting", 90, 210_000)),
    ServiceType.DOG_WALKER: (("Jalan santai", 60, 60_000),),
    ServiceType.DOG_HOTEL: (("Menginap", 24 * 60, 150_000),),
    ServiceType.DOG_TRAINER: (("Latihan dasar", 60, 180_000), ("Latihan perilaku", 90, 290_000)),
}
OPENS, CLOSES = time(8), time(20)
EVERY_DAY = range(7)


@dataclass(frozen=True, slots=True)
class Host:
    """A partner with the approved service that its bookings are about. Closed on that weekday and that day."""

    actor: Actor
    city: City
    kind: ServiceType
    options: tuple[Price, ...]
    kennels: int
    closed_weekday: int | None
    closed_on: date

    def is_open(self, on: date) -> bool:
        """Whether it works on this day at all."""
        return on.weekday() != self.closed_weekday and on != self.closed_on

    @property
    def id(self) -> UUID:
        """The partner's id, which is its account's."""
        assert self.actor.id is not None
        return self.actor.id


def kind_of(number: int) -> ServiceType:
    """What the partner of this number does."""
    return KINDS[number % len(KINDS)]


async def open_host(person: Actor, name: str, number: int, city: City, today: date, ops: Actor) -> Host:
    """Open the partner and bring its first service to approval. The first one of all never closes: a job of its runs
    at whatever hour the world is made."""
    luck, kind = Random(f"host {number}"), kind_of(number)
    assert person.id is not None
    title = NAMES[kind].format(name.split()[0])
    await profile.open(ops, person.id, title, BIOS[kind], list(city.regencies), city.zone)
    actor = Actor(person.id, person.roles | {Role.PARTNER}, person.language)
    never_closes = number == 0
    closed_weekday = None if never_closes or CARE[kind].by_night else luck.randrange(7)
    closed_on = today + timedelta(days=luck.randint(5, 12))
    hours = (MIDNIGHT, MIDNIGHT) if never_closes else (OPENS, CLOSES)
    await plan.set_plan(actor, [Period(day, *hours) for day in EVERY_DAY if day != closed_weekday])
    await plan.add_exception(actor, Differing(closed_on, None, None, available=False), "Acara keluarga")
    evening = Differing(today + timedelta(days=luck.randint(13, 20)), time(20), time(22), available=True)
    await plan.add_exception(actor, evening, "Buka sampai malam")
    kennels = luck.randint(2, 6) if CARE[kind].by_night else 0
    if kennels:
        place = f"Jalan Contoh {number + 1}, {city.name}"
        await profile.edit(actor, person.id, profile.ProfileEdit(place=place))
    for kennel in range(kennels):
        await capacity.add_resource(actor, f"Kandang {kennel + 1}")
    offered = await offer(actor, kind, POLICIES[(number // len(KINDS) + number) % len(POLICIES)])
    await service.submit(actor, offered.id)
    await service.approve(ops, offered.id, EVIDENCE)
    options = await _priced(actor, offered, luck)
    return Host(actor, city, kind, options, kennels, closed_weekday, closed_on)


async def offer(actor: Actor, kind: ServiceType, policy: Policy = Policy.ONE_DAY) -> PartnerService:
    """Offer a service, which is not bookable yet."""
    return await service.offer(actor, kind, policy)


async def _priced(actor: Actor, offered: PartnerService, luck: Random) -> tuple[Price, ...]:
    unit, factor = CARE[offered.type].unit, luck.choice((80, 90, 100, 110, 130))
    made = []
    for title, minutes, amount_idr in PRICES[offered.type]:
        length = minutes if unit is Unit.SESSION else None
        made.append(await price.set_price(actor, offered.id, NewPrice(title, unit, amount_idr * factor // 100, length)))
    return tuple(made)
