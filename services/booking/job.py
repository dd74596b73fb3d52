"""The job itself: tick the checklist, start, log the care, complete."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.booking import (
    BOOKING,
    CLOSE_AFTER,
    COMPLETE_AFTER_END,
    BookingState,
    CareMissing,
    IncidentKind,
    NoUpdate,
    check_may_complete,
    check_may_start,
)
from domain.calendar import Zone
from domain.events import CareLogged, ChecklistTicked
from domain.permissions import Can
from domain.refusals import IllegalMove, InvalidInput, NotFound
from domain.service import CARE, CareKind, ChecklistItem, care_days, check_checklist, missing_care, next_update_due
from domain.task import Timer
from domain.text import line
from models.booking import Booking, CareLog, ChecklistTick
from models.partner import Partner
from services.booking.step import is_own_partner, raise_incident
from services.partner.profile import rerank
from services.work import Work, use_case

MAX_NOTE_CHARACTERS = 500


async def own_job(work: Work, booking_id: UUID, *states: BookingState, verb: str) -> Booking:
    """The partner's own booking, locked; IllegalMove when it is in none of the states."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    if not is_own_partner(work.actor, booking):
        raise NotFound()
    if booking.state not in states:
        raise IllegalMove(verb=verb, state=booking.state.value)
    return booking


@use_case(Can.TICK_CHECKLIST)
async def tick(work: Work, booking_id: UUID, items: Collection[ChecklistItem], at_end: bool = False) -> Booking:
    """Confirm items of the service's checklist, before the start or (trainers) at the end (Q-03, Q-04, Q-05)."""
    state = BookingState.IN_SERVICE if at_end else BookingState.ACCEPTED
    booking = await own_job(work, booking_id, state, verb="tick")
    await _tick(work, booking, items, at_end)
    return booking


@use_case(Can.START_BOOKING, replays=Booking)
async def start(work: Work, booking_id: UUID, items: Collection[ChecklistItem] = ()) -> Booking:
    """Check in: allowed from 30 minutes before the agreed start, with the whole checklist ticked (Q-01, Q-03…Q-05)."""
    booking = await own_job(work, booking_id, BookingState.ACCEPTED, verb="start")
    check_may_start(booking.starts_at, booking.ends_at, work.now)
    ticked = await _tick(work, booking, items, at_end=False)
    check_checklist(CARE[booking.service_type].start_checklist, ticked)
    await work.move(booking, BOOKING, "start", started_at=work.now)
    watch_updates(work, booking, None)
    end_of_day = Zone(booking.zone).day_of(work.now)
    if CARE[booking.service_type].by_night:
        watch_care(work, booking, end_of_day)
    due = max(booking.ends_at, work.now) + COMPLETE_AFTER_END
    work.later(Timer.COMPLETE_BOOKING, due, booking.id, booking_id=booking.id)
    return booking


@use_case(Can.LOG_CARE)
async def log_care(work: Work, booking_id: UUID, on_day: date, kinds: Collection[CareKind], note: str = "") -> Booking:
    """Enter what was done on a day of the stay (Q-06); entering it again changes nothing."""
    booking = await own_job(work, booking_id, BookingState.IN_SERVICE, verb="log_care")
    zone = Zone(booking.zone)
    if not CARE[booking.service_type].by_night or booking.started_at is None:
        raise InvalidInput("bookingId", indonesian="hanya untuk hotel", english="only for a hotel stay")
    if on_day not in care_days(booking.started_at, max(work.now, booking.started_at + timedelta(seconds=1)), zone):
        raise InvalidInput("day", indonesian="bukan hari menginap", english="not a day of this stay")
    if not kinds:
        raise InvalidInput("kinds", indonesian="isi paling sedikit satu", english="give at least one")
    known = {log.kind for log in await CareLog.filter(booking_id=booking.id, on_day=on_day)}
    new = [kind for kind in CareKind if kind in kinds and kind not in known]
    note = line(note, "note", MAX_NOTE_CHARACTERS, optional=True)
    await CareLog.bulk_create(CareLog(booking_id=booking.id, on_day=on_day, kind=kind, note=note) for kind in new)
    if new:
        work.note(booking, CareLogged, day=on_day, items=new)
    return booking


