"""How a piece of background work lives: leases, tries and backoff."""

from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(seconds=30)  # longer than any job may take (JOB_TIMEOUT_S), so that a lease ends only with its worker
JOB_TIMEOUT_S = 20
MAX_AHEAD = timedelta(seconds=10)  # of the database's clock; a worker that is further ahead starts nothing
MAX_TRIES = 8
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=30)


class TaskState(StrEnum):
    DUE = "DUE"
    RUNNING = "RUNNING"
    DONE = "DONE"
    DEAD = "DEAD"


def next_try_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures: 2 s, 4 s, 8 s … at most 30 min; None = dead letter."""
    if attempts >= MAX_TRIES:
        return None
    return now + min(FIRST_WAIT * int(2 ** (attempts - 1)), LONGEST_WAIT)


class Timer(StrEnum):
    """Work that a use case puts off until a moment; workers/table.py says which job each one is."""

    EXPIRE_HOLD = "expire_hold"
    EXPIRE_REQUEST = "expire_request"
    REMIND_OF_BOOKING = "remind_of_booking"
    NOTICE_LATENESS = "notice_lateness"
    NOTICE_OVERDUE_UPDATE = "notice_overdue_update"
    NOTICE_MISSING_CARE = "notice_missing_care"
    COMPLETE_BOOKING = "complete_booking"
    CLOSE_BOOKING = "close_booking"
    SEND_LOGIN_CODE = "send_login_code"
    SEND_NOTIFICATION = "send_notification"


class Periodic(StrEnum):
    """Work that comes round by itself; workers/table.py says how often, and which job."""

    CHECK_INVARIANTS = "check_invariants"
    FORGET_OLD = "forget_old"
    FORGET_UPLOADS = "forget_uploads"


def period_key(work: Periodic, every: timedelta, now: datetime) -> str:
    """The task key of the period `now` lies in: however many processes ask, the period has one task."""
    return f"{work.value}:{int(now.timestamp() // every.total_seconds())}"
