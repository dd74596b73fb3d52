"""The table of a booking's moves."""

from enum import StrEnum, auto

from domain import events
from domain.machine import Machine, Move


class BookingState(StrEnum):
    """Where a booking is (model.md section 2)."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name

    HELD = auto()
    REQUESTED = auto()
    ACCEPTED = auto()
    IN_SERVICE = auto()
    COMPLETED = auto()
    CLOSED = auto()
    HOLD_EXPIRED = auto()
    DECLINED = auto()
    REQUEST_EXPIRED = auto()
    CANCELLED_BY_CUSTOMER = auto()
    CANCELLED_BY_PARTNER = auto()
    CANCELLED_BY_STAFF = auto()
    NO_SHOW_CUSTOMER = auto()
    NO_SHOW_PARTNER = auto()


S = BookingState


def _from(*sources: BookingState) -> frozenset[BookingState]:
    return frozenset(sources)


BOOKING = Machine[BookingState](
    start=S.HELD,
    born=events.BookingHeld,
    moves={
        "request":            Move(_from(S.HELD),                              S.REQUESTED,             events.BookingRequested),
        "accept":             Move(_from(S.REQUESTED),                         S.ACCEPTED,              events.BookingAccepted),
        "decline":            Move(_from(S.REQUESTED),                         S.DECLINED,              events.BookingDeclined),
        "start":              Move(_from(S.ACCEPTED),                          S.IN_SERVICE,            events.BookingStarted),
        "complete":           Move(_from(S.IN_SERVICE),                        S.COMPLETED,             events.BookingCompleted),
        "close":              Move(_from(S.COMPLETED),                         S.CLOSED,                events.BookingClosed),
        "expire_hold":        Move(_from(S.HELD),                              S.HOLD_EXPIRED,          events.BookingHoldExpired),
        "expire_request":     Move(_from(S.REQUESTED),                         S.REQUEST_EXPIRED,       events.BookingRequestExpired),
        "cancel_by_customer": Move(_from(S.HELD, S.REQUESTED, S.ACCEPTED),     S.CANCELLED_BY_CUSTOMER, events.BookingCancelledByCustomer),
        "cancel_by_partner":  Move(_from(S.ACCEPTED),                          S.CANCELLED_BY_PARTNER,  events.BookingCancelledByPartner),
        "cancel_by_staff":    Move(_from(S.REQUESTED, S.ACCEPTED, S.IN_SERVICE), S.CANCELLED_BY_STAFF,  events.BookingCancelledByStaff),
        "no_show_customer":   Move(_from(S.ACCEPTED),                          S.NO_SHOW_CUSTOMER,      events.CustomerDidNotShow),
        "no_show_partner":    Move(_from(S.ACCEPTED),                          S.NO_SHOW_PARTNER,       events.PartnerDidNotShow),
    },
)  # fmt: skip

# States that keep the partner's time taken; the exclusion constraint of the table has the same list.
BLOCKING = frozenset({S.HELD, S.REQUESTED, S.ACCEPTED, S.IN_SERVICE})

# Who cancels decides the verb, and with it the refund.
CANCEL_VERB = {"CUSTOMER": "cancel_by_customer", "PARTNER": "cancel_by_partner", "STAFF": "cancel_by_staff"}
