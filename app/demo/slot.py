"""Which times the bookings of the demo world take: none overlap, all lie in open hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from app.demo.partner import Host
from domain.calendar import stay_interval
from domain.service import CARE
from models.partner import Price

DAYS_BACK, DAYS_AHEAD = 21, 14
STARTS = (time(8, 30), time(11), time(13, 30), time(16))  # two hours and a half apart: a job of two, and its buffer
SHORTEST, LONGEST = timedelta(hours=1), timedelta(hours=2)
# The partner that never closes has a job right now, so nothing else of the grid lies around this moment.
ROOM_FOR_NOW = timedelta(hours=5)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that one partner has for one booking."""

    host: Host
    option: Price
    starts_at: datetime
    ends_at: datetime
    units: int = 1
    arrives_on: date | None = None
    leaves_on: date | None = None


def slots(host: Host, now: datetime, luck: Random, is_busy_now: bool = False) -> list[Slot]:
    """All times of a partner around now, in order."""
    if CARE[host.kind].by_night:
        found = [stay for _ in range(host.kennels) for stay in _stays(host, now, luck)]
    else:
        found = list(_visits(host, now, luck))
    if is_busy_now:
        found = [each for each in found if not now - ROOM_FOR_NOW < each.starts_at < now + ROOM_FOR_NOW]
    return sorted(found, key=lambda each: each.starts_at)


def visit(host: Host, starts_at: datetime, option: Price, units: int = 1) -> Slot:
    """A visit at this moment."""
    return Slot(host, option, starts_at, starts_at + timedelta(minutes=option.minutes * units), units)


def _visits(host: Host, now: datetime, luck: Random) -> Iterator[Slot]:
    zone, today = host.city.zone, host.city.zone.day_of(now)
    for number in range(-DAYS_BACK, DAYS_AHEAD + 1):
        on = today + timedelta(days=number)
        for clock in STARTS if host.is_open(on) else ():
            option = luck.choice(host.options)
            units = luck.choice((1, 1, 2)) if option.minutes * 2 <= LONGEST.total_seconds() // 60 else 1
            yield visit(host, zone.at(on, clock), option, units)


def _stays(host: Host, now: datetime, luck: Random) -> Iterator[Slot]:
    """One kennel's stays, one after the other."""
    zone, today = host.city.zone, host.city.zone.day_of(now)
    on = today - timedelta(days=DAYS_BACK - luck.randint(0, 3))
    while on <= today + timedelta(days=DAYS_AHEAD):
        leaves_on = on + timedelta(days=luck.choice((1, 2, 2, 3, 4)))
        days = [on + timedelta(days=number) for number in range((leaves_on - on).days + 1)]
        if all(host.is_open(day) for day in days):
            stay = stay_interval(on, leaves_on, zone)
            nights = (leaves_on - on).days
            yield Slot(host, host.options[0], stay.starts_at, stay.ends_at, nights, on, leaves_on)
        on = leaves_on + timedelta(days=luck.choice((0, 1, 1, 2)))
