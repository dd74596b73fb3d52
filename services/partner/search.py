"""Search: partners that can be booked, by service, area, day, price and rank, in a total order (P-01)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from domain.calendar import MAX_DAYS_AHEAD, Zone
from domain.money import MAX_PRICE_IDR
from domain.partner import PartnerState, ServiceState
from domain.refusals import InvalidInput
from domain.region import DISTRICT, LEVEL_LENGTH, PROVINCE, ancestors, check_code, check_postcode
from domain.service import ServiceType
from domain.text import line
from models.partner import Partner
from models.record import records
from services.partner.availability import Wish, free_on

BATCH = 100  # candidates judged for a day at a time
MAX_BATCHES = 10  # of one request; a search that finds too little by then goes on from its cursor
MAX_TEXT_CHARACTERS = 60
MAX_RANK = 1000
MAX_POSTCODE_DISTRICTS = 50  # one postcode lies in nine districts at most
MAX_TEXTS = 1_000  # statements that are kept: what is asked for, by the size of the page
MAX_KNOWN_REGIONS = 10_000  # there are some 8,000 above the villages

# Regions change with a migration only, so a process asks once what serves one.
_AREAS: dict[str, tuple[list[str], str | None]] = {}


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
    """Partners that match, in order. `statement` is a SELECT of their `id` and `value` (rank or price); it adds its
    parameters to those before it. `has_next` is None where one row more than asked for tells whether there are more;
    `last` is how far the search has looked when that is farther than the last row."""

    statement: Callable[[list[Any]], str]
    has_next: bool | None = None
    last: Place | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A filter with everything looked up: which areas serve a region or postcode, which text a name must be like."""

    service_type: ServiceType | None
    max_price_idr: int | None
    min_rank: int | None
    pattern: str | None
    areas: list[str] | None
    inside: str | None  # how an area begins that also serves the region
    postcode_areas: list[str] | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: Place
    minutes: int


INSIDE = "SELECT code FROM region WHERE code = $1 OR parent = $1"
OF_POSTCODE = "SELECT DISTINCT parent FROM region WHERE postcode = $1 LIMIT $2"
KNOWN = "SELECT found.id, found.value FROM unnest({}::uuid[], {}::bigint[]) AS found (id, value)"
# Whom a place leaves, found by the index of areas: the planner expects many more of them than there are, since it knows
# nothing of districts without partners, and would rather walk all partners by rank until it has met a page of them.
LOCAL = "WITH p AS MATERIALIZED (SELECT p.id, p.rank FROM partner p WHERE {} ORDER BY p.rank DESC, p.id DESC) "
ORDER = {Sort.RANK: "found.value DESC, found.id DESC", Sort.PRICE: "found.value, found.id"}


async def search(wanted: Filter, sort: Sort, first: int, after: Place | None, now: datetime) -> Found:
    """Up to `first` partners that can be booked (active, service approved, with a price), behind `after`.

    With a day, each of them has something free then (a hotel: a kennel) for the shortest of its matching prices;
    candidates are judged BATCH at a time with a fixed number of statements, MAX_BATCHES times at most.
    Raises InvalidInput naming the part of the filter that makes no sense.
    """
    _check(wanted, now)
    looked_up = await _looked_up(wanted)
    if wanted.day is None or wanted.service_type is None:
        return Found(lambda values: _candidates(looked_up, sort, after, first + 1, values))
    return await _search_day(looked_up, sort, first, after, wanted.service_type, wanted.day, now)


async def _search_day(
    wanted: _Wanted, sort: Sort, first: int, after: Place | None, service_type: ServiceType, day: date, now: datetime
) -> Found:
    kept: list[_Candidate] = []
    last, has_next = after, True
    for _ in range(MAX_BATCHES):
        batch = await _batch(wanted, sort, last)
        wishes = {each.place.id: Wish(service_type, each.minutes) for each in batch}
        free = await free_on(await Partner.filter(id__in=list(wishes)) if wishes else [], wishes, day, now)
        kept += [each for each in batch if each.place.id in free]
        last = batch[-1].place if batch else last
        if len(kept) > first or len(batch) < BATCH:
            has_next, last = len(kept) > first, None
            break
    places = [each.place for each in (kept[:first] if last is None else kept)]
    return Found(lambda values: _known(places, values), has_next, last)


async def _batch(wanted: _Wanted, sort: Sort, after: Place | None) -> list[_Candidate]:
    values: list[Any] = []
    rows = await records(_candidates(wanted, sort, after, BATCH, values, with_minutes=True), values)
    return [_Candidate(Place(row["value"], row["id"]), row["minutes"]) for row in rows]


def _known(places: Sequence[Place], values: list[Any]) -> str:
    values += [[place.id for place in places], [place.value for place in places]]
    return KNOWN.format(f"${len(values) - 1}", f"${len(values)}")


