"""A partner's week, compared with a plain count of minutes where the rule is a calculation."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.calendar import (
    BUFFER,
    FIRST_YEAR,
    MAX_DAYS_AHEAD,
    MAX_EXCEPTIONS_A_DAY,
    MAX_NIGHTS,
    MAX_PERIODS_A_DAY,
    MAX_RANGE_DAYS,
    MAX_SLOTS,
    NO_BUFFER,
    Buffer,
    Interval,
    Period,
    PlanException,
    Zone,
    check_exceptions,
    check_length,
    check_plan,
    check_range,
    check_start,
    check_stay,
    fits,
    fits_stay,
    free_slots,
    nights,
    open_intervals,
    stay_interval,
)

RefusedField = Callable[..., str | None]

MONDAY = date(2026, 11, 23)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def local(zone: Zone, on: date, hour: int, minute: int = 0) -> datetime:
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=zone.info)


def span(hour: float, to_hour: float, on: date = MONDAY, zone: Zone = Zone.WIB) -> Interval:
    midnight = local(zone, on, 0)
    return Interval(midnight + hour * HOUR, midnight + to_hour * HOUR)


def slots(open: list[Interval], busy: list[Interval], length: timedelta = HOUR, **more: object) -> list[Interval]:
    settings = {"buffer_before": timedelta(0), "buffer_after": timedelta(0), "not_before": LONG_AGO} | more
    return free_slots(open, busy, length, **settings)  # type: ignore[arg-type]


# Zones and intervals


@pytest.mark.parametrize("zone, hours", [(Zone.WIB, 7), (Zone.WITA, 8), (Zone.WIT, 9)])
def test_the_three_zones_are_seven_eight_and_nine_hours_ahead(zone: Zone, hours: int) -> None:
    assert zone.at(MONDAY, time(12)) == datetime(2026, 11, 23, 12 - hours, tzinfo=UTC)
    assert zone.day_of(datetime(2026, 11, 22, 24 - hours, tzinfo=UTC)) == MONDAY
    assert zone.day_of(datetime(2026, 11, 22, 23 - hours, 59, 59, tzinfo=UTC)) == MONDAY - DAY


def test_an_interval_is_kept_in_utc() -> None:
    interval = Interval(local(Zone.WIT, MONDAY, 9), local(Zone.WIT, MONDAY, 10))
    assert interval.starts_at.tzinfo is UTC and interval.starts_at.hour == 0 and interval.length == HOUR


@pytest.mark.parametrize("ends_hour", [9, 8])
def test_an_interval_that_is_empty_or_backwards_names_its_end(ends_hour: int, refused_field: RefusedField) -> None:
    assert refused_field(Interval, local(Zone.WIB, MONDAY, 9), local(Zone.WIB, MONDAY, ends_hour)) == "endsAt"


def test_an_interval_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError):
        Interval(datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 10))  # noqa: DTZ001
    with pytest.raises(ValueError):
        Interval(datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 10))  # noqa: DTZ001


def test_touching_intervals_do_not_overlap() -> None:
    assert not span(9, 10).overlaps(span(10, 11)) and not span(10, 11).overlaps(span(9, 10))
    assert span(9, 10.5).overlaps(span(10, 11))


def test_a_buffer_widens_what_is_reserved() -> None:
    assert span(9, 10).with_buffer(Buffer(HOUR, HOUR / 2)) == span(8, 10.5)
    assert span(9, 10).with_buffer(BUFFER) == span(9, 10.5)
    assert span(9, 10).with_buffer(NO_BUFFER) == span(9, 10)


# The plan

GOOD_PLANS = [
    [],
    [Period(0, time(9), time(12)), Period(0, time(12), time(17))],
    [Period(0, time(12), time(17)), Period(0, time(9), time(12))],
    [Period(6, time(0), time(0))],
    [Period(0, time(hour), time(hour + 1)) for hour in range(MAX_PERIODS_A_DAY)],
    [Period(6, time(22), time(0)), Period(0, time(0), time(2))],
]


@pytest.mark.parametrize("plan", GOOD_PLANS)
def test_a_plan_may_touch_and_may_close_at_midnight(plan: list[Period], refused_field: RefusedField) -> None:
    assert refused_field(check_plan, plan) is None


BAD_PLANS = [
    ([Period(7, time(9), time(12))], "weekday"),
    ([Period(-1, time(9), time(12))], "weekday"),
    ([Period(0, time(9), time(9))], "closes"),
    ([Period(0, time(12), time(9))], "closes"),
    ([Period(0, time(9, 0, 1), time(12))], "opens"),
    ([Period(0, time(9), time(12, 0, 0, 1))], "closes"),
    ([Period(0, time(9, tzinfo=UTC), time(12))], "opens"),
    ([Period(0, time(9), time(12)), Period(0, time(11, 59), time(17))], "periods"),
    ([Period(0, time(9), time(0)), Period(0, time(10), time(11))], "periods"),
    ([Period(0, time(hour), time(hour + 1)) for hour in range(MAX_PERIODS_A_DAY + 1)], "periods"),
]


@pytest.mark.parametrize("plan, field", BAD_PLANS)
def test_a_bad_plan_is_refused_by_field(plan: list[Period], field: str, refused_field: RefusedField) -> None:
    assert refused_field(check_plan, plan) == field


BAD_EXCEPTIONS = [
    ([PlanException(MONDAY, time(9), None, available=True)], "closes"),
    ([PlanException(MONDAY, None, time(9), available=False)], "opens"),
    ([PlanException(MONDAY, time(9), time(9), available=False)], "closes"),
    ([PlanException(date.max, None, None, available=False)], "on"),
    ([PlanException(MONDAY, None, None, available=False)] * (MAX_EXCEPTIONS_A_DAY + 1), "on"),
    (
        [PlanException(MONDAY + DAY, None, None, available=False)]
        + [PlanException(MONDAY, None, None, available=False)] * (MAX_EXCEPTIONS_A_DAY + 1),
        "on",
    ),
]


@pytest.mark.parametrize("exceptions, field", BAD_EXCEPTIONS)
def test_a_bad_exception_is_refused_by_field(
    exceptions: list[PlanException], field: str, refused_field: RefusedField
) -> None:
    assert refused_field(check_exceptions, exceptions) == field


def test_free_days_and_extra_hours_are_good_exceptions(refused_field: RefusedField) -> None:
    extra = PlanException(MONDAY, time(20), time(0), available=True)
    free = PlanException(MONDAY, None, None, available=False)
    assert refused_field(check_exceptions, [extra, *[free] * (MAX_EXCEPTIONS_A_DAY - 1)]) is None


@pytest.mark.parametrize("year, is_allowed", [(FIRST_YEAR - 1, False), (FIRST_YEAR, True), (2200, True), (2201, False)])
def test_absurd_years_are_refused(year: int, is_allowed: bool, refused_field: RefusedField) -> None:
    on = date(year, 6, 1)
    assert refused_field(check_range, on, on) == (None if is_allowed else "firstDay")


# Open hours

WORKDAY = [Period(0, time(9), time(17))]


@pytest.mark.parametrize(
    "exceptions, expected",
    [
        ([], [(9, 17)]),
        ([PlanException(MONDAY, None, None, available=False)], []),
        ([PlanException(MONDAY, None, None, available=True)], [(0, 24)]),
        ([PlanException(MONDAY, time(12), time(13), available=False)], [(9, 12), (13, 17)]),
        ([PlanException(MONDAY, time(8), time(10), available=False)], [(10, 17)]),
        ([PlanException(MONDAY, time(16), time(0), available=False)], [(9, 16)]),
        ([PlanException(MONDAY, time(17), time(19), available=True)], [(9, 19)]),
        ([PlanException(MONDAY, time(20), time(0), available=True)], [(9, 17), (20, 24)]),
        (
            [
                PlanException(MONDAY, time(16), time(20), available=True),
                PlanException(MONDAY, time(15), time(18), available=False),
            ],
            [(9, 15), (18, 20)],
        ),
        ([PlanException(MONDAY + DAY, None, None, available=False)], [(9, 17)]),
    ],
)
@pytest.mark.parametrize("zone", Zone)
@pytest.mark.proves("Q-09")
def test_exceptions_change_the_open_hours_of_their_day(
    exceptions: list[PlanException], expected: list[tuple[int, int]], zone: Zone
) -> None:
    opened = open_intervals(WORKDAY, exceptions, zone, MONDAY, MONDAY)
    assert opened == [span(start, end, zone=zone) for start, end in expected]


def test_hours_over_midnight_are_one_stretch() -> None:
    plan = [Period(0, time(22), time(0)), Period(1, time(0), time(2))]
    assert open_intervals(plan, [], Zone.WITA, MONDAY, MONDAY + DAY) == [span(22, 26, zone=Zone.WITA)]


@pytest.mark.parametrize(
    "first_day, last_day, field",
    [
        (MONDAY, MONDAY - DAY, "lastDay"),
        (MONDAY, MONDAY + MAX_RANGE_DAYS * DAY, "lastDay"),
        (date.min, MONDAY, "firstDay"),
        (MONDAY, date.max, "lastDay"),
    ],
)
def test_a_range_backwards_too_long_or_absurd_is_refused(
    first_day: date, last_day: date, field: str, refused_field: RefusedField
) -> None:
    assert refused_field(open_intervals, WORKDAY, [], Zone.WIB, first_day, last_day) == field


def test_the_longest_range_is_allowed(refused_field: RefusedField) -> None:
    assert refused_field(check_range, MONDAY, MONDAY + (MAX_RANGE_DAYS - 1) * DAY) is None
    assert len(open_intervals(WORKDAY, [], Zone.WIB, MONDAY, MONDAY + (MAX_RANGE_DAYS - 1) * DAY)) == 5


# Free slots


def test_slots_follow_the_half_hours_of_an_opening() -> None:
    assert slots([span(9, 11)], []) == [span(9, 10), span(9.5, 10.5), span(10, 11)]


def test_a_slot_may_touch_what_is_taken() -> None:
    assert slots([span(9, 12)], [span(10, 11)]) == [span(9, 10), span(11, 12)]


def test_the_own_buffer_keeps_away_from_what_is_taken() -> None:
    found = slots([span(8, 13)], [span(10, 11)], buffer_before=HOUR / 2, buffer_after=HOUR / 2)
    assert found == [span(8, 9), span(8.5, 9.5), span(11.5, 12.5), span(12, 13)]


def test_a_buffer_may_reach_outside_open_hours() -> None:
    assert slots([span(9, 10)], [], buffer_before=HOUR, buffer_after=HOUR) == [span(9, 10)]


def test_slots_begin_at_or_after_the_earliest_start() -> None:
    assert slots([span(9, 11)], [], not_before=local(Zone.WIB, MONDAY, 9, 30)) == [span(9.5, 10.5), span(10, 11)]
    assert slots([span(9, 11)], [], not_before=local(Zone.WIB, MONDAY, 9, 31)) == [span(10, 11)]


def test_slots_stop_at_the_limit() -> None:
    assert len(slots([span(0, 24)], [], limit=3)) == 3
    week = [span(0, 24 * 7)]
    assert len(slots(week, [], limit=10_000)) == MAX_SLOTS


@pytest.mark.parametrize(
    "length, more", [(timedelta(0), {}), (HOUR, {"step": MINUTE}), (HOUR, {"buffer_after": -MINUTE})]
)
def test_senseless_slot_settings_are_a_bug(length: timedelta, more: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        slots([span(9, 17)], [], length, **more)


def test_a_job_fits_only_wholly_inside_open_hours() -> None:
    opened = [span(9, 12), span(13, 17)]
    assert fits(opened, span(9, 12)) and fits(opened, span(14, 15))
    assert not fits(opened, span(11, 14)) and not fits(opened, span(8.5, 10)) and not fits([], span(9, 10))


# Bounds of a start and a length


@pytest.mark.parametrize("ahead", [timedelta(0), -MINUTE, MAX_DAYS_AHEAD * DAY + MINUTE])
def test_a_start_now_past_or_too_far_is_refused(ahead: timedelta, refused_field: RefusedField) -> None:
    now = local(Zone.WIB, MONDAY, 9)
    assert refused_field(check_start, now + ahead, now) == "startsAt"


def test_a_start_up_to_the_furthest_day_is_allowed(refused_field: RefusedField) -> None:
    now = local(Zone.WIB, MONDAY, 9)
    assert refused_field(check_start, now + MAX_DAYS_AHEAD * DAY, now) is None


@pytest.mark.parametrize("length, is_allowed", [(14, False), (15, True), (720, True), (721, False)])
def test_a_job_lasts_a_quarter_of_an_hour_to_half_a_day(
    length: int, is_allowed: bool, refused_field: RefusedField
) -> None:
    assert refused_field(check_length, length * MINUTE) == (None if is_allowed else "endsAt")


# Stays


@pytest.mark.parametrize(
    "arrives_on, leaves_on, field",
    [
        (MONDAY, MONDAY, "leavesOn"),
        (MONDAY, MONDAY - DAY, "leavesOn"),
        (MONDAY, MONDAY + (MAX_NIGHTS + 1) * DAY, "leavesOn"),
        (date(FIRST_YEAR - 1, 12, 31), MONDAY, "arrivesOn"),
        (MONDAY, date.max, "leavesOn"),
    ],
)
def test_a_stay_without_nights_or_with_too_many_is_refused(
    arrives_on: date, leaves_on: date, field: str, refused_field: RefusedField
) -> None:
    assert refused_field(check_stay, arrives_on, leaves_on) == field


@pytest.mark.parametrize("zone, check_in_utc", [(Zone.WIB, 7), (Zone.WITA, 6), (Zone.WIT, 5)])
def test_a_stay_lasts_from_check_in_to_check_out_in_the_partners_zone(zone: Zone, check_in_utc: int) -> None:
    stay = stay_interval(MONDAY, MONDAY + 3 * DAY, zone)
    assert stay.starts_at == datetime(2026, 11, 23, check_in_utc, tzinfo=UTC)
    assert stay.length == 3 * DAY - 2 * HOUR
    assert nights(MONDAY, MONDAY + 3 * DAY) == 3


def test_one_stay_may_follow_another_in_the_same_kennel_on_the_same_day() -> None:
    first = stay_interval(MONDAY, MONDAY + DAY, Zone.WIB)
    second = stay_interval(MONDAY + DAY, MONDAY + 2 * DAY, Zone.WIB)
    assert not first.overlaps(second)


def test_the_longest_stay_fits_the_longest_range(refused_field: RefusedField) -> None:
    assert refused_field(check_stay, MONDAY, MONDAY + MAX_NIGHTS * DAY) is None
    assert refused_field(check_range, MONDAY, MONDAY + MAX_NIGHTS * DAY) is None


DAILY = [Period(weekday, time(8), time(18)) for weekday in range(7)]


@pytest.mark.parametrize(
    "exceptions, is_allowed",
    [
        ([], True),
        ([PlanException(MONDAY + DAY, None, None, available=False)], False),
        ([PlanException(MONDAY, time(13), time(15), available=False)], False),
        ([PlanException(MONDAY, time(8), time(14), available=False)], True),
        ([PlanException(MONDAY, time(14), time(18), available=False)], False),
        ([PlanException(MONDAY + 2 * DAY, time(8), time(12), available=False)], True),
        ([PlanException(MONDAY + 2 * DAY, time(8), time(12, 1), available=False)], False),
        ([PlanException(MONDAY + 2 * DAY, time(12), time(18), available=False)], True),
        ([PlanException(MONDAY + DAY, time(8), time(17), available=False)], True),
    ],
)
@pytest.mark.parametrize("zone", Zone)
def test_a_stay_needs_the_hotel_open_on_arrival_on_leaving_and_each_day(
    exceptions: list[PlanException], is_allowed: bool, zone: Zone
) -> None:
    opened = open_intervals(DAILY, exceptions, zone, MONDAY, MONDAY + 2 * DAY)
    assert fits_stay(opened, stay_interval(MONDAY, MONDAY + 2 * DAY, zone), zone) is is_allowed


def test_a_hotel_open_day_and_night_takes_a_stay() -> None:
    always = [Period(weekday, time(0), time(0)) for weekday in range(7)]
    opened = open_intervals(always, [], Zone.WIB, MONDAY, MONDAY + 2 * DAY)
    assert fits_stay(opened, stay_interval(MONDAY, MONDAY + 2 * DAY, Zone.WIB), Zone.WIB)
