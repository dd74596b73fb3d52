"""The whole worker on one screen: what follows from each event, and what the clock starts."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from domain import events
from domain.events import Event
from domain.task import Timer
from services import task as tasks
from workers import account, booking
from workers.job import Job

JobFunction = Callable[[Job], Awaitable[None]]


class UnknownEvent(Exception):
    """An event of a newer version: its reactions wait for a process that knows it."""


REACTIONS: Mapping[type[Event], tuple[JobFunction, ...]] = MappingProxyType(
    {
        events.AccountOpened: (),
        events.SessionEnded: (),
        events.SessionsEnded: (),
        events.RolesChanged: (),
        events.AccountSuspended: (),
        events.AccountRestored: (),
        events.ConsentGiven: (),
        events.ConsentWithdrawn: (),
        events.PartnerOpened: (),
        events.PartnerSuspended: (),
        events.PartnerRestored: (),
        events.ServiceOffered: (),
        events.ServiceSubmitted: (),
        events.ServiceApproved: (),
        events.ServiceRejected: (),
        events.BookingHeld: (),
        events.BookingRequested: (),
        events.BookingAccepted: (),
        events.BookingDeclined: (),
        events.BookingHoldExpired: (),
        events.BookingRequestExpired: (),
        events.BookingStarted: (),
        events.BookingCompleted: (),
        events.BookingClosed: (),
        events.BookingCancelledByCustomer: (),
        events.BookingCancelledByPartner: (),
        events.BookingCancelledByStaff: (),
        events.CustomerDidNotShow: (),
        events.PartnerDidNotShow: (),
        events.PartnerReportedLate: (),
        events.PartnerWasMissed: (),
        events.UpdateBecameOverdue: (),
        events.UpdateStayedOverdue: (),
        events.CareWasMissed: (),
        events.CareLogged: (),
        events.ChecklistTicked: (),
        events.DeviationReported: (),
        events.ViolationReported: (),
        events.BookingCameNear: (),
        events.PhotoUpdateSent: (),
        events.MessageSent: (),
        events.NotificationCreated: (),
        events.NotificationDied: (),
    }
)

CLOCK: Mapping[Timer, JobFunction] = MappingProxyType(
    {
        Timer.EXPIRE_HOLD: booking.expire_hold,
        Timer.EXPIRE_REQUEST: booking.expire_request,
        Timer.REMIND_OF_BOOKING: booking.remind_of_booking,
        Timer.NOTICE_LATENESS: booking.notice_lateness,
        Timer.NOTICE_OVERDUE_UPDATE: booking.notice_overdue_update,
        Timer.NOTICE_MISSING_CARE: booking.notice_missing_care,
        Timer.COMPLETE_BOOKING: booking.complete_booking,
        Timer.CLOSE_BOOKING: booking.close_booking,
        Timer.SEND_LOGIN_CODE: account.send_login_code,
    }
)


async def react(job: Job) -> None:
    """One task per job that follows from the event."""
    kind = Event.named.get(job.payload["event"])
    if kind is None or kind not in REACTIONS:
        raise UnknownEvent(job.payload["event"])
    await tasks.react(job.actor, job.payload["position"], [each.__name__ for each in REACTIONS[kind]])


JOBS: Mapping[str, JobFunction] = MappingProxyType(
    {
        "react": react,
        **{timer.value: job for timer, job in CLOCK.items()},
        **{job.__name__: job for jobs in REACTIONS.values() for job in jobs},
    }
)
