"""A booking walked through its life by GraphQL, beside a model of it in plain Python that knows what must come out.

The model is written by hand from the rules, and shares no code with the product: `TABLE` says which state each verb
leads from and to, `Model.expected` what stands in the way, `Model.back` what is paid back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

from domain.booking import BookingState
from domain.calendar import Zone
from domain.media import MediaKind
from domain.permissions import NOBODY, SYSTEM, Actor, Role
from integrations.media.sanitiser import Media
from models.booking import Booking
from models.partner import Partner
from models.payment import Payment
from services import booking as bookings
from services import photo as photos
from services.invariant import INVARIANTS, rows_are_folds
from services.work import acting_at
from tests import job as jobs
from tests import world

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STATES = frozenset(state.value for state in BookingState)

# Verb: from which states, to which.
TABLE: dict[str, tuple[frozenset[str], str]] = {
    "request": (frozenset({"HELD"}), "REQUESTED"),
    "accept": (frozenset({"REQUESTED"}), "ACCEPTED"),
    "decline": (frozenset({"REQUESTED"}), "DECLINED"),
    "start": (frozenset({"ACCEPTED"}), "IN_SERVICE"),
    "complete": (frozenset({"IN_SERVICE"}), "COMPLETED"),
    "cancel_by_customer": (frozenset({"HELD", "REQUESTED", "ACCEPTED"}), "CANCELLED_BY_CUSTOMER"),
    "cancel_by_partner": (frozenset({"ACCEPTED"}), "CANCELLED_BY_PARTNER"),
    "cancel_by_staff": (frozenset({"REQUESTED", "ACCEPTED", "IN_SERVICE"}), "CANCELLED_BY_STAFF"),
    "no_show_customer": (frozenset({"ACCEPTED"}), "NO_SHOW_CUSTOMER"),
    "no_show_partner": (frozenset({"ACCEPTED"}), "NO_SHOW_PARTNER"),
}
# The clock's own: it asks in every state, and outside of these does nothing.
CLOCK: dict[str, dict[str, str]] = {
    "expire_hold": {"HELD": "HOLD_EXPIRED"},
    "expire_request": {"REQUESTED": "REQUEST_EXPIRED"},
    "complete_by_clock": {"IN_SERVICE": "COMPLETED", "ACCEPTED": "NO_SHOW_PARTNER"},
    "close": {"COMPLETED": "CLOSED"},
    "notice_lateness": {},
}
ANSWERED = "{ __typename ... on Booking { state version } ... on Refusal { code } }"
# What each verb is asked for with, beside the booking's id.
GIVEN = {
    "request": ", paymentMethod: E_WALLET, idempotencyKey: $key", "start": ", items: [TOOLS_CLEAN, SAFETY_PROTOCOL]",
    **dict.fromkeys(("cancel_by_customer", "cancel_by_partner", "cancel_by_staff"), ', reason: "Uji"'),
    "no_show_customer": ", absent: CUSTOMER", "no_show_partner": ", absent: PARTNER",
}  # fmt: skip
LOOK = "query ($id: UUID!) { booking(id: $id) { state nextMoves } }"
# Who does each verb, and the same roles on somebody else's booking.
DOERS: dict[str, tuple[str, ...]] = {
    "request": ("customer",), "accept": ("partner",), "decline": ("partner",), "start": ("partner",),
    "complete": ("partner", "senior"), "cancel_by_customer": ("customer",), "cancel_by_partner": ("partner",),
    "cancel_by_staff": ("agent", "senior"), "no_show_customer": ("partner", "senior"),
    "no_show_partner": ("customer", "senior"),
}  # fmt: skip
OTHERS = {verb: "other partner" if "partner" in who else "other customer" for verb, who in DOERS.items()}
# Roles that may not do it at all.
LOCKED_OUT: dict[str, str] = {
    "request": "agent", "accept": "customer", "decline": "customer", "start": "customer", "complete": "agent",
    "cancel_by_customer": "finance", "cancel_by_partner": "finance", "cancel_by_staff": "finance",
    "no_show_customer": "agent", "no_show_partner": "agent",
}  # fmt: skip
MUTATION = {"no_show_customer": "reportNoShow", "no_show_partner": "reportNoShow"} | {
    verb: ("cancel" if verb.startswith("cancel") else verb) + "Booking" for verb in TABLE if not verb.startswith("no_")
}


def acts() -> Iterator[tuple[str, str]]:
    """Every verb with everybody who may try it."""
    for verb in TABLE:
        for who in (*DOERS[verb], OTHERS[verb], LOCKED_OUT[verb], "nobody"):
            yield verb, who
    for verb in CLOCK:
        yield verb, "system"


@dataclass
class Model:
    """What is known of the booking without asking the product."""

    starts_at: datetime
    ends_at: datetime
    hold_ends_at: datetime
    price_idr: int
    now: datetime
    state: str = "HELD"
    is_requested: bool = False
    request_ends_at: datetime | None = None
    refund_idr: int | None = None
    has_update: bool = False
    is_missed: bool = False
    counted: dict[str, int] = field(default_factory=lambda: {"completed": 0, "cancelled": 0, "no_show": 0})

    def expected(self, verb: str, who: str) -> str | None:
        """The code of the refusal that must come, or None."""
        if who == "nobody":
            return "NOT_SIGNED_IN"
        if who == LOCKED_OUT[verb]:
            return "NOT_ALLOWED"
        if who.startswith("other") or (who == "partner" and not self.is_requested):
            return "NOT_FOUND"
        if self.state not in TABLE[verb][0]:
            return "ILLEGAL_MOVE"
        return self._too_soon_or_late(verb, who)

    def _too_soon_or_late(self, verb: str, who: str) -> str | None:
        now, starts_at = self.now, self.starts_at
        if verb == "request" and (now >= self.hold_ends_at or now >= starts_at - HOUR):
            return "TOO_LATE"
        if verb in ("accept", "decline") and self.request_ends_at and now >= self.request_ends_at:
            return "TOO_LATE"
        if verb == "start" and now < starts_at - 30 * MINUTE:
            return "TOO_EARLY"
        if verb == "start" and now >= self.ends_at:
            return "TOO_LATE"
        if verb == "complete" and who == "partner" and not self.has_update:
            return "UPDATE_REQUIRED"
        if verb.startswith("no_show") and now < starts_at + 30 * MINUTE:
            return "TOO_EARLY"
        return "ASK_SUPPORT" if verb == "no_show_customer" and who == "partner" and self.is_missed else None

    def do(self, verb: str) -> None:
        """The verb has happened."""
        if verb == "request":
            self.is_requested, self.request_ends_at = True, min(self.now + 24 * HOUR, self.starts_at - HOUR)
        self.refund_idr = self.back(verb)
        self._become(TABLE[verb][1])
        self.counted["cancelled"] += verb == "cancel_by_partner"

    def _become(self, state: str) -> None:
        self.state = state
        self.counted["completed"] += state == "COMPLETED"
        self.counted["no_show"] += state == "NO_SHOW_PARTNER"

    def tick(self, verb: str) -> bool:
        """The clock came round; whether anything happened to the state."""
        if verb == "notice_lateness":
            late = self.now >= self.starts_at + 15 * MINUTE
            self.is_missed = self.is_missed or (late and self.state == "ACCEPTED")
        target = CLOCK[verb].get(self.state)
        due = {
            "expire_hold": self.hold_ends_at, "expire_request": self.request_ends_at or self.now,
            "complete_by_clock": self.ends_at + 24 * HOUR,
        }.get(verb, self.now)  # fmt: skip
        if target is None or self.now < due:
            return False
        self.refund_idr = self.price_idr if target in ("REQUEST_EXPIRED", "NO_SHOW_PARTNER") else self.refund_idr
        self._become(target)
        return True

    def back(self, verb: str) -> int | None:
        """What is paid back after the verb; None while nothing was decided."""
        if verb in ("decline", "cancel_by_partner", "cancel_by_staff", "no_show_partner"):
            return self.price_idr
        if verb == "no_show_customer":
            return 0
        if verb != "cancel_by_customer" or not self.is_requested:
            return self.refund_idr
        zone = Zone.WIB
        free = zone.at(zone.day_of(self.starts_at) - timedelta(days=1), time(12))
        if self.is_missed or self.now <= free:
            return self.price_idr
        return self.price_idr // 2 if self.now <= self.starts_at else 0


@dataclass
class Walk:
    """One booking and its people; every step is compared with the model."""

    people: dict[str, Actor]
    booking: Booking
    model: Model

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Around which something changes."""
        model = self.model
        noon = Zone.WIB.at(Zone.WIB.day_of(model.starts_at) - timedelta(days=1), time(12))
        return (
            model.hold_ends_at, model.request_ends_at or model.hold_ends_at, noon, model.starts_at - HOUR,
            model.starts_at - 30 * MINUTE, model.starts_at, model.starts_at + 15 * MINUTE,
            model.starts_at + 30 * MINUTE, model.ends_at, model.ends_at + 24 * HOUR,
        )  # fmt: skip

    def wait_until(self, moment: datetime) -> None:
        """Time goes on, never back."""
        self.model.now = max(self.model.now, moment)

    async def act(self, verb: str, who: str) -> str:
        """Try the verb; the code of the refusal, or the new state. Raises AssertionError where the model disagrees."""
        before = await self.seen()
        if verb in CLOCK:
            happened = self.model.tick(verb)
            with acting_at(self.model.now):
                await getattr(bookings, verb)(SYSTEM, self.booking.id)
        else:
            code = self.model.expected(verb, who)
            answer = await self._ask(verb, self.people[who])
            happened = code is None
            told = answer.get("code") if answer["__typename"] == "Refusal" else None
            assert told == code, f"{verb} by {who} in {self.model.state}: {told}, and should be {code}"
            if happened:
                self.model.do(verb)
        await self.check(verb, before, happened)
        return self.model.state if happened else "refused"

    async def _ask(self, verb: str, actor: Actor) -> dict[str, Any]:
        key = {"key": jobs.key()} if verb == "request" else {}
        takes = "$id: UUID!, $key: String!" if key else "$id: UUID!"
        document = f"mutation ({takes}) {{ {MUTATION[verb]}(bookingId: $id{GIVEN.get(verb, '')}) {ANSWERED} }}"
        with acting_at(self.model.now):
            return cast(dict[str, Any], await jobs.ask(actor, document, id=str(self.booking.id), **key))

    async def send_update(self) -> None:
        """A photo update reaches the customer, when the job runs."""
        if self.model.state != "IN_SERVICE":
            return
        partner, nowhere = self.people["partner"], Path("nowhere.jpg")
        with acting_at(self.model.now):
            upload = await photos.request_upload(partner.once(jobs.key()), self.booking.id, "image/jpeg", 1_000)
            media = Media(MediaKind.PHOTO, "image/jpeg", nowhere, nowhere, 64, 48, None, 1_000, "a" * 64, 0)
            await photos.receive_upload(partner, upload.id, media, f"photo/{upload.id}", f"thumbnail/{upload.id}")
            upload.created_at = self.model.now
            await upload.save(update_fields=["created_at"])
            await photos.send_update(partner.once(jobs.key()), self.booking.id, [upload.id])
        self.model.has_update = True

    async def seen(self) -> dict[str, Any]:
        """The row as it is."""
        return (await Booking.filter(id=self.booking.id).values())[0]

    async def check(self, verb: str, before: dict[str, Any], happened: bool) -> None:
        """The row, the money, the partner's numbers and what each side may do next are what the model says."""
        model, row = self.model, await self.seen()
        where = f"after {verb} from {before['state']}"
        assert row["state"] == model.state, f"{where}: {row['state']}, and should be {model.state}"
        assert row["version"] == before["version"] + happened, where
        assert happened or row == before, where
        assert row["refund_idr"] == model.refund_idr, f"{where}: {row['refund_idr']} back, not {model.refund_idr}"
        payments = await Payment.filter(booking_id=self.booking.id)
        paid = [(each.amount_idr, each.refunded_idr) for each in payments]
        assert paid == ([(model.price_idr, model.refund_idr or 0)] if model.is_requested else []), f"{where}: {paid}"
        partner = await Partner.get(id=self.booking.partner_id)
        counted = {name: getattr(partner, f"{name}_count") for name in model.counted}
        assert counted == model.counted, where
        await self._check_what_is_shown(where)

    async def _check_what_is_shown(self, where: str) -> None:
        for who in ("customer", "partner", "agent", "senior", "other customer", "other partner"):
            shown = await jobs.ask(self.people[who], LOOK, id=str(self.booking.id))
            sees = not who.startswith("other") and (who != "partner" or self.model.is_requested)
            assert (shown is not None) is sees, f"{where}: {who} sees {shown}"
            if sees:
                legal = {MUTATION[verb] for verb, (from_, _) in TABLE.items()
                         if who in DOERS[verb] and self.model.state in from_}  # fmt: skip
                assert set(shown["nextMoves"]) == legal, f"{where}: {who} may {shown['nextMoves']}"

    async def end(self) -> None:
        """What holds for all rows together."""
        for invariant in INVARIANTS:
            assert await invariant() == []
        assert await rows_are_folds(LONG_AGO) == []


