"""Random documents over real rows: what both executors of the product's schema are asked, by various readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.booking import Booking
from models.message import Message
from models.photo import PhotoUpdate
from schema.page import cursor_text
from tests import world
from tests.execution.document import Document
from tests.filled import NOW, Filled
from tests.job import context
from tests.twin import Twin, checked

DEPTH = 6
READERS = (
    "customer", "agent", "groomer", "other", "nobody", "system", "hotel", "finance", "partner_ops",
)  # fmt: skip
FREE = frozenset({"freeSlots", "whyThisRank"})  # many rows each, and no matter of reading

Known = Mapping[str, Sequence[Any]]


@dataclass
class Run:
    """What came out of a run."""

    documents: int = 0
    compiled: int = 0
    answered: int = 0
    differences: list[str] = field(default_factory=list)


async def known(full: Filled) -> Known:
    """Arguments that find something, and some that find nothing or are refused."""
    bookings = await Booking.filter(id__in=full.bookings).order_by("starts_at")
    messages, updates = await Message.all().order_by("id"), await PhotoUpdate.all().order_by("id")
    partners = [str(full.groomer.id), str(full.hotel.id)]
    cursors: list[str | None] = [cursor_text([each.starts_at, each.id]) for each in bookings]
    cursors += [cursor_text([each.id]) for each in (messages[0], messages[4], updates[1], updates[-2])]
    cursors += [cursor_text(["31.71"]), cursor_text([500, full.groomer.id]), cursor_text([NOW, "a:1"]), "x", ""]
    cursors += [None] * 2 * len(cursors)
    return {
        "UUID": [str(each) for each in (*full.bookings, *await full.ids())],
        "bookingId": [str(each.id) for each in bookings],
        "partnerId": partners, "customerId": [str(full.customer.id), str(full.other.id)], "after": cursors,
        "first": [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 5, 5, 20, 20, 20, 100, 0, 101],
        "code": [each.code for each in bookings],
        "regionCode": ["31", "31.71", "31.71.01", "31.71.01.1001", "99", "x"], "parent": ["31", "31.71", "x"],
        "postcode": ["10110", "1"], "search": ["Jak", "Kota", "ga"], "queue": ["support", "no"], "text": ["Mitra", "%"],
        "day": [world.in_days(3).isoformat(), "2001-01-01"], "maxPriceIdr": [150_000, 1], "minRank": [0, 600],
        "DateTime": [each.starts_at.isoformat() for each in bookings],
    }  # fmt: skip


async def run(twin: Twin, full: Filled, known: Known, count: int, first: int = 0, stop_at: int = 1) -> Run:
    """Ask each document three times: by other readers and with other values, so that its plan is used again."""
    done = Run()
    for seed in range(first, first + count):
        document = Document(twin.stock._schema, seed, FREE, known, DEPTH)
        if checked(twin.stock._schema, document.text)[1]:
            continue
        done.documents += 1
        asked = (document.variables, document.again(), document.turned())
        for number, variables in enumerate(asked if document.variables else asked[:2]):
            reader = full.viewers[READERS[(seed + number) % len(READERS)]]
            found = await twin.difference(document.text, variables, reader)
            if found is not None:
                done.differences.append(f"seed {seed}: {found}")
        operation = twin.compiled._operations.get((document.text, "Q"))
        done.compiled += operation is not None and operation.reason is None
        answer = await twin.compiled.execute(document.text, document.variables, context(full.viewers["agent"]))
        done.answered += bool(answer.data and any(answer.data.values()))
        if len(done.differences) >= stop_at:
            break
    return done


__all__ = ["Known", "Run", "context", "known", "run"]
