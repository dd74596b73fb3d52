"""What a document costs when it comes for the first time: the documents of bench/work.py on the product's own schema,
with the database left out (it finds nothing, and holds a slot at once)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, cast
from unittest.mock import patch
from uuid import UUID

from graphql import DocumentNode, parse
from strawberry.schema.schema import validate_document

from app.graphql import schema as shipped
from bench.work import DOCUMENTS
from domain.booking import BookingState
from domain.permissions import Actor, Role
from domain.service import ServiceType
from execution.plan import Operation, Plan
from execution.schema import CompiledSchema
from execution.validation import KNOWN, is_valid
from models.booking import Booking
from tests.job import context

TIMES = 60  # different documents of one kind
REGION = "31.71"
ID = str(UUID(int=7))
NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)
WISH = {"optionId": ID, "petId": ID, "addressId": ID, "startsAt": NOW.isoformat()}
VARIABLES: dict[str, dict[str, Any]] = {
    "Q1": {"partner": ID}, "Q2": {"id": ID}, "Q3": {"service": ServiceType.GROOMER.value, "region": REGION},
    "M1": {"input": WISH, "key": "k"},
}  # fmt: skip
AGENT = Actor(id=UUID(int=5), roles=frozenset({Role.AGENT}))

schema = cast("CompiledSchema", shipped)


@dataclass
class Cost:
    """Milliseconds of process time: the steps, each alone; and whole requests, the first one and one like it."""

    parse: float
    validate: float
    plan: float
    first: float
    warm: float
    stock: float  # parsing and validating as graphql-core does it

    @property
    def cold(self) -> float:
        """What the first request pays beyond another one."""
        return self.first - self.warm

    def shown(self) -> dict[str, float]:
        """By what is printed."""
        rest = self.cold - self.parse - self.validate - self.plan
        return {
            "parse": self.parse, "validate": self.validate, "plan": self.plan,
            "what the first run adds (reading, parts of the plan)": rest,
            "sum: first request - warm request": self.cold, "warm request": self.warm,
            "parse and validate by graphql-core": self.stock,
        }  # fmt: skip


@contextmanager
def without_database() -> Iterator[None]:
    """No rows are found, and `hold` gives a booking."""
    held = Booking(
        id=UUID(int=7), code="RW-1", state=BookingState.HELD, service_type=ServiceType.GROOMER, starts_at=NOW,
        ends_at=NOW, hold_expires_at=NOW, created_at=NOW, price_idr=150_000,
    )  # fmt: skip

    async def nothing(*_: Any) -> list[Any]:
        return []

    async def hold(*_: Any) -> Booking:
        return held

    found, region = patch("schema.reading.records", nothing), {REGION: ([REGION], None)}
    with found, patch("services.booking.hold", hold), patch.dict("services.partner.search._AREAS", region):
        yield


def another(name: str, number: int) -> str:
    """The document of that name, with an alias that nobody has used."""
    return DOCUMENTS[name].replace(" id ", f" alias{number}: id ", 1)


async def costs(name: str, times: int = TIMES) -> Cost:
    """The least of so many new documents."""
    found = [await _cost(name, number) for number in range(times)]
    return Cost(**{field.name: min(getattr(each, field.name) for each in found) for field in fields(Cost)})


async def _cost(name: str, number: int) -> Cost:
    text = another(name, number)
    with without_database():
        began = time.process_time()
        await ask(name, text)
        answered = time.process_time()
        await ask(name, text)
        again = time.process_time()
    document = parse(text)
    parsed = time.process_time()
    assert is_valid(schema._schema, document, KNOWN)
    validated = time.process_time()
    plan(name, document)
    planned = time.process_time()
    assert not validate_document(schema._schema, parse(text), KNOWN)
    ended = time.process_time()
    steps = (parsed - again, validated - parsed, planned - validated, answered - began, again - answered)
    return Cost(*[seconds * 1e3 for seconds in (*steps, ended - planned)])


def plan(name: str, document: DocumentNode) -> Plan:
    """The plan of the document, made anew."""
    operation = Operation(schema, document, name)
    variables = operation.variables.coerce(VARIABLES[name])
    assert variables is not None
    found = operation.plan(variables)
    assert found is not None
    return found


async def ask(name: str, text: str) -> None:
    """One request."""
    result = await schema.execute(text, dict(VARIABLES[name]), context(AGENT), operation_name=name)
    assert not result.errors, result.errors
