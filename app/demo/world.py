"""Making the demo world: all in one transaction, so that a killed start leaves nothing and never half a world."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tortoise import connections
from tortoise.transactions import in_transaction

from app.demo.album import Album, album
from app.demo.cast import Cast, split
from app.demo.clock import Clock, Story
from app.demo.partner import Host, offer, open_host
from app.demo.person import (
    CUSTOMER_PHONE,
    PARTNER_PHONE,
    Guest,
    employ_everybody,
    settle_guest,
    sign_up,
    some_name,
)
from app.demo.place import CITIES, City, some_place, villages_of
from domain.permissions import Actor, Role
from domain.refusals import Language
from domain.service import ServiceType
from integrations.storage import LocalStorage
from models.account import Account
from services.partner import profile, service
from services.work import acting_at
from workers.job import Outside

LOCK = 7_261_777  # of pg_advisory_xact_lock: two starts at once make one world
DAY = timedelta(days=1)
AGE = 28 * DAY
PEOPLE_COME_FOR = 3 * DAY  # the first bookings are held after that


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; `ahead` bookings are in the future, `photos` are different files."""

    customers: int
    partners: int
    past: int
    ahead: int
    photos: int
    clips: int


FULL = Size(customers=64, partners=27, past=190, ahead=52, photos=40, clips=2)
SMALL = Size(customers=6, partners=4, past=30, ahead=6, photos=3, clips=1)


async def make_world(outside: Outside, storage: LocalStorage, size: Size = FULL) -> bool:
    """Fill an empty database; False when somebody lives there already, and then nothing changes."""
    if await Account.exists():
        return False
    async with album(storage, size.photos, size.clips) as pictures, in_transaction():
        await connections.get("default").execute_query("SELECT pg_advisory_xact_lock($1)", [LOCK])
        if await Account.exists():
            return False
        await _World(outside, pictures, size, datetime.now(UTC)).make()
    return True


class _World:
    def __init__(self, outside: Outside, pictures: Album, size: Size, now: datetime) -> None:
        self._outside, self._pictures, self._size, self._now = outside, pictures, size, now
        self._born_at = now - AGE
        self._clock = Clock(self._born_at, now, outside)

    async def make(self) -> None:
        """People, partners, then everything that happened to them."""
        with acting_at(self._born_at):
            self._staff = await employ_everybody(self._outside.seal)
        hosts, guests = await self._hosts(), await self._guests()
        past, ahead, first = split(hosts, self._now)
        opened_at = self._born_at + PEOPLE_COME_FOR
        cast = Cast(guests, self._staff[Role.SENIOR_AGENT], self._pictures, opened_at, self._now)
        suspended = hosts[-1]
        frozen_at = self._now - DAY
        ahead = [slot for slot in ahead if slot.host is not suspended]
        past = [slot for slot in past if slot.host is not suspended or slot.starts_at <= frozen_at]
        for tells, plan in (
            *cast.at_this_moment(hosts[0], first),
            *cast.past_and_running(past, self._size.past),
            *cast.ahead(ahead, self._size.ahead),
        ):
            await self._clock.add(tells(plan))
        await self._clock.add(self._unusual_partners(suspended, hosts))
        await self._clock.play()

    async def _hosts(self) -> list[Host]:
        hosts = []
        for number, city in enumerate(_cities(self._size.partners)):
            with acting_at(self._born_at + number * timedelta(minutes=20)):
                luck = Random(f"partner {number}")
                name = some_name(luck)
                person = await sign_up(self._outside.seal, PARTNER_PHONE.format(number + 1), name)
                today = city.zone.day_of(self._now)
                hosts.append(await open_host(person, name, number, city, today, self._staff[Role.PARTNER_OPS]))
        return hosts

    async def _guests(self) -> list[Guest]:
        villages = {city.name: await villages_of(city) for city in CITIES}
        guests = []
        for number, city in enumerate(_cities(self._size.customers)):
            with acting_at(self._born_at + DAY + number * timedelta(minutes=25)):
                luck = Random(f"customer {number}")
                name, place = some_name(luck), some_place(villages[city.name], luck)
                language = Language.EN if number % 7 == 3 else Language.ID
                actor = await sign_up(self._outside.seal, CUSTOMER_PHONE.format(number + 1), name, language)
                today = city.zone.day_of(self._now)
                guests.append(await settle_guest(actor, number + 1, name, city, place, today))
        return guests

    async def _unusual_partners(self, suspended: Host, hosts: list[Host]) -> Story:
        """A newcomer under review, a second service that waits, one that was refused, and a suspension."""
        yield self._now - 3 * DAY
        number = self._size.partners
        seal, ops = self._outside.seal, self._staff[Role.PARTNER_OPS]
        person = await sign_up(seal, PARTNER_PHONE.format(number + 1), "Kadek Pangestu")
        assert person.id is not None
        await profile.open(ops, person.id, "Jalan Bareng Kadek", "Baru bergabung.", list(hosts[0].city.regencies))
        newcomer = Actor(person.id, person.roles | {Role.PARTNER}, person.language)
        for actor, kind in ((newcomer, ServiceType.DOG_WALKER), (hosts[0].actor, ServiceType.DOG_TRAINER)):
            offered = await offer(actor, kind)
            await service.submit(actor, offered.id)
        yield self._now - 2 * DAY
        refused = await offer(hosts[1].actor, ServiceType.GROOMER)
        await service.submit(hosts[1].actor, refused.id)
        await service.reject(ops, refused.id, "Foto portofolio belum ada.")
        yield self._now - DAY  # frozen_at
        await profile.suspend(self._staff[Role.MANAGEMENT], suspended.id, "Dua kali tidak datang dalam seminggu.")


def _cities(count: int) -> Iterator[City]:
    """So many cities: a city four times in a row, so that it has each of the four services; big ones more often."""
    given = 0
    while given < count:
        for city in CITIES:
            for _ in range(min(city.share, count - given)):
                given += 1
                yield city
