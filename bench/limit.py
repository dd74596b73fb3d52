"""The limit: what hand-written code makes of this machine. No GraphQL, no framework; the same answers, token and SQL.

Started as `uvicorn bench.limit:app`; reads DATABASE_URL, SECRET_KEY and RECIPE (a file of bench/replay.py).
"""

import asyncio
import hashlib
import os
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from bench.replay import KNOWN, made, moments_of
from domain.identifier import new_code, new_id
from domain.permissions import Actor
from integrations.token import Tokens

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Record = asyncpg.Record

CONNECTIONS = 16
Q1 = """SELECT b.id, b.code, b.state, b.starts_at, b.price_idr, c.name, p.name, p.rank, u.id
  FROM booking b JOIN account c ON c.id = b.customer_id JOIN partner p ON p.id = b.partner_id
  LEFT JOIN LATERAL (SELECT id FROM photo_update WHERE booking_id = b.id ORDER BY id DESC LIMIT 1) u ON true
 WHERE b.partner_id = $1 ORDER BY b.starts_at DESC, b.id DESC LIMIT 50"""
Q2 = """SELECT b.id, b.code, b.state, b.service_type, b.note, b.starts_at, b.ends_at, b.units, b.price_idr,
       b.created_at, p.id, p.name, p.rank
  FROM booking b JOIN partner p ON p.id = b.partner_id WHERE b.id = $1"""
Q3 = """SELECT p.id, p.name, p.bio, p.zone, p.rank FROM partner p
 WHERE p.state = 'ACTIVE'
   AND p.areas && ((SELECT array_agg(code::text) FROM region WHERE code = $2 OR parent = $2) || $3::text)
   AND EXISTS (SELECT FROM partner_service s JOIN price o ON o.service_id = s.id AND o.archived_at IS NULL
                WHERE s.partner_id = p.id AND s.state = 'APPROVED' AND s.type = $1)
 ORDER BY p.rank DESC, p.id DESC LIMIT 20"""


class Pool:
    """Connections in a stack, so that the warmest is used first; statements stay prepared, nothing is ever reset."""

    def __init__(self) -> None:
        self._free: list[asyncpg.Connection[Record]] = []
        self._waiting: deque[asyncio.Future[asyncpg.Connection[Record]]] = deque()
        self._statements: dict[tuple[int, str], Any] = {}

    async def open(self, url: str) -> None:
        """Connect all of them at once."""
        given = {"timezone": "UTC", "application_name": "bench limit"}
        connecting = (asyncpg.connect(url, server_settings=given) for _ in range(CONNECTIONS))
        self._free = list(await asyncio.gather(*connecting))

    async def take(self) -> "asyncpg.Connection[Record]":
        """A connection, now or when one comes back."""
        if self._free:
            return self._free.pop()
        turn: asyncio.Future[asyncpg.Connection[Record]] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return await turn

    def give_back(self, connection: "asyncpg.Connection[Record]") -> None:
        """To the one that waits longest, or onto the stack."""
        if self._waiting:
            self._waiting.popleft().set_result(connection)
        else:
            self._free.append(connection)

    async def rows(self, connection: "asyncpg.Connection[Record]", sql: str, values: Any) -> list[Record]:
        """Execute a statement that is prepared once on each connection."""
        statement = self._statements.get((id(connection), sql))
        if statement is None:
            statement = self._statements[id(connection), sql] = await connection.prepare(sql)
        found: list[Record] = await statement.fetch(*values)
        return found

    async def ask(self, sql: str, *values: Any) -> list[Record]:
        """One statement on any connection."""
        connection = await self.take()
        try:
            return await self.rows(connection, sql, values)
        finally:
            self.give_back(connection)


pool = Pool()
tokens = Tokens(os.environ.get("SECRET_KEY", ""), timedelta(hours=1))
options: dict[str, Record] = {}
recipe: dict[str, Any] = orjson.loads(Path(os.environ["RECIPE"]).read_bytes()) if "RECIPE" in os.environ else {}


