"""Search: partners that can be booked, by service, area, day, price and rank, in a total order (P-01)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import connections

from domain.calendar import MAX_DAYS_AHEAD, Zone
from domain.money import MAX_PRICE_IDR
from domain.partner import PartnerState, ServiceState
from domain.refusals import InvalidInput
from domain.region import DISTRICT, LEVEL_LENGTH, PROVINCE, ancestors, check_code, check_postcode
from domain.service import ServiceType
from domain.text import line
from models.partner import Partner
from services.partner.availability import Wish, free_on

BATCH = 100  # candidates judged for a day at a time
MAX_BATCHES = 10  # of one request; a search that finds too little by then goes on from its cursor
MAX_TEXT_CHARACTERS = 60
MAX_RANK = 1000
MAX_POSTCODE_DISTRICTS = 50  # one postcode lies in nine districts at most


class Sort(StrEnum):
    """RANK: the best first. PRICE: the cheapest first. Ties are broken by id, the same way on every page."""

    RANK = "RANK"
    PRICE = "PRICE"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a customer looks for; every given part must be true of a partner. `day` needs `service_type`."""

    service_type: ServiceType | None = None
    region_code: str | None = None
    postcode: str | None = None
    day: date | None = None
    max_price_idr: int | None = None
    min_rank: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a partner stands in the order: its rank or price, and its id."""

    value: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """One partner that matches."""

    partner: Partner
    price_idr: int
    place: Place


@dataclass(frozen=True, slots=True)
class Results:
    """One page. `last` is how far the search has looked: with `has_next`, the next page begins behind it."""

    found: list[Found]
    has_next: bool
    last: Place | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: Place
    price_idr: int
    minutes: int


CANDIDATES = f"""
SELECT p.id, p.rank, o.price_idr, o.minutes
  FROM partner p
 CROSS JOIN LATERAL (
    SELECT min(pr.price_idr) AS price_idr, min(pr.minutes) AS minutes
      FROM partner_service s JOIN price pr ON pr.service_id = s.id AND pr.archived_at IS NULL
     WHERE s.partner_id = p.id AND s.state = '{ServiceState.APPROVED.value}'
       AND ($1::text IS NULL OR s.type = $1) AND ($2::bigint IS NULL OR pr.price_idr <= $2)) o
 WHERE p.state = '{PartnerState.ACTIVE.value}' AND o.price_idr IS NOT NULL
   AND ($3::text[] IS NULL OR p.areas && $3 OR ($7::text IS NOT NULL AND EXISTS (
        SELECT FROM unnest(p.areas) AS area WHERE starts_with(area, $7))))
   AND ($4::text[] IS NULL OR p.areas && $4)
   AND ($5::int IS NULL OR p.rank >= $5)
   AND ($6::text IS NULL OR p.name ILIKE $6 OR p.bio ILIKE $6)"""  # noqa: S608 - the text is made of our enums' names
BEHIND = {
    Sort.RANK: """
   AND ($8::bigint IS NULL OR (p.rank <= $8 AND (p.rank < $8 OR p.id < $9::uuid)))
 ORDER BY p.rank DESC, p.id DESC LIMIT $10""",
    Sort.PRICE: """
   AND ($8::bigint IS NULL OR (o.price_idr, p.id) > ($8, $9::uuid))
 ORDER BY o.price_idr, p.id LIMIT $10""",
}
INSIDE = "SELECT code FROM region WHERE code = $1 OR parent = $1"
OF_POSTCODE = "SELECT DISTINCT parent FROM region WHERE postcode = $1 LIMIT $2"


async def search(wanted: Filter, sort: Sort, first: int, after: Place | None, now: datetime) -> Results:
    """Up to `first` partners that can be booked (active, service approved, with a price), behind `after`.

    With a day, each of them has something free then (a hotel: a kennel) for the shortest of its matching prices;
    candidates are judged BATCH at a time with a fixed number of statements, MAX_BATCHES times at most.
    Raises InvalidInput naming the part of the filter that makes no sense.
    """
    _check(wanted, now)
    conditions = await _conditions(wanted)
    if wanted.day is None or wanted.service_type is None:
        candidates = await _candidates(conditions, sort, after, first + 1)
        rows = await _rows(candidates[:first])
        return _results(candidates[:first], rows, len(candidates) > first)
    return await _search_day(conditions, sort, first, after, wanted.service_type, wanted.day, now)


async def _search_day(
    conditions: Sequence[Any], sort: Sort, first: int, after: Place | None, service_type: ServiceType, day: date,
    now: datetime,
) -> Results:  # fmt: skip
    kept: list[_Candidate] = []
    rows: dict[UUID, Partner] = {}
    last = after
    for _ in range(MAX_BATCHES):
        batch = await _candidates(conditions, sort, last, BATCH)
        known = await _rows(batch)
        free = await free_on(
            known.values(), {each.place.id: Wish(service_type, each.minutes) for each in batch}, day, now
        )
        kept += [each for each in batch if each.place.id in free]
        rows.update(known)
        last = batch[-1].place if batch else last
        if len(kept) > first or len(batch) < BATCH:
            return _results(kept[:first], rows, len(kept) > first)
    return Results(_found(kept, rows), has_next=True, last=last)


async def _candidates(conditions: Sequence[Any], sort: Sort, after: Place | None, limit: int) -> list[_Candidate]:
    behind = (after.value, after.id) if after else (None, None)
    rows = await connections.get("default").execute_query_dict(CANDIDATES + BEHIND[sort], [*conditions, *behind, limit])
    value = "rank" if sort is Sort.RANK else "price_idr"
    return [_Candidate(Place(row[value], row["id"]), row["price_idr"], row["minutes"]) for row in rows]


async def _rows(candidates: Sequence[_Candidate]) -> dict[UUID, Partner]:
    if not candidates:
        return {}
    ids = [each.place.id for each in candidates]
    return {row.id: row for row in await Partner.filter(id__in=ids)}


def _found(candidates: Sequence[_Candidate], rows: dict[UUID, Partner]) -> list[Found]:
    return [Found(rows[each.place.id], each.price_idr, each.place) for each in candidates if each.place.id in rows]


def _results(candidates: Sequence[_Candidate], rows: dict[UUID, Partner], has_next: bool) -> Results:
    return Results(_found(candidates, rows), has_next, candidates[-1].place if candidates else None)


async def _conditions(wanted: Filter) -> list[Any]:
    """The first seven parameters of CANDIDATES."""
    pattern = None
    if wanted.text is not None:
        text = line(wanted.text, "text", MAX_TEXT_CHARACTERS)
        pattern = "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    areas, inside = (None, None) if wanted.region_code is None else await _areas_of_region(wanted.region_code)
    return [
        wanted.service_type.value if wanted.service_type else None,
        wanted.max_price_idr,
        areas,
        await _areas_of_postcode(wanted.postcode) if wanted.postcode is not None else None,
        wanted.min_rank,
        pattern,
        inside,
    ]


async def _areas_of_region(code: str) -> tuple[list[str], str | None]:
    """Areas that serve the region: itself, all it lies in, and for a regency its districts. A province has too many
    regencies and districts to list: whoever works anywhere inside serves it, told by how its areas begin."""
    check_code(code, field="regionCode")
    rows = await connections.get("default").execute_query_dict(INSIDE, [code])
    known = [row["code"] for row in rows]
    if code not in known:
        raise InvalidInput("regionCode", indonesian="wilayah tidak dikenal", english="there is no such region")
    if len(code) == LEVEL_LENGTH[PROVINCE]:
        return [code], f"{code}."
    return sorted({*ancestors(code), *(each for each in known if len(each) <= LEVEL_LENGTH[DISTRICT])}), None


async def _areas_of_postcode(postcode: str) -> list[str]:
    """Areas that serve any district the postcode lies in; an unknown postcode is served by nobody."""
    check_postcode(postcode)
    districts = await connections.get("default").execute_query_dict(OF_POSTCODE, [postcode, MAX_POSTCODE_DISTRICTS])
    return sorted({code for row in districts for code in ancestors(row["parent"])})


def _check(wanted: Filter, now: datetime) -> None:
    if wanted.max_price_idr is not None and not 0 <= wanted.max_price_idr <= MAX_PRICE_IDR:
        raise InvalidInput("maxPriceIdr", indonesian=f"0 sampai {MAX_PRICE_IDR}", english=f"from 0 to {MAX_PRICE_IDR}")
    if wanted.min_rank is not None and not 0 <= wanted.min_rank <= MAX_RANK:
        raise InvalidInput("minRank", indonesian=f"0 sampai {MAX_RANK}", english=f"from 0 to {MAX_RANK}")
    if wanted.day is None:
        return
    if wanted.service_type is None:
        raise InvalidInput("serviceType", indonesian="isi jenis layanan untuk mencari per hari",
                           english="give the service to search by day")  # fmt: skip
    # Today is the western clock's day: it is the last to end.
    if not 0 <= (wanted.day - Zone.WIB.day_of(now)).days <= MAX_DAYS_AHEAD:
        raise InvalidInput("day", indonesian=f"hari ini sampai {MAX_DAYS_AHEAD} hari ke depan",
                           english=f"from today to {MAX_DAYS_AHEAD} days ahead")  # fmt: skip