def _candidates(
    wanted: _Wanted, sort: Sort, after: Place | None, limit: int, values: list[Any], *, with_minutes: bool = False
) -> str:
    """Partners that match, but for the day."""
    asked = {
        "service_type": wanted.service_type.value if wanted.service_type else None,
        "max_price_idr": wanted.max_price_idr, "areas": wanted.areas, "inside": wanted.inside,
        "postcode_areas": wanted.postcode_areas, "min_rank": wanted.min_rank, "pattern": wanted.pattern,
        "value": after.value if after else None, "id": after.id if after else None,
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value is not None}
    known = len(values)
    values.extend(given.values())
    return _text(tuple(given), sort, limit, known, with_minutes)


@lru_cache(MAX_TEXTS)
def _text(given: tuple[str, ...], sort: Sort, limit: int, known: int, with_minutes: bool) -> str:
    """The statement for what is given, its parameters in that order behind `known` others. Only what is asked stands in
    it, so that PostgreSQL plans for that; prices are compared only where somebody asks for them."""
    at = {name: f"${number}" for number, name in enumerate(given, known + 1)}
    prices = f"""FROM partner_service s JOIN price o ON o.service_id = s.id AND o.archived_at IS NULL
     WHERE s.partner_id = p.id AND s.state = '{ServiceState.APPROVED.value}'"""
    prices += f" AND s.type = {at['service_type']}" if "service_type" in at else ""
    prices += f" AND o.price_idr <= {at['max_price_idr']}" if "max_price_idr" in at else ""
    conditions, offered = [f"p.state = '{PartnerState.ACTIVE.value}'", *_conditions(at)], f"EXISTS (SELECT {prices})"
    value, first, source, minutes = "p.rank", "", "partner p", ""
    if sort is Sort.RANK and "value" in at:
        conditions.append(f"(p.rank, p.id) < ({at['value']}, {at['id']})")
    if "postcode_areas" in at or ("areas" in at and "inside" not in at):
        first, source, conditions = LOCAL.format(" AND ".join(conditions)), "p", []
    if sort is Sort.PRICE or with_minutes:
        cheapest = f"SELECT min(o.price_idr) AS price_idr, min(o.minutes) AS minutes {prices}"
        source, minutes = f"{source} CROSS JOIN LATERAL ({cheapest}) o", ", o.minutes"
        offered = "o.price_idr IS NOT NULL"
    conditions.append(offered)
    if sort is Sort.PRICE:
        value = "o.price_idr"
        if "value" in at:
            conditions.append(f"({value}, p.id) > ({at['value']}, {at['id']})")
    order = ORDER[sort].replace("found.value", value).replace("found.id", "p.id")
    return (
        f"{first}SELECT p.id, {value} AS value{minutes} FROM {source} WHERE {' AND '.join(conditions)} "  # noqa: S608
        f"ORDER BY {order} LIMIT {limit}"
    )


def _conditions(at: Mapping[str, str]) -> Iterator[str]:
    if "areas" in at:
        serves = f"p.areas && {at['areas']}::text[]"
        if "inside" in at:
            begins = f"starts_with(area, {at['inside']})"
            serves = f"({serves} OR EXISTS (SELECT FROM unnest(p.areas) AS area WHERE {begins}))"
        yield serves
    if "postcode_areas" in at:
        yield f"p.areas && {at['postcode_areas']}::text[]"
    if "min_rank" in at:
        yield f"p.rank >= {at['min_rank']}"
    if "pattern" in at:
        yield f"(p.name ILIKE {at['pattern']} OR p.bio ILIKE {at['pattern']})"


async def _looked_up(wanted: Filter) -> _Wanted:
    pattern = None
    if wanted.text is not None:
        text = line(wanted.text, "text", MAX_TEXT_CHARACTERS)
        pattern = "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    areas, inside = (None, None) if wanted.region_code is None else await _areas_of_region(wanted.region_code)
    return _Wanted(
        wanted.service_type, wanted.max_price_idr, wanted.min_rank, pattern, areas, inside,
        await _areas_of_postcode(wanted.postcode) if wanted.postcode is not None else None,
    )  # fmt: skip


async def _areas_of_region(code: str) -> tuple[list[str], str | None]:
    """Areas that serve the region: itself, all it lies in, and for a regency its districts. A province has too many
    regencies and districts to list: whoever works anywhere inside serves it, told by how its areas begin."""
    found = _AREAS.get(code)
    if found is not None:
        return found
    check_code(code, field="regionCode")
    known = [row["code"] for row in await records(INSIDE, [code])]
    if code not in known:
        raise InvalidInput("regionCode", indonesian="wilayah tidak dikenal", english="there is no such region")
    if len(code) == LEVEL_LENGTH[PROVINCE]:
        found = [code], f"{code}."
    else:
        found = sorted({*ancestors(code), *(each for each in known if len(each) <= LEVEL_LENGTH[DISTRICT])}), None
    if len(_AREAS) < MAX_KNOWN_REGIONS:
        _AREAS[code] = found
    return found


async def _areas_of_postcode(postcode: str) -> list[str]:
    """Areas that serve any district the postcode lies in; an unknown postcode is served by nobody."""
    check_postcode(postcode)
    districts = await records(OF_POSTCODE, [postcode, MAX_POSTCODE_DISTRICTS])
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
