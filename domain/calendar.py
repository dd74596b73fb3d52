"""A partner's week: when it is open, what is free, and how long a stay lasts, on the partner's own clock."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.refusals import InvalidInput

MAX_DAYS_AHEAD = 180
MAX_RANGE_DAYS = 31
MAX_NIGHTS = 30
MAX_PERIODS_A_DAY = 6
MAX_EXCEPTIONS_A_DAY = 6
MAX_SLOTS = 200
MIN_LENGTH = timedelta(minutes=15)
MAX_LENGTH = timedelta(hours=12)
MIN_STEP = timedelta(minutes=5)
FIRST_YEAR, LAST_YEAR = 2000, 2200  # days outside are refused before the date arithmetic could overflow

STEP = timedelta(minutes=30)
CHECK_IN = time(14)
CHECK_OUT = time(12)

DAY = timedelta(days=1)
MIDNIGHT = time(0)


class Zone(StrEnum):
    """Indonesia's three time zones; none has daylight saving (requirements.md 1.15, decision 10)."""

    WIB = "WIB"
    WITA = "WITA"
    WIT = "WIT"

    @property
    def info(self) -> ZoneInfo:
        """The zone of the tz database."""
        return _ZONE_INFO[self]

    def day_of(self, moment: datetime) -> date:
        """The calendar day it is in this zone at `moment` (aware)."""
        return moment.astimezone(self.info).date()

    def at(self, on: date, clock: time) -> datetime:
        """The moment, in UTC, at which the clocks of this zone show `clock` on the day `on`."""
        return datetime.combine(on, clock, self.info).astimezone(UTC)


_ZONE_INFO = {
    Zone.WIB: ZoneInfo("Asia/Jakarta"),
    Zone.WITA: ZoneInfo("Asia/Makassar"),
    Zone.WIT: ZoneInfo("Asia/Jayapura"),
}


class Buffer(NamedTuple):
    """Time around a job in which the partner takes no other: travel, cleaning."""

    before: timedelta
    after: timedelta


