"""The whole worker on one screen: what follows from each event, and what the clock starts."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from domain import events
from domain.events import Event
from domain.task import Periodic, Timer
from services import task as tasks
from workers import account, booking, notification, upkeep
from workers.job import Job
from workers.notification import tell

JobFunction = Callable[[Job], Awaitable[None]]


class UnknownEvent(Exception):
    """An event of a newer version: its reactions wait for a process that knows it."""


REACTIONS: Mapping[type[Event], tuple[JobFunction, ...]] = MappingProxyType(
    {
        events.AccountOpened: tell("tell_customer_account_opened"),
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
        events.BookingRequested: tell("tell_partner_booking_requested"),
        events.BookingAccepted: tell("tell_customer_booking_accepted"),
        events.BookingDeclined: tell("tell_customer_booking_declined"),
        events.BookingHoldExpired: tell("tell_customer_hold_expired"),
        events.BookingRequestExpired: tell("tell_customer_request_expired"),
        events.BookingStarted: tell("tell_customer_service_started"),
        events.BookingCompleted: tell("tell_customer_service_completed", "tell_support_no_updates"),
        events.BookingClosed: tell("tell_partner_booking_closed"),
        events.BookingCancelledByCustomer: tell("tell_customer_booking_cancelled", "tell_partner_booking_cancelled"),
        events.BookingCancelledByPartner: tell("tell_customer_partner_cancelled", "tell_support_partner_cancelled"),
        events.BookingCancelledByStaff: tell("tell_customer_staff_cancelled", "tell_partner_staff_cancelled"),
        events.CustomerDidNotShow: tell(
            "tell_customer_own_absence", "tell_partner_customer_absence", "tell_support_customer_absence"
        ),
        events.PartnerDidNotShow: tell(
            "tell_customer_partner_absence",
            "tell_customer_start_unrecorded",
            "tell_partner_own_absence",
            "tell_support_partner_absence",
            "tell_support_start_unrecorded",
        ),
        events.PartnerReportedLate: tell("tell_customer_partner_is_late", "tell_support_partner_is_late"),
        events.PartnerWasMissed: tell(
            "tell_customer_partner_is_missed", "tell_partner_it_is_missed", "tell_support_partner_is_missed"
        ),
        events.UpdateBecameOverdue: tell("tell_partner_update_overdue"),
        events.UpdateStayedOverdue: tell("tell_support_update_overdue"),
        events.CareWasMissed: tell("tell_partner_care_missing", "tell_support_care_missing"),
        events.CareLogged: (),
        events.ChecklistTicked: (),
        events.DeviationReported: tell("tell_support_deviation"),
        events.ViolationReported: tell("tell_support_violation"),
        events.BookingCameNear: tell("tell_customer_booking_is_near", "tell_partner_booking_is_near"),
        events.PhotoUpdateSent: tell("tell_customer_photo_update"),
        events.MessageSent: tell("tell_other_side_message"),
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
        Timer.SEND_NOTIFICATION: notification.send_notification,
        Timer.SEND_LOGIN_CODE: account.send_login_code,
    }
)

EVERY: Mapping[Periodic, tuple[timedelta, JobFunction]] = MappingProxyType(
    {
        Periodic.CHECK_INVARIANTS: (timedelta(hours=1), upkeep.check_invariants),
        Periodic.FORGET_OLD: (timedelta(days=1), upkeep.forget_old),
        Periodic.FORGET_UPLOADS: (timedelta(hours=1), upkeep.forget_uploads),
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
        **{periodic.value: job for periodic, (_, job) in EVERY.items()},
        **{job.__name__: job for jobs in REACTIONS.values() for job in jobs},
    }
)
