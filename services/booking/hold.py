"""Hold a slot: the price is fixed, the time is taken for 15 minutes, and PostgreSQL refuses a second taker."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
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
from domain.cancellation import Policy
from domain.identifier import new_code
from domain.money import check_units, commission_rate, price, split
from domain.permissions import Can
from domain.refusals import InvalidInput, NotFound
from domain.region import ancestors
from domain.service import CARE, ServiceType, Unit
from domain.task import Timer
from domain.text import paragraph
from models.booking import Booking
from models.record import records
from models.statement import new
from services.booking.step import check_states
from services.partner import availability
from services.work import Work, use_case

MAX_NOTE_CHARACTERS = 1000
MAX_DEAD_HOLDS = 100  # released in one transaction
# The columns of _Offer, in its order, type and zone as words. Pet and address are the customer's own, or missing.
OFFER = f"""
SELECT s.type, p.zone, o.service_id, o.unit, o.minutes, o.price_idr, o.archived_at, s.state, s.cancel_policy,
       p.id, p.state, p.areas, pet.id, a.id, a.region_code,
       (SELECT count(*) FROM booking
         WHERE customer_id = $2 AND state = '{BookingState.HELD.value}' AND hold_expires_at > $5)
  FROM price o
  JOIN partner_service s ON s.id = o.service_id
  JOIN partner p ON p.id = s.partner_id
  LEFT JOIN pet ON pet.id = $3 AND pet.owner_id = $2 AND pet.archived_at IS NULL
  LEFT JOIN address a ON a.id = $4 AND a.owner_id = $2 AND a.archived_at IS NULL
 WHERE o.id = $1"""  # noqa: S608 - the text is made of the enum's own name
# The partner, then its units in order; nothing where every unit is taken already, so that losers do not queue up.
LOCK_UNITS = f"""
SELECT r.id, s.state, p.state
  FROM partner p JOIN resource r ON r.partner_id = p.id AND r.is_kennel = $2 AND r.archived_at IS NULL
  JOIN partner_service s ON s.id = $6
 WHERE p.id = $1 AND EXISTS (SELECT FROM ({availability.UNITS}) u WHERE NOT u.is_taken)
 ORDER BY r.id FOR NO KEY UPDATE OF p, r"""  # noqa: S608 - the text is made of texts of ours


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


class _Offer(NamedTuple):
    """The price option with its service and partner, and what of the wish is the customer's own."""

    type: ServiceType
    zone: Zone
    by_night: bool
    service_id: UUID
    unit: str
    minutes: int
    price_idr: int
    archived_at: datetime | None
    service_state: str
    cancel_policy: str
    partner_id: UUID
    partner_state: str
    areas: list[str]
    pet_id: UUID | None
    address_id: UUID | None
    region_code: str | None
    active_holds: int


@use_case(Can.HOLD_BOOKING, replays=Booking, in_turn=True)
async def hold(work: Work, wish: NewBooking) -> Booking:
    """Take the slot for 15 minutes. Raises PartnerNotBookable, OutsideHours, OutOfArea, SlotTaken, TooManyHolds,
    TooLate or InvalidInput; the price, the commission and the cancel policy are snapshotted (M-01). In turn, so that
    the count of the customer's holds is true."""
    offer = await _bookable(work, wish)
    if offer.pet_id is None:
        raise NotFound(field="petId")
    _check_place(offer, wish)
    slot, units = _slot(offer, wish, work.now)
    await _check_open(offer, slot)
    blocked = slot.with_buffer(availability.buffer_of(offer.type))
    if offer.active_holds >= MAX_ACTIVE_HOLDS:
        raise TooManyHolds(limit=MAX_ACTIVE_HOLDS)
    resource_id = await _free_resource(work, offer, blocked)
    parts = split(price(offer.price_idr, units), commission_rate(offer.type))
    booking = new(
        Booking, code=new_code("BK"), customer_id=work.actor.id, partner_id=offer.partner_id,
        service_id=offer.service_id, option_id=wish.option_id, resource_id=resource_id, pet_id=offer.pet_id,
        address_id=None if offer.by_night else offer.address_id,
        service_type=offer.type, state=BOOKING.start, zone=offer.zone.value,
        starts_at=slot.starts_at, ends_at=slot.ends_at, blocked_from=blocked.starts_at, blocked_until=blocked.ends_at,
        unit=Unit(offer.unit), units=units, price_idr=parts.price_idr, commission_bp=parts.commission_bp,
        commission_idr=parts.commission_idr, net_idr=parts.net_idr, cancel_policy=Policy(offer.cancel_policy),
        note=paragraph(wish.note, "note", MAX_NOTE_CHARACTERS), hold_expires_at=work.now + HOLD_FOR,
    )  # fmt: skip
    work.born_at_the_end(booking, BOOKING.born, service_type=booking.service_type)
    work.later(Timer.EXPIRE_HOLD, booking.hold_expires_at, booking.id, booking_id=booking.id)
    return booking


