"""The limits of a GraphQL document in this product: the numbers, who has which, and how a client is told.

How they are kept is in execution/limit.py; docs/limits.md is the table with where each is tested.
"""

from collections.abc import Mapping
from typing import Any

from app.rate import Rates
from domain.calendar import MAX_SLOTS
from domain.partner import MAX_EXCEPTIONS
from domain.permissions import STAFF, Actor
from domain.refusals import Language
from execution.limit import Exceeded, Limits
from services.partner.plan import MAX_PERIODS

USER_POINTS, STAFF_POINTS = 5_000, 50_000  # of one operation
NEW_DOCUMENT_POINTS = 100  # of what has to be parsed and validated, which takes up to some 15 ms
MAX_ERRORS = 5  # of one answer

# Who tries a code or a password does so once a request: the counts of services/account/ look at tries, not at requests.
ONCE = frozenset({"requestLoginCode", "logInWithCode", "logInAsStaff", "enrolTotp", "refreshSession"})
SIZES = {"Query.freeSlots": MAX_SLOTS, "MyPartner.exceptions": MAX_EXCEPTIONS, "MyPartner.plan": MAX_PERIODS}
LIMITS = Limits(once=ONCE, sizes=SIZES)

# By code: Indonesian, English.
WORDS: Mapping[str, tuple[str, str]] = {
    "TOO_MANY_CHARACTERS": (
        "Dokumen terlalu panjang: paling banyak {limit} karakter.",
        "The document is too long: at most {limit} characters.",
    ),
    "TOO_MANY_TOKENS": (
        "Dokumen terlalu panjang: paling banyak {limit} token.",
        "The document is too long: at most {limit} tokens.",
    ),
    "TOO_DEEP": (
        "Dokumen terlalu dalam: paling banyak {limit} tingkat.",
        "The document is nested too deeply: at most {limit} levels.",
    ),
    "TOO_MANY_ALIASES": (
        "Terlalu banyak alias: paling banyak {limit}.",
        "There are too many aliases: at most {limit}.",
    ),
    "TOO_MANY_DIRECTIVES": (
        "Terlalu banyak direktif: paling banyak {limit}.",
        "There are too many directives: at most {limit}.",
    ),
    "TOO_MANY_SELECTIONS": (
        "Terlalu banyak yang diminta: paling banyak {limit} pilihan, termasuk isi fragmen.",
        "Too much is asked for: at most {limit} selections, with those of fragments.",
    ),
    "TOO_MANY_FRAGMENTS": (
        "Fragmen di dalam fragmen paling banyak {limit} tingkat.",
        "Fragments may stand in fragments at most {limit} levels deep.",
    ),
    "TOO_MANY_REPEATS": (
        "Satu kolom diminta berulang kali di tempat yang sama: paling banyak {limit} kali.",
        "One field is asked for again and again in one place: at most {limit} times.",
    ),
    "ONCE_A_REQUEST": (
        "Masuk akun hanya bisa dicoba {limit} kali dalam satu permintaan.",
        "Signing in can be tried only {limit} time in one request.",
    ),
    "TOO_COSTLY": (
        "Permintaan ini terlalu berat: {cost} poin, paling banyak {limit}. Minta halaman yang lebih kecil.",
        "This asks for too much: {cost} points, at most {limit}. Ask for smaller pages.",
    ),
    "INTROSPECTION_OFF": (
        "Skema hanya bisa dibaca oleh staf.",
        "Only staff may read the schema.",
    ),
    "RATE_LIMITED": (
        "Terlalu banyak permintaan. Coba lagi dalam {retryAfterS} detik.",
        "There are too many requests. Try again in {retryAfterS} seconds.",
    ),
}  # fmt: skip


def sentence(excess: Exceeded, language: Language) -> str:
    """What the client reads."""
    indonesian, english = WORDS[excess.code]
    text = english if language is Language.EN else indonesian
    return text.format_map({"limit": excess.limit, **excess.facts})


class Doorkeeper:
    """Who may ask how much: points of one operation, points in time, and the schema itself."""

    def __init__(self, hides_schema: bool) -> None:
        self.hides_schema = hides_schema

    def lets(self, context: Any, points: int, introspects: bool) -> bool:
        """The hot path: everything that is known here and now."""
        if introspects or (points > USER_POINTS and (points > STAFF_POINTS or not is_staff(context.actor))):
            return False
        rates: Rates | None = context.rates
        return rates is None or rates.pays(context.actor, context.address, points)

    async def check(self, context: Any, points: int, introspects: bool) -> None:
        """Raises Exceeded."""
        actor: Actor = context.actor
        limit = STAFF_POINTS if is_staff(actor) else USER_POINTS
        if points > limit:
            raise Exceeded("TOO_COSTLY", limit, cost=points)
        if introspects and hides_from(actor, self.hides_schema):
            raise Exceeded("INTROSPECTION_OFF", 0)
        await _pay(context, points)

    async def check_new(self, context: Any) -> None:
        """Raises Exceeded."""
        await _pay(context, NEW_DOCUMENT_POINTS)


def is_staff(actor: Actor) -> bool:
    """Whether any of the actor's roles is a staff role."""
    return not STAFF.isdisjoint(actor.roles)


def hides_from(actor: Actor, hides_schema: bool) -> bool:
    """Whether this reader is told nothing of the schema."""
    return hides_schema and not is_staff(actor)


async def _pay(context: Any, points: int) -> None:
    rates: Rates | None = context.rates
    if rates is not None:
        wait_s = await rates.pay(context.actor, context.address, points)
        if wait_s:
            raise Exceeded("RATE_LIMITED", rates.of(context.actor).per_second, retryAfterS=wait_s)
