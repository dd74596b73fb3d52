"""The four service types as one table: what is sold, what is ticked, how often the customer hears, how late is late."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.calendar import DAY, MAX_NIGHTS, MIDNIGHT, Zone
from domain.refusals import InvalidInput, Language, Refusal


class Label(NamedTuple):
    """One name in both languages."""

    indonesian: str
    english: str

    def spoken(self, language: Language) -> str:
        """The name in that language."""
        return self.english if language is Language.EN else self.indonesian


class ServiceType(StrEnum):
    """What a partner may offer: exactly these four (P-03)."""

    GROOMER = "GROOMER"
    DOG_WALKER = "DOG_WALKER"
    DOG_TRAINER = "DOG_TRAINER"
    DOG_HOTEL = "DOG_HOTEL"


class Unit(StrEnum):
    """What one price pays for."""

    SESSION = "SESSION"
    HOUR = "HOUR"
    NIGHT = "NIGHT"


class ChecklistItem(StrEnum):
    """What a partner confirms before it starts (and, for a trainer, again at the end)."""

    TOOLS_CLEAN = "TOOLS_CLEAN"
    SAFETY_PROTOCOL = "SAFETY_PROTOCOL"
    STRONG_LEASH = "STRONG_LEASH"
    NO_PHONE = "NO_PHONE"
    CLEAN_UP = "CLEAN_UP"
    POSITIVE_METHODS = "POSITIVE_METHODS"
    SAFE_ENVIRONMENT = "SAFE_ENVIRONMENT"
    LODGING_CLEAN = "LODGING_CLEAN"
    FEEDING_READY = "FEEDING_READY"
    PLAY_AREA_SAFE = "PLAY_AREA_SAFE"


class CareKind(StrEnum):
    """What a hotel logs for each day of a stay (Q-06)."""

    CLEAN = "CLEAN"
    FOOD = "FOOD"
    DRINK = "DRINK"
    PLAY = "PLAY"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often the customer must get a photo or video (Q-08; requirements.md 1.15, decision 8).

    Every job owes one. One planned for longer than `long_job` owes one every `every`. With `per_day` set (a hotel)
    these two do not apply: each calendar day owes that many, spread over its waking hours.
    """

    every: timedelta = timedelta(minutes=30)
    long_job: timedelta = timedelta(minutes=60)
    per_day: int = 0


@dataclass(frozen=True, slots=True)
class Care:
    """One row of the table: everything that differs between the four services while a job runs."""

    unit: Unit
    start_checklist: tuple[ChecklistItem, ...]
    end_checklist: tuple[ChecklistItem, ...]
    cadence: Cadence
    grace_s: int
    name: Label
    by_night: bool


CHECKLIST_LABELS: dict[ChecklistItem, Label] = {
    ChecklistItem.TOOLS_CLEAN: Label("alat bersih dan terawat", "tools clean and maintained"),
    ChecklistItem.SAFETY_PROTOCOL: Label("protokol keamanan siap", "safety protocol ready"),
    ChecklistItem.STRONG_LEASH: Label("tali kuat terpasang", "strong leash on"),
    ChecklistItem.NO_PHONE: Label("tidak memakai ponsel saat berjalan", "no phone while walking"),
    ChecklistItem.CLEAN_UP: Label("membersihkan kotoran", "droppings cleaned up"),
    ChecklistItem.POSITIVE_METHODS: Label("metode positif tanpa kekerasan", "positive, non-violent methods"),
    ChecklistItem.SAFE_ENVIRONMENT: Label("lingkungan latihan aman", "safe training environment"),
    ChecklistItem.LODGING_CLEAN: Label("tempat menginap bersih", "lodging clean"),
    ChecklistItem.FEEDING_READY: Label("makan dan minum siap", "food and water ready"),
    ChecklistItem.PLAY_AREA_SAFE: Label("area bermain aman", "play area safe"),
}

CARE_LABELS: dict[CareKind, Label] = {
    CareKind.CLEAN: Label("kebersihan", "cleaning"),
    CareKind.FOOD: Label("makan", "food"),
    CareKind.DRINK: Label("minum", "drink"),
    CareKind.PLAY: Label("bermain", "play"),
}

UNIT_LABELS: dict[Unit, Label] = {
    Unit.SESSION: Label("sesi", "session"),
    Unit.HOUR: Label("jam", "hour"),
    Unit.NIGHT: Label("malam", "night"),
}

_I = ChecklistItem

CARE: dict[ServiceType, Care] = {
    ServiceType.GROOMER: Care(
        unit=Unit.SESSION,
        start_checklist=(_I.TOOLS_CLEAN, _I.SAFETY_PROTOCOL),
        end_checklist=(),
        cadence=Cadence(),
        grace_s=15 * 60,
        name=Label("Groomer", "Groomer"),
        by_night=False,
    ),
    ServiceType.DOG_WALKER: Care(
        unit=Unit.HOUR,
        start_checklist=(_I.STRONG_LEASH, _I.NO_PHONE, _I.CLEAN_UP),
        end_checklist=(),
        cadence=Cadence(),
        grace_s=15 * 60,
        name=Label("Penjalan anjing", "Dog walker"),
        by_night=False,
    ),
    ServiceType.DOG_TRAINER: Care(
        unit=Unit.SESSION,
        start_checklist=(_I.POSITIVE_METHODS, _I.SAFE_ENVIRONMENT),
        end_checklist=(_I.POSITIVE_METHODS, _I.SAFE_ENVIRONMENT),
        cadence=Cadence(),
        grace_s=15 * 60,
        name=Label("Pelatih anjing", "Dog trainer"),
        by_night=False,
    ),
    ServiceType.DOG_HOTEL: Care(
        unit=Unit.NIGHT,
        start_checklist=(_I.LODGING_CLEAN, _I.FEEDING_READY, _I.PLAY_AREA_SAFE),
        end_checklist=(),
        cadence=Cadence(per_day=2),
        grace_s=30 * 60,  # the pet is brought; a hotel that is not ready half an hour after check-in is late
        name=Label("Hotel anjing", "Dog hotel"),
        by_night=True,
    ),
}

