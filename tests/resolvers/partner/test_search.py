"""Finding partners: who is found, in which order, page by page, and with how many statements."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from domain.calendar import CHECK_IN, CHECK_OUT, Period, PlanException, Zone
from domain.cancellation import Policy
from domain.permissions import Role
from domain.service import ServiceType, Unit
from models.calendar import PlanPeriod
from models.partner import Partner, Price, Resource
from services.partner import plan, price, profile, search, service
from tests.ask import ask, refused
from tests.partners import (
    GAMBIR,
    GAMBIR_VILLAGE,
    JAKARTA_PUSAT,
    actor,
    approve,
    book,
    enough,
    id_of,
    many,
    open_partner,
    reviewer,
)
from tests.queries import statements

GROOMER, HOTEL = ServiceType.GROOMER, ServiceType.DOG_HOTEL
SEARCH = """
query Search($filter: PartnerFilter, $sort: PartnerSort! = RANK, $first: Int! = 20, $after: String) {
  partners(filter: $filter, sort: $sort, first: $first, after: $after) {
    edges { cursor node { id name rank fromPriceIdr areas { code name } whyThisRank { part points }
                          services { type state prices { title priceIdr } } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
IDS = """
query Ids($filter: PartnerFilter, $sort: PartnerSort! = RANK, $first: Int! = 20, $after: String) {
  partners(filter: $filter, sort: $sort, first: $first, after: $after) {
    edges { node { id } } pageInfo { hasNextPage endCursor }
  }
}"""
FREE = """
query Free($id: UUID!, $from: Date!, $to: Date!, $price: UUID, $type: ServiceType, $units: Int! = 1) {
  freeSlots(partnerId: $id, fromDay: $from, toDay: $to, priceId: $price, serviceType: $type, units: $units) {
    startsAt endsAt day
  }
}"""
DAY = Zone.WIB.day_of(datetime.now(UTC)) + timedelta(days=3)
NINE_TO_FIVE = {"opens_minute": 540, "closes_minute": 1020}


async def ids(sort: str = "RANK", first: int = 20, **filter: Any) -> list[str]:
    """Everybody found, over as many pages as it takes."""
    found: list[str] = []
    after = None
    for _ in range(100):
        page = (await ask(IDS, filter=filter, sort=sort, first=first, after=after))["partners"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
    raise AssertionError("the pages do not end")


def days(first: date, last: date) -> dict[str, Any]:
    return {"from": str(first), "to": str(last)}


async def open_on(partners: list[Partner]) -> None:
    await PlanPeriod.bulk_create(
        PlanPeriod(partner_id=partner.id, weekday=DAY.weekday(), **NINE_TO_FIVE) for partner in partners
    )


@pytest.mark.proves("P-01")
async def test_only_an_active_partner_with_that_service_approved_is_found() -> None:
    partner = await open_partner()
    everywhere: list[dict[str, Any]] = [
        {},
        {"serviceType": "GROOMER"},
        {"regionCode": JAKARTA_PUSAT},
        {"text": "Mitra"},
    ]
    offered = await service.offer(partner, GROOMER, Policy.ONE_DAY)
    await price.set_price(partner, offered.id, price.NewPrice("Mandi", Unit.SESSION, 90_000, 60))
    assert [await ids(**each) for each in everywhere] == [[]] * 4
    await service.submit(partner, offered.id)
    assert [await ids(**each) for each in everywhere] == [[]] * 4
    await service.approve(await reviewer(), offered.id, enough(GROOMER))
    assert [await ids(**each) for each in everywhere] == [[str(partner.id)]] * 4
    assert await ids(serviceType="DOG_WALKER") == []
    await profile.suspend(await actor(Role.MANAGEMENT), id_of(partner), "Laporan")
    assert [await ids(**each) for each in everywhere] == [[]] * 4


@pytest.mark.proves("P-01")
async def test_a_partner_that_cannot_be_booked_has_no_page_and_no_free_slots() -> None:
    partner, judge = await open_partner(), await reviewer()
    cost = await approve(partner, GROOMER)
    walker = await approve(partner, ServiceType.DOG_WALKER)
    asked: dict[str, Any] = {"id": str(partner.id), "from": str(DAY), "to": str(DAY)}
    assert (await ask(FREE, **asked, type="GROOMER"))["freeSlots"]
    await service.reject(judge, cost.service_id, "Sertifikat palsu")
    assert await refused(FREE, **asked, type="GROOMER") == ("PARTNER_NOT_BOOKABLE", "serviceType")
    assert await refused(FREE, **asked, price=str(cost.id)) == ("PARTNER_NOT_BOOKABLE", "priceId")
    assert (await ask(FREE, **asked, type="DOG_WALKER"))["freeSlots"]
    await service.reject(judge, walker.service_id, "Pengalaman tidak benar")
    assert await refused(FREE, **asked, type="DOG_WALKER") == ("NOT_FOUND", "partnerId")
    assert (await ask("query($id: UUID!) { partner(id: $id) { id } }", id=str(partner.id)))["partner"] is None


async def test_a_partner_whose_only_price_is_gone_is_not_found() -> None:
    partner = await open_partner()
    cost = await approve(partner, GROOMER)
    await price.remove_price(partner, cost.id)
    assert await ids() == []


@pytest.mark.parametrize(
    "areas, asked, is_found",
    [
        (["31.71"], "31.71", True),
        (["31.71"], "31.71.01", True),
        (["31.71"], "31.71.01.1001", True),
        (["31.71"], "31", True),
        (["31.71"], "31.72", False),
        (["31.71"], "32", False),
        (["31.71.01"], "31.71", True),
        (["31.71.01"], "31.71.01.1001", True),
        (["31.71.01"], "31", True),
        (["31.71.01"], "31.71.02", False),
        (["31.71.01"], "31.72", False),
        (["51.71", "31.71"], "31.71.02", True),
    ],
)
async def test_an_area_serves_what_lies_inside_it_and_whoever_asks_from_around_it(
    areas: list[str], asked: str, is_found: bool
) -> None:
    (partner,) = await many(1, areas=areas)
    assert await ids(regionCode=asked) == ([str(partner.id)] if is_found else [])


async def test_a_postcode_stands_for_the_districts_it_lies_in() -> None:
    near, nearer = await many(1, areas=[JAKARTA_PUSAT]), await many(1, areas=[GAMBIR])
    await many(1, areas=["31.72"])
    assert set(await ids(postcode="10110")) == {str(near[0].id), str(nearer[0].id)}
    assert await ids(postcode="99999") == []
    assert await ids(postcode="10110", regionCode="31.72") == []
    assert await ids(postcode="10110", regionCode=GAMBIR_VILLAGE, text="mitra 0")


async def test_price_rank_and_text_narrow_the_search() -> None:
    (cheap,) = await many(1, price_idr=50_000, rank=300)
    (dear,) = await many(1, price_idr=200_000, rank=900)
    await Partner.filter(id=dear.id).update(name="100% Anjing_Senang")
    assert await ids(maxPriceIdr=50_000) == [str(cheap.id)]
    assert await ids(minRank=301) == [str(dear.id)]
    assert await ids(text="anjing_S") == [str(dear.id)]
    assert await ids(text="0%") == [str(dear.id)]
    assert await ids(text="_") == [str(dear.id)]
    assert await ids(text="'; DROP TABLE partner; --") == []


async def test_the_cheapest_price_of_the_asked_service_counts() -> None:
    partner = await open_partner()
    walk = await approve(partner, ServiceType.DOG_WALKER, price_idr=30_000)
    await approve(partner, GROOMER, price_idr=120_000)
    await price.set_price(partner, walk.service_id, price.NewPrice("Cepat", Unit.HOUR, 20_000))
    assert await ids(serviceType="GROOMER", maxPriceIdr=50_000) == []
    assert await ids(serviceType="DOG_WALKER", maxPriceIdr=20_000) == [str(partner.id)]
    found = (await ask(SEARCH))["partners"]["edges"][0]["node"]
    assert found["fromPriceIdr"] == 20_000


async def test_the_best_or_the_cheapest_come_first() -> None:
    (second,) = await many(1, rank=500, price_idr=60_000)
    (first,) = await many(1, rank=900, price_idr=90_000)
    (third,) = await many(1, rank=100, price_idr=50_000)
    assert await ids("RANK") == [str(each.id) for each in (first, second, third)]
    assert await ids("PRICE") == [str(each.id) for each in (third, second, first)]


@pytest.mark.parametrize("sort", ["RANK", "PRICE"])
@pytest.mark.parametrize("first", [1, 3, 7, 23, 24])
async def test_pages_hold_everybody_once_under_equal_ranks_and_prices(sort: str, first: int) -> None:
    partners = [*await many(12), *await many(6, rank=700, price_idr=70_000), *await many(5, rank=700)]
    found = await ids(sort, first)
    assert len(found) == len(set(found)) == 23
    assert set(found) == {str(partner.id) for partner in partners}
    assert found == await ids(sort, 100)


@pytest.mark.parametrize("sort", ["RANK", "PRICE"])
@pytest.mark.parametrize("first", [1, 4, 50])
async def test_a_day_keeps_those_who_are_free_then_in_the_same_order(
    sort: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BATCH", 5)
    partners = await many(23)
    open_then = [partner for number, partner in enumerate(partners) if number % 3]
    await open_on(open_then)
    order = await ids(sort, serviceType="GROOMER")
    wanted = [id for id in order if id in {str(partner.id) for partner in open_then}]
    assert await ids(sort, first, serviceType="GROOMER", day=str(DAY)) == wanted


async def test_a_search_that_finds_too_little_goes_on_from_its_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BATCH", 3)
    monkeypatch.setattr(search, "MAX_BATCHES", 2)
    partners = await many(20)
    last_in_order = min(partners, key=lambda partner: partner.id)
    await open_on([last_in_order])
    page = (await ask(IDS, filter={"serviceType": "GROOMER", "day": str(DAY)}))["partners"]
    assert (page["edges"], page["pageInfo"]["hasNextPage"]) == ([], True)
    assert await ids(serviceType="GROOMER", day=str(DAY)) == [str(last_in_order.id)]


async def test_a_booked_out_day_is_not_free() -> None:
    partners = await many(2)
    await open_on(partners)
    cost = await Price.get(service__partner_id=partners[0].id)
    await book(cost, Zone.WIB.at(DAY, time(9)), Zone.WIB.at(DAY, time(17)))
    assert await ids(serviceType="GROOMER", day=str(DAY)) == [str(partners[1].id)]


async def test_a_hotel_is_free_on_a_day_while_one_kennel_is() -> None:
    full, free = await many(2, HOTEL)
    await Resource.create(partner_id=free.id, is_kennel=True, label="Kandang 2")
    for partner in (full, free):
        await PlanPeriod.bulk_create(
            PlanPeriod(partner_id=partner.id, weekday=weekday, **NINE_TO_FIVE) for weekday in range(7)
        )
        cost = await Price.get(service__partner_id=partner.id)
        await book(cost, Zone.WIB.at(DAY, CHECK_IN), Zone.WIB.at(DAY + timedelta(days=1), CHECK_OUT))
    assert await ids(serviceType="DOG_HOTEL", day=str(DAY)) == [str(free.id)]


@pytest.mark.parametrize(
    "filter, field",
    [
        ({"day": str(DAY)}, "serviceType"),
        ({"day": "2000-01-01", "serviceType": "GROOMER"}, "day"),
        ({"day": "9999-12-31", "serviceType": "GROOMER"}, "day"),
        ({"regionCode": "31.99"}, "regionCode"),
        ({"regionCode": "abc"}, "regionCode"),
        ({"postcode": "1011"}, "postcode"),
        ({"maxPriceIdr": -1}, "maxPriceIdr"),
        ({"minRank": 1001}, "minRank"),
        ({"text": "x" * 61}, "text"),
        ({"text": " "}, "text"),
    ],
)
async def test_a_filter_that_makes_no_sense_names_its_part(filter: dict[str, Any], field: str) -> None:
    assert await refused(IDS, filter=filter) == ("INVALID_INPUT", field)


@pytest.mark.parametrize("after", ["", "x", "bm9uc2Vuc2U", "WzEsMl0", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LCJ4Il0", "é"])
async def test_a_cursor_that_is_not_ours_is_refused(after: str) -> None:
    for sort in ("RANK", "PRICE"):
        assert await refused(IDS, after=after, sort=sort) == ("INVALID_INPUT", "after")


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_has_a_size(first: int) -> None:
    assert await refused(IDS, first=first) == ("INVALID_INPUT", "first")


@pytest.mark.parametrize("filter", [{}, {"serviceType": "GROOMER", "day": str(DAY), "regionCode": "31.71.01"}])
async def test_statements_do_not_grow_with_the_page(filter: dict[str, Any]) -> None:
    await open_on(await many(30))
    await ask(SEARCH, filter=filter, first=1)  # what lies in a region is asked once
    with statements() as few:
        await ask(SEARCH, filter=filter, first=2)
    with statements() as lots:
        data = await ask(SEARCH, filter=filter, first=30)
    assert len(data["partners"]["edges"]) == 30
    assert len(few) == len(lots)


async def test_free_slots_are_told_with_the_partners_own_day() -> None:
    partner = await open_partner("94.01")
    cost = await approve(partner, GROOMER, minutes=90)
    await plan.set_plan(partner, [Period(weekday, time(0), time(4)) for weekday in range(7)])
    data = await ask(FREE, id=str(partner.id), **days(DAY, DAY), price=str(cost.id), units=2)
    first = data["freeSlots"][0]
    assert first["day"] == str(DAY)
    assert datetime.fromisoformat(first["startsAt"]) == Zone.WIT.at(DAY, time(0))
    assert datetime.fromisoformat(first["endsAt"]) == Zone.WIT.at(DAY, time(3))
    await plan.add_exception(partner, PlanException(DAY, None, None, False))
    assert (await ask(FREE, id=str(partner.id), **days(DAY, DAY), type="GROOMER"))["freeSlots"] == []


@pytest.mark.parametrize(
    "offsets, asked, refusal",
    [
        ((0, -1), {"type": "GROOMER"}, ("INVALID_INPUT", "toDay")),
        ((0, 31), {"type": "GROOMER"}, ("INVALID_INPUT", "toDay")),
        ((0, 0), {}, ("INVALID_INPUT", "priceId")),
        ((0, 0), {"type": "GROOMER", "units": 0}, ("INVALID_INPUT", "units")),
        ((0, 0), {"type": "GROOMER", "units": 13}, ("INVALID_INPUT", "units")),
        ((0, 0), {"type": "DOG_HOTEL"}, ("PARTNER_NOT_BOOKABLE", "serviceType")),
        ((0, 0), {"price": "00000000-0000-0000-0000-000000000000"}, ("NOT_FOUND", "priceId")),
    ],
)
async def test_a_question_for_slots_that_makes_no_sense_is_refused(
    offsets: tuple[int, int], asked: dict[str, Any], refusal: tuple[str, str]
) -> None:
    (partner,) = await many(1)
    first, last = (DAY + timedelta(days=number) for number in offsets)
    assert await refused(FREE, id=str(partner.id), **days(first, last), **asked) == refusal
