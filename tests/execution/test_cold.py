"""A document that comes for the first time: little is made for it, and never for nothing."""

import pytest
from graphql import parse

from bench.work import DOCUMENTS
from execution.schema import CompiledSchema
from execution.source import Part
from tests.execution import cold
from tests.execution.measure import BOOKINGS, Q1, Query

TIMES = 40
# Compared on the same machine in the same minute. Where everything is made at once, it is 1.7 to 2.4 times.
MOST_OF_STOCK = 1.6
# Functions: first the root field's, then what answers from records, or the types of a mutation's result union.
MADE = {"Q1": [1, 1], "Q2": [1, 1], "Q3": [1, 1], "M1": [1, 2]}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many functions were made, each time some were."""
    found: list[int] = []
    make = Part.make

    def noted(self: Part) -> None:
        found.append(len(self.functions))
        make(self)

    monkeypatch.setattr(Part, "make", noted)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_only_functions_that_run_are_made_and_once(name: str, made: list[int], migrated: str) -> None:
    text = cold.another(name, 1_000)
    with cold.without_database():
        await cold.ask(name, text)
        assert made == MADE[name]
        await cold.ask(name, text)
    assert made == MADE[name]


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_new_document_costs_little_more_than_to_find_it_valid(name: str, migrated: str) -> None:
    cost = await cold.costs(name, TIMES)
    assert cost.cold < MOST_OF_STOCK * cost.stock, cost.shown()


async def test_what_is_not_made_yet_has_its_weight() -> None:
    plan = cold.plan("Q1", parse(DOCUMENTS["Q1"]))
    assert plan.fields == 16
    assert plan.source.count("def ") > 10


async def test_a_part_that_two_make_at_once_answers_both(made: list[int]) -> None:
    schema = CompiledSchema(Query)
    first = await schema.execute(Q1, {"first": 3})
    assert first.data is not None
    assert len(first.data["bookings"]) == len(BOOKINGS[:3])
    operation = next(iter(schema._operations.values()))
    plan = next(iter(operation.variants.values()))
    for part in plan._writer.parts:
        part.make()
    assert len(made) == 4
    assert (await schema.execute(Q1, {"first": 3})).data == first.data