@use_case(Can.COMPLETE_BOOKING, replays=Booking)
async def complete(work: Work, booking_id: UUID, items: Collection[ChecklistItem] = ()) -> Booking:
    """End the job. The partner needs its evidence: an update, a hotel's care logs, a trainer's end checklist (Q-05,
    Q-06, Q-08); staff may complete without, and a job without any update is flagged."""
    booking = await work.lock(Booking.visible_to(work.actor), booking_id)
    by_partner = is_own_partner(work.actor, booking)
    if not by_partner and not work.actor.sees_all("booking"):
        raise NotFound()
    BOOKING.move(booking.state, "complete")
    if by_partner:
        ticked = await _tick(work, booking, items, at_end=True)
        check_checklist(CARE[booking.service_type].end_checklist, ticked)
        check_may_complete(booking.starts_at, booking.ends_at, Zone(booking.zone), work.now)
        await check_evidence(booking, work.now)
    await finish_job(work, booking)
    return booking


async def check_evidence(booking: Booking, now: datetime) -> None:
    """Raises NoUpdate or CareMissing when the job lacks what its service must show."""
    if booking.last_update_at is None:
        raise NoUpdate()
    if CARE[booking.service_type].by_night and booking.started_at is not None:
        missing = await missing_entries(booking, now)
        if missing:
            raise CareMissing(missing=", ".join(f"{day:%Y-%m-%d} {kind}" for day, kind in missing[:8]))


async def missing_entries(booking: Booking, until: datetime) -> list[tuple[date, CareKind]]:
    """Care entries a stay still owes for its days up to `until`, but for none after its agreed end."""
    until = min(until, booking.ends_at)
    if booking.started_at is None or until <= booking.started_at:
        return []
    logged = await CareLog.filter(booking_id=booking.id).values_list("on_day", "kind")
    return missing_care(
        [(day, CareKind(kind)) for day, kind in logged], care_days(booking.started_at, until, Zone(booking.zone))
    )


async def finish_job(work: Work, booking: Booking) -> None:
    """Move to COMPLETED, count it for the partner's statistics (Q-01), and let the clock close it after 48 h."""
    await work.move(booking, BOOKING, "complete", completed_at=work.now, has_no_updates=booking.last_update_at is None)
    partner = await work.lock(Partner.all(), booking.partner_id)
    partner.completed_count += 1
    if booking.started_at and was_on_time(booking, booking.started_at):
        partner.on_time_count += 1
    await work.edit(partner, completed_count=partner.completed_count, on_time_count=partner.on_time_count)
    await rerank(work, partner)
    if booking.has_no_updates:
        await raise_incident(work, booking, IncidentKind.NO_UPDATES, "completed")
    work.later(Timer.CLOSE_BOOKING, work.now + CLOSE_AFTER, booking.id, booking_id=booking.id)


def was_on_time(booking: Booking, started_at: datetime) -> bool:
    """Q-01: the check-in was at the agreed start plus the service's grace, or before."""
    return started_at <= booking.starts_at + timedelta(seconds=CARE[booking.service_type].grace_s)


def watch_updates(work: Work, booking: Booking, counted_from: datetime | None) -> None:
    """Put off the look for an overdue photo update to the moment the next one is due (Q-08)."""
    if booking.started_at is None:
        return
    last = max((each for each in (booking.last_update_at, counted_from) if each), default=None)
    due = next_update_due(booking.service_type, booking.started_at, booking.ends_at, last, work.now, Zone(booking.zone))
    if due is not None:
        work.later(
            Timer.NOTICE_OVERDUE_UPDATE, due, booking.id, due.isoformat(),
            booking_id=booking.id, counted_from=counted_from,
        )  # fmt: skip


def watch_care(work: Work, booking: Booking, on_day: date) -> None:
    """Look at the day's care entries when the day ends on the partner's clock (Q-06)."""
    zone = Zone(booking.zone)
    ends_at = zone.at(on_day + timedelta(days=1), datetime.min.time())
    work.later(Timer.NOTICE_MISSING_CARE, ends_at, booking.id, on_day, booking_id=booking.id, day=on_day)


async def _tick(work: Work, booking: Booking, items: Collection[ChecklistItem], at_end: bool) -> set[ChecklistItem]:
    """Store new ticks and give all there are; an item of another service is refused."""
    care = CARE[booking.service_type]
    mine = care.end_checklist if at_end else care.start_checklist
    for item in items:
        if item not in mine:
            raise InvalidInput(
                "items", indonesian=f"{item} bukan butir layanan ini", english=f"{item} is not an item here"
            )
    known = {tick.item for tick in await ChecklistTick.filter(booking_id=booking.id, at_end=at_end)}
    new = [item for item in mine if item in items and item not in known]
    await ChecklistTick.bulk_create(ChecklistTick(booking_id=booking.id, item=item, at_end=at_end) for item in new)
    if new:
        work.note(booking, ChecklistTicked, items=new, kind="END" if at_end else "START")
    return known | set(new)
