"""The judges: each compares what clients saw with what is in the system, and names what does not agree.

They are pure: tests/faults/test_oracle.py gives each a small history with a planted bug, and it must speak up.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from domain.booking import BLOCKING
from domain.permissions import Can
from tests.faults.facts import QUIET_WITHIN_S, Facts, meant_for
from tests.faults.history import OK, REFUSED, UNKNOWN, Attempt, History
from tests.faults.part import READY_WITHIN_S

MAX_NAMED = 10
CAN = {
    "hold": Can.HOLD_BOOKING.value, "request": Can.REQUEST_BOOKING.value, "accept": Can.ACCEPT_BOOKING.value,
    "cancel": Can.CANCEL_BOOKING.value, "message": Can.SEND_MESSAGE.value,
}  # fmt: skip
EVENT_OF = {
    "hold": "BookingHeld", "request": "BookingRequested", "accept": "BookingAccepted",
    "cancel": "BookingCancelledByCustomer",
}  # fmt: skip
Oracle = Callable[[History, Facts], list[str]]


def books(history: History, facts: Facts) -> list[str]:
    """O1, O3: what was asked of the payment provider is what the bookings say, each booking once."""
    found, paid = [], defaultdict(list)
    for payment in facts.payments:
        paid[payment["booking"]].append(payment)
    for booking in facts.bookings:
        payments = paid.pop(booking["id"], [])
        if len(payments) != int(booking["is_requested"]):
            found.append(f"booking {booking['id']} has {len(payments)} payments")
        for payment in payments:
            if payment["amount_idr"] != booking["price_idr"]:
                found.append(f"the payment of {booking['id']} is not its price")
            if payment["refunded_idr"] != (booking["refund_idr"] or 0):
                found.append(f"the refund of {booking['id']} is not what was paid back")
    return found + [f"a payment for no booking: {id}" for id in paid] + [f"rule: {each}" for each in facts.invariants]


def durability(history: History, facts: Facts) -> list[str]:
    """O2: what was accepted is there once, what was refused is not, and whoever asked again was told the same."""
    kept = {(row["actor"], row["operation"], row["key"]): row["result"] for row in facts.keys}
    rows = {row["id"] for row in (*facts.bookings, *facts.messages)}
    found: list[str] = []
    for (actor, operation, key), attempts in history.by_key().items():
        if operation not in CAN:
            continue
        told = {attempt.result for attempt in attempts if attempt.outcome == OK}
        row = kept.pop((facts.actors.get(actor, actor), CAN[operation], key), None)
        if len(told) > 1:
            found.append(f"{operation} {key} was answered with different rows: {sorted(told)}")
        for result in told:
            if row != result or result not in rows:
                found.append(f"{operation} {key} was accepted as {result}; kept is {row}")
        if not told and attempts[-1].outcome == REFUSED and row is not None:
            found.append(f"{operation} {key} was refused ({attempts[-1].code}), but it happened")
    found += [f"{operation} {key} happened, and nobody asked for it" for _, operation, key in kept]
    return found + list(_events_of(history, facts)) + list(_newcomers(history, facts))


def _events_of(history: History, facts: Facts) -> Iterator[str]:
    """Each accepted step of a booking has its one event; each row was born once."""
    counted = Counter((event["subject"], event["name"]) for event in facts.events)
    for attempt in history.attempts:
        name = EVENT_OF.get(attempt.operation)
        if attempt.outcome == OK and name and counted[attempt.result, name] != 1:
            yield f"{name} of {attempt.result} is in the log {counted[attempt.result, name]} times"
    for booking in facts.bookings:
        if counted[booking["id"], "BookingHeld"] != 1:
            yield f"booking {booking['id']} was born {counted[booking['id'], 'BookingHeld']} times"
    for body, times in Counter(message["body"] for message in facts.messages).items():
        if times != 1:
            yield f"the message {body!r} is there {times} times"


def _newcomers(history: History, facts: Facts) -> Iterator[str]:
    for attempt in history.attempts:
        if attempt.operation == "log_in" and attempt.outcome == OK and facts.accounts.get(attempt.about) != 1:
            yield f"{attempt.about} signed up and has {facts.accounts.get(attempt.about, 0)} accounts"


def slots(history: History, facts: Facts) -> list[str]:
    """O4: nobody's time is given twice, and no dead hold keeps a slot."""
    found, taken = [f"hold {id} is dead and still held" for id in facts.dead_holds], defaultdict(list)
    for booking in facts.bookings:
        if booking["state"] in BLOCKING:
            taken[booking["resource"]].append(booking)
    for bookings in taken.values():
        bookings.sort(key=lambda each: each["blocked_from"])
        for one, next_one in pairwise(bookings):
            if next_one["blocked_from"] < one["blocked_until"]:
                found.append(f"bookings {one['id']} and {next_one['id']} overlap")
    return found


