"""How bookings go, from the first tap to the last: each story is one way through the table of moves.

A story yields the moment at which its next step happens (app/demo/clock.py resumes it then), so many run side by side.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from app.demo.album import Album
from app.demo.clock import Story
from app.demo.person import Guest
from app.demo.slot import Slot
from domain.calendar import MIDNIGHT
from domain.cancellation import Cancelled
from domain.payment import PaymentMethod
from domain.permissions import Actor
from domain.service import CARE, CareKind, ServiceType
from models.booking import Booking
from services import booking as bookings
from services import message as messages

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UPDATE_EVERY = 25 * MINUTE  # before the 30 minutes are over
LOGGED_AT, LAST_LOGGED_AT = time(18), time(10)
ARRIVED, SUPPER, BREAKFAST = time(15), time(19), time(9)

ASKED = (
    "Halo Kak, {pet} agak takut suara pengering, mohon pelan-pelan ya.",
    "Permisi Kak, apakah bisa parkir di depan rumah?",
    "Halo, {pet} baru pertama kali. Ada yang perlu saya siapkan?",
    "Kak, tolong dibawakan camilan favorit {pet}, nanti saya titipkan.",
)
ANSWERED = (
    "Siap Kak, {pet} akan kami tangani dengan lembut.",
    "Bisa Kak, terima kasih infonya.",
    "Cukup siapkan air minum, sisanya kami bawa.",
    "Baik Kak, sampai jumpa nanti.",
)
THANKED = ("Terima kasih banyak, {pet} senang sekali!", "Hasilnya bagus, terima kasih Kak.", "Terima kasih fotonya!")
NOTES = ("{pet} pintar sekali hari ini.", "Sudah mulai ya Kak.", "Hampir selesai.", "", "")
WISHES = ("", "", "Tolong hati-hati dengan telinga kirinya.", "Pagar tidak dikunci, silakan langsung masuk.")


@dataclass
class Plan:
    """One booking to be: who, with whom, when, and the luck that decides the rest."""

    number: int
    guest: Guest
    slot: Slot
    held_at: datetime
    album: Album
    support: Actor
    luck: Random = field(init=False)
    booking: Booking = field(init=False)

    def __post_init__(self) -> None:
        self.luck = Random(f"booking {self.number}")
        self.dog = self.luck.choice(self.guest.dogs)

    @property
    def id(self) -> UUID:
        """The booking's id, once it is held."""
        booking_id: UUID = self.booking.id
        return booking_id

    @property
    def partner(self) -> Actor:
        """Who serves."""
        return self.slot.host.actor

    @property
    def kind(self) -> ServiceType:
        """Which service it is."""
        return self.slot.host.kind

    def minutes(self, least: int, most: int) -> timedelta:
        """Some whole minutes between the two, and a few seconds: people are not punctual to the second."""
        return timedelta(minutes=self.luck.randint(least, most), seconds=self.luck.randint(0, 59))

    def said(self, sentences: tuple[str, ...]) -> str:
        """One of the sentences, about this pet."""
        return self.luck.choice(sentences).format(pet=self.dog.name)


StoryOf = Callable[[Plan], Story]


async def held(plan: Plan) -> Story:
    """A slot is taken, and nothing more: by now it may have run out."""
    yield plan.held_at
    slot = plan.slot
    by_night = CARE[plan.kind].by_night
    wish = bookings.NewBooking(
        option_id=slot.option.id, pet_id=plan.dog.id, address_id=None if by_night else plan.guest.address.id,
        starts_at=None if by_night else slot.starts_at, units=slot.units, arrives_on=slot.arrives_on,
        leaves_on=slot.leaves_on, note=plan.said(WISHES),
    )  # fmt: skip
    plan.booking = await bookings.hold(plan.guest.actor.once(f"demo-hold-{plan.number}"), wish)


async def let_go(plan: Plan) -> Story:
    """The customer changes their mind before asking."""
    async for moment in held(plan):
        yield moment
    yield plan.held_at + plan.minutes(1, 8)
    await bookings.cancel(plan.guest.actor, plan.id)