async def _bookable(work: Work, wish: NewBooking) -> _Offer:
    """What is wished for; P-01: approved and active, or PartnerNotBookable."""
    found = await records(OFFER, [wish.option_id, work.actor.id, wish.pet_id, wish.address_id, work.now])
    if not found:
        raise NotFound(field="optionId")
    type_word, zone_word, *others = found[0]
    type_ = ServiceType(type_word)
    offer = _Offer(type_, Zone(zone_word), CARE[type_].by_night, *others)
    check_states(offer.service_state, offer.partner_state)
    if offer.archived_at is not None or offer.partner_id == work.actor.id:
        raise PartnerNotBookable(field="optionId")
    return offer


def _check_place(offer: _Offer, wish: NewBooking) -> None:
    """The partner comes to an address in its area; a hotel is visited instead."""
    if offer.by_night:
        return
    if wish.address_id is None:
        raise InvalidInput("addressId", indonesian="alamat wajib diisi", english="an address is needed")
    if offer.region_code is None:
        raise NotFound(field="addressId")
    if not set(offer.areas) & set(ancestors(offer.region_code)):
        raise OutOfArea(field="addressId")


def _slot(offer: _Offer, wish: NewBooking, now: datetime) -> tuple[Interval, int]:
    """The time asked for and how many units it is."""
    if offer.by_night:
        if wish.arrives_on is None or wish.leaves_on is None:
            raise InvalidInput(
                "arrivesOn", indonesian="isi tanggal masuk dan keluar", english="give the days of arrival and leaving"
            )
        check_stay(wish.arrives_on, wish.leaves_on)
        slot = stay_interval(wish.arrives_on, wish.leaves_on, offer.zone)
        units = nights(wish.arrives_on, wish.leaves_on)
    else:
        if wish.starts_at is None:
            raise InvalidInput("startsAt", indonesian="isi waktu mulai", english="give the start")
        check_units(wish.units)
        units = wish.units
        check_start(wish.starts_at, now)
        length = timedelta(minutes=offer.minutes * units)
        check_length(length, "units")
        slot = Interval(wish.starts_at, wish.starts_at + length)
    check_start(slot.starts_at, now)
    check_lead(slot.starts_at, now)
    return slot, units


async def _check_open(offer: _Offer, slot: Interval) -> None:
    zone, partner_id = offer.zone, offer.partner_id
    hours = await availability.all_open_hours(
        {partner_id: zone}, zone.day_of(slot.starts_at), zone.day_of(slot.ends_at)
    )
    if not availability.fits(offer.type, hours[partner_id], slot, zone):
        raise OutsideHours(field="arrivesOn" if offer.by_night else "startsAt")


async def _free_resource(work: Work, offer: _Offer, blocked: Interval) -> UUID:
    """The first of the partner's units that is free. Losers are turned away before the lock; under the lock the units
    are judged one by one; the exclusion constraint has the last word."""
    given = offer.partner_id, offer.by_night, blocked.starts_at, blocked.ends_at, work.now, offer.service_id
    found = await records(LOCK_UNITS, given)
    if found:  # judged again, now that it stays so until the commit
        check_states(*found[0][1:])
    locked = {row[0] for row in found}
    units = await availability.units(offer.partner_id, offer.by_night, blocked, work.now)
    if not units:
        raise PartnerNotBookable(field="optionId")
    if locked and any(unit.has_dead_hold for unit in units):
        await _release_dead_holds(work, locked, blocked)
    for unit in units:
        if unit.id in locked and not unit.is_taken:
            return unit.id
    raise SlotTaken(field="startsAt")


async def _release_dead_holds(work: Work, resource_ids: Collection[UUID], blocked: Interval) -> None:
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
