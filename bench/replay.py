"""The statements of holdBooking: taken down while the product executes it, replayed by the limit and the peers.

So M1 compares the ways to the same statements, whatever the product's mutation does next year. Values that differ from
one hold to the next are recognised by their value and named (`facts`); everything else is replayed as it was.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from tortoise import connections

from app.database import database
from app.graphql import schema
from bench.work import HOLD, Ask
from integrations.seal import Seal
from integrations.token import Tokens
from schema.context import Context
from services.work import acting_at

Expression = list[Any]  # ["value", v] | ["fact", name] | ["text", [part, name, part, …]] | ["list", [expression, …]]
MARK = re.compile(r"<<([^<>]+)>>")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
NOT_OF_THE_MUTATION = ("pg_advisory_unlock_all", "typeinfo", "set_config", "BEGIN", "COMMIT")
FIRST_KEY_ID = 7_261_776_000  # of the idempotency key while we listen: a number that nothing else is
KNOWN = """
SELECT o.id AS option_id, o.price_idr, s.id AS service_id, s.partner_id, r.id AS resource_id
  FROM price o JOIN partner_service s ON s.id = o.service_id
  JOIN resource r ON r.partner_id = s.partner_id AND NOT r.is_kennel WHERE s.type = 'GROOMER'"""


@dataclass
class Listening:
    """What is known while one hold is taken down."""

    now: datetime
    starts_at: datetime
    texts: dict[str, str]
    numbers: dict[int, str]
    moments: dict[str, tuple[str, float]] = field(default_factory=dict)

    def moment(self, value: datetime) -> str:
        """The name of a moment, as a distance from now or from the start."""
        for origin, base in (("now", self.now), ("starts_at", self.starts_at)):
            distance = value - base
            if abs(distance) < timedelta(days=2):
                name = f"{origin}{distance.total_seconds():+.0f}"
                self.moments[name] = (origin, distance.total_seconds())
                return name
        raise ValueError(f"a moment that belongs to nothing: {value}")

    def expression(self, value: Any) -> Expression:
        """How the value is made for another hold."""
        match value:
            case list() | tuple():
                return ["list", [self.expression(each) for each in value]]
            case UUID():
                return ["fact", self.texts[str(value)]]
            case datetime():
                return ["fact", self.moment(value)]
            case date():
                return ["fact", "day"]
            case bool() | None:
                return ["value", value]
            case int():
                return ["fact", self.numbers[value]] if value in self.numbers else ["value", value]
            case str():
                return self._text(value)
            case _:
                raise TypeError(f"cannot replay {value!r}")

    def _text(self, text: str) -> Expression:
        for known, name in self.texts.items():
            text = text.replace(known, f"<<{name}>>")
        text = MOMENT.sub(lambda found: f"<<{self.moment(datetime.fromisoformat(found[0]))}>>", text)
        for known_number, name in self.numbers.items():
            text = re.sub(rf"(?<=:){known_number}(?=[,}}])", f"<<{name}>>", text)
        parts = MARK.split(text)
        return ["value", text] if len(parts) == 1 else ["text", parts]


async def take_down(database_url: str, ask: Ask, tokens: Tokens, now: datetime) -> dict[str, Any]:
    """Execute one hold through the product's schema and write down its statements; ValueError when it is refused.

    The database must be one whose contents may be forgotten: a hold stays behind.
    """
    access = tokens.read(ask.token)
    if access is None:
        raise ValueError("the token is not good")
    wish = ask.variables["input"]
    async with database(database_url, pool_max=1):
        client = connections.get("default")
        known = await _known(database_url, wish["optionId"])
        context = Context(tokens=tokens, seal=Seal("b" * 32), actor=access.actor)
        heard: list[tuple[str, Any]] = []
        async with client.acquire_connection() as connection:
            await connection.execute(f"ALTER SEQUENCE idempotency_key_id_seq RESTART WITH {FIRST_KEY_ID}")
            await connection.fetch("SELECT $1::uuid[], $2::text[]", [], [])  # types that asyncpg would look up later
            connection.add_query_logger(lambda record: heard.append((record.query, record.args)))
        with acting_at(now):
            result = await schema.execute(HOLD, ask.variables, context_value=context)
    booking = (result.data or {}).get("holdBooking") or {}
    if booking.get("__typename") != "Booking":
        raise ValueError(f"the hold to replay was refused: {result.errors or booking}")
    texts = {str(value): name for name, value in known.items() if isinstance(value, UUID)}
    texts |= {
        str(access.actor.id): "customer_id", wish["petId"]: "pet_id", wish["addressId"]: "address_id",
        booking["id"]: "booking_id", booking["code"]: "code", ask.variables["key"]: "key",
    }  # fmt: skip
    fee_idr = known["price_idr"] * 2000 // 10_000
    numbers = {FIRST_KEY_ID: "idempotency_id", known["price_idr"]: "price_idr", fee_idr: "commission_idr",
               known["price_idr"] - fee_idr: "net_idr"}  # fmt: skip
    listening = Listening(now, datetime.fromisoformat(wish["startsAt"]), texts, numbers)
    return _recipe(heard, listening)


def _recipe(heard: list[tuple[str, Any]], listening: Listening) -> dict[str, Any]:
    steps = []
    for sql, values in heard:
        if any(mark in sql for mark in NOT_OF_THE_MUTATION):
            continue
        rows = values if isinstance(values, list) else [values]  # executemany has a list of rows
        for row in rows:
            if "idempotency_key" in sql and "input_hash" in sql:
                listening.texts[row[3]] = "input_hash"
            steps.append({"sql": sql, "values": [listening.expression(each) for each in row]})
    return {"steps": steps, "moments": listening.moments}


async def _known(database_url: str, option_id: str) -> dict[str, Any]:
    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow(f"{KNOWN} AND o.id = $1", option_id)
    finally:
        await connection.close()
    if row is None:
        raise ValueError("no such option")
    return dict(row)


def made(expression: Expression, facts: Mapping[str, Any]) -> Any:
    """The value of an expression for one hold."""
    kind, given = expression
    if kind == "value":
        return given
    if kind == "fact":
        return facts[given]
    if kind == "list":
        return [made(each, facts) for each in given]
    return "".join(part if index % 2 == 0 else plain(facts[part]) for index, part in enumerate(given))


def plain(value: Any) -> str:
    """A fact inside of a text, as the product writes it."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


def moments_of(recipe: Mapping[str, Any], starts_at: datetime, now: datetime) -> dict[str, datetime]:
    """The named moments of one hold."""
    origins = {"now": now, "starts_at": starts_at.astimezone(UTC)}
    return {name: origins[origin] + timedelta(seconds=far) for name, (origin, far) in recipe["moments"].items()}