def events(history: History, facts: Facts) -> list[str]:
    """O5: each listener was told its part of the log, all of it, in order, each once, and nothing else."""
    found = []
    positions = [event["position"] for event in facts.events if event["position"] is not None]
    if positions != list(range(1, len(positions) + 1)):
        found.append("the positions of the log are not 1, 2, 3 …")
    for heard in history.listeners:
        wanted = meant_for(heard, facts.events)
        if heard.positions == wanted:
            continue
        told = Counter(heard.positions)
        missed = [each for each in wanted if each not in told]
        twice = [each for each, times in told.items() if times > 1]
        foreign = sorted(set(told) - set(wanted))
        parts = {"missed": missed, "twice": twice, "not for it": foreign}
        named = ", ".join(f"{name} {each[:MAX_NAMED]}" for name, each in parts.items() if each) or "out of order"
        found.append(f"{heard.name} on {heard.topic}: {named}")
    return found


def queues(history: History, facts: Facts) -> list[str]:
    """O6: what was put off is done a minute after healing, and nothing died on the way."""
    found = [f"still waiting: {each}" for each in facts.left]
    if facts.quiet_s > QUIET_WITHIN_S:
        found.append(f"it took {facts.quiet_s:.0f} s until nothing waited")
    return found


def recovery(history: History, facts: Facts) -> list[str]:
    """O7: back by itself within half a minute, with nothing left lying about, and every order answered."""
    found = [f"a restart took {seconds:.0f} s" for seconds in facts.recoveries_s if seconds > READY_WITHIN_S]
    found += facts.sessions
    for (_, operation, key), attempts in history.by_key().items():
        if operation in CAN and _is_open(attempts[-1]):
            found.append(f"{operation} {key} never had a definite answer: {attempts[-1].code}")
    return found


def _is_open(attempt: Attempt) -> bool:
    return attempt.outcome == UNKNOWN or attempt.code == "TRY_AGAIN"


def secrecy(canaries: set[str]) -> Oracle:
    """O8: names, messages, phones and tokens are in no log and not in Redis."""

    def judge(history: History, facts: Facts) -> list[str]:
        found = []
        for place, text in facts.texts.items():
            found += [f"{canary[:24]!r} is in {place}" for canary in sorted(canaries) if canary in text]
        return found[:MAX_NAMED]

    return judge


ORACLES: dict[str, Oracle] = {
    "O1/O3 books": books,
    "O2 durability": durability,
    "O4 slots": slots,
    "O5 events": events,
    "O6 queues": queues,
    "O7 recovery": recovery,
}


def judge(history: History, facts: Facts, canaries: set[str]) -> list[str]:
    """What all of them say."""
    found: list[str] = []
    every: dict[str, Oracle] = ORACLES | {"O8 secrecy": secrecy(canaries)}
    for name, oracle in every.items():
        found += [f"{name}: {each}" for each in oracle(history, facts)[:MAX_NAMED]]
    return found


def masked(attempts: Iterator[Attempt]) -> list[Any]:
    """Answers that told the client of an unexpected error."""
    return [attempt for attempt in attempts if attempt.code.startswith("masked")]
