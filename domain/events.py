"""Everything that can happen. Past tense, facts only and no personal data; what follows stands in workers/table.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Protocol, Self
from uuid import UUID

from domain.permissions import staff_audience

# Fields of a row that can be rebuilt from its events; an invariant folds the events and compares (N10).
FOLDED: dict[str, tuple[str, ...]] = {
    "booking": (
        "state",
        "starts_at",
        "ends_at",
        "price_idr",
        "commission_idr",
        "net_idr",
        "refund_idr",
        "hold_expires_at",
        "request_expires_at",
        "started_at",
        "completed_at",
        "late_until",
        "has_no_updates",
    ),
    "service": ("state",),
    "partner": ("state",),
}
# Facts that events may carry beyond the folded ones. A name that is not here cannot get into the log by accident.
OTHER_FACTS = frozenset(
    {
        "by", "channel", "count", "day", "duplicate", "incident_id", "item", "items", "kind", "message_id", "minutes",
        "missing", "notification_id", "previous_update_at", "role", "rule", "seconds", "service_id", "service_type",
        "session_id", "session_ids", "side", "template", "update_id", "upload_ids",
    }
)  # fmt: skip
PLAIN = frozenset({str, int, bool, float, type(None)})  # what JSON knows itself, if it is of exactly these classes


def plain(value: Any) -> Any:
    """A fact as JSON knows it: ids and enums as text, times in UTC with microseconds."""
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, UUID):
        return str(value)
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
        case _:
            return value


@cache
def _facts_of(noun: str) -> frozenset[str]:
    """What events of the noun may carry."""
    return OTHER_FACTS | set(FOLDED.get(noun, ()))


@dataclass(frozen=True)
class Event:
    """One thing that happened to one row (`subject`), with the facts that changed.

    `topics` are the live channels that hear of it, `audience` the account and role scopes that may.
    """

    subject: UUID
    payload: dict[str, Any]
    topics: tuple[str, ...]
    audience: tuple[str, ...]

    noun: ClassVar[str] = ""
    named: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        if not cls.__name__.startswith("_"):
            cls.named[cls.__name__] = cls

    @classmethod
    def _of(
        cls, row: Any, ids: Mapping[str, UUID | None], facts: Mapping[str, Any], topics: tuple[str, ...],
        audience: tuple[str, ...],
    ) -> Self:  # fmt: skip
        unknown = facts.keys() - _facts_of(cls.noun)
        if unknown:
            raise ValueError(f"{cls.__name__}: facts that are not on the list: {sorted(unknown)}")
        payload = {**ids, "version": getattr(row, "version", 0), **facts}
        return cls(row.id, {name: plain(value) for name, value in payload.items()}, topics, audience)


class _Booking(Protocol):
    id: Any
    customer_id: UUID
    partner_id: UUID
    requested_at: Any


class _BookingEvent(Event):
    noun = "booking"
    queue: ClassVar[str | None] = None  # the staff queue whose live stream also hears of it
    live: ClassVar[str | None] = None  # a narrower topic of the booking: photos, messages
    for_customer: ClassVar[bool] = True
    for_partner: ClassVar[bool] = True

    @classmethod
    def about(cls, booking: _Booking, facts: Mapping[str, Any]) -> Self:
        """A partner hears of a booking from the moment it was requested; a hold is the customer's own affair. What is
        between one side and support is not heard by the other side."""
        ids = {"booking_id": booking.id, "customer_id": booking.customer_id, "partner_id": booking.partner_id}
        topics, audience = [f"booking:{booking.id}"], []
        if cls.for_customer:
            audience.append(f"account:{booking.customer_id}")
        if cls.for_partner and booking.requested_at is not None:
            topics.append(f"partner:{booking.partner_id}")
            audience.append(f"account:{booking.partner_id}")
        topics += [f"{cls.live}:{booking.id}"] if cls.live else []
        topics += [f"queue:{cls.queue}"] if cls.queue else []
        staff = staff_audience({"photos": "photo", "messages": "message"}.get(cls.live or "", "booking"))
        return cls._of(booking, ids, facts, tuple(topics), (*audience, *staff))


class BookingHeld(_BookingEvent): ...


class BookingRequested(_BookingEvent): ...


class BookingAccepted(_BookingEvent): ...


class BookingDeclined(_BookingEvent): ...


class BookingHoldExpired(_BookingEvent): ...


class BookingRequestExpired(_BookingEvent): ...


class BookingStarted(_BookingEvent): ...


class BookingCompleted(_BookingEvent): ...


class BookingClosed(_BookingEvent): ...


class BookingCancelledByCustomer(_BookingEvent): ...


class BookingCancelledByPartner(_BookingEvent): ...


class BookingCancelledByStaff(_BookingEvent): ...


class CustomerDidNotShow(_BookingEvent):
    queue = "support"


class PartnerDidNotShow(_BookingEvent):
    queue = "support"


class PartnerReportedLate(_BookingEvent):
    queue = "support"


class PartnerWasMissed(_BookingEvent):
    """No start and no report at start + grace: noticed by the clock (Q-02)."""

    queue = "support"


class UpdateBecameOverdue(_BookingEvent):
    """The partner is asked first (Q-08)."""

    for_customer = False


class UpdateStayedOverdue(_BookingEvent):
    """Still nothing: support is asked (Q-08)."""

    queue = "support"
    for_customer = False


class CareWasMissed(_BookingEvent):
    """A hotel day ended without all its care entries (Q-06)."""

    queue = "support"
    for_customer = False


class CareLogged(_BookingEvent): ...


class ChecklistTicked(_BookingEvent): ...


class DeviationReported(_BookingEvent):
    """The partner tells support that it cannot keep a checklist item (Q-03)."""

    queue = "support"
    for_customer = False


class ViolationReported(_BookingEvent):
    """The customer tells support of a broken rule (Q-04); the partner may be alone with the animal just then."""

    queue = "support"
    for_partner = False


class BookingCameNear(_BookingEvent):
    """24 h and 1 h before the start: the reminders."""


class PhotoUpdateSent(_BookingEvent):
    live = "photos"


class MessageSent(_BookingEvent):
    live = "messages"


class _Account(Protocol):
    id: Any


class _AccountEvent(Event):
    noun = "account"

    @classmethod
    def about(cls, account: _Account, facts: Mapping[str, Any]) -> Self:
        scope = f"account:{account.id}"
        return cls._of(account, {"account_id": account.id}, facts, (scope,), (scope, *staff_audience("account")))


class AccountOpened(_AccountEvent): ...


class SessionEnded(_AccountEvent):
    """One session is over: log-out, or a refresh token seen twice."""


class SessionsEnded(_AccountEvent):
    """Every session of the account is over."""


class RolesChanged(_AccountEvent): ...


class AccountSuspended(_AccountEvent): ...


class AccountRestored(_AccountEvent): ...


class ConsentGiven(_AccountEvent): ...


class ConsentWithdrawn(_AccountEvent): ...


class _Partner(Protocol):
    id: Any


class _PartnerEvent(Event):
    noun = "partner"

    @classmethod
    def about(cls, partner: _Partner, facts: Mapping[str, Any]) -> Self:
        topics = (f"partner:{partner.id}",)
        return cls._of(
            partner, {"partner_id": partner.id}, facts, topics, (f"account:{partner.id}", *staff_audience("partner"))
        )


class PartnerOpened(_PartnerEvent): ...


class PartnerSuspended(_PartnerEvent): ...


class PartnerRestored(_PartnerEvent): ...


class _Service(Protocol):
    id: Any
    partner_id: UUID


class _ServiceEvent(Event):
    noun = "service"

    @classmethod
    def about(cls, service: _Service, facts: Mapping[str, Any]) -> Self:
        ids = {"service_id": service.id, "partner_id": service.partner_id}
        topics = (f"partner:{service.partner_id}",)
        return cls._of(service, ids, facts, topics, (f"account:{service.partner_id}", *staff_audience("partner")))


class ServiceOffered(_ServiceEvent): ...


class ServiceSubmitted(_ServiceEvent): ...


class ServiceApproved(_ServiceEvent): ...


class ServiceRejected(_ServiceEvent): ...


class _Notification(Protocol):
    id: Any
    account_id: UUID | None
    queue: str | None


class _NotificationEvent(Event):
    noun = "notification"

    @classmethod
    def about(cls, notification: _Notification, facts: Mapping[str, Any]) -> Self:
        if notification.account_id:
            topics: tuple[str, ...] = (f"notifications:{notification.account_id}",)
            audience: tuple[str, ...] = (f"account:{notification.account_id}",)
        else:
            topics, audience = (f"queue-notifications:{notification.queue}",), staff_audience("notification")
        return cls._of(notification, {"notification_id": notification.id}, facts, topics, audience)


class NotificationCreated(_NotificationEvent): ...


class NotificationDied(_NotificationEvent):
    """Every try failed: a dead letter that staff see and may send again."""

    @classmethod
    def about(cls, notification: _Notification, facts: Mapping[str, Any]) -> Self:
        audience = staff_audience("notification")
        return cls._of(notification, {"notification_id": notification.id}, facts, ("queue:support",), audience)