BUFFER = Buffer(before=timedelta(0), after=timedelta(minutes=30))
NO_BUFFER = Buffer(before=timedelta(0), after=timedelta(0))  # a kennel unit is cleaned between check-out and check-in


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A half-open stretch of time [starts_at, ends_at), kept in UTC; it refuses to exist when it is empty."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("an interval needs aware times")
        if self.ends_at <= self.starts_at:
            raise InvalidInput(
                "endsAt", indonesian="selesai harus setelah mulai", english="the end must be after the start"
            )
        object.__setattr__(self, "starts_at", self.starts_at.astimezone(UTC))
        object.__setattr__(self, "ends_at", self.ends_at.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.ends_at - self.starts_at

    def overlaps(self, other: "Interval") -> bool:
        """Do the two share any moment? Touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: "Interval") -> bool:
        """Does `other` lie wholly inside?"""
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def with_buffer(self, buffer: Buffer) -> "Interval":
        """The stretch that is reserved for this job, its buffer included."""
        return Interval(self.starts_at - buffer.before, self.ends_at + buffer.after)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Open hours on one weekday (Monday = 0), on the zone's clock; `closes` = 00:00 is the midnight ending the day."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class PlanException:
    """A day that differs from the plan.

    Without times the whole day is free (`available` false) or open (true); with times that part of the day is closed,
    or is open in addition to the plan. Where an opening and a closure overlap, the closure wins.
    """

    on: date
    opens: time | None
    closes: time | None
    available: bool


def check_plan(plan: Collection[Period]) -> None:
    """Refuses a weekly plan with an unknown weekday, an empty period, overlapping periods, or too many on a day (Q-09).

    Periods may touch (09:00–12:00, 12:00–17:00). Times are whole minutes.
    """
    by_day: dict[int, list[tuple[int, int]]] = {}
    for period in plan:
        if not 0 <= period.weekday <= 6:
            raise InvalidInput(
                "weekday", indonesian="hari harus 0 (Senin) sampai 6 (Minggu)", english="use 0 (Monday) to 6 (Sunday)"
            )
        by_day.setdefault(period.weekday, []).append(_check_hours(period.opens, period.closes))
    for hours in by_day.values():
        if len(hours) > MAX_PERIODS_A_DAY:
            raise InvalidInput(
                "periods",
                indonesian=f"paling banyak {MAX_PERIODS_A_DAY} jam buka dalam sehari",
                english=f"at most {MAX_PERIODS_A_DAY} periods a day",
            )
        hours.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(hours)):
            raise InvalidInput("periods", indonesian="jam buka saling tumpang tindih", english="the periods overlap")


def check_exceptions(exceptions: Collection[PlanException]) -> None:
    """Refuses an exception with only one of its two times, an empty one, an absurd day, or too many on a day."""
    count: dict[date, int] = {}
    for exception in exceptions:
        _check_day(exception.on, "on")
        count[exception.on] = count.get(exception.on, 0) + 1
        if exception.opens is None and exception.closes is None:
            continue
        if exception.opens is None or exception.closes is None:
            missing = "opens" if exception.opens is None else "closes"
            raise InvalidInput(
                missing, indonesian="isi kedua jam atau kosongkan keduanya", english="give both times or none"
            )
        _check_hours(exception.opens, exception.closes)
    if any(number > MAX_EXCEPTIONS_A_DAY for number in count.values()):
        raise InvalidInput(
            "on",
            indonesian=f"paling banyak {MAX_EXCEPTIONS_A_DAY} pengecualian dalam sehari",
            english=f"at most {MAX_EXCEPTIONS_A_DAY} exceptions a day",
        )


def check_range(first_day: date, last_day: date) -> None:
    """Refuses a range of days that runs backwards or is longer than MAX_RANGE_DAYS, both ends counted."""
    _check_day(first_day, "firstDay")
    _check_day(last_day, "lastDay")
    if last_day < first_day:
        raise InvalidInput("lastDay", indonesian="harus setelah hari pertama", english="it is before the first day")
    if (last_day - first_day).days + 1 > MAX_RANGE_DAYS:
        raise InvalidInput(
            "lastDay",
            indonesian=f"rentang paling lama {MAX_RANGE_DAYS} hari",
            english=f"a range has at most {MAX_RANGE_DAYS} days",
        )


def check_start(starts_at: datetime, now: datetime, field: str = "startsAt") -> None:
    """Refuses a start in the past or more than MAX_DAYS_AHEAD days away."""
    if starts_at <= now:
        raise InvalidInput(field, indonesian="waktu mulai sudah lewat", english="the start is in the past")
    if starts_at > now + MAX_DAYS_AHEAD * DAY:
        raise InvalidInput(
            field,
            indonesian=f"paling jauh {MAX_DAYS_AHEAD} hari ke depan",
            english=f"at most {MAX_DAYS_AHEAD} days ahead",
        )


def check_length(length: timedelta, field: str = "endsAt") -> None:
    """Refuses a job (not a stay) shorter than MIN_LENGTH or longer than MAX_LENGTH."""
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        raise InvalidInput(
            field,
            indonesian="lama layanan harus 15 menit sampai 12 jam",
            english="a job lasts from 15 minutes to 12 hours",
        )


def open_intervals(
    plan: Iterable[Period], exceptions: Iterable[PlanException], zone: Zone, first_day: date, last_day: date
) -> list[Interval]:
    """When the partner is open from `first_day` to `last_day` (both included), in order, touching stretches joined.

    Refuses a range that is too long; plan and exceptions are taken as checked.
    """
    check_range(first_day, last_day)
    weekly: dict[int, list[tuple[int, int]]] = {}
    for period in plan:
        weekly.setdefault(period.weekday, []).append(_minutes(period.opens, period.closes))
    special: dict[date, list[PlanException]] = {}
    for exception in exceptions:
        special.setdefault(exception.on, []).append(exception)

    spans: list[tuple[datetime, datetime]] = []
    for number in range((last_day - first_day).days + 1):
        on = first_day + number * DAY
        midnight = zone.at(on, MIDNIGHT)
        for opens, closes in _open_minutes(weekly.get(on.weekday(), []), special.get(on, [])):
            starts_at, ends_at = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
            if spans and spans[-1][1] == starts_at:
                spans[-1] = (spans[-1][0], ends_at)
            else:
                spans.append((starts_at, ends_at))
    return [Interval(starts_at, ends_at) for starts_at, ends_at in spans]


def free_slots(
    open: Sequence[Interval],
    busy: Iterable[Interval],
    length: timedelta,
    buffer_before: timedelta,
    buffer_after: timedelta,
    step: timedelta = STEP,
    *,
    not_before: datetime,
    limit: int = MAX_SLOTS,
) -> list[Interval]:
    """The jobs of `length` that could still be booked, in order, at most `limit` (never more than MAX_SLOTS).

    Starts are tried every `step` from each opening. A slot lies wholly in open hours, starts at or after `not_before`,
    and with its own buffer touches nothing in `busy` (which already includes the buffers of the jobs taken).
    Buffers may reach outside open hours: nobody is served in them.
    """
    if length <= timedelta(0) or min(buffer_before, buffer_after) < timedelta(0) or step < MIN_STEP:
        raise ValueError("length, buffers or step out of range")
    taken = _joined(busy)
    slots: list[Interval] = []
    for span in open:
        for starts_at in _free_starts(span, taken, length, Buffer(buffer_before, buffer_after), step, not_before):
            if len(slots) >= min(limit, MAX_SLOTS):
                return slots
            slots.append(Interval(starts_at, starts_at + length))
    return slots


def fits(open: Iterable[Interval], interval: Interval) -> bool:
    """Is the partner open during the whole interval? `open` as open_intervals gives it, touching stretches joined."""
    return any(span.contains(interval) for span in open)


def check_stay(arrives_on: date, leaves_on: date) -> None:
    """Refuses a stay without a night or of more than MAX_NIGHTS nights."""
    _check_day(arrives_on, "arrivesOn")
    _check_day(leaves_on, "leavesOn")
    if leaves_on <= arrives_on:
        raise InvalidInput(
            "leavesOn", indonesian="harus setelah hari datang", english="it must be after the arrival day"
        )
    if nights(arrives_on, leaves_on) > MAX_NIGHTS:
        raise InvalidInput(
            "leavesOn", indonesian=f"paling lama {MAX_NIGHTS} malam", english=f"a stay has at most {MAX_NIGHTS} nights"
        )


def nights(arrives_on: date, leaves_on: date) -> int:
    """How many nights lie between the two days."""
    return (leaves_on - arrives_on).days


def stay_interval(
    arrives_on: date, leaves_on: date, zone: Zone, check_in: time = CHECK_IN, check_out: time = CHECK_OUT
) -> Interval:
    """The stretch of a stay, from check-in on the first day to check-out on the last; refuses what check_stay refuses.

    With check-out not later than check-in, one stay may end and the next begin in the same kennel on the same day.
    """
    check_stay(arrives_on, leaves_on)
    return Interval(zone.at(arrives_on, check_in), zone.at(leaves_on, check_out))


def fits_stay(open: Sequence[Interval], stay: Interval, zone: Zone) -> bool:
    """May a pet stay so? The hotel is open when it arrives and when it leaves, and on each day between at some time.

    A hotel is never "open" at night, so a stay is not judged by `fits`; a free day of the hotel inside the stay
    rules it out.
    """
    arrival_open = any(span.starts_at <= stay.starts_at < span.ends_at for span in open)
    leaving_open = any(span.starts_at <= stay.ends_at <= span.ends_at for span in open)
    first_day, last_day = zone.day_of(stay.starts_at), zone.day_of(stay.ends_at)
    days_open = set[date]()
    for span in open:
        opened_on, closed_on = zone.day_of(span.starts_at), zone.day_of(span.ends_at - timedelta(microseconds=1))
        days_open.update(opened_on + number * DAY for number in range((closed_on - opened_on).days + 1))
    between = (first_day + number * DAY for number in range((last_day - first_day).days + 1))
    return arrival_open and leaving_open and all(on in days_open for on in between)


def _minutes(opens: time, closes: time) -> tuple[int, int]:
    """Minutes after midnight; a closing time of 00:00 is the end of the day."""
    return opens.hour * 60 + opens.minute, (closes.hour * 60 + closes.minute) or 24 * 60


def _check_hours(opens: time, closes: time) -> tuple[int, int]:
    for field, clock in (("opens", opens), ("closes", closes)):
        if clock.second or clock.microsecond or clock.tzinfo is not None:
            raise InvalidInput(field, indonesian="pakai jam dan menit saja", english="use hours and minutes only")
    start, end = _minutes(opens, closes)
    if end <= start:
        raise InvalidInput("closes", indonesian="jam tutup harus setelah jam buka", english="it must be after opening")
    return start, end


def _check_day(on: date, field: str) -> None:
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise InvalidInput(field, indonesian="tanggal di luar jangkauan", english="the day is out of range")


def _open_minutes(planned: list[tuple[int, int]], exceptions: list[PlanException]) -> list[tuple[int, int]]:
    """The open minutes of one day, in order and joined: plan plus openings, minus closures."""
    opened, closed = list(planned), list[tuple[int, int]]()
    for exception in exceptions:
        whole_day = exception.opens is None or exception.closes is None
        hours = (0, 24 * 60) if whole_day else _minutes(exception.opens or MIDNIGHT, exception.closes or MIDNIGHT)
        (opened if exception.available else closed).append(hours)
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(opened):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return [piece for start, end in joined for piece in _without(start, end, sorted(closed))]


def _without(start: int, end: int, closed: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for opens, closes in closed:
        if start < min(opens, end):
            yield start, min(opens, end)
        start = max(start, closes)
    if start < end:
        yield start, end


def _joined(busy: Iterable[Interval]) -> list[Interval]:
    """The same moments as few, ordered intervals that neither overlap nor touch."""
    joined: list[Interval] = []
    for interval in sorted(busy):
        if joined and interval.starts_at <= joined[-1].ends_at:
            joined[-1] = Interval(joined[-1].starts_at, max(joined[-1].ends_at, interval.ends_at))
        else:
            joined.append(interval)
    return joined


def _free_starts(
    span: Interval, taken: list[Interval], length: timedelta, buffer: Buffer, step: timedelta, not_before: datetime
) -> Iterator[datetime]:
    """Starts on the grid of one open stretch that meet nothing in `taken`; each turn moves on."""
    starts_at = _on_grid(span.starts_at, step, not_before)
    ahead = 0
    while starts_at + length <= span.ends_at:
        while ahead < len(taken) and taken[ahead].ends_at <= starts_at - buffer.before:
            ahead += 1
        if ahead < len(taken) and taken[ahead].starts_at < starts_at + length + buffer.after:
            starts_at = _on_grid(span.starts_at, step, taken[ahead].ends_at + buffer.before)
            continue
        yield starts_at
        starts_at += step


def _on_grid(origin: datetime, step: timedelta, earliest: datetime) -> datetime:
    """The first of origin, origin + step, … that is not before `earliest`."""
    if earliest <= origin:
        return origin
    return origin + -((origin - earliest) // step) * step
