"""When a partner works: the week as a whole, and the days that differ from it (Q-09)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID

from domain.calendar import MAX_PERIODS_A_DAY, MIDNIGHT, Period, Zone, check_exceptions, check_plan
from domain.calendar import PlanException as Differing
from domain.partner import MAX_EXCEPTIONS, TooMany
from domain.permissions import Can
from domain.refusals import InvalidInput, NotFound
from domain.text import line
from models.calendar import PlanException, PlanPeriod
from models.partner import Partner
from services.partner.profile import own
from services.work import Work, use_case

MAX_NOTE_CHARACTERS = 200
MAX_PERIODS = 7 * MAX_PERIODS_A_DAY
DAY_MINUTES = 24 * 60


@use_case(Can.SET_PLAN)
async def set_plan(work: Work, periods: Sequence[Period]) -> list[PlanPeriod]:
    """Replace the whole week at once; an empty one means never open. What is booked already stays booked."""
    check_plan(periods)
    partner = await own(work)
    await PlanPeriod.filter(partner_id=partner.id).delete()
    rows = [
        PlanPeriod(
            partner_id=partner.id, weekday=period.weekday, opens_minute=_minute(period.opens),
            closes_minute=_closing(period.closes),
        )
        for period in sorted(periods)
    ]  # fmt: skip
    await PlanPeriod.bulk_create(rows)
    return rows


@use_case(Can.ADD_EXCEPTION)
async def add_exception(work: Work, exception: Differing, note: str = "") -> PlanException:
    """Say that a day differs: free, closed for some hours, or open for more. Not for days that are over.

    Raises InvalidInput, or TooMany above MAX_EXCEPTIONS days ahead.
    """
    check_exceptions([exception])
    note = line(note, "note", MAX_NOTE_CHARACTERS, optional=True)
    partner = await own(work)
    today = Zone(partner.zone).day_of(work.now)
    if exception.on < today:
        raise InvalidInput("on", indonesian="hari sudah lewat", english="the day is over")
    ahead = PlanException.filter(partner_id=partner.id, on_day__gte=today)
    if await ahead.count() >= MAX_EXCEPTIONS:
        raise TooMany(limit=MAX_EXCEPTIONS)
    same_day = await PlanException.filter(partner_id=partner.id, on_day=exception.on)
    check_exceptions([*(differing(row) for row in same_day), exception])
    return await PlanException.create(
        partner_id=partner.id, on_day=exception.on, available=exception.available, note=note,
        opens_minute=None if exception.opens is None else _minute(exception.opens),
        closes_minute=None if exception.closes is None else _closing(exception.closes),
    )  # fmt: skip


@use_case(Can.REMOVE_EXCEPTION)
async def remove_exception(work: Work, exception_id: UUID) -> PlanException:
    """Let the day be like any other again. Raises NotFound for another partner's."""
    partner = await own(work)
    row = await PlanException.filter(id=exception_id, partner_id=partner.id).first()
    if row is None:
        raise NotFound()
    await row.delete()
    return row


async def upcoming_exceptions(partner: Partner, now: datetime | None = None) -> list[PlanException]:
    """Days from the partner's today on that differ from its plan, in order, at most MAX_EXCEPTIONS."""
    today = Zone(partner.zone).day_of(now or datetime.now(UTC))
    ahead = PlanException.filter(partner_id=partner.id, on_day__gte=today)
    return await ahead.order_by("on_day", "id").limit(MAX_EXCEPTIONS)


def differing(row: PlanException) -> Differing:
    """The row as the calendar's rules know it."""
    return differing_on(row.on_day, row.opens_minute, row.closes_minute, row.available)


def differing_on(day: date, opens_minute: int | None, closes_minute: int | None, available: bool) -> Differing:
    """A day that differs, from what its columns hold."""
    opens = None if opens_minute is None else clock(opens_minute)
    closes = None if closes_minute is None else clock(closes_minute)
    return Differing(day, opens, closes, available)


def clock(minute: int) -> time:
    """What a clock shows so many minutes after midnight; the end of the day is shown as 00:00."""
    return MIDNIGHT if minute == DAY_MINUTES else time(minute // 60, minute % 60)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _closing(clock: time) -> int:
    return _minute(clock) or DAY_MINUTES
