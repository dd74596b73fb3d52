"""Each oracle agrees with a small history in which all is well, and speaks up about each planted bug."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults import oracle
from tests.faults.facts import Facts
from tests.faults.history import Attempt, Heard, History
from tests.faults.log import LogHistory, judge_log
from tests.faults.oracle import ORACLES, judge, secrecy
from tests.faults.readers import Log
from tests.faults.tasks import Outcome, differences

NOON = datetime(2026, 11, 27, 5, tzinfo=UTC)
CANARY = "kenari-1"
Bug = Callable[[History, Facts], None]


def attempt(
    operation: str, key: str, outcome: str = "ok", result: str = "b1", code: str = "", actor: str = "sari"
) -> Attempt:
    return Attempt(actor, operation, key, outcome, 0.0, 0.1, code, result if outcome == "ok" else "")


def booking(id: str, hour: int = 0, state: str = "REQUESTED", **more: Any) -> dict[str, Any]:
    starts = NOON + timedelta(hours=hour)
    return {
        "id": id, "customer": "c", "resource": "r", "state": state, "blocked_from": starts,
        "blocked_until": starts + timedelta(hours=1), "hold_expires_at": NOON, "price_idr": 100, "refund_idr": None,
        "is_requested": True,
    } | more  # fmt: skip


def event(position: int, name: str, subject: str = "b1") -> dict[str, Any]:
    return {
        "id": position, "name": name, "subject": subject, "position": position, "topics": ["partner:p"],
        "audience": ["account:p"], "is_of_booking": True,
    }  # fmt: skip


def key(operation: str, name: str, result: str = "b1") -> dict[str, Any]:
    return {"actor": "c", "operation": oracle.CAN[operation], "key": name, "result": result}


def well() -> tuple[History, Facts]:
    """A hold whose first answer was lost, its request, a refused message, a sent one, and a newcomer."""
    history = History(1)
    history.attempts = [
        attempt("hold", "1", "unknown", code="ReadError"), attempt("hold", "1"), attempt("request", "2"),
        attempt("message", "3", "refused", code="CONVERSATION_CLOSED"), attempt("message", "4", result="m1"),
        replace(attempt("log_in", "+62813", result="a"), about="+62813"),
    ]  # fmt: skip
    history.listeners = [Heard("mitra", "partner:p", ["account:p"], only_bookings=True, positions=[1, 2, 3])]
    facts = Facts(
        bookings=[booking("b1"), booking("b2", 3, state="CANCELLED_BY_CUSTOMER", refund_idr=100)],
        payments=[
            {"booking": "b1", "amount_idr": 100, "refunded_idr": 0},
            {"booking": "b2", "amount_idr": 100, "refunded_idr": 100},
        ],
        keys=[key("hold", "1"), key("request", "2"), key("message", "4", "m1")],
        messages=[{"id": "m1", "booking": "b1", "body": CANARY}],
        events=[event(1, "BookingHeld"), event(2, "BookingRequested"), event(3, "BookingHeld", "b2")],
        accounts={"+62813": 1}, actors={"sari": "c"}, recoveries_s=[2.0], texts={"api.log": "all is well"},
    )  # fmt: skip
    return history, facts


def test_nobody_speaks_up_when_all_is_well() -> None:
    assert judge(*well(), {CANARY}) == []


def paid_twice(history: History, facts: Facts) -> None:
    facts.payments.append(facts.payments[0])


def refunded_too_little(history: History, facts: Facts) -> None:
    facts.payments[1]["refunded_idr"] = 99


def paid_for_nothing(history: History, facts: Facts) -> None:
    facts.payments.append({"booking": "nowhere", "amount_idr": 1, "refunded_idr": 0})


def acknowledged_and_lost(history: History, facts: Facts) -> None:
    facts.bookings, facts.keys = facts.bookings[1:], facts.keys[1:]


def done_before_it_was_committed(history: History, facts: Facts) -> None:
    facts.keys[1]["result"] = None


def other_answer_to_the_same_key(history: History, facts: Facts) -> None:
    history.note(attempt("hold", "1", result="b2"))


def refused_but_done(history: History, facts: Facts) -> None:
    facts.keys.append(key("message", "3", "m3"))


def done_though_nobody_asked(history: History, facts: Facts) -> None:
    facts.keys.append(key("hold", "99", "b9"))


def message_twice_by_a_new_key(history: History, facts: Facts) -> None:
    facts.messages.append(facts.messages[0] | {"id": "m2"})


def change_without_its_event(history: History, facts: Facts) -> None:
    del facts.events[1]


def newcomer_lost(history: History, facts: Facts) -> None:
    facts.accounts.clear()


def slot_sold_twice(history: History, facts: Facts) -> None:
    facts.bookings.append(booking("b3"))


def dead_hold_kept(history: History, facts: Facts) -> None:
    facts.dead_holds.append("b4")


def event_missed(history: History, facts: Facts) -> None:
    del history.listeners[0].positions[1]


def event_told_twice(history: History, facts: Facts) -> None:
    history.listeners[0].positions.insert(1, 1)


def events_out_of_order(history: History, facts: Facts) -> None:
    history.listeners[0].positions.reverse()


def event_of_somebody_else(history: History, facts: Facts) -> None:
    facts.events[2]["audience"] = ["account:other"]


def position_left_out(history: History, facts: Facts) -> None:
    facts.events[2]["position"] = 4


def task_forgotten(history: History, facts: Facts) -> None:
    facts.left.append("tell_partner is RUNNING")


def quiet_too_late(history: History, facts: Facts) -> None:
    facts.quiet_s = 61.0


def restart_too_slow(history: History, facts: Facts) -> None:
    facts.recoveries_s.append(31.0)


def transaction_left_open(history: History, facts: Facts) -> None:
    facts.sessions.append("idle in transaction: UPDATE booking")


def never_answered(history: History, facts: Facts) -> None:
    history.note(attempt("cancel", "5", "unknown", code="ReadTimeout"))


PLANTED: tuple[tuple[str, Bug], ...] = (
    *(("O1/O3 books", bug) for bug in (paid_twice, refunded_too_little, paid_for_nothing)),
    *(
        ("O2 durability", bug)
        for bug in (
            acknowledged_and_lost, done_before_it_was_committed, other_answer_to_the_same_key, refused_but_done,
            done_though_nobody_asked, message_twice_by_a_new_key, change_without_its_event, newcomer_lost,
        )
    ),
    *(("O4 slots", bug) for bug in (slot_sold_twice, dead_hold_kept)),
    *(
        ("O5 events", bug)
        for bug in (event_missed, event_told_twice, events_out_of_order, event_of_somebody_else, position_left_out)
    ),
    *(("O6 queues", bug) for bug in (task_forgotten, quiet_too_late)),
    *(("O7 recovery", bug) for bug in (restart_too_slow, transaction_left_open, never_answered)),
)  # fmt: skip


@pytest.mark.parametrize(("name", "bug"), PLANTED, ids=[bug.__name__ for _, bug in PLANTED])
def test_an_oracle_speaks_up_about_a_planted_bug(name: str, bug: Bug) -> None:
    history, facts = well()
    bug(history, facts)
    assert ORACLES[name](history, facts), bug.__name__


def test_every_oracle_has_a_planted_bug() -> None:
    assert {name for name, _ in PLANTED} == set(ORACLES)


def test_a_canary_in_a_log_is_found() -> None:
    history, facts = well()
    facts.texts["worker.log"] = f"could not send {CANARY!r}"
    assert secrecy({CANARY})(history, facts) == ["'kenari-1' is in worker.log"]


def told() -> LogHistory:
    """Three events that commit in another order than their ids, and a reader of two of them."""
    return LogHistory(
        committed={1, 2, 3},
        log=[(1, 2, frozenset({"a"})), (2, 1, frozenset({"a"})), (3, 3, frozenset({"b"}))],
        readers=[Log("reader", ("a",), told=[(1, 2), (2, 1)])],
    )


def test_a_log_that_is_told_in_its_order_is_fine() -> None:
    assert judge_log(told()) == []


LOG_BUGS: dict[str, Callable[[LogHistory], object]] = {
    "an id as cursor": lambda history: history.readers[0].told.pop(),
    "told twice": lambda history: history.readers[0].told.append((2, 1)),
    "in the order of ids": lambda history: history.readers[0].told.reverse(),
    "a position given twice": lambda history: history.log.__setitem__(1, (1, 1, frozenset({"a"}))),
    "an event lost": lambda history: history.log.pop(),
    "an event of a rolled back transaction": lambda history: history.committed.remove(3),
    "a broken chain": lambda history: history.broken.append("the hash chain breaks at position 2"),
}


@pytest.mark.parametrize("bug", LOG_BUGS.values(), ids=LOG_BUGS)
def test_the_judge_of_the_log_speaks_up(bug: Callable[[LogHistory], object]) -> None:
    history = told()
    bug(history)
    assert judge_log(history)


def calm() -> Outcome:
    return Outcome(
        Counter({("customer0", "booking0", "booking_accepted", "IN_APP", "SENT"): 1}),
        {"booking0": ["BookingHeld", "BookingRequested"]},
        Counter({("expire_request", "DUE"): 1}),
    )


OUTCOME_BUGS: dict[str, Callable[[Outcome], None]] = {
    "told twice": lambda outcome: outcome.notifications.update(list(outcome.notifications)),
    "not told": lambda outcome: outcome.notifications.clear(),
    "event twice": lambda outcome: outcome.events["booking0"].append("BookingRequested"),
    "dead letter": lambda outcome: outcome.tasks.update([("send_notification", "DEAD")]),
}


def test_equal_outcomes_do_not_differ() -> None:
    assert differences(calm(), deepcopy(calm())) == []


@pytest.mark.parametrize("bug", OUTCOME_BUGS.values(), ids=OUTCOME_BUGS)
def test_outcomes_that_differ_are_found(bug: Callable[[Outcome], None]) -> None:
    outcome = calm()
    bug(outcome)
    assert differences(calm(), outcome)