async def crowd() -> dict[str, Actor]:
    """Staff, strangers and a visitor: those who take part in many walks."""
    return {
        "other customer": (await world.customer("Budi")).actor, "other partner": (await world.provider()).actor,
        "agent": await world.staff(Role.AGENT), "senior": await world.staff(Role.SENIOR_AGENT),
        "finance": await world.staff(Role.FINANCE), "nobody": NOBODY,
    }  # fmt: skip


async def held(others: dict[str, Actor]) -> Walk:
    """A fresh hold of a fresh customer at a fresh partner, in three days at ten."""
    customer, provider = await world.customer(), await world.provider()
    now = datetime.now(UTC)
    with acting_at(now):
        booking = await world.hold(customer, provider)
    model = Model(booking.starts_at, booking.ends_at, now + 15 * MINUTE, booking.price_idr, now)
    return Walk({**others, "customer": customer.actor, "partner": provider.actor}, booking, model)


# How to come to each state: verbs with who does them, and moments to wait for.
WAYS: dict[str, tuple[str, ...]] = {
    "HELD": (), "REQUESTED": ("request",), "ACCEPTED": ("request", "accept"),
    "IN_SERVICE": ("request", "accept", "@start", "start"),
    "COMPLETED": ("request", "accept", "@start", "start", "update", "complete"),
    "CLOSED": ("request", "accept", "@start", "start", "update", "complete", "close"),
    "HOLD_EXPIRED": ("@hold ends", "expire_hold"), "DECLINED": ("request", "decline"),
    "REQUEST_EXPIRED": ("request", "@request ends", "expire_request"),
    "CANCELLED_BY_CUSTOMER": ("request", "cancel_by_customer"),
    "CANCELLED_BY_PARTNER": ("request", "accept", "cancel_by_partner"),
    "CANCELLED_BY_STAFF": ("request", "accept", "cancel_by_staff"),
    "NO_SHOW_CUSTOMER": ("request", "accept", "@late", "no_show_customer"),
    "NO_SHOW_PARTNER": ("request", "accept", "@late", "no_show_partner"),
}  # fmt: skip


async def walked_to(state: str, others: dict[str, Actor]) -> Walk:
    """A booking in that state."""
    found = await held(others)
    for step in WAYS[state]:
        model = found.model
        if step.startswith("@"):
            moments = {
                "@start": model.starts_at, "@hold ends": model.hold_ends_at, "@late": model.starts_at + 31 * MINUTE,
                "@request ends": model.request_ends_at,
            }  # fmt: skip
            found.wait_until(moments[step] or model.now)
        elif step == "update":
            await found.send_update()
        else:
            await found.act(step, "system" if step in CLOCK else DOERS[step][0])
    assert found.model.state == state
    return found
