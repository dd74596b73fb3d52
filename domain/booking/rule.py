"""When each step of a booking is allowed, and how long each wait lasts."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.calendar import Zone
from domain.refusals import InvalidInput, Refusal

HOLD_FOR = timedelta(minutes=15)
ANSWER_WITHIN = timedelta(hours=24)
ANSWER_BEFORE_START = timedelta(hours=1)
LEAD = timedelta(hours=2)  # a slot that begins sooner leaves the partner no time to answer
START_EARLY = timedelta(minutes=30)
COMPLETE_AFTER_END = timedelta(hours=24)  # the clock completes what the partner forgot
CLOSE_AFTER = timedelta(hours=48)  # the window for a complaint before money is released
NO_SHOW_AFTER = timedelta(minutes=30)
REMINDERS = (timedelta(hours=24), timedelta(hours=1))
MAX_LATE = timedelta(hours=4)
MAX_REPORTS = 10  # of one kind by people, of one booking
MAX_ACTIVE_HOLDS = 5  # of one customer at a time: a hold is free, so it must be scarce


class IncidentKind(StrEnum):
    """Why support looks at a booking."""

    LATENESS = "LATENESS"
    MISSED_START = "MISSED_START"
    OVERDUE_UPDATE = "OVERDUE_UPDATE"
    NO_UPDATES = "NO_UPDATES"
    MISSED_CARE = "MISSED_CARE"
    DEVIATION = "DEVIATION"
    VIOLATION = "VIOLATION"


class PartnerNotBookable(Refusal):
    """P-01: only an active partner's approved service can be booked."""

    code = "PARTNER_NOT_BOOKABLE"
    indonesian = "Mitra ini belum bisa menerima pemesanan untuk layanan tersebut."
    english = "This partner can't take bookings for that service yet."


class SlotTaken(Refusal):
    code = "SLOT_TAKEN"
    indonesian = "Jadwal tersebut sudah terisi. Silakan pilih waktu lain."
    english = "That time is already taken. Please choose another one."


class OutsideHours(Refusal):
    code = "OUTSIDE_HOURS"
    indonesian = "Mitra tidak buka pada waktu tersebut."
    english = "The partner is not open at that time."


class OutOfArea(Refusal):
    code = "OUT_OF_AREA"
    indonesian = "Alamat ini di luar area kerja mitra."
    english = "This address is outside the partner's area."


class TooLate(Refusal):
    code = "TOO_LATE"
    indonesian = "Batas waktu untuk langkah ini sudah lewat."
    english = "The time for this step has passed."


class TooEarly(Refusal):
    code = "TOO_EARLY"
    indonesian = "Langkah ini baru bisa dilakukan mulai {at}."
    english = "This step is possible from {at}."


class TooManyHolds(Refusal):
    code = "TOO_MANY_HOLDS"
    indonesian = "Anda sudah menahan {limit} jadwal. Selesaikan atau lepaskan salah satunya dahulu."
    english = "You already hold {limit} times. Finish or release one of them first."


class TooManyReports(Refusal):
    code = "TOO_MANY_REPORTS"
    indonesian = "Sudah ada {limit} laporan untuk pemesanan ini. Silakan hubungi tim kami."
    english = "There are {limit} reports on this booking already. Please contact our team."


class AskSupport(Refusal):
    """A partner that was missed does not decide that the customer was absent."""

    code = "ASK_SUPPORT"
    indonesian = "Kehadiran Anda sendiri tercatat terlambat. Tim kami yang memutuskan; silakan hubungi kami."
    english = "You were noted as missing yourself. Our team decides this; please contact us."


class NoUpdate(Refusal):
    """Q-08: at least one photo or video reaches the customer before a job is complete."""

    code = "UPDATE_REQUIRED"
    indonesian = "Kirim paling sedikit satu foto atau video sebelum menyelesaikan layanan."
    english = "Send at least one photo or video before completing the service."


class CareMissing(Refusal):
    """Q-06: each day of a stay has its clean, food, drink and play entries."""

    code = "CARE_LOG_MISSING"
    indonesian = "Catatan perawatan belum lengkap: {missing}."
    english = "The care log is not complete: {missing}."


def answer_until(requested_at: datetime, starts_at: datetime) -> datetime:
    """The partner answers within 24 h, and at the latest one hour before the start."""
    return min(requested_at + ANSWER_WITHIN, starts_at - ANSWER_BEFORE_START)


def check_lead(starts_at: datetime, now: datetime) -> None:
    """A booking begins at least LEAD from now."""
    if starts_at < now + LEAD:
        raise TooLate(field="startsAt")


def check_hold_is_alive(hold_expires_at: datetime, now: datetime) -> None:
    """A hold that ran out is gone, also before the clock has noticed."""
    if now >= hold_expires_at:
        raise TooLate()


def check_answer_in_time(request_expires_at: datetime, now: datetime) -> None:
    """A request that ran out is gone, also before the clock has noticed."""
    if now >= request_expires_at:
        raise TooLate()


def check_may_start(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """From 30 minutes before the agreed start until the agreed end."""
    if now < starts_at - START_EARLY:
        raise TooEarly(at=(starts_at - START_EARLY).isoformat(timespec="minutes"))
    if now >= ends_at:
        raise TooLate()


def check_may_complete(starts_at: datetime, ends_at: datetime, zone: Zone, now: datetime) -> None:
    """A stay is completed on its last day, on the partner's clock; any other job whenever it is done."""
    last_day = zone.day_of(ends_at)
    if zone.day_of(starts_at) != last_day and zone.day_of(now) < last_day:
        raise TooEarly(at=last_day.isoformat())


def check_no_show(starts_at: datetime, now: datetime) -> None:
    """Nobody is called absent before 30 minutes after the agreed start."""
    if now < starts_at + NO_SHOW_AFTER:
        raise TooEarly(at=(starts_at + NO_SHOW_AFTER).isoformat(timespec="minutes"))


def check_arrival(starts_at: datetime, ends_at: datetime, arrives_at: datetime, now: datetime) -> None:
    """Q-02: the new arrival lies ahead, after the agreed start, at most four hours after it and before the end: a
    partner cannot put a job off by reporting again and again."""
    if arrives_at <= max(starts_at, now) or arrives_at >= min(starts_at + MAX_LATE, ends_at):
        hours = int(MAX_LATE.total_seconds() // 3600)
        raise InvalidInput(
            "arrivesAt",
            indonesian=f"harus setelah waktu mulai, paling lama {hours} jam sesudahnya dan sebelum selesai",
            english=f"must be after the agreed start, at most {hours} hours later and before the end",
        )


def check_report_count(reports: int) -> None:
    """Each report alarms people, so a booking takes only so many."""
    if reports >= MAX_REPORTS:
        raise TooManyReports(limit=MAX_REPORTS)
