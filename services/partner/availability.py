"""When partners are open, what is taken, and what can still be booked: steps that search and bookings share.

Every step reads for any number of partners with a fixed number of statements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain import calendar
from domain.booking import BLOCKING, LEAD, BookingState
from domain.calendar import (
    BUFFER,
    DAY,
    MAX_DAYS_AHEAD,
    MAX_NIGHTS,
    MAX_RANGE_DAYS,
    MAX_SLOTS,
    NO_BUFFER,
    Buffer,
    Interval,
    Period,
    Zone,
    open_intervals,
)
from domain.partner import NIGHT_MINUTES
from domain.service import CARE, ServiceType
from models.partner import Partner, Resource
from models.record import records
from services.partner.plan import clock, differing_on

MAX_OPEN_DAYS = MAX_RANGE_DAYS + MAX_NIGHTS + 1  # a stay may begin on the last day of a range

# The states are written out so that PostgreSQL sees that the exclusion constraint's partial index serves it.
_STATES = ", ".join(f"'{state.value}'" for state in sorted(BLOCKING))
TAKEN = f"""
SELECT b.resource_id, b.blocked_from, b.blocked_until
  FROM unnest($1::uuid[]) AS r(id)
  JOIN booking b ON b.resource_id = r.id AND b.state IN ({_STATES})
   AND tstzrange(b.blocked_from, b.blocked_until, '[)') && tstzrange($2, $3, '[)')
 WHERE NOT (b.state = '{BookingState.HELD.value}' AND b.hold_expires_at <= $4)
 ORDER BY b.blocked_from"""  # noqa: S608 - the text is made of the enum's own names

# Each unit of the partner, whether a booking is in its way, and whether a hold is that ran out and only waits to go.
UNITS = f"""
SELECT r.id, coalesce(bool_or(b.is_in_the_way), false) AS is_taken,
       coalesce(bool_or(NOT b.is_in_the_way), false) AS has_dead_hold
  FROM resource r
  LEFT JOIN LATERAL (
    SELECT NOT (b.state = '{BookingState.HELD.value}' AND b.hold_expires_at <= $5) AS is_in_the_way
      FROM booking b
     WHERE b.resource_id = r.id AND b.state IN ({_STATES})
       AND tstzrange(b.blocked_from, b.blocked_until, '[)') && tstzrange($3, $4, '[)')
  ) b ON true
 WHERE r.partner_id = $1 AND r.is_kennel = $2 AND r.archived_at IS NULL
 GROUP BY r.id ORDER BY r.id"""  # noqa: S608 - as above
# The weekly plan (by weekday), as far as a day in the range is such a weekday, and days that differ from it (by date).
HOURS = """
SELECT partner_id, weekday, NULL::date AS on_day, opens_minute, closes_minute, true AS available
  FROM plan_period
 WHERE partner_id = ANY($1) AND (weekday + 8 - extract(isodow FROM $2::date)::int) % 7 <= $3::date - $2::date
