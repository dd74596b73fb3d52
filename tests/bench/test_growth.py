"""The cost of growth: first and last pages are what they are called, read by an index, and told beside the smallest."""

import re
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from bench import growth, result, world
from bench.load import Measured
from bench.work import LISTS, Ask, desk, last_pages
from bench.world import Size
from domain.permissions import Actor, Role
from models.record import records
from tests.ask import SECRET, ask

AGENT = Actor(UUID(int=1), frozenset({Role.AGENT}))
FAST, SLOW = Measured(200.0, 4.0, 9.0, 500.0, 0, 300.0), Measured(100.0, 8.0, 18.0, 750.0, 1, 600.0)
SESSION = {"rounds": 2}


async def asks_of(database_url: str, size: Size) -> dict[tuple[str, str], Ask]:
    """The first request for each page of each list."""
    await world.fill(database_url, size)
    asking = await desk(database_url, size, SECRET)
    found = {}
    for name in LISTS:
        first = asking.asks(name)[:3]
        for page, asks in zip(growth.PAGES, (first, await last_pages(database_url, name, first)), strict=True):
            found[name, page] = asks[-1]
    return found


async def answer(name: str, asked: Ask) -> Any:
    [told] = (await ask(LISTS[name].document, AGENT, **asked.variables)).values()
    return told


async def test_a_last_page_is_full_and_ends_its_list(clean: str) -> None:
    asks = await asks_of(clean, Size(10_000, holders=10))
    for name, rows in {"Q1": 50, "all": 50, "Q3": 20}.items():
        first, last = await answer(name, asks[name, "first"]), await answer(name, asks[name, "last"])
        assert (len(first["edges"]), first["pageInfo"]["hasNextPage"]) == (rows, True), name
        assert (len(last["edges"]), last["pageInfo"]["hasNextPage"]) == (rows, False), name
        ids = [{edge["node"]["id"] for edge in each["edges"]} for each in (first, last)]
        assert not ids[0] & ids[1], name


async def test_a_list_of_one_page_begins_and_ends_with_it(clean: str) -> None:
    asks = await asks_of(clean, Size(1_000, holders=10))
    assert asks["Q3", "last"].variables["after"] is None
    assert await answer("Q3", asks["Q3", "first"]) == await answer("Q3", asks["Q3", "last"])


async def plan_of(name: str, asked: Ask) -> str:
    """How PostgreSQL executes what the product asks."""
    sent: list[tuple[str, Sequence[object]]] = []

    def heard(sql: str, values: Sequence[object] = ()) -> Awaitable[list[Any]]:
        sent.append((sql, values))
        return records(sql, values)

    with patch("schema.reading.records", heard):
        await answer(name, asked)
    [(sql, values)] = sent
    return "\n".join(row["QUERY PLAN"] for row in await records(f"EXPLAIN {sql}", values))


async def test_a_page_begins_in_the_index_right_behind_its_cursor(clean: str) -> None:
    asks = await asks_of(clean, Size(10_000, holders=10))
    assert re.search(
        r"Index Cond: .*partner_id = .*ROW\(starts_at, id\) < ROW", await plan_of("Q1", asks["Q1", "last"])
    )
    assert re.search(r"Index Cond: .*ROW\(starts_at, id\) < ROW", await plan_of("all", asks["all", "last"]))


async def test_a_search_in_a_place_does_not_walk_all_partners(clean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "PER_PARTNER", 2)  # so that there are 5,000 of them in a quick world
    asks = await asks_of(clean, Size(10_000, holders=10))
    plan = await plan_of("Q3", asks["Q3", "first"])
    assert "idx_partner_rank" not in plan, plan


def test_ratios_are_to_the_first_page_of_the_smallest_world_round_by_round() -> None:
    rounds = {
        ("Q3", "first", 10): [FAST, SLOW],
        ("Q1", "last", 1_000): [SLOW, SLOW],
        ("Q1", "first", 10): [FAST, SLOW],
        ("Q1", "first", 1_000): [FAST, SLOW],
    }
    rows = growth.rows_of(rounds, dict.fromkeys(rounds, 99))
    assert [(row.list, row.page, row.bookings) for row in rows] == [
        ("Q1", "first", 10), ("Q1", "first", 1_000), ("Q1", "last", 1_000), ("Q3", "first", 10),
    ]  # fmt: skip
    assert [(row.ratio_p50, row.ratio_cpu) for row in rows] == [(1, 1), (1, 1), (1.5, 1.25), (1, 1)]
    assert (rows[2].rate, rows[2].database_us, rows[2].errors, rows[2].bytes) == (100, 600, 2, 99)


def test_the_table_stands_between_markers_of_its_own(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    result.put("bench", "of the bench", page)
    for _ in range(2):
        rows = growth.rows_of({("Q1", "first", 10): [FAST]}, {("Q1", "first", 10): 99})
        result.put("growth", growth.table(SESSION, rows), page)
    text = page.read_text()
    assert "<!-- bench: begin -->\nof the bench\n<!-- bench: end -->" in text
    assert text.count("| Q1 | first | 10 | 200 | 4.00 | 1.00 | 9.00 | 500 | 1.00 | 300 | 0 | 99 |") == 1
    assert text.count("Session: rounds: 2.\n<!-- growth: end -->") == 1


@pytest.mark.parametrize("name", LISTS)
def test_first_and_last_page_are_asked_by_one_document(name: str) -> None:
    assert f"query {name}(" in LISTS[name].document
    assert "after: $after" in LISTS[name].document
