"""Which moves of a booking are whose: the customer's, the partner's, the staff's; what is in no row is the clock's."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from domain.booking.machine import BOOKING, BookingState
from domain.cancellation import Cancelled
from domain.permissions import ALLOWED, Can, Role

# By side, each verb of the machine and the use case by which that side does it; report_no_show serves two verbs.
MOVES_OF: Mapping[Cancelled, Mapping[str, Can]] = MappingProxyType(
    {
        Cancelled.CUSTOMER: {
            "request": Can.REQUEST_BOOKING,
            "cancel_by_customer": Can.CANCEL_BOOKING,
            "no_show_partner": Can.REPORT_NO_SHOW,
        },
        Cancelled.PARTNER: {
            "accept": Can.ACCEPT_BOOKING,
            "decline": Can.DECLINE_BOOKING,
            "start": Can.START_BOOKING,
            "complete": Can.COMPLETE_BOOKING,
            "cancel_by_partner": Can.CANCEL_BOOKING,
            "no_show_customer": Can.REPORT_NO_SHOW,
        },
        Cancelled.STAFF: {
            "complete": Can.COMPLETE_BOOKING,
            "cancel_by_staff": Can.CANCEL_BOOKING,
            "no_show_customer": Can.REPORT_NO_SHOW,
            "no_show_partner": Can.REPORT_NO_SHOW,
        },
    }
)


def next_moves(state: BookingState, side: Cancelled, roles: Collection[Role]) -> list[Can]:
    """What this side with these roles may do to a booking in that state, in table order, each once.

    Whether its hour has come (a start from 30 minutes before, a no-show from 30 minutes after) is judged when done.
    """
    legal = BOOKING.verbs(state)
    theirs = [can for verb, can in MOVES_OF[side].items() if verb in legal and ALLOWED[can].intersection(roles)]
    return list(dict.fromkeys(theirs))