async def requested(plan: Plan) -> Story:
    """Asked, and no answer: by now it may have run out."""
    async for moment in held(plan):
        yield moment
    yield plan.held_at + plan.minutes(1, 9)
    actor, method = plan.guest.actor.once(f"demo-request-{plan.number}"), plan.luck.choice(list(PaymentMethod))
    plan.booking = await bookings.request(actor, plan.id, method)


async def withdrawn(plan: Plan) -> Story:
    """The customer takes the request back."""
    async for moment in requested(plan):
        yield moment
    yield plan.held_at + plan.minutes(15, 60)
    await bookings.cancel(plan.guest.actor, plan.id, "Salah tanggal")


async def declined(plan: Plan) -> Story:
    """The partner says no."""
    async for moment in requested(plan):
        yield moment
    yield plan.held_at + plan.minutes(15, 100)
    await bookings.decline(plan.partner, plan.id, "Maaf, jadwal saya bentrok hari itu.")


async def accepted(plan: Plan) -> Story:
    """The partner says yes; often the two write to each other."""
    async for moment in requested(plan):
        yield moment
    moment = plan.held_at + plan.minutes(12, 110)
    yield moment
    await bookings.accept(plan.partner, plan.id)
    if plan.luck.random() < 0.45:
        yield moment + plan.minutes(3, 20)
        await _write(plan, plan.guest.actor, ASKED)
        yield moment + plan.minutes(21, 45)
        await _write(plan, plan.partner, ANSWERED)


async def _write(plan: Plan, sender: Actor, sentences: tuple[str, ...]) -> None:
    key = f"demo-{plan.number}-{plan.luck.randrange(10**9)}"
    await messages.send(sender.once(key), plan.id, plan.said(sentences))


async def _started(plan: Plan, after_start: timedelta) -> Story:
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at + after_start
    plan.booking = await bookings.start(plan.partner, plan.id, CARE[plan.kind].start_checklist)


async def served(plan: Plan) -> Story:
    """As it should be."""
    async for moment in _served(plan, plan.minutes(-12, 6)):
        yield moment


async def _served(plan: Plan, after_start: timedelta) -> Story:
    async for moment in _started(plan, after_start):
        yield moment
    cared = _stayed(plan) if CARE[plan.kind].by_night else _visited(plan)
    async for moment in cared:
        yield moment
    if plan.luck.random() < 0.4:
        yield plan.slot.ends_at + plan.minutes(10, 200)
        await _write(plan, plan.guest.actor, THANKED)


async def _visited(plan: Plan) -> Story:
    """Photos until the end; a trainer's checklist is ticked again."""
    begun_at = max(plan.slot.starts_at, plan.booking.started_at or plan.slot.starts_at)
    photo_at = min(begun_at + plan.minutes(5, 20), plan.slot.ends_at - 2 * MINUTE)  # a late start owes one too
    while photo_at < plan.slot.ends_at:
        yield photo_at
        await plan.album.send(
            plan.partner, plan.id, plan.luck.choice((1, 1, 1, 2)), plan.said(NOTES), clip=plan.luck.random() < 0.05
        )
        photo_at += UPDATE_EVERY
    yield plan.slot.ends_at + plan.minutes(-3, 8)
    await bookings.complete(plan.partner, plan.id, CARE[plan.kind].end_checklist)


async def _stayed(plan: Plan, forgets: bool = False) -> Story:
    """A hotel's days: photos in the morning and evening, the care log in between. One that `forgets` its first
    evening is asked by the system (Q-06), and enters it later."""
    zone, first, last = plan.slot.host.city.zone, plan.slot.arrives_on, plan.slot.leaves_on
    assert first is not None
    assert last is not None
    day = first
    while day <= last:
        yield zone.at(day, ARRIVED if day == first else BREAKFAST) + plan.minutes(0, 40)
        await plan.album.send(plan.partner, plan.id, 1, plan.said(NOTES))
        logged_at = zone.at(day, LAST_LOGGED_AT if day == last else LOGGED_AT)
        if forgets and day == first:
            logged_at = zone.at(day + DAY, MIDNIGHT) + plan.minutes(20, 50)
        yield logged_at + plan.minutes(0, 30)
        await bookings.log_care(plan.partner, plan.id, day, list(CareKind), "Makan habis, main di halaman.")
        if day < last:
            yield zone.at(day, SUPPER) + plan.minutes(0, 50)
            await plan.album.send(plan.partner, plan.id, 1, plan.said(NOTES))
        day += DAY
    yield plan.slot.ends_at + plan.minutes(-30, 20)
    await bookings.complete(plan.partner, plan.id)


