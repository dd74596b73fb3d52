"""The bench: its world obeys the rules, its results have the promised shape, its table finds its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from tortoise import connections

from bench import result, world
from bench.compare import meaning
from bench.load import Measured
from bench.replay import Listening, made, moments_of
from bench.result import Row
from bench.world import Size, belonging_id, row_id
from models.account import Account
from models.booking import Booking
from models.partner import Partner, PartnerService, Price
from models.pet import Address, Pet
from services.invariant import INVARIANTS

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
FAST, SLOW = Measured(200.0, 1.0, 2.0, 50.0, 0), Measured(100.0, 2.0, 4.0, 100.0, 0)
KEYS = [
    "server", "work", "concurrency", "rate", "p50_ms", "p99_ms", "cpu_us", "errors", "bytes", "ratio_rate", "ratio_cpu",
]  # fmt: skip


async def test_a_world_of_a_thousand_bookings_obeys_every_invariant(clean: str) -> None:
    size = Size(1_000, holders=100)
    await world.fill(clean, size)
    assert [await each() for each in INVARIANTS] == [[]] * len(INVARIANTS)
    assert await world.is_filled(clean, size)
    assert await Booking.all().count() == 1_000
    assert await Partner.all().count() == 10
    await connections.get("default").execute_query("COMMENT ON TABLE booking IS 'world of yesterday'")
    assert not await world.is_filled(clean, size)


async def test_a_partner_has_as_many_customers_in_a_world_of_two_areas(clean: str) -> None:
    found = []
    for bookings in (10_000, 20_000):
        await world.fill(clean, Size(bookings, holders=100))
        rows = await connections.get("default").execute_query_dict(
            "SELECT DISTINCT count(DISTINCT customer_id) AS customers FROM booking GROUP BY partner_id"
        )
        found.append(rows)
    assert found == [[{"customers": 5}]] * 2


async def test_rows_of_the_world_are_found_by_their_numbers(clean: str) -> None:
    await world.fill(clean, Size(1_000, holders=100))
    booking = await Booking.get(id=row_id(world.BOOKING, 999))
    assert booking.partner_id == row_id(world.PARTNER, 9)
    assert await Price.exists(id=row_id(world.OPTION, 0))
    assert await Account.exists(id=row_id(world.HOLDER, 99))
    assert (await Pet.get(id=belonging_id(world.PET, world.HOLDER, 99))).owner_id == row_id(world.HOLDER, 99)
    assert await Address.exists(id=belonging_id(world.ADDRESS, world.HOLDER, 99))


async def test_every_booking_is_of_a_service_its_partner_offers_and_of_its_customers_pet(clean: str) -> None:
    await world.fill(clean, Size(1_000, holders=100))
    strange = await connections.get("default").execute_query_dict(
        "SELECT b.id FROM booking b JOIN partner_service s ON s.id = b.service_id JOIN price o ON o.id = b.option_id "
        "JOIN resource r ON r.id = b.resource_id JOIN pet ON pet.id = b.pet_id WHERE s.partner_id <> b.partner_id "
        "OR o.service_id <> s.id OR r.partner_id <> b.partner_id OR pet.owner_id <> b.customer_id "
        "OR s.type <> b.service_type"
    )
    assert strange == []
    assert await PartnerService.all().count() == 20


@pytest.mark.parametrize("bookings", [999, 1_000_001])
def test_a_world_has_a_bounded_size(bookings: int) -> None:
    with pytest.raises(ValueError):
        Size(bookings)


def test_ratios_are_taken_round_by_round() -> None:
    slower = Measured(50.0, 4.0, 8.0, 200.0, 1)
    rounds = {("limit", "Q1", 16): [FAST, SLOW, FAST], ("rawat", "Q1", 16): [SLOW, slower, SLOW]}
    [limit, rawat] = result.rows_of(rounds, {("rawat", "Q1"): 14_000})
    assert (limit.ratio_rate, limit.ratio_cpu) == (1.0, 1.0)
    assert (rawat.ratio_rate, rawat.ratio_cpu, rawat.errors, rawat.bytes) == (0.5, 2.0, 1, 14_000)


def test_live_is_compared_with_picows() -> None:
    rounds = {("picows", "live-one", 1_000): [FAST], ("rawat", "live-one", 1_000): [SLOW]}
    assert [row.ratio_rate for row in result.rows_of(rounds, {})] == [1.0, 0.5]


def test_the_file_has_a_session_and_rows_of_one_shape(tmp_path: Path) -> None:
    rows = result.rows_of({("limit", "Q2", 16): [FAST]}, {("limit", "Q2"): 387})
    result.write({"seed": 7}, rows, tmp_path / "results.json")
    told = orjson.loads((tmp_path / "results.json").read_bytes())
    assert told["session"] == {"seed": 7}
    assert [list(row) for row in told["rows"]] == [KEYS]


def test_the_table_replaces_what_stood_between_its_markers_and_nothing_else(tmp_path: Path) -> None:
    page, row = tmp_path / "performance.md", Row("limit", "Q1", 16, 1534.2, 9.4, 61.4, 489.0, 0, 14_982, 1.0, 1.0)
    page.write_text("# Speed\n\nbefore\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n")
    result.write_table({"seed": 7}, [row], page)
    result.write_table({"seed": 7}, [row], page)
    text = page.read_text()
    assert text.startswith("# Speed\n\nbefore\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert text.count("| Q1 | limit | 16 | 1534 | 1.00 | 9.40 | 61.40 | 489 | 1.00 | 0 | 14982 |") == 1


def test_answers_are_compared_by_their_meaning() -> None:
    ours = {"startsAt": "2026-11-22T03:00:00+00:00", "priceIdr": 150_000, "code": "BK-1"}
    theirs = {"startsAt": "2026-11-22T03:00:00.000Z", "priceIdr": "150000", "code": "BK-1"}
    assert meaning({"data": [ours]}) == meaning({"data": [theirs]})
    assert meaning(ours) != meaning(theirs | {"code": "BK-2"})


def test_a_statement_is_replayed_with_the_facts_of_another_hold() -> None:
    first, second = UUID(int=1), UUID(int=2)
    listening = Listening(NOW, NOW + timedelta(days=9), {str(first): "booking_id"}, {155_000: "price_idr"})
    payload = f'{{"id":"{first}","at":"2026-11-22T03:15:00.000000+00:00","price_idr":155000}}'
    taken = [listening.expression(each) for each in (first, 155_000, NOW + timedelta(days=9, hours=1), payload, "HELD")]
    later = NOW + timedelta(hours=1)
    moments = moments_of({"moments": listening.moments}, NOW + timedelta(days=20), later)
    facts = {"booking_id": second, "price_idr": 160_000, **moments}
    assert [made(each, facts) for each in taken] == [
        second,
        160_000,
        NOW + timedelta(days=20, hours=1),
        f'{{"id":"{second}","at":"2026-11-22T04:15:00.000000+00:00","price_idr":160000}}',
        "HELD",
    ]


def test_a_moment_that_belongs_to_nothing_is_not_replayed() -> None:
    listening = Listening(NOW, NOW + timedelta(days=9), {}, {})
    with pytest.raises(ValueError, match="belongs to nothing"):
        listening.expression(NOW + timedelta(days=200))
