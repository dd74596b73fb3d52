"""The API in this process, asked over ASGI, and the people who ask it."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from tortoise import connections

from app.asgi import make_app
from app.settings import Settings
from domain.permissions import ALLOWED, NOBODY, STAFF, Actor, Can
from integrations.token import Tokens
from models.booking import Booking
from models.notification import Notification
from models.pet import Address
from tests import world
from tests.filled import Filled, filled
from tests.input.hostile import BUG, shows_inside
from tests.input.operation import Operation, Plain

SLOW_S = 5.0


def camel(name: str) -> str:
    """As GraphQL spells it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# The use case behind each mutation; two are named otherwise.
CAN = {camel(can.value): can for can in Can} | {
    "addPlanException": Can.ADD_EXCEPTION, "removePlanException": Can.REMOVE_EXCEPTION
}  # fmt: skip


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    seconds: float

    @property
    def told(self) -> Any:
        """As JSON; what is refused as a request is told as plain text."""
        try:
            return json.loads(self.text)
        except ValueError:
            return {"errors": [{"message": self.text}]}

    @property
    def refusal(self) -> Any:
        """The Refusal that the one field answered, or None."""
        data = self.told.get("data") or {}
        found = next(iter(data.values()), None)
        return found if isinstance(found, dict) and found.get("__typename") == "Refusal" else None

    @property
    def is_done(self) -> bool:
        """Whether something was answered, and not refused."""
        return bool(self.told.get("data")) and self.refusal is None and "errors" not in self.told

    def problem(self) -> str | None:
        """What no answer may be."""
        if self.status not in (200, 400):
            return f"status {self.status}: {self.text[:300]}"
        if self.seconds > SLOW_S:
            return f"took {self.seconds:.1f} s"
        if BUG in self.text:
            return f"a bug, masked: {self.text[:300]}"
        if found := shows_inside(self.text):
            return f"shows inside: {found}"
        return self._unclear()

    def _unclear(self) -> str | None:
        refusal = self.refusal
        if refusal and (not refusal["message"] or (refusal["code"] == "INVALID_INPUT" and not refusal["field"])):
            return f"an unclear refusal: {refusal}"
        errors = self.told.get("errors", ())
        # What a field says has a code; what is said of the document itself names its part in the message.
        unclear = [
            each for each in errors
            if not each["message"] or ("path" in each and "extensions" not in each and "rgument" not in each["message"])
        ]  # fmt: skip
        return f"unclear errors: {unclear}" if unclear else None


@dataclass
class Entrance:
    """A filled world behind the API."""

    full: Filled
    plain: Plain
    actors: Mapping[str, Actor]
    http: httpx.AsyncClient
    tokens: Tokens
    folder: Path
    _issued: dict[str, str] = field(default_factory=dict)

    def doer(self, operation: Operation) -> Actor:
        """Somebody who may do it, so that its input is looked at."""
        if operation.kind == "query":
            return self.actors["groomer" if "my" in operation.name else "management"]
        roles = ALLOWED[CAN[operation.name]]
        return next((each for each in self.actors.values() if each.roles & roles), NOBODY)

    async def ask(self, actor: Actor, body: bytes, **headers: str) -> Answer:
        """One POST; never raises for what the API answers."""
        given = {"content-type": "application/json", "accept-language": "en", **headers}
        if actor.id is not None:
            name = f"{actor.id}{sorted(actor.roles)}"
            if name not in self._issued:
                token = self.tokens.issue(actor.id, uuid4(), actor.roles, actor.language, datetime.now(UTC))[0]
                self._issued[name] = token
            given["authorization"] = f"Bearer {self._issued[name]}"
        began = time.monotonic()
        answer = await self.http.post("/graphql", content=body, headers=given)
        return Answer(answer.status_code, answer.text, time.monotonic() - began)


async def rows() -> dict[str, int]:
    """How many rows each table has."""
    connection = connections.get("default")
    names = [
        row["tablename"]
        for row in await connection.execute_query_dict("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    counts = ", ".join(f'(SELECT count(*) FROM "{name}") AS "{name}"' for name in sorted(names))
    return dict((await connection.execute_query_dict(f"SELECT {counts}"))[0])


@asynccontextmanager
async def entrance(database_url: str, folder: Path) -> AsyncIterator[Entrance]:
    """The API on this process's pool, and a world in its empty tables."""
    full = await filled()
    settings = Settings(environment="test", data_dir=folder, access_token_minutes=24 * 60, rate_user=0)
    app = make_app(settings, database_url, "redis://127.0.0.1:1", owns_database=False)
    staff = {role.value: await world.staff(role) for role in sorted(STAFF)}
    people = {"customer": full.customer.actor, "groomer": full.groomer.actor, "hotel": full.hotel.actor}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://rawat.example", timeout=60) as http:
        tokens = Tokens(settings.secret_key, timedelta(days=1))
        yield Entrance(full, await _plain(full), people | staff | {"nobody": NOBODY}, http, tokens, folder)


async def _plain(full: Filled) -> Plain:
    """Values that find something."""
    booking = await Booking.get(id=full.bookings[3])
    address, told = await Address.filter(owner_id=full.customer.id).first(), await Notification.all().first()
    assert address and told
    day = world.in_days(5).isoformat()
    return {
        "UUID": str(booking.id), "bookingId": str(booking.id), "petId": str(full.customer.pet.id),
        "addressId": str(address.id), "partnerId": str(full.groomer.id), "accountId": str(full.other.id),
        "customerId": str(full.customer.id), "optionId": str(full.groomer.option.id),
        "priceId": str(full.groomer.option.id), "serviceId": str(full.groomer.service.id), "ids": str(told.id),
        "String": "Contoh", "phone": "+6281234567890", "email": "contoh@rawat.example", "regionCode": "31.71.01.1001",
        "areas": "31.71", "postcode": "10110", "parent": "31.71", "after": None, "first": 5, "totp": "123456",
        "code": booking.code, "contentType": "image/jpeg", "byteSize": 1_000, "queue": "support", "textVersion": "1",
        "password": "a long and good passphrase", "Int": 1, "Boolean": True,
        "DateTime": world.at(9, days=6).isoformat(),
        "Date": day, "fromDay": day, "toDay": day, "bornOn": "2020-02-02", "Time": "08:00", "opens": "08:00:00",
        "closes": "09:00:00", "Rupiah": 150_000, "minutes": 60, "units": 1, "Cursor": "e0",
    }  # fmt: skip