async def stayed_with_a_gap(plan: Plan) -> Story:
    """A hotel that forgot to log its first day in time."""
    async for moment in _started(plan, plan.minutes(0, 20)):
        yield moment
    async for moment in _stayed(plan, forgets=True):
        yield moment


async def late_and_said_so(plan: Plan) -> Story:
    """The partner reports that it comes later (Q-02)."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at - plan.minutes(5, 25)
    arrives_at = plan.slot.starts_at + timedelta(minutes=plan.luck.choice((15, 20, 30)))
    await bookings.report_late(plan.partner, plan.id, arrives_at, "Macet di jalan utama")
    yield arrives_at + plan.minutes(-4, 4)
    plan.booking = await bookings.start(plan.partner, plan.id, CARE[plan.kind].start_checklist)
    async for moment in _stayed(plan) if CARE[plan.kind].by_night else _visited(plan):
        yield moment


async def late_and_silent(plan: Plan) -> Story:
    """Nobody comes and nobody says why, until the system asks."""
    async for moment in _served(plan, plan.minutes(32, 45)):
        yield moment


async def complained_about(plan: Plan) -> Story:
    """The customer reports a broken rule of the checklist (Q-04)."""
    async for moment in _served(plan, plan.minutes(-5, 5)):
        yield moment
    yield plan.slot.ends_at + plan.minutes(30, 300)
    item = plan.luck.choice(CARE[plan.kind].start_checklist)
    await bookings.report_violation(plan.guest.actor, plan.id, item, "Menurut saya ini tidak dilakukan dengan benar.")


async def deviating(plan: Plan) -> Story:
    """The partner itself says that an item cannot be kept (Q-03)."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at - plan.minutes(20, 40)
    item = plan.luck.choice(CARE[plan.kind].start_checklist)
    await bookings.report_deviation(plan.partner, plan.id, item, "Satu alat rusak, saya pakai alat pengganti.")
    yield plan.slot.starts_at + plan.minutes(0, 5)
    plan.booking = await bookings.start(plan.partner, plan.id, CARE[plan.kind].start_checklist)
    async for moment in _stayed(plan) if CARE[plan.kind].by_night else _visited(plan):
        yield moment


async def never_completed(plan: Plan) -> Story:
    """Started and then forgotten: overdue photos, and at last the clock ends it."""
    async for moment in _started(plan, plan.minutes(0, 5)):
        yield moment


async def cancelled_early(plan: Plan) -> Story:
    """The customer cancels soon after the yes."""
    async for moment in accepted(plan):
        yield moment
    yield plan.held_at + plan.minutes(170, 200)
    await bookings.cancel(plan.guest.actor, plan.id, "Rencana berubah")


async def cancelled_late(plan: Plan) -> Story:
    """The customer cancels an hour before."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at - plan.minutes(40, 70)
    await bookings.cancel(plan.guest.actor, plan.id, "Anjing saya sakit")


async def cancelled_after_the_start(plan: Plan) -> Story:
    """The customer cancels when it should have begun."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at + plan.minutes(3, 10)
    await bookings.cancel(plan.guest.actor, plan.id, "Tidak jadi")


async def cancelled_by_partner(plan: Plan) -> Story:
    """The partner calls it off."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at - plan.minutes(60, 90)
    await bookings.cancel(plan.partner, plan.id, "Motor saya mogok")


async def cancelled_by_staff(plan: Plan) -> Story:
    """Support calls it off."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at - plan.minutes(30, 80)
    await bookings.cancel(plan.support, plan.id, "Banjir di wilayah ini")


async def customer_not_there(plan: Plan) -> Story:
    """Nobody opens the door, and support decides that it was the customer who was not there."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at + plan.minutes(31, 50)
    await bookings.report_no_show(plan.support, plan.id, Cancelled.CUSTOMER)


async def partner_not_there(plan: Plan) -> Story:
    """The customer waits in vain."""
    async for moment in accepted(plan):
        yield moment
    yield plan.slot.starts_at + plan.minutes(35, 55)
    await bookings.report_no_show(plan.guest.actor, plan.id, Cancelled.PARTNER)
