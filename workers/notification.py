"""Who is told what when something happens, and how a message leaves the house.

TELLINGS is the table: one row is one job, named `tell_<whom>_<what>`, for one recipient. A job reads the facts from the
rows as they are when it runs, so that a late one tells the truth; with nothing to tell (any more) it writes nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from domain.booking import BookingState
from domain.cancellation import POLICY_LABELS, RefundRule
from domain.notification import Audience, Channel, Template, is_readable, is_stale
from domain.permissions import Role
from domain.service import CARE_LABELS, CHECKLIST_LABELS, CareKind, ChecklistItem, Label
from domain.wording import day, join_words, rupiah
from integrations.fault import Point, fault_point
from integrations.mail import Mail
from integrations.sms import Sms
from integrations.whatsapp import Whatsapp
from models.account import RoleGrant
from models.booking import Booking, Incident
from models.photo import PhotoUpdate
from services import notification as notifications
from services.notification import Case, Letter, NotNeeded
from workers.delivery import carry
from workers.job import Job

REFUND_WITHIN = timedelta(hours=24)  # D-06
MISSED = Label("mitra tidak hadir tepat waktu", "partner not there in time")
BY_CLOCK = "CLOCK"  # as services.booking.clock says it in PartnerDidNotShow

Facts = dict[str, str]
FactsOf = Callable[[Case], Awaitable[Facts | None]]
T = Template
CUSTOMER, PARTNER, SUPPORT = Audience.CUSTOMER, Audience.PARTNER, Audience.STAFF
OTHER_SIDE = Audience.ANYONE
# What people typed may have nothing to read in it (a lone zero-width sign); that must not keep the news from anybody.
TYPED = frozenset({"name", "partner", "pet", "sender", "reason", "note"})
UNREADABLE = "–"


async def nothing_more(case: Case) -> Facts | None:
    """The usual facts are enough."""
    return {}


async def answer_by(case: Case) -> Facts | None:
    booking = case.booking
    if booking.state is not BookingState.REQUESTED or booking.request_expires_at is None:
        return None
    return {"deadline": case.moment(booking.request_expires_at)}


async def another_partner(case: Case) -> Facts | None:
    """What came back, and where to look for somebody else."""
    booking = case.booking
    link = case.page(f"partners?service={booking.service_type}")
    return {"amount": rupiah(booking.refund_idr or 0), "link": link}


async def coming(case: Case) -> Facts | None:
    """A reminder of a booking that was cancelled meanwhile is not told."""
    return {} if case.booking.state is BookingState.ACCEPTED else None


async def refund(case: Case) -> Facts | None:
    return {"amount": rupiah(case.booking.refund_idr or 0)}


async def refund_by_policy(case: Case) -> Facts | None:
    """Who lets go of a hold has paid nothing and is told nothing."""
    booking = case.booking
    if booking.requested_at is None:
        return None
    return {
        "amount": rupiah(booking.refund_idr or 0),
        "policy": case.said(_why_paid_back(booking)),
        "deadline": case.moment(case.event.at + REFUND_WITHIN),
    }


def _why_paid_back(booking: Booking) -> Label:
    """The agreed policy, or that the partner was missed: then everything goes back whatever the policy says."""
    if booking.refund_rule == RefundRule.PARTNER_CANCELLED:
        return MISSED
    return POLICY_LABELS[booking.cancel_policy]


async def refund_by_staff(case: Case) -> Facts | None:
    """Staff may give everything back at any time, whatever the policy says (indonesia.md 7), and say why."""
    return {
        "amount": rupiah(case.booking.refund_idr or 0),
        "reason": case.booking.end_reason,
        "deadline": case.moment(case.event.at + REFUND_WITHIN),
    }


async def reason_of_staff(case: Case) -> Facts | None:
    return {"reason": case.booking.end_reason}


async def refund_if_seen_absent(case: Case) -> Facts | None:
    """Somebody says that the partner did not come."""
    return None if _is_by_clock(case) else await refund(case)


async def refund_if_unrecorded(case: Case) -> Facts | None:
    """Nobody says anything, and the clock ended what never began."""
    return await refund(case) if _is_by_clock(case) else None


async def seen_absent(case: Case) -> Facts | None:
    return None if _is_by_clock(case) else {}


async def unrecorded(case: Case) -> Facts | None:
    return {} if _is_by_clock(case) else None


def _is_by_clock(case: Case) -> bool:
    return bool(case.fact["by"] == BY_CLOCK)


async def lost_job(case: Case) -> Facts | None:
    """A partner knows of a booking from the request on."""
    return None if case.booking.requested_at is None else {}


async def share(case: Case) -> Facts | None:
    return {"amount": rupiah(case.booking.net_idr)}


async def lateness(case: Case) -> Facts | None:
    return {
        "minutes": str(case.fact["minutes"]),
        "reason": case.booking.late_reason,
        "time": case.clock(datetime.fromisoformat(case.fact["late_until"])),
    }


async def minutes_missed(case: Case) -> Facts | None:
    return {"minutes": str(case.fact["minutes"])}


async def minutes_without_news(case: Case) -> Facts | None:
    last = case.fact.get("previous_update_at")
    since = datetime.fromisoformat(last) if last else case.booking.started_at or case.booking.starts_at
    return {"minutes": str(max(1, int((case.event.at - since).total_seconds() // 60)))}


async def start_clock(case: Case) -> Facts | None:
    return {"time": case.clock(case.booking.started_at or case.event.at)}


async def end_clock(case: Case) -> Facts | None:
    return {"time": case.clock(case.booking.completed_at or case.event.at)}


async def photos(case: Case) -> Facts | None:
    update = await PhotoUpdate.get(id=case.fact["update_id"])
    return {"count": str(case.fact["count"]), "note": update.note if is_readable(update.note) else ""}


async def no_news_at_all(case: Case) -> Facts | None:
    return {} if case.fact.get("has_no_updates") else None


async def missing_care(case: Case) -> Facts | None:
    items = [case.said(CARE_LABELS[CareKind(kind)]) for kind in case.fact["missing"]]
    on = datetime.fromisoformat(case.fact["day"]).date()
    return {"day": day(on, case.language), "items": join_words(items, case.language)}


async def incident(case: Case) -> Facts | None:
    found = await Incident.get(id=case.fact["incident_id"])
    return {"item": case.said(CHECKLIST_LABELS[ChecklistItem(case.fact["item"])]), "note": found.note}


async def sender(case: Case) -> Facts | None:
    booking = case.booking
    if case.audience is CUSTOMER:
        return {"sender": booking.partner.name}
    return {"sender": (await booking.customer).name}


async def first_steps(case: Case) -> Facts | None:
    """The welcome is for customers; staff accounts are opened by colleagues."""
    is_customer = await RoleGrant.exists(account_id=case.fact["account_id"], role=Role.CUSTOMER)
    return {"link": case.page("pets")} if is_customer else None


@dataclass(frozen=True, slots=True)
class Telling:
    """One row of the table: who is told, by which text, with which facts beyond the usual ones.

    `if_noted` replaces the text when the facts have a note. News is needed before `before` and then does not wait out
    the night. `in_app_only` news never leaves the house.
    """

    to: Audience
    template: Template
    facts: FactsOf = nothing_more
    if_noted: Template | None = None
    before: Callable[[Booking], datetime | None] | None = None
    in_app_only: bool = False


def _start(booking: Booking) -> datetime | None:
    return booking.starts_at


def _end(booking: Booking) -> datetime | None:
    return booking.ends_at


def _answer(booking: Booking) -> datetime | None:
    return booking.request_expires_at


TELLINGS: Mapping[str, Telling] = MappingProxyType(
    {
        "tell_customer_account_opened": Telling(CUSTOMER, T.WELCOME, first_steps),
        "tell_partner_booking_requested": Telling(PARTNER, T.BOOKING_REQUESTED, answer_by, before=_answer),
        "tell_customer_booking_accepted": Telling(CUSTOMER, T.BOOKING_CONFIRMED),
        "tell_customer_booking_declined": Telling(CUSTOMER, T.BOOKING_DECLINED, another_partner),
        "tell_customer_hold_expired": Telling(CUSTOMER, T.HOLD_EXPIRED, another_partner, in_app_only=True),
        "tell_customer_request_expired": Telling(CUSTOMER, T.REQUEST_EXPIRED, another_partner),
        "tell_customer_booking_is_near": Telling(CUSTOMER, T.BOOKING_REMINDER, coming, before=_start),
        "tell_partner_booking_is_near": Telling(PARTNER, T.BOOKING_REMINDER_PARTNER, coming, before=_start),
        "tell_customer_booking_cancelled": Telling(CUSTOMER, T.BOOKING_CANCELLED, refund_by_policy),
        "tell_partner_booking_cancelled": Telling(PARTNER, T.BOOKING_CANCELLED_PARTNER, lost_job),
        "tell_customer_staff_cancelled": Telling(CUSTOMER, T.BOOKING_CANCELLED_BY_STAFF, refund_by_staff),
        "tell_partner_staff_cancelled": Telling(PARTNER, T.BOOKING_CANCELLED_BY_STAFF_PARTNER, reason_of_staff),
        "tell_customer_partner_cancelled": Telling(CUSTOMER, T.PARTNER_CANCELLED, refund),
        "tell_support_partner_cancelled": Telling(SUPPORT, T.PARTNER_CANCELLED_SUPPORT),
        "tell_customer_own_absence": Telling(CUSTOMER, T.NO_SHOW_CUSTOMER, refund),
        "tell_partner_customer_absence": Telling(PARTNER, T.NO_SHOW_CUSTOMER_PARTNER, share),
        "tell_support_customer_absence": Telling(SUPPORT, T.NO_SHOW_CUSTOMER_SUPPORT),
        "tell_customer_partner_absence": Telling(CUSTOMER, T.NO_SHOW_PARTNER, refund_if_seen_absent),
        "tell_customer_start_unrecorded": Telling(CUSTOMER, T.START_UNRECORDED, refund_if_unrecorded),
        "tell_partner_own_absence": Telling(PARTNER, T.NO_SHOW_PARTNER_PARTNER),
        "tell_support_partner_absence": Telling(SUPPORT, T.NO_SHOW_PARTNER_SUPPORT, seen_absent),
        "tell_support_start_unrecorded": Telling(SUPPORT, T.START_UNRECORDED_SUPPORT, unrecorded),
        "tell_customer_partner_is_late": Telling(CUSTOMER, T.PARTNER_LATE, lateness),
        "tell_support_partner_is_late": Telling(SUPPORT, T.PARTNER_LATE_SUPPORT, lateness),
        "tell_customer_partner_is_missed": Telling(CUSTOMER, T.PARTNER_MISSING),
        "tell_partner_it_is_missed": Telling(PARTNER, T.PARTNER_MISSING_PARTNER),
        "tell_support_partner_is_missed": Telling(SUPPORT, T.PARTNER_MISSING_SUPPORT, minutes_missed),
        "tell_customer_service_started": Telling(CUSTOMER, T.SERVICE_STARTED, start_clock),
        "tell_customer_photo_update": Telling(CUSTOMER, T.PHOTO_UPDATE, photos, if_noted=T.PHOTO_UPDATE_NOTED),
        "tell_partner_update_overdue": Telling(PARTNER, T.UPDATE_OVERDUE, minutes_without_news, before=_end),
        "tell_support_update_overdue": Telling(SUPPORT, T.UPDATE_OVERDUE_SUPPORT, minutes_without_news),
        "tell_partner_care_missing": Telling(PARTNER, T.CARE_LOG_MISSING, missing_care),
        "tell_support_care_missing": Telling(SUPPORT, T.CARE_LOG_MISSING_SUPPORT, missing_care),
        "tell_support_deviation": Telling(SUPPORT, T.DEVIATION_REPORTED, incident),
        "tell_support_violation": Telling(SUPPORT, T.VIOLATION_REPORTED, incident),
        "tell_customer_service_completed": Telling(CUSTOMER, T.SERVICE_COMPLETED, end_clock),
        "tell_support_no_updates": Telling(SUPPORT, T.NO_UPDATES_FLAG, no_news_at_all),
        "tell_partner_booking_closed": Telling(PARTNER, T.BOOKING_CLOSED, share),
        "tell_other_side_message": Telling(OTHER_SIDE, T.NEW_MESSAGE, sender),
    }
)


async def letter_of(telling: Telling, case: Case) -> Letter | None:
    """What the reader of this case gets; None when there is nothing to tell (any more)."""
    facts = await telling.facts(case)
    if facts is None:
        return None
    template = telling.if_noted if telling.if_noted and facts.get("note") else telling.template
    return Letter(
        cause=str(case.event.position),
        template=template,
        facts={name: _told(name, fact) for name, fact in (case.usual() | facts).items()},
        language=case.language,
        account_id=case.reader.id if case.reader else None,
        queue=None if case.reader else notifications.SUPPORT,
        booking_id=case.of.id if case.of else None,
        needed_by=telling.before(case.booking) if telling.before else None,
        in_app_only=telling.in_app_only,
    )


def _told(name: str, fact: str) -> str:
    return UNREADABLE if name in TYPED and not is_readable(fact) else fact


def _job(name: str, telling: Telling) -> Callable[[Job], Awaitable[None]]:
    async def tell_them(job: Job) -> None:
        event = await job.event()
        if is_stale(event.at, datetime.now(UTC)):
            return
        case = await notifications.case_of(event, telling.to, job.outside.public_url)
        letter = await letter_of(telling, case)
        if letter is not None:
            await notifications.notify(job.actor, letter)

    tell_them.__name__ = tell_them.__qualname__ = name
    return tell_them


_JOBS = {name: _job(name, telling) for name, telling in TELLINGS.items()}


def tell(*names: str) -> tuple[Callable[[Job], Awaitable[None]], ...]:
    """The jobs of these rows of TELLINGS; an unknown name stops the start of the process."""
    return tuple(_JOBS[name] for name in names)


async def send_notification(job: Job) -> None:
    """Send one message by its channel, under its own stable key, and record what became of it."""
    row = await notifications.queued(job.id("notification_id"))
    if row is None:
        return
    try:
        message = await notifications.pack(row)
    except NotNeeded as reason:
        await notifications.record_delivery(job.actor, row.id, skipped=str(reason))
        return
    failure = await carry(_provider(job, row.channel), message)
    fault_point(Point.CARRIED)
    if failure is None:
        await notifications.record_delivery(job.actor, row.id)
    else:
        await notifications.record_failed_delivery(job.actor, row.id, failure.reason, failure.for_good)


def _provider(job: Job, channel: Channel) -> Mail | Whatsapp | Sms:
    match channel:
        case Channel.EMAIL:
            return job.outside.mail
        case Channel.WHATSAPP:
            return job.outside.whatsapp
        case Channel.SMS:
            return job.outside.sms
        case Channel.IN_APP:
            raise ValueError("what is told in the app is not sent")