UNION ALL
SELECT partner_id, NULL, on_day, opens_minute, closes_minute, available
  FROM plan_exception WHERE partner_id = ANY($1) AND on_day BETWEEN $2 AND $3"""

Busy = Mapping[UUID, Sequence[Interval]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would like to book: `minutes` in all; for a hotel as many nights as that is."""

    service_type: ServiceType
    minutes: int

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def nights(self) -> int:
        """At least one; counts only for a hotel."""
        return max(1, self.minutes // NIGHT_MINUTES)


class Unit(NamedTuple):
    """What can be booked once at a time, as it is for one interval."""

    id: UUID
    is_taken: bool
    has_dead_hold: bool


async def open_hours(partner: Partner, first_day: date, last_day: date) -> list[Interval]:
    """When the partner is open on these days of its zone: the plan and its exceptions. One statement.

    Refuses a range that runs backwards or is longer than MAX_OPEN_DAYS.
    """
    return (await all_open_hours({partner.id: Zone(partner.zone)}, first_day, last_day))[partner.id]


async def all_open_hours(zones: Mapping[UUID, Zone], first_day: date, last_day: date) -> dict[UUID, list[Interval]]:
    """`open_hours` of many partners, each by its id and zone; still one statement."""
    plans, exceptions = defaultdict(list), defaultdict(list)
    for partner_id, weekday, on_day, opens, closes, available in await records(
        HOURS, [list(zones), first_day, last_day]
    ):
        if on_day is None:
            plans[partner_id].append(Period(weekday, clock(opens), clock(closes)))
        else:
            exceptions[partner_id].append(differing_on(on_day, opens, closes, available))
    return {id: _open(plans[id], exceptions[id], zone, first_day, last_day) for id, zone in zones.items()}


async def units(partner_id: UUID, by_night: bool, blocked: Interval, now: datetime) -> list[Unit]:
    """The partner's kennels, or the partner in person, in order, as they are for that time. One statement."""
    found = await records(UNITS, [partner_id, by_night, blocked.starts_at, blocked.ends_at, now])
    return [Unit(*each) for each in found]


async def busy(
    resource_ids: Collection[UUID], since: datetime, until: datetime, now: datetime
) -> dict[UUID, list[Interval]]:
    """What keeps each resource from `since` to `until`, buffers included, in order; a hold that ran out keeps nothing.

    One statement.
    """
    rows = await records(TAKEN, [list(resource_ids), since, until, now])
    taken: dict[UUID, list[Interval]] = {id: [] for id in resource_ids}
    for row in rows:
        taken[row["resource_id"]].append(Interval(row["blocked_from"], row["blocked_until"]))
    return taken


async def free_slots(
    partner: Partner, wish: Wish, first_day: date, last_day: date, now: datetime, limit: int = MAX_SLOTS
) -> list[Interval]:
    """What could be booked with the partner from `first_day` to `last_day` (days it begins on), in order, at most
    `limit`: jobs every half hour, or one stay for each day of arrival. Three statements.

    Raises InvalidInput for a range that check_range refuses. Whether the service is approved is not asked here.
    """
    calendar.check_range(first_day, last_day)
    return (await _slots([partner], {partner.id: wish}, first_day, last_day, now, limit))[partner.id]


async def free_on(partners: Collection[Partner], wishes: Mapping[UUID, Wish], day: date, now: datetime) -> set[UUID]:
    """Which of the partners have something free on `day` for their wish (by partner id). Three statements in all.

    The wishes are all of one service type.
    """
    slots = await _slots(partners, wishes, day, day, now, limit=1)
    return {id for id, free in slots.items() if free}


def fits(service_type: ServiceType, open: Sequence[Interval], interval: Interval, zone: Zone) -> bool:
    """Do the open hours allow this job or stay? Buffers may reach outside of them."""
    if CARE[service_type].by_night:
        return calendar.fits_stay(open, interval, zone)
    return calendar.fits(open, interval)


def buffer_of(service_type: ServiceType) -> Buffer:
    """The time around a job in which its resource takes no other."""
    return NO_BUFFER if CARE[service_type].by_night else BUFFER


async def _slots(
    partners: Collection[Partner], wishes: Mapping[UUID, Wish], first_day: date, last_day: date, now: datetime,
    limit: int,
) -> dict[UUID, list[Interval]]:  # fmt: skip
    if not partners:
        return {}
    by_night = any(CARE[wish.service_type].by_night for wish in wishes.values())
    longest = max((wish.nights for wish in wishes.values()), default=1) if by_night else 1
    zones = {partner.id: Zone(partner.zone) for partner in partners}
    hours = await all_open_hours(zones, first_day, last_day + longest * DAY)
    units = defaultdict(list)
    rows = Resource.filter(partner_id__in=[each.id for each in partners], is_kennel=by_night, archived_at=None)
    for unit in await rows.order_by("id"):
        units[unit.partner_id].append(unit.id)
    everyone = [id for ids in units.values() for id in ids]
    # A day wider than any zone needs, on both sides: buffers and time zones stay inside it.
    since, until = Zone.WIT.at(first_day - DAY, calendar.MIDNIGHT), Zone.WIB.at(last_day + (longest + 1) * DAY,
                                                                               calendar.MIDNIGHT)  # fmt: skip
    taken = await busy(everyone, since, until, now)
    return {
        partner.id: _free(
            wishes[partner.id], zones[partner.id], hours[partner.id],
            {id: taken[id] for id in units[partner.id]}, first_day, last_day, now, limit,
        )
        for partner in partners
    }  # fmt: skip


def _free(
    wish: Wish, zone: Zone, hours: Sequence[Interval], taken: Busy, first_day: date, last_day: date, now: datetime,
    limit: int,
) -> list[Interval]:  # fmt: skip
    if CARE[wish.service_type].by_night:
        found: Iterable[Interval] = _free_stays(wish, zone, hours, taken, first_day, last_day)
    else:
        until = zone.at(last_day + DAY, calendar.MIDNIGHT)
        found = (slot for slot in _free_jobs(wish, hours, taken, now + LEAD) if slot.starts_at < until)
    bookable = [slot for slot in found if now + LEAD <= slot.starts_at <= now + MAX_DAYS_AHEAD * DAY]
    return bookable[:limit]


def _free_jobs(wish: Wish, hours: Sequence[Interval], taken: Busy, not_before: datetime) -> list[Interval]:
    """Slots of the partner in person; with several resources a slot is free when any of them is."""
    buffer = buffer_of(wish.service_type)
    slots = {
        slot
        for resource_busy in taken.values()
        for slot in calendar.free_slots(
            hours, resource_busy, wish.length, buffer.before, buffer.after, not_before=not_before
        )
    }
    return sorted(slots)


def _free_stays(
    wish: Wish, zone: Zone, hours: Sequence[Interval], taken: Busy, first_day: date, last_day: date
) -> list[Interval]:
    """A day of arrival is free when one kennel is free for the whole stay and the hotel is open for it."""
    stays = []
    for number in range((last_day - first_day).days + 1):
        arrives_on = first_day + number * DAY
        stay = calendar.stay_interval(arrives_on, arrives_on + wish.nights * DAY, zone)
        if fits(wish.service_type, hours, stay, zone) and any(_is_free(each, stay) for each in taken.values()):
            stays.append(stay)
    return stays


def _is_free(resource_busy: Sequence[Interval], stay: Interval) -> bool:
    blocked = stay.with_buffer(NO_BUFFER)
    return not any(each.overlaps(blocked) for each in resource_busy)


def _open(
    plan: list[calendar.Period], exceptions: list[calendar.PlanException], zone: Zone, first_day: date, last_day: date
) -> list[Interval]:
    """`open_intervals` for as many days as a stay at the end of a range needs, in pieces that it takes."""
    if (last_day - first_day).days + 1 > MAX_OPEN_DAYS or last_day < first_day:
        calendar.check_range(first_day, last_day)
    spans: list[Interval] = []
    begins = first_day
    while begins <= last_day:
        ends = min(last_day, begins + (MAX_RANGE_DAYS - 1) * DAY)
        for span in open_intervals(plan, exceptions, zone, begins, ends):
            if spans and spans[-1].ends_at == span.starts_at:
                span = Interval(spans.pop().starts_at, span.ends_at)
            spans.append(span)
        begins = ends + DAY
    return spans
