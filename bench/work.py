"""What is asked of every server: the documents, their variables, and which account asks."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from bench import world
from bench.world import Size, belonging_id, row_id
from domain.permissions import CUSTOMER, Role
from domain.refusals import Language
from domain.service import ServiceType
from integrations.token import Tokens
from schema.page import cursor_text

TOKEN_LIVES = timedelta(hours=6)
PAGE = 50
QUERIES = 5_000  # different requests of one kind; they are asked in turn
MAX_HOLDS = 20_000  # different holds of one round
HOLDS_A_CUSTOMER = 4  # one less than the product allows
FIRST_DAY, DAYS, HOURS = 10, 100, (0, 2, 4, 6, 8, 10, 12)  # days ahead and hours (UTC) that holds ask for

BOOKINGS = """query Q1($partner: UUID!) { bookings(partnerId: $partner, first: 50) { edges { node {
 id code state startsAt priceIdr customer { name } partner { name rank }
 photoUpdates(first: 1) { edges { node { id } } } } } } }"""
BOOKING = """query Q2($id: UUID!) { booking(id: $id) {
 id code state serviceType note startsAt endsAt units priceIdr createdAt partner { id name rank } } }"""
PARTNERS = """query Q3($service: ServiceType!, $region: String!) {
 partners(filter: {serviceType: $service, regionCode: $region}, sort: RANK, first: 20) { edges { node {
 id name bio zone rank } } } }"""
HOLD = """mutation M1($input: HoldBookingInput!, $key: String!) { holdBooking(input: $input, idempotencyKey: $key) {
 __typename ... on Booking { id code state startsAt priceIdr } ... on Refusal { reason: code } } }"""
EVENTS = """subscription Live($booking: UUID!) { bookingEvents(bookingId: $booking) {
 __typename ... on BookingEvent { cursor name at bookingId version state } } }"""
DOCUMENTS = {"Q1": BOOKINGS, "Q2": BOOKING, "Q3": PARTNERS, "M1": HOLD}
WORKS = tuple(DOCUMENTS)

# PostGraphile names fields after tables and columns; aliases make the answers comparable.
POSTGRAPHILE = {
    "Q1": """query Q1($partner: UUID!) { bookings: allBookings(condition: {partnerId: $partner}, first: 50,
 orderBy: [STARTS_AT_DESC, ROW_ID_DESC]) { edges { node {
 id: rowId code state startsAt priceIdr customer: accountByCustomerId { name } partner: partnerByPartnerId { name rank }
 photoUpdates: photoUpdatesByBookingId(first: 1, orderBy: [ROW_ID_DESC]) { edges { node { id: rowId } } } } } } }""",
    "Q2": """query Q2($id: UUID!) { booking: bookingByRowId(rowId: $id) {
 id: rowId code state serviceType note startsAt endsAt units priceIdr createdAt
 partner: partnerByPartnerId { id: rowId name rank } } }""",
    "Q3": """query Q3($service: String!, $region: String!) { partners: benchPartners(service: $service, region: $region,
 first: 20) { edges { node { id: rowId name bio zone rank } } } }""",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that is walked to its end. `cursors` finds behind which row its last page begins, of many lists at once:
    their variables are its parameters."""

    document: str
    cursors: str


