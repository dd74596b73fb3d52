"""Hold a slot: the price is fixed, the time is taken for 15 minutes, and PostgreSQL refuses a second taker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.booking import (
    BOOKING,
    HOLD_FOR,
    MAX_ACTIVE_HOLDS,
    BookingState,
    OutOfArea,
    OutsideHours,
    PartnerNotBookable,
    SlotTaken,
    TooManyHolds,
    check_lead,
)
from domain.calendar import Interval, Zone, check_length, check_start, check_stay, nights, stay_interval
from domain.identifier import new_code
from domain.money import check_units, commission_rate, price, split
from domain.partner import PartnerState, ServiceState
from domain.permissions import Can
from domain.refusals import InvalidInput, NotFound
from domain.region import ancestors
from domain.service import CARE
from domain.task import Timer
from domain.text import paragraph
from models.account import Account
from models.booking import Booking
from models.partner import Price, Resource
from models.pet import Address, Pet
from services.booking.step import check_bookable
from services.partner import availability
from services.work import Work, use_case

MAX_NOTE_CHARACTERS = 1000
MAX_DEAD_HOLDS = 100  # released in one transaction


@dataclass(frozen=True, slots=True)
class NewBooking:
    """What a customer asks for: a start and units, or for a hotel the days of arrival and leaving."""

    option_id: UUID
    pet_id: UUID
    address_id: UUID | None = None
    starts_at: datetime | None = None
    units: int = 1
    arrives_on: date | None = None
    leaves_on: date | None = None
    note: str = ""


@use_case(Can.HOLD_BOOKING, replays=Booking)
async def hold(work: Work, wish: NewBooking) -> Booking:
    """Take the slot for 15 minutes. Raises PartnerNotBookable, OutsideHours, OutOfArea, SlotTaken, TooManyHolds,
    TooLate or InvalidInput; the price, the commission and the cancel policy are snapshotted (M-01)."""
    option = await _bookable(work, wish)
    partner, zone = option.service.partner, Zone(option.service.partner.zone)
    pet = await _pet(work, wish.pet_id)
    address = await _place(work, option, wish.address_id)
    slot, units = _slot(option, wish, zone, work.now)
    await _check_open(option, slot, zone)
    blocked = slot.with_buffer(availability.buffer_of(option.service.type))
    await work.lock(Account.all(), work.actor.id)  # one hold at a time for each customer, so that the count is true
    await _check_holds(work)
    resource = await _free_resource(work, option, blocked)
    parts = split(price(option.price_idr, units), commission_rate(option.service.type))
    booking = Booking(
        code=new_code("BK"), customer_id=work.actor.id, partner_id=partner.id, service_id=option.service_id,
        option_id=option.id, resource_id=resource.id, pet_id=pet.id, address_id=address.id if address else None,
        service_type=option.service.type, state=BOOKING.start, zone=partner.zone,
        starts_at=slot.starts_at, ends_at=slot.ends_at, blocked_from=blocked.starts_at, blocked_until=blocked.ends_at,
        unit=option.unit, units=units, price_idr=parts.price_idr, commission_bp=parts.commission_bp,
        commission_idr=parts.commission_idr, net_idr=parts.net_idr, cancel_policy=option.service.cancel_policy,
        note=paragraph(wish.note, "note", MAX_NOTE_CHARACTERS), hold_expires_at=work.now + HOLD_FOR,
    )  # fmt: skip
    await work.born(booking, BOOKING.born, service_type=booking.service_type)
    work.later(Timer.EXPIRE_HOLD, booking.hold_expires_at, booking.id, booking_id=booking.id)
    return booking


async def _bookable(work: Work, wish: NewBooking) -> Price:
    """The price option with its service and partner; P-01: approved and active, or PartnerNotBookable."""
    option = await Price.filter(id=wish.option_id).select_related("service__partner").first()
    if option is None:
        raise NotFound(field="optionId")
    service = option.service
    if (
        option.archived_at is not None
        or service.state is not ServiceState.APPROVED
        or service.partner.state is not PartnerState.ACTIVE
        or service.partner_id == work.actor.id
    ):
        raise PartnerNotBookable(field="optionId")
    return option


async def _pet(work: Work, pet_id: UUID) -> Pet:
    pet = await Pet.filter(id=pet_id, owner_id=work.actor.id, archived_at=None).first()
    if pet is None:
        raise NotFound(field="petId")
    return pet


async def _place(work: Work, option: Price, address_id: UUID | None) -> Address | None:
    """Where the partner comes to; a hotel is visited instead. The address lies in the partner's area."""
    if CARE[option.service.type].by_night:
        return None
    if address_id is None:
        raise InvalidInput("addressId", indonesian="alamat wajib diisi", english="an address is needed")
    address = await Address.filter(id=address_id, owner_id=work.actor.id, archived_at=None).first()
    if address is None:
        raise NotFound(field="addressId")
    if not set(option.service.partner.areas) & set(ancestors(address.region_code)):
        raise OutOfArea(field="addressId")
    return address


