"""Jobs of the clock about bookings: each calls the use case of its name, which looks at the present state."""

from datetime import date, datetime

from services import booking as bookings
from workers.job import Job


async def expire_hold(job: Job) -> None:
    await bookings.expire_hold(job.actor, job.id("booking_id"))


async def expire_request(job: Job) -> None:
    await bookings.expire_request(job.actor, job.id("booking_id"))


async def remind_of_booking(job: Job) -> None:
    await bookings.remind(job.actor, job.id("booking_id"), job.payload["minutes"])


async def notice_lateness(job: Job) -> None:
    await bookings.notice_lateness(job.actor, job.id("booking_id"))


async def notice_overdue_update(job: Job) -> None:
    counted_from, escalates = _moment(job, "counted_from"), _moment(job, "escalates")
    await bookings.notice_overdue_update(job.actor, job.id("booking_id"), counted_from, escalates)


async def notice_missing_care(job: Job) -> None:
    await bookings.notice_missing_care(job.actor, job.id("booking_id"), date.fromisoformat(job.payload["day"]))


async def complete_booking(job: Job) -> None:
    await bookings.complete_by_clock(job.actor, job.id("booking_id"))


async def close_booking(job: Job) -> None:
    await bookings.close(job.actor, job.id("booking_id"))


def _moment(job: Job, name: str) -> datetime | None:
    text = job.payload.get(name)
    return datetime.fromisoformat(text) if text else None
