"""What an execution costs without a server: `python -m tests.execution.measure` (medians of process time, in µs). Then
what a new document costs on the product's schema (tests/execution/cold.py)."""

import asyncio
import datetime
import enum
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import strawberry
from graphql import parse
from strawberry.extensions import MaskErrors, ParserCache, ValidationCache

from app.database import database
from bench.work import DOCUMENTS
from execution.plan import Operation
from execution.schema import CompiledSchema
from tests.execution import cold

NOWHERE = "postgres://127.0.0.1:1/none"  # models are set up, and nobody connects
ROWS = 50
ROUNDS = 15
Q1 = """query Q($first: Int!) { bookings(first: $first) {
  id code state startsAt priceIdr customer { name } partner { name } } }"""
Q2 = "query Q($id: ID!) { booking(id: $id) { id code state startsAt priceIdr customer { name } partner { name } } }"


@strawberry.enum
class State(enum.Enum):
    HELD = "held"
    DONE = "done"


@strawberry.type
class Person:
    name: str


@strawberry.type
class Booking:
    id: uuid.UUID
    code: str
    state: State
    starts_at: datetime.datetime
    price_idr: int
    customer: Person
    partner: Person | None


def _booking(number: int) -> Booking:
    return Booking(
        id=uuid.UUID(int=number), code=f"RW-{number}", state=State.DONE, price_idr=150_000 + number,
        starts_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=number),
        customer=Person(name=f"c{number}"), partner=Person(name=f"p{number}"),
    )  # fmt: skip


BOOKINGS = [_booking(number) for number in range(ROWS)]


@strawberry.type
class Query:
    @strawberry.field
    async def bookings(self, first: int) -> list[Booking]:
        return BOOKINGS[:first]

    @strawberry.field
    async def booking(self, id: strawberry.ID) -> Booking | None:
        return BOOKINGS[3]


async def _by_hand(first: int = ROWS) -> Any:
    return {
        "bookings": [
            {
                "id": str(row.id), "code": row.code, "state": row.state.name, "startsAt": row.starts_at.isoformat(),
                "priceIdr": row.price_idr, "customer": {"name": row.customer.name},
                "partner": {"name": row.partner.name} if row.partner else None,
            }
            for row in BOOKINGS[:first]
        ]
    }  # fmt: skip


async def _cost_us(ask: Callable[[], Awaitable[Any]], times: int) -> float:
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            await ask()
        found.append((time.process_time() - began) / times * 1e6)
    return median(found)


async def _measure() -> dict[str, float]:
    cached = [MaskErrors, ParserCache, ValidationCache]
    stock, compiled = strawberry.Schema(Query, extensions=cached), CompiledSchema(Query, extensions=[MaskErrors])
    document = parse(Q1)

    async def plan_only() -> Any:
        return await compiled._execute_or_fall_back(None, document, operation_name="Q", variable_values={"first": ROWS})

    return {
        "Q1 stock, documents cached": await _cost_us(lambda: stock.execute(Q1, {"first": ROWS}), 10),
        "Q1 compiled": await _cost_us(lambda: compiled.execute(Q1, {"first": ROWS}), 100),
        "Q1 compiled, plan alone": await _cost_us(plan_only, 100),
        "Q1 by hand": await _cost_us(_by_hand, 100),
        "Q2 stock, documents cached": await _cost_us(lambda: stock.execute(Q2, {"id": "x"}), 50),
        "Q2 compiled": await _cost_us(lambda: compiled.execute(Q2, {"id": "x"}), 300),
        "cold document: compile": median([_compile_us(compiled, number) for number in range(100)]),
        "cold document: parse, validate, compile, run": await _cold_us(compiled),
    }


def _compile_us(schema: CompiledSchema, number: int) -> float:
    operation = Operation(schema, parse(Q1.replace("query Q", f"query Q{number}")), None)
    variables = operation.variables.coerce({"first": ROWS})
    assert variables is not None
    began = time.process_time()
    operation.plan(variables)
    return (time.process_time() - began) * 1e6


async def _cold_us(schema: CompiledSchema) -> float:
    found = []
    for number in range(100):
        began = time.process_time()
        await schema.execute(Q1.replace("query Q", f"query Cold{number}"), {"first": 1})
        found.append((time.process_time() - began) * 1e6)
    return median(found)


async def _new_documents() -> dict[str, dict[str, float]]:
    async with database(NOWHERE):
        return {name: (await cold.costs(name)).shown() for name in DOCUMENTS}


def main() -> None:
    """Print both."""
    for name, cost_us in asyncio.run(_measure()).items():
        sys.stdout.write(f"{cost_us:9.0f}  {name}\n")
    found = asyncio.run(_new_documents())
    sys.stdout.write(f"\nA new document, ms (least of {cold.TIMES}): {', '.join(found)}\n")
    for step in next(iter(found.values())):
        sys.stdout.write(f"{''.join(f'{cost[step]:9.2f}' for cost in found.values())}  {step}\n")


if __name__ == "__main__":
    main()
