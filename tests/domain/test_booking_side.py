"""What each side may do to a booking in each state."""

import pytest

from domain.booking import BOOKING, BookingState
from domain.booking.side import MOVES_OF, next_moves
from domain.cancellation import Cancelled
from domain.permissions import Can, Role

S = BookingState
CUSTOMER, PARTNER, STAFF = Cancelled.CUSTOMER, Cancelled.PARTNER, Cancelled.STAFF
REQUEST, ACCEPT, DECLINE = Can.REQUEST_BOOKING, Can.ACCEPT_BOOKING, Can.DECLINE_BOOKING
START, COMPLETE, CANCEL, NO_SHOW = Can.START_BOOKING, Can.COMPLETE_BOOKING, Can.CANCEL_BOOKING, Can.REPORT_NO_SHOW
EXPECTED: dict[tuple[Cancelled, Role], dict[BookingState, list[Can]]] = {
    (CUSTOMER, Role.CUSTOMER): {S.HELD: [REQUEST, CANCEL], S.REQUESTED: [CANCEL], S.ACCEPTED: [CANCEL, NO_SHOW]},
    (PARTNER, Role.PARTNER): {
        S.REQUESTED: [ACCEPT, DECLINE],
        S.ACCEPTED: [START, CANCEL, NO_SHOW],
        S.IN_SERVICE: [COMPLETE],
    },
    (STAFF, Role.AGENT): {S.REQUESTED: [CANCEL], S.ACCEPTED: [CANCEL], S.IN_SERVICE: [CANCEL]},
    (STAFF, Role.SENIOR_AGENT): {
        S.REQUESTED: [CANCEL],
        S.ACCEPTED: [CANCEL, NO_SHOW],
        S.IN_SERVICE: [COMPLETE, CANCEL],
    },
    (STAFF, Role.FINANCE): {},
    (PARTNER, Role.CUSTOMER): {S.ACCEPTED: [CANCEL, NO_SHOW]},  # a partner that is none any more
}


@pytest.mark.parametrize("state", list(BookingState))
@pytest.mark.parametrize("side, role", list(EXPECTED))
def test_each_side_is_offered_what_it_may_do_and_nothing_else(side: Cancelled, role: Role, state: BookingState) -> None:
    assert next_moves(state, side, {role}) == EXPECTED[side, role].get(state, [])


def test_every_verb_but_the_clocks_is_somebodys() -> None:
    offered = {verb for moves in MOVES_OF.values() for verb in moves}
    assert set(BOOKING.moves) - offered == {"expire_hold", "expire_request", "close"}
