"""The table of the four services: checklists, update cadence and care logs."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import MAX_NIGHTS, Zone, stay_interval
from domain.refusals import Language
from domain.service import (
    CARE,
    CARE_LABELS,
    CHECKLIST_LABELS,
    MAX_CARE_DAYS,
    UNIT_LABELS,
    CareKind,
    ChecklistIncomplete,
    ChecklistItem,
    ServiceType,
    Unit,
    care_days,
    check_checklist,
    missing_care,
    next_update_due,
    update_deadlines,
)

RefusedField = Callable[..., str | None]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
START = datetime(2026, 11, 23, 2, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
BY_THE_JOB = [ServiceType.GROOMER, ServiceType.DOG_WALKER, ServiceType.DOG_TRAINER]
ITEM = ChecklistItem

# The table


@pytest.mark.proves("P-03")
def test_there_are_exactly_four_service_types() -> None:
    assert [kind.value for kind in ServiceType] == ["GROOMER", "DOG_WALKER", "DOG_TRAINER", "DOG_HOTEL"]


def test_every_type_item_kind_and_unit_has_its_row_and_its_names() -> None:
    assert set(CARE) == set(ServiceType)
    assert set(CHECKLIST_LABELS) == set(ITEM) and set(CARE_LABELS) == set(CareKind) and set(UNIT_LABELS) == set(Unit)
    names = [care.name for care in CARE.values()] + [*CHECKLIST_LABELS.values(), *CARE_LABELS.values()]
    assert all(name.spoken(language) for name in names for language in Language)
    dog_walker = CARE[ServiceType.DOG_WALKER].name
    assert [dog_walker.spoken(Language.ID), dog_walker.spoken(Language.EN)] == ["Penjalan anjing", "Dog walker"]


@pytest.mark.parametrize(
    "service_type, start, end",
    [
        pytest.param(
            ServiceType.GROOMER, {ITEM.TOOLS_CLEAN, ITEM.SAFETY_PROTOCOL}, set(), marks=pytest.mark.proves("Q-03")
        ),
        pytest.param(
            ServiceType.DOG_WALKER,
            {ITEM.STRONG_LEASH, ITEM.NO_PHONE, ITEM.CLEAN_UP},
            set(),
            marks=pytest.mark.proves("Q-04"),
        ),
        pytest.param(
            ServiceType.DOG_TRAINER,
            {ITEM.POSITIVE_METHODS, ITEM.SAFE_ENVIRONMENT},
            {ITEM.POSITIVE_METHODS, ITEM.SAFE_ENVIRONMENT},
            marks=pytest.mark.proves("Q-05"),
        ),
        (ServiceType.DOG_HOTEL, {ITEM.LODGING_CLEAN, ITEM.FEEDING_READY, ITEM.PLAY_AREA_SAFE}, set()),
    ],
)
def test_each_service_has_its_checklists(
    service_type: ServiceType, start: set[ChecklistItem], end: set[ChecklistItem]
) -> None:
    assert set(CARE[service_type].start_checklist) == start
    assert set(CARE[service_type].end_checklist) == end


def test_only_the_hotel_is_sold_by_the_night() -> None:
    by_night = {kind for kind, care in CARE.items() if care.by_night}
    assert by_night == {ServiceType.DOG_HOTEL} == {kind for kind, care in CARE.items() if care.unit is Unit.NIGHT}


# Checklists


@pytest.mark.parametrize("service_type", ServiceType)
def test_a_full_checklist_passes_in_any_order_and_with_others_ticked(
    service_type: ServiceType, refused_field: RefusedField
) -> None:
    assert refused_field(check_checklist, CARE[service_type].start_checklist, list(reversed(ITEM))) is None


@pytest.mark.parametrize("service_type", ServiceType)
def test_each_item_left_out_is_named(service_type: ServiceType) -> None:
    required = CARE[service_type].start_checklist
    for left_out in required:
        with pytest.raises(ChecklistIncomplete) as refused:
            check_checklist(required, [item for item in required if item is not left_out])
        assert refused.value.missing == (left_out,) and refused.value.field == "checklist"
        assert CHECKLIST_LABELS[left_out].indonesian in refused.value.sentence(Language.ID)
        assert CHECKLIST_LABELS[left_out].english in refused.value.sentence(Language.EN)


def test_nothing_ticked_names_all_in_the_order_of_the_table() -> None:
    with pytest.raises(ChecklistIncomplete) as refused:
        check_checklist(CARE[ServiceType.DOG_WALKER].start_checklist, [])
    assert refused.value.facts["missing"] == ["STRONG_LEASH", "NO_PHONE", "CLEAN_UP"]


# Updates by the job


def due(service_type: ServiceType, planned: timedelta, last: timedelta | None, now: timedelta = HOUR) -> object:
    last_at = None if last is None else START + last
    answer = next_update_due(service_type, START, START + planned, last_at, START + now, Zone.WIB)
    return None if answer is None else answer - START


@pytest.mark.proves("Q-08")
@pytest.mark.parametrize("service_type", BY_THE_JOB)
@pytest.mark.parametrize(
    "planned, last, expected",
    [
        (20, None, 20),
        (60, None, 60),
        (60, 5, None),
        (60, 0, None),
        (60, -5, 60),
        (61, None, 30),
        (61, 30, 60),
        (61, 31, None),
        (90, 29, 59),
        (90, 59, 89),
        (90, 60, None),
        (120, 10, 40),
        (0, None, 30),
        (-5, None, 30),
        (-5, 1, None),
    ],
)
def test_a_job_owes_one_update_and_a_long_one_every_half_hour(
    service_type: ServiceType, planned: int, last: int | None, expected: int | None
) -> None:
    answer = due(service_type, planned * MINUTE, None if last is None else last * MINUTE)
    assert answer == (None if expected is None else expected * MINUTE)


def test_a_second_over_an_hour_makes_a_job_long() -> None:
    assert due(ServiceType.GROOMER, HOUR + SECOND, None) == 30 * MINUTE


def test_an_overdue_update_stays_due_until_it_is_made_or_passed_over() -> None:
    assert due(ServiceType.DOG_WALKER, 2 * HOUR, None, now=HOUR) == 30 * MINUTE
    assert due(ServiceType.DOG_WALKER, 2 * HOUR, 30 * MINUTE, now=HOUR) == HOUR


# Updates by the day


STAY_DEADLINES = [  # day of the stay, hour and minute: 14–21 halved, 7–21 halved, 7–12 halved
    (0, time(17, 30)),
    (0, time(21)),
    (1, time(14)),
    (1, time(21)),
    (2, time(9, 30)),
    (2, time(12)),
]


def stay_due(zone: Zone, last_at: datetime | None, now: datetime) -> datetime | None:
    stay = stay_interval(MONDAY, MONDAY + 2 * DAY, zone)
    return next_update_due(ServiceType.DOG_HOTEL, stay.starts_at, stay.ends_at, last_at, now, zone)


@pytest.mark.proves("Q-08")
@pytest.mark.parametrize("zone", Zone)
def test_a_hotel_owes_two_updates_on_each_day_of_a_stay(zone: Zone) -> None:
    stay = stay_interval(MONDAY, MONDAY + 2 * DAY, zone)
    cadence = CARE[ServiceType.DOG_HOTEL].cadence
    deadlines = [
        deadline
        for number in range(-1, 4)
        for deadline in update_deadlines(cadence, stay.starts_at, stay.ends_at, MONDAY + number * DAY, zone)
    ]
    assert deadlines == [zone.at(MONDAY + number * DAY, clock) for number, clock in STAY_DEADLINES]


@pytest.mark.parametrize("zone", Zone)
def test_updates_made_on_every_deadline_walk_through_the_whole_stay(zone: Zone) -> None:
    walked: list[datetime] = []
    last_at, now = None, stay_interval(MONDAY, MONDAY + 2 * DAY, zone).starts_at
    for _ in range(len(STAY_DEADLINES) + 1):
        answer = stay_due(zone, last_at, now)
        if answer is None:
            break
        walked.append(answer)
        last_at = now = answer
    assert walked == [zone.at(MONDAY + number * DAY, clock) for number, clock in STAY_DEADLINES]


@pytest.mark.parametrize(
    "last, now, expected",
    [
        (None, (0, 14, 0), (0, 17, 30)),
        (None, (0, 20, 0), (0, 17, 30)),  # overdue
        ((0, 14, 5), (0, 14, 5), (0, 21, 0)),
        ((0, 18, 0), (0, 18, 0), (1, 14, 0)),
        ((0, 22, 0), (0, 22, 0), (1, 14, 0)),  # late in the evening counts for no other day
        ((1, 0, 1), (1, 0, 1), (1, 21, 0)),
        ((0, 14, 5), (1, 8, 0), (1, 14, 0)),  # yesterday's evening has lapsed
        ((2, 9, 0), (2, 9, 0), (2, 12, 0)),
        ((2, 10, 0), (2, 10, 0), None),
        ((2, 11, 0), (3, 11, 0), None),
    ],
)
def test_each_half_of_a_day_needs_its_own_update(
    last: tuple[int, int, int] | None, now: tuple[int, int, int], expected: tuple[int, int, int] | None
) -> None:
    def at(moment: tuple[int, int, int]) -> datetime:
        number, hour, minute = moment
        return Zone.WITA.at(MONDAY + number * DAY, time(hour, minute))

    answer = stay_due(Zone.WITA, at(last) if last else None, at(now))
    assert answer == (at(expected) if expected else None)


def test_little_that_is_left_of_a_day_owes_less() -> None:
    def parts(start: time, end: time) -> int:
        cadence = CARE[ServiceType.DOG_HOTEL].cadence
        return len(update_deadlines(cadence, Zone.WIB.at(MONDAY, start), Zone.WIB.at(MONDAY, end), MONDAY, Zone.WIB))

    assert [parts(time(14), time(18)), parts(time(14), time(17)), parts(time(20), time(22))] == [2, 1, 0]


# Care logs


@pytest.mark.proves("Q-06")
@pytest.mark.parametrize("zone", Zone)
def test_every_calendar_day_of_a_stay_needs_all_four_kinds_of_care(zone: Zone) -> None:
    stay = stay_interval(MONDAY, MONDAY + 2 * DAY, zone)
    days = care_days(stay.starts_at, stay.ends_at, zone)
    assert days == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]
    assert len(missing_care([], days)) == 3 * 4
    full = [(on, kind) for on in days for kind in CareKind]
    assert missing_care(full, days) == []
    assert missing_care([entry for entry in full if entry != (MONDAY + DAY, CareKind.PLAY)], days) == [
        (MONDAY + DAY, CareKind.PLAY)
    ]


@pytest.mark.parametrize("zone", Zone)
def test_the_days_of_care_are_those_of_the_partners_zone(zone: Zone) -> None:
    before_midnight, midnight = zone.at(MONDAY, time(23, 59, 59)), zone.at(MONDAY + DAY, time(0))
    assert care_days(before_midnight, midnight, zone) == [MONDAY]
    assert care_days(before_midnight, midnight + SECOND, zone) == [MONDAY, MONDAY + DAY]
    assert care_days(midnight, midnight, zone) == [MONDAY + DAY]


def test_a_stay_that_ends_before_it_starts_or_never_is_refused(refused_field: RefusedField) -> None:
    assert refused_field(care_days, START, START - SECOND, Zone.WIB) == "endedAt"
    assert refused_field(care_days, START, START + MAX_CARE_DAYS * DAY, Zone.WIB) == "endedAt"
    assert len(care_days(START, START + (MAX_CARE_DAYS - 1) * DAY, Zone.WIB)) == MAX_CARE_DAYS > MAX_NIGHTS + 2


@settings(max_examples=60, deadline=None)
@given(hours=st.integers(0, 24 * 20), start=st.integers(0, 23), zone=st.sampled_from(Zone))
def test_days_of_care_equal_an_hour_by_hour_count(hours: int, start: int, zone: Zone) -> None:
    began = START + start * HOUR
    counted = {zone.day_of(began + number * HOUR) for number in range(max(hours, 1))}
    assert care_days(began, began + hours * HOUR, zone) == sorted(counted)
