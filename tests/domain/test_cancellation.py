"""Refund tiers, each boundary to the second, in all three zones."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Zone
from domain.cancellation import (
    FREE_DAYS,
    POLICY_LABELS,
    RULE_LABELS,
    Cancelled,
    Policy,
    Refund,
    RefundRule,
    free_until,
    refund,
)

PRICE_IDR = 1_000_000
START_ON = date(2026, 11, 23)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
RULE = RefundRule


def cancelled(
    policy: Policy,
    at: datetime,
    zone: Zone,
    nights: int = 0,
    start: time = time(14),
    by: Cancelled = Cancelled.CUSTOMER,
) -> Refund:
    starts_at = zone.at(START_ON, start)
    ends_at = zone.at(START_ON + nights * DAY, time(12)) if nights else starts_at + timedelta(hours=2)
    return refund(policy, PRICE_IDR, starts_at, ends_at, nights, at, zone, by)


@pytest.mark.parametrize("zone", Zone)
@pytest.mark.parametrize("start", [time(0), time(0, 30), time(14), time(23, 59)])
@pytest.mark.parametrize("policy, days", [(Policy.ONE_DAY, 1), (Policy.THREE_DAY, 3), (Policy.SEVEN_DAY, 7)])
def test_free_until_noon_on_the_partners_clock_to_the_second(
    policy: Policy, days: int, start: time, zone: Zone
) -> None:
    noon = zone.at(START_ON - days * DAY, time(12))
    assert free_until(policy, zone.at(START_ON, start), zone) == noon
    assert cancelled(policy, noon, zone, start=start) == Refund(PRICE_IDR, 100, RULE.IN_TIME)
    assert cancelled(policy, noon - SECOND, zone, start=start) == Refund(PRICE_IDR, 100, RULE.IN_TIME)
    assert cancelled(policy, noon + SECOND, zone, start=start) == Refund(PRICE_IDR // 2, 50, RULE.LATE)


@pytest.mark.parametrize("zone", Zone)
@pytest.mark.parametrize("start", [time(0), time(14)])
def test_same_day_is_free_until_the_start_to_the_second(start: time, zone: Zone) -> None:
    starts_at = zone.at(START_ON, start)
    assert free_until(Policy.SAME_DAY, starts_at, zone) == starts_at
    assert cancelled(Policy.SAME_DAY, starts_at, zone, start=start) == Refund(PRICE_IDR, 100, RULE.IN_TIME)
    assert cancelled(Policy.SAME_DAY, starts_at + SECOND, zone, start=start) == Refund(0, 0, RULE.AFTER_START)


@pytest.mark.parametrize("zone", Zone)
@pytest.mark.parametrize("policy", [Policy.ONE_DAY, Policy.THREE_DAY, Policy.SEVEN_DAY])
def test_a_job_gives_back_half_until_it_starts_and_then_nothing(policy: Policy, zone: Zone) -> None:
    starts_at = zone.at(START_ON, time(14))
    assert cancelled(policy, starts_at, zone) == Refund(PRICE_IDR // 2, 50, RULE.LATE)
    assert cancelled(policy, starts_at + SECOND, zone) == Refund(0, 0, RULE.AFTER_START)


def test_the_same_moment_is_in_time_in_one_zone_and_late_in_another() -> None:
    at = Zone.WITA.at(START_ON - DAY, time(12))
    assert cancelled(Policy.ONE_DAY, at, Zone.WIB).rule is RULE.IN_TIME
    assert cancelled(Policy.ONE_DAY, at, Zone.WITA).rule is RULE.IN_TIME
    assert cancelled(Policy.ONE_DAY, at, Zone.WIT).rule is RULE.LATE


@pytest.mark.parametrize(
    "nights, amount_idr, percent",
    [(1, 500_000, 50), (7, 500_000, 50), (8, 562_500, 56), (10, 650_000, 65), (14, 750_000, 75)],
)
def test_a_late_stay_gives_back_half_of_seven_nights_and_all_after_them(
    nights: int, amount_idr: int, percent: int
) -> None:
    at = Zone.WIB.at(START_ON, time(8))
    assert cancelled(Policy.ONE_DAY, at, Zone.WIB, nights) == Refund(amount_idr, percent, RULE.LATE)


@pytest.mark.parametrize("zone", Zone)
@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize(
    "since_start, amount_idr",
    [
        (SECOND, 600_000),  # one of ten nights used: 6 × 50 % + 3 × 100 %
        (DAY, 600_000),
        (DAY + SECOND, 550_000),
        (6 * DAY + SECOND, 300_000),
        (7 * DAY, 300_000),
        (7 * DAY + SECOND, 200_000),
        (9 * DAY, 100_000),
        (9 * DAY + SECOND, 0),
        (20 * DAY, 0),
    ],
)
def test_after_the_start_a_stay_gives_back_nothing_for_nights_begun(
    since_start: timedelta, amount_idr: int, policy: Policy, zone: Zone
) -> None:
    at = zone.at(START_ON, time(14)) + since_start
    assert cancelled(policy, at, zone, nights=10) == Refund(amount_idr, amount_idr // 10_000, RULE.AFTER_START)


@pytest.mark.parametrize(
    "by, rule", [(Cancelled.PARTNER, RULE.PARTNER_CANCELLED), (Cancelled.STAFF, RULE.STAFF_CANCELLED)]
)
@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("days_after_start", [-30, 0, 1, 30])
def test_partner_and_staff_always_give_everything_back(
    by: Cancelled, rule: RefundRule, policy: Policy, days_after_start: int
) -> None:
    at = Zone.WIT.at(START_ON + days_after_start * DAY, time(15))
    assert cancelled(policy, at, Zone.WIT, nights=3, by=by) == Refund(PRICE_IDR, 100, rule)


def test_an_odd_price_is_rounded_once_half_up() -> None:
    starts_at, at = Zone.WIB.at(START_ON, time(14)), Zone.WIB.at(START_ON, time(8))
    ends_at = Zone.WIB.at(START_ON + 3 * DAY, time(12))
    by = Cancelled.CUSTOMER
    assert refund(Policy.ONE_DAY, 100_001, starts_at, ends_at, 3, at, Zone.WIB, by).amount_idr == 50_001


@pytest.mark.parametrize("price_idr, nights, hours", [(-1, 0, 2), (100, -1, 2), (100, 0, 0)])
def test_senseless_facts_are_a_bug(price_idr: int, nights: int, hours: int) -> None:
    starts_at = Zone.WIB.at(START_ON, time(14))
    ends_at = starts_at + hours * timedelta(hours=1)
    with pytest.raises(ValueError):
        refund(Policy.ONE_DAY, price_idr, starts_at, ends_at, nights, starts_at, Zone.WIB, Cancelled.CUSTOMER)


def test_every_policy_and_rule_has_its_words() -> None:
    assert set(POLICY_LABELS) == set(FREE_DAYS) == set(Policy)
    assert set(RULE_LABELS) == set(RefundRule)


MINUTES = st.integers(-10 * 1440, 35 * 1440)


@settings(max_examples=100, deadline=None)
@given(
    policy=st.sampled_from(Policy),
    zone=st.sampled_from(Zone),
    nights=st.integers(0, 30),
    price_idr=st.integers(0, 10**9),
    first=MINUTES,
    second=MINUTES,
)
def test_waiting_never_gives_more_back_and_the_amount_equals_a_night_by_night_sum(
    policy: Policy, zone: Zone, nights: int, price_idr: int, first: int, second: int
) -> None:
    starts_at = zone.at(START_ON, time(14))
    ends_at = zone.at(START_ON + nights * DAY, time(12)) if nights else starts_at + timedelta(hours=2)
    moments = [starts_at + timedelta(minutes=minutes) for minutes in sorted((first, second))]
    earlier, later = (
        refund(policy, price_idr, starts_at, ends_at, nights, at, zone, Cancelled.CUSTOMER).amount_idr for at in moments
    )
    assert 0 <= later <= earlier <= price_idr

    expected = Fraction(0)
    for number in range(nights or 1):
        begins_at = starts_at + number * DAY
        if moments[0] <= free_until(policy, starts_at, zone):
            expected += Fraction(price_idr, nights or 1)
        elif moments[0] <= begins_at:
            expected += Fraction(price_idr, nights or 1) * (1 if number >= 7 else Fraction(1, 2))
    assert abs(earlier - expected) <= Fraction(1, 2)