def _slot(option: Price, wish: NewBooking, zone: Zone, now: datetime) -> tuple[Interval, int]:
    """The time asked for and how many units it is."""
    if CARE[option.service.type].by_night:
        if wish.arrives_on is None or wish.leaves_on is None:
            raise InvalidInput(
                "arrivesOn", indonesian="isi tanggal masuk dan keluar", english="give the days of arrival and leaving"
            )
        check_stay(wish.arrives_on, wish.leaves_on)
        slot = stay_interval(wish.arrives_on, wish.leaves_on, zone)
        units = nights(wish.arrives_on, wish.leaves_on)
    else:
        if wish.starts_at is None:
            raise InvalidInput("startsAt", indonesian="isi waktu mulai", english="give the start")
        check_units(wish.units)
        units = wish.units
        check_start(wish.starts_at, now)
        length = timedelta(minutes=option.minutes * units)
        check_length(length, "units")
        slot = Interval(wish.starts_at, wish.starts_at + length)
    check_start(slot.starts_at, now)
    check_lead(slot.starts_at, now)
    return slot, units


async def _check_open(option: Price, slot: Interval, zone: Zone) -> None:
    partner, kind = option.service.partner, option.service.type
    hours = await availability.open_hours(partner, zone.day_of(slot.starts_at), zone.day_of(slot.ends_at))
    if not availability.fits(kind, hours, slot, zone):
        raise OutsideHours(field="arrivesOn" if CARE[kind].by_night else "startsAt")


async def _check_holds(work: Work) -> None:
    held = await Booking.filter(
        customer_id=work.actor.id, state=BookingState.HELD, hold_expires_at__gt=work.now
    ).count()
    if held >= MAX_ACTIVE_HOLDS:
        raise TooManyHolds(limit=MAX_ACTIVE_HOLDS)


async def _free_resource(work: Work, option: Price, blocked: Interval) -> Resource:
    """The first of the partner's units that is free. Losers are turned away before the lock; under the lock the units
    are judged one by one; the exclusion constraint has the last word."""
    mine = {"partner_id": option.service.partner_id, "is_kennel": CARE[option.service.type].by_night}
    units = await Resource.filter(**mine, archived_at=None).order_by("id")
    if not units:
        raise PartnerNotBookable(field="optionId")
    if not await _free(work, units, blocked):
        raise SlotTaken(field="startsAt")
    await check_bookable(option.service_id)  # again, now that it stays so until the commit
    ids = [unit.id for unit in units]
    locked = await Resource.filter(id__in=ids, archived_at=None).order_by("id").select_for_update(no_key=True)
    await _release_dead_holds(work, ids, blocked)
    free = await _free(work, locked, blocked)
    if not free:
        raise SlotTaken(field="startsAt")
    return free[0]


async def _free(work: Work, units: Sequence[Resource], blocked: Interval) -> list[Resource]:
    taken = await availability.busy([unit.id for unit in units], blocked.starts_at, blocked.ends_at, work.now)
    return [unit for unit in units if not taken[unit.id]]


async def _release_dead_holds(work: Work, resource_ids: Sequence[UUID], blocked: Interval) -> None:
    """Holds that ran out give way in the transaction that wants their slot, not when the clock comes round."""
    dead = (
        await Booking.filter(
            resource_id__in=list(resource_ids), state=BookingState.HELD, hold_expires_at__lte=work.now,
            blocked_from__lt=blocked.ends_at, blocked_until__gt=blocked.starts_at,
        )
        .order_by("id").limit(MAX_DEAD_HOLDS).select_for_update(no_key=True)
    )  # fmt: skip
    for booking in dead:
        await work.move(booking, BOOKING, "expire_hold", ended_at=work.now)
