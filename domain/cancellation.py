"""What a customer gets back when a booking is cancelled: four tiers, judged on the partner's own clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.calendar import DAY, Zone
from domain.money import Rupiah
from domain.service import Label

NOON = time(12)
LATE_NIGHTS = 7  # the first seven nights of a stay give back half, later ones all
LATE_PERCENT = 50


class Policy(StrEnum):
    """How long before the start a cancellation is free; snapshotted into the booking."""

    SAME_DAY = "SAME_DAY"
    ONE_DAY = "ONE_DAY"
    THREE_DAY = "THREE_DAY"
    SEVEN_DAY = "SEVEN_DAY"


class Cancelled(StrEnum):
    """Who cancelled."""

    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"
    STAFF = "STAFF"


class RefundRule(StrEnum):
    """Which sentence of the rule decided."""

    PARTNER_CANCELLED = "PARTNER_CANCELLED"
    STAFF_CANCELLED = "STAFF_CANCELLED"
    IN_TIME = "IN_TIME"
    LATE = "LATE"
    AFTER_START = "AFTER_START"


FREE_DAYS: dict[Policy, int] = {Policy.SAME_DAY: 0, Policy.ONE_DAY: 1, Policy.THREE_DAY: 3, Policy.SEVEN_DAY: 7}

POLICY_LABELS: dict[Policy, Label] = {
    Policy.SAME_DAY: Label("bebas sampai mulai", "free until the start"),
    Policy.ONE_DAY: Label("bebas sampai pukul 12.00 sehari sebelumnya", "free until noon the day before"),
    Policy.THREE_DAY: Label("bebas sampai pukul 12.00 tiga hari sebelumnya", "free until noon three days before"),
    Policy.SEVEN_DAY: Label("bebas sampai pukul 12.00 tujuh hari sebelumnya", "free until noon seven days before"),
}

RULE_LABELS: dict[RefundRule, Label] = {
    RefundRule.PARTNER_CANCELLED: Label("dibatalkan mitra, dana kembali penuh", "the partner cancelled: full refund"),
    RefundRule.STAFF_CANCELLED: Label("dibatalkan tim kami, dana kembali penuh", "our team cancelled: full refund"),
    RefundRule.IN_TIME: Label("dibatalkan tepat waktu, dana kembali penuh", "cancelled in time: full refund"),
    RefundRule.LATE: Label(
        "setelah batas waktu: 50% untuk 7 hari pertama, 100% untuk hari sesudahnya",
        "after the deadline: 50% of the first 7 days, 100% of the days after",
    ),
    RefundRule.AFTER_START: Label(
        "setelah mulai: yang sudah dipakai tidak kembali, sisanya seperti terlambat batal",
        "after the start: nothing for what was used, the rest as for a late cancellation",
    ),
}


@dataclass(frozen=True, slots=True)
class Refund:
    """What goes back: the amount counts; `percent` is that amount of the price, rounded for display."""

    amount_idr: Rupiah
    percent: int
    rule: RefundRule


def free_until(policy: Policy, starts_at: datetime, zone: Zone) -> datetime:
    """The last moment (UTC, itself included) at which a customer cancels for free.

    SAME_DAY: the start. Others: 12.00 noon in the partner's zone, 1, 3 or 7 days before the day of the start.
    """
    if policy is Policy.SAME_DAY:
        return starts_at
    return zone.at(zone.day_of(starts_at) - FREE_DAYS[policy] * DAY, NOON)


def at_whose_cost(by: Cancelled, partner_was_missed: bool) -> Cancelled:
    """As whose cancellation it counts: whoever was left waiting owes nothing, so a customer that cancels the job of a
    missed partner gets what the partner's own cancelling would give."""
    return Cancelled.PARTNER if by is Cancelled.CUSTOMER and partner_was_missed else by


def refund(
    policy: Policy,
    price_idr: Rupiah,
    starts_at: datetime,
    ends_at: datetime,
    nights: int,
    cancelled_at: datetime,
    zone: Zone,
    by: Cancelled,
) -> Refund:
    """What the customer gets back, in whole rupiah; pure, so it can be shown before cancelling (indonesia.md 7).

    1. Cancelled by the partner or by staff: everything, at any time.
    2. By the customer up to and including `free_until`: everything.
    3. Later, before or at the start: 50 % of each of the first 7 nights and 100 % of each night after them.
       A job without nights (`nights` = 0) counts as one day: 50 %.
    4. After the start: nothing for nights begun (the second begins 24 hours after the start, …), the others as in 3,
       still counted from the first night of the stay. A job without nights is used once it has begun: nothing.
       From `ends_at` on: nothing.

    All nights cost the same; the sum is rounded once, half up. ValueError for a negative price or number of nights,
    or an end that is not after the start.
    """
    if price_idr < 0 or nights < 0 or ends_at <= starts_at:
        raise ValueError("price, nights or times out of range")
    if by is Cancelled.PARTNER:
        return Refund(price_idr, 100, RefundRule.PARTNER_CANCELLED)
    if by is Cancelled.STAFF:
        return Refund(price_idr, 100, RefundRule.STAFF_CANCELLED)
    if cancelled_at <= free_until(policy, starts_at, zone):
        return Refund(price_idr, 100, RefundRule.IN_TIME)
    days = max(nights, 1)
    used = _used(starts_at, ends_at, nights, cancelled_at)
    percent_days = sum(LATE_PERCENT if number < LATE_NIGHTS else 100 for number in range(used, days))
    rule = RefundRule.AFTER_START if cancelled_at > starts_at else RefundRule.LATE
    return Refund(_half_up(price_idr * percent_days, 100 * days), _half_up(percent_days, days), rule)


def _used(starts_at: datetime, ends_at: datetime, nights: int, cancelled_at: datetime) -> int:
    """How many nights (or the one day of another job) have begun."""
    if cancelled_at <= starts_at:
        return 0
    if nights == 0:
        return 1
    if cancelled_at >= ends_at:
        return nights
    return min(nights, -((starts_at - cancelled_at) // timedelta(days=1)))


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