MAX_CARE_DAYS = MAX_NIGHTS + 7  # a stay that was closed late still ends
WAKES, SLEEPS = time(7), time(21)  # no customer wants a photo of a sleeping kennel at three in the morning
MIN_WINDOW = timedelta(hours=2)  # an hour left of a day owes no photo of its own


class ChecklistIncomplete(Refusal):
    """Names the items that were not ticked; `missing` has them for programs."""

    code = "CHECKLIST_INCOMPLETE"
    indonesian = "Daftar periksa belum lengkap: {missing_id}."
    english = "The checklist is not complete: {missing_en}."

    def __init__(self, missing: tuple[ChecklistItem, ...], field: str = "checklist") -> None:
        self.missing = missing
        labels = [CHECKLIST_LABELS[item] for item in missing]
        super().__init__(
            field=field,
            missing=[item.value for item in missing],
            missing_id=", ".join(label.indonesian for label in labels),
            missing_en=", ".join(label.english for label in labels),
        )


def check_checklist(required: Iterable[ChecklistItem], ticked: Collection[ChecklistItem]) -> None:
    """Refuses when a required item is not ticked, naming those missing (Q-03, Q-04, Q-05). Others ticked do no harm."""
    missing = tuple(item for item in required if item not in ticked)
    if missing:
        raise ChecklistIncomplete(missing)


def next_update_due(
    service_type: ServiceType,
    started_at: datetime,
    ends_at: datetime,
    last_update_at: datetime | None,
    now: datetime,
    zone: Zone,
) -> datetime | None:
    """When the customer must have the next photo or video, or None when nothing more is due (Q-08).

    The answer may lie at or before `now`: then the update is overdue. Whoever raised that alarm asks again with the
    missed deadline as `last_update_at` and gets the one after it. `ends_at` is the planned end and decides whether a
    job is long; an update before `started_at` counts for nothing.

    By the job: one by the end; when longer than 60 minutes, 30 minutes after the start and after each update, as long
    as that is before the end. By the day (hotel): the waking hours (07–21 in `zone`) that the stay has of a calendar
    day are cut into two equal parts, each owes one by its end; no part is shorter than two hours, so little left of a
    day owes one or none. Deadlines of days before today have lapsed.
    """
    cadence = CARE[service_type].cadence
    last = last_update_at if last_update_at is not None and last_update_at >= started_at else None
    if cadence.per_day:
        return _due_by_day(cadence, started_at, ends_at, last, now, zone)
    if ends_at - started_at <= cadence.long_job:
        # A job that starts after its planned end still owes its one photo, and gets time to take it.
        due = ends_at if ends_at > started_at else started_at + cadence.every
        return due if last is None else None
    due = (last or started_at) + cadence.every
    return due if last is None or due < ends_at else None


def care_days(started_at: datetime, ended_at: datetime, zone: Zone) -> list[date]:
    """The calendar days of a stay in the partner's zone, first and last included; each needs a full care log (Q-06).

    A stay that ends at midnight sharp does not begin another day. Refuses an end before the start, or more than
    MAX_CARE_DAYS days.
    """
    if ended_at < started_at:
        raise InvalidInput("endedAt", indonesian="selesai sebelum mulai", english="it ends before it starts")
    first_day = zone.day_of(started_at)
    last_day = max(first_day, zone.day_of(ended_at - timedelta(microseconds=1)))
    count = (last_day - first_day).days + 1
    if count > MAX_CARE_DAYS:
        raise InvalidInput(
            "endedAt", indonesian=f"lebih dari {MAX_CARE_DAYS} hari", english=f"more than {MAX_CARE_DAYS} days"
        )
    return [first_day + number * DAY for number in range(count)]


def missing_care(logged: Collection[tuple[date, CareKind]], days: Iterable[date]) -> list[tuple[date, CareKind]]:
    """What the care log still lacks, in order of day and kind; empty when every day has all four (Q-06)."""
    done = frozenset(logged)
    return [(on, kind) for on in days for kind in CareKind if (on, kind) not in done]


def update_deadlines(cadence: Cadence, started_at: datetime, ends_at: datetime, on: date, zone: Zone) -> list[datetime]:
    """The moments of one calendar day by which a by-the-day cadence owes an update; empty outside the stay."""
    opens = max(started_at, zone.at(on, WAKES))
    closes = min(ends_at, zone.at(on, SLEEPS))
    parts = min(cadence.per_day, max(0, (closes - opens) // MIN_WINDOW))
    return [opens + (closes - opens) * number / parts for number in range(1, parts + 1)]


def _due_by_day(
    cadence: Cadence, started_at: datetime, ends_at: datetime, last: datetime | None, now: datetime, zone: Zone
) -> datetime | None:
    """The first deadline from today on in whose part of the day no update came.

    A part begins where the one before it ended, the first of a day at midnight.
    """
    today = max(zone.day_of(now), zone.day_of(started_at))
    for number in range(MAX_CARE_DAYS):
        on = today + number * DAY
        part_began = zone.at(on, MIDNIGHT)
        if part_began >= ends_at:
            return None
        for deadline in update_deadlines(cadence, started_at, ends_at, on, zone):
            met = last is not None and last > part_began
            if not met:
                return deadline
            part_began = deadline
    return None
