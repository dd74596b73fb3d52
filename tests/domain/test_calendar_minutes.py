"""Open hours and free slots, each compared with the slow and obvious answer for many drawn weeks."""

from datetime import date, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import MAX_SLOTS, Interval, Period, PlanException, Zone, free_slots, open_intervals

MONDAY = date(2026, 11, 23)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
QUARTERS = st.integers(0, 95)


@st.composite
def hours(draw: st.DrawFn) -> tuple[time, time]:
    start = draw(QUARTERS)
    end = draw(st.integers(start + 1, 96))
    return time(start // 4, start % 4 * 15), time(end // 4 % 24, end % 4 * 15)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[list[Period], list[PlanException]]:
    plan = [Period(draw(st.integers(0, 2)), *draw(hours())) for _ in range(draw(st.integers(0, 5)))]
    exceptions = []
    for _ in range(draw(st.integers(0, 3))):
        on = MONDAY + draw(st.integers(0, 2)) * DAY
        opens, closes = draw(st.one_of(st.just((None, None)), hours()))
        exceptions.append(PlanException(on, opens, closes, available=draw(st.booleans())))
    return plan, exceptions


def covers(opens: time | None, closes: time | None, minute: int) -> bool:
    if opens is None or closes is None:
        return True
    end = closes.hour * 60 + closes.minute or 1440
    return opens.hour * 60 + opens.minute <= minute < end


def open_minutes(plan: list[Period], exceptions: list[PlanException], days: int) -> list[bool]:
    """The slow and obvious answer, one flag for each quarter of an hour from Monday's midnight."""
    flags = []
    for number in range(days * 96):
        on, minute = MONDAY + number // 96 * DAY, number % 96 * 15
        today = [e for e in exceptions if e.on == on and covers(e.opens, e.closes, minute)]
        planned = any(p.weekday == on.weekday() and covers(p.opens, p.closes, minute) for p in plan)
        opened = planned or any(e.available for e in today)
        flags.append(opened and all(e.available for e in today))
    return flags


@settings(max_examples=100, deadline=None)
@given(week=weeks(), zone=st.sampled_from(Zone))
def test_open_hours_equal_a_plain_count(week: tuple[list[Period], list[PlanException]], zone: Zone) -> None:
    opened = open_intervals(*week, zone, MONDAY, MONDAY + 2 * DAY)
    midnight = zone.at(MONDAY, time(0))
    moments = [midnight + number * 15 * MINUTE for number in range(3 * 96)]
    assert [any(s.starts_at <= at < s.ends_at for s in opened) for at in moments] == open_minutes(*week, days=3)
    assert all(earlier.ends_at < later.starts_at for earlier, later in pairwise(opened))


@st.composite
def busy_days(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Taken stretches in minutes from midnight, over and beyond one day."""
    starts = draw(st.lists(st.integers(-120, 1500), max_size=5))
    return [(start, start + draw(st.integers(1, 240))) for start in starts]


@settings(max_examples=100, deadline=None)
@given(
    opening=st.tuples(st.integers(0, 700), st.integers(1, 740)),
    busy=busy_days(),
    length=st.integers(15, 180),
    before=st.integers(0, 45),
    after=st.integers(0, 45),
    step=st.sampled_from([5, 15, 30, 45]),
    not_before=st.integers(-60, 900),
)
def test_free_slots_equal_a_minute_by_minute_search(
    opening: tuple[int, int],
    busy: list[tuple[int, int]],
    length: int,
    before: int,
    after: int,
    step: int,
    not_before: int,
) -> None:
    midnight = Zone.WIB.at(MONDAY, time(0))
    opens, closes = opening[0], opening[0] + opening[1]
    taken = {minute for start, end in busy for minute in range(start, end)}
    expected = [
        start
        for start in range(opens, closes - length + 1)
        if (start - opens) % step == 0 and start >= not_before
        if not any(minute in taken for minute in range(start - before, start + length + after))
    ]
    found = free_slots(
        [Interval(midnight + opens * MINUTE, midnight + closes * MINUTE)],
        [Interval(midnight + start * MINUTE, midnight + end * MINUTE) for start, end in busy],
        length * MINUTE,
        before * MINUTE,
        after * MINUTE,
        step * MINUTE,
        not_before=midnight + not_before * MINUTE,
    )
    assert [(slot.starts_at - midnight) // MINUTE for slot in found] == expected[:MAX_SLOTS]
    assert all(slot.length == length * MINUTE for slot in found)