async def bookings(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Q1: a page of one partner's bookings, newest first."""
    rows = await pool.ask(Q1, asked["partner"])
    edges = [
        {
            "node": {
                "id": id, "code": code, "state": state, "startsAt": starts_at, "priceIdr": price_idr,
                "customer": {"name": customer}, "partner": {"name": partner, "rank": rank},
                "photoUpdates": {"edges": [{"node": {"id": update}}] if update else []},
            }
        }
        for id, code, state, starts_at, price_idr, customer, partner, rank, update in rows
    ]  # fmt: skip
    return {"bookings": {"edges": edges}}


async def booking(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Q2: one booking with its partner."""
    rows = await pool.ask(Q2, asked["id"])
    if not rows:
        return {"booking": None}
    id, code, state, service_type, note, starts_at, ends_at, units, price_idr, created_at, partner_id, name, rank = (
        rows[0]
    )
    return {
        "booking": {
            "id": id, "code": code, "state": state, "serviceType": service_type, "note": note, "startsAt": starts_at,
            "endsAt": ends_at, "units": units, "priceIdr": price_idr, "createdAt": created_at,
            "partner": {"id": partner_id, "name": name, "rank": rank},
        }
    }  # fmt: skip


async def partners(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Q3: the best partners of a service in a region."""
    region = asked["region"]
    rows = await pool.ask(Q3, asked["service"], region, region[:2])
    edges = [
        {"node": {"id": id, "name": name, "bio": bio, "zone": zone, "rank": rank}} for id, name, bio, zone, rank in rows
    ]
    return {"partners": {"edges": edges}}


async def hold(asked: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """M1: the statements of holdBooking, in their order, in one transaction."""
    wish, now = asked["input"], datetime.now(UTC)
    option = options[wish["optionId"]]
    starts_at, price_idr = datetime.fromisoformat(wish["startsAt"]), option["price_idr"]
    fee_idr = price_idr * 2000 // 10_000
    facts: dict[str, Any] = {
        **option, **moments_of(recipe, starts_at, now), "customer_id": actor.id, "pet_id": wish["petId"],
        "address_id": wish["addressId"], "key": asked["key"], "booking_id": new_id(), "code": new_code("BK"),
        "input_hash": hashlib.sha256(orjson.dumps(asked)).hexdigest(), "day": starts_at.date(), "price_idr": price_idr,
        "commission_idr": fee_idr, "net_idr": price_idr - fee_idr,
    }  # fmt: skip
    connection = await pool.take()
    try:
        await connection.execute("BEGIN;")
        try:
            for step in recipe["steps"]:
                rows = await pool.rows(connection, step["sql"], [made(each, facts) for each in step["values"]])
                if "idempotency_id" not in facts:
                    facts["idempotency_id"] = rows[0]["id"]
        except BaseException:
            await connection.execute("ROLLBACK;")
            raise
        await connection.execute("COMMIT;")
    finally:
        pool.give_back(connection)
    return {
        "holdBooking": {
            "__typename": "Booking", "id": facts["booking_id"], "code": facts["code"], "state": "HELD",
            "startsAt": starts_at, "priceIdr": price_idr,
        }
    }  # fmt: skip


ROUTES = {"/Q1": bookings, "/Q2": booking, "/Q3": partners, "/M1": hold}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    status, text = await _answer(scope, body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def _answer(scope: Scope, body: bytes) -> tuple[int, bytes]:
    if scope["path"] == "/readyz":
        return 200, b"{}"
    bearer = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    access = tokens.read(bearer[7:].decode())
    if access is None:
        return 401, b"{}"
    return 200, orjson.dumps({"data": await ROUTES[scope["path"]](orjson.loads(body), access.actor)}, default=_text)


def _text(value: object) -> str:
    if isinstance(value, UUID):  # asyncpg has a faster class of its own, which orjson does not know
        return str(value)
    raise TypeError


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    await pool.open(os.environ["DATABASE_URL"])
    options.update({str(row["option_id"]): row for row in await pool.ask(KNOWN)})
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