LISTS = {
    "Q1": Listed(
        """query Q1($partner: UUID!, $after: String) { bookings(partnerId: $partner, first: 50, after: $after) {
 pageInfo { hasNextPage } edges { node { id code state startsAt priceIdr customer { name } partner { name rank }
 photoUpdates(first: 1) { edges { node { id } } } } } } }""",
        """SELECT b.starts_at, b.id FROM unnest($1::uuid[]) WITH ORDINALITY AS list (partner, number)
 LEFT JOIN LATERAL (SELECT starts_at, id FROM booking WHERE partner_id = list.partner
                      ORDER BY starts_at, id OFFSET 50 LIMIT 1) b ON true ORDER BY number""",
    ),
    # Without photo updates: of all bookings the newest have none yet, and the oldest have.
    "all": Listed(
        """query all($after: String) { bookings(first: 50, after: $after) { pageInfo { hasNextPage }
 edges { node { id code state startsAt priceIdr customer { name } partner { name rank } } } } }""",
        "SELECT starts_at, id FROM booking ORDER BY starts_at, id OFFSET 50 LIMIT 1",
    ),
    "Q3": Listed(
        """query Q3($service: ServiceType!, $region: String!, $after: String) {
 partners(filter: {serviceType: $service, regionCode: $region}, sort: RANK, first: 20, after: $after) {
 pageInfo { hasNextPage } edges { node { id name bio zone rank } } } }""",
        """SELECT p.rank, p.id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS list (service, region, number)
 LEFT JOIN LATERAL (SELECT p.rank, p.id FROM partner p WHERE p.areas @> ARRAY[list.region] AND EXISTS (
                       SELECT FROM partner_service s WHERE s.partner_id = p.id AND s.type = list.service)
                      ORDER BY p.rank, p.id OFFSET 20 LIMIT 1) p ON true ORDER BY number""",
    ),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the variables, and the access token of who asks."""

    variables: dict[str, Any]
    token: str

    def body(self, document: str | None, name: str) -> bytes:
        """For GraphQL the document with its variables; for the limit's plain route the variables alone."""
        if document is None:
            return orjson.dumps(self.variables)
        return orjson.dumps({"operationName": name, "query": " ".join(document.split()), "variables": self.variables})


@dataclass(frozen=True, slots=True)
class Desk:
    """Makes requests for one world with one key of access tokens."""

    size: Size
    tokens: Tokens
    regions: tuple[str, ...]
    now: datetime

    def token(self, kind: int, number: int) -> str:
        """An access token of the agent, customer or holder of that number."""
        roles = frozenset({Role.AGENT}) if kind == world.AGENT else CUSTOMER
        return self.token_of(row_id(kind, number), roles)

    def token_of(self, account: UUID, roles: frozenset[Role]) -> str:
        """An access token of an account; its session is made up, since none is ever looked up."""
        return self.tokens.issue(account, UUID(int=account.int ^ 1), roles, Language.EN, self.now)[0]

    def asks(self, name: str) -> list[Ask]:
        """The requests of one kind of work, the same for every server; of "all" there is one."""
        if name == "M1":
            return list(self._holds())
        chance, agent = random.Random(self.size.seed), self.token(world.AGENT, 0)
        if name == "all":
            return [Ask({}, agent)]
        return [Ask(self._variables(name, chance), agent) for _ in range(QUERIES)]

    def _variables(self, name: str, chance: random.Random) -> dict[str, Any]:
        if name == "Q1":
            return {"partner": str(row_id(world.PARTNER, chance.randrange(self.size.partners)))}
        if name == "Q2":
            return {"id": str(row_id(world.BOOKING, chance.randrange(self.size.bookings)))}
        return {"service": chance.choice(list(ServiceType)).value, "region": chance.choice(self.regions)}

    def _holds(self) -> Iterator[Ask]:
        """No two meet: neighbours differ in customer and partner, and no slot is asked for twice. Groomers only, which
        every fourth partner is with its first service."""
        groomers = range(0, self.size.partners, 4)
        slots = DAYS * len(HOURS)
        today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        area_of = {p: p // 4 % self.size.areas for p in groomers}
        tokens: dict[int, str] = {}
        for number in range(min(MAX_HOLDS, len(groomers) * slots, self.size.holders * HOLDS_A_CUSTOMER)):
            partner, slot = groomers[number % len(groomers)], number // len(groomers)
            per_area = self.size.holders // self.size.areas
            holder = number % per_area * self.size.areas + area_of[partner]
            day, hour = divmod(slot, len(HOURS))
            start = today + timedelta(days=FIRST_DAY + day, hours=HOURS[hour])
            wish = {
                "optionId": str(row_id(world.OPTION, partner * 2)),
                "petId": str(belonging_id(world.PET, world.HOLDER, holder)),
                "addressId": str(belonging_id(world.ADDRESS, world.HOLDER, holder)),
                "startsAt": start.isoformat(),
            }
            if holder not in tokens:
                tokens[holder] = self.token(world.HOLDER, holder)
            yield Ask({"input": wish, "key": f"bench-{number}"}, tokens[holder])


async def desk(database_url: str, size: Size, secret_key: str) -> Desk:
    """For the filled database: the regions are those in which partners work."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT DISTINCT unnest(areas) AS code FROM partner ORDER BY code")
    finally:
        await connection.close()
    regions = tuple(row["code"] for row in rows)
    return Desk(size, Tokens(secret_key, TOKEN_LIVES), regions, datetime.now(UTC))


async def last_pages(database_url: str, name: str, asks: Sequence[Ask]) -> list[Ask]:
    """The same lists' last pages, each as long as the first (which is the last, too, where there is no other)."""
    given = [[ask.variables[each] for ask in asks] for each in asks[0].variables]
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(LISTS[name].cursors, *given)
    finally:
        await connection.close()
    cursors = [None if row["id"] is None else cursor_text(list(row)) for row in rows]
    pairs = zip(asks, cursors, strict=True)
    return [replace(ask, variables={**ask.variables, "after": cursor}) for ask, cursor in pairs]
