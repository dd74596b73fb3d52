"""Search: partners that can be booked, by service, area, day, price and rank, in a total order (P-01)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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
MAX_KNOWN_REGIONS = 10_000  # there are some 8,000 above the villages

# Regions change with a migration only, so a process asks once what lies in one.
_KNOWN_REGIONS: dict[str, list[str]] = {}


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
    return KNOWN.format(
        _parameter([place.id for place in places], values), _parameter([place.value for place in places], values)
    )


def _candidates(
    wanted: _Wanted, sort: Sort, after: Place | None, limit: int, values: list[Any], *, with_minutes: bool = False
) -> str:
    """Partners that match, but for the day. Prices are added up only where somebody asks for them."""
    prices = f"""FROM partner_service s JOIN price o ON o.service_id = s.id AND o.archived_at IS NULL
     WHERE s.partner_id = p.id AND s.state = '{ServiceState.APPROVED.value}'"""
    if wanted.service_type is not None:
        prices += f" AND s.type = {_parameter(wanted.service_type.value, values)}"
    if wanted.max_price_idr is not None:
        prices += f" AND o.price_idr <= {_parameter(wanted.max_price_idr, values)}"
    conditions = [f"p.state = '{PartnerState.ACTIVE.value}'", *_conditions(wanted, values)]
    value, source, minutes = "p.rank", "partner p", ""
    if sort is Sort.PRICE or with_minutes:
        cheapest = f"SELECT min(o.price_idr) AS price_idr, min(o.minutes) AS minutes {prices}"
        source = f"partner p CROSS JOIN LATERAL ({cheapest}) o"
        conditions.append("o.price_idr IS NOT NULL")
        minutes = ", o.minutes"
        value = "o.price_idr" if sort is Sort.PRICE else value
    else:
        conditions.append(f"EXISTS (SELECT {prices})")
    if after is not None:
        conditions.append(_behind(sort, value, after, values))
    order = ORDER[sort].replace("found.value", value).replace("found.id", "p.id")
    return (
        f"SELECT p.id, {value} AS value{minutes} FROM {source} WHERE {' AND '.join(conditions)} "  # noqa: S608 - our names
        f"ORDER BY {order} LIMIT {limit}"
    )


def _conditions(wanted: _Wanted, values: list[Any]) -> Iterator[str]:
    if wanted.areas is not None:
        serves = f"p.areas && {_parameter(wanted.areas, values)}::text[]"
        if wanted.inside is not None:
            begins = f"starts_with(area, {_parameter(wanted.inside, values)})"
            serves = f"({serves} OR EXISTS (SELECT FROM unnest(p.areas) AS area WHERE {begins}))"
        yield serves
    if wanted.postcode_areas is not None:
        yield f"p.areas && {_parameter(wanted.postcode_areas, values)}::text[]"
    if wanted.min_rank is not None:
        yield f"p.rank >= {_parameter(wanted.min_rank, values)}"
    if wanted.pattern is not None:
        pattern = _parameter(wanted.pattern, values)
        yield f"(p.name ILIKE {pattern} OR p.bio ILIKE {pattern})"


def _behind(sort: Sort, value: str, after: Place, values: list[Any]) -> str:
    """The first part of each walks an index, the second is exact."""
    there, id = _parameter(after.value, values), _parameter(after.id, values)
    if sort is Sort.RANK:
        return f"({value} <= {there} AND ({value} < {there} OR p.id < {id}))"
    return f"({value}, p.id) > ({there}, {id})"


def _parameter(value: Any, values: list[Any]) -> str:
    values.append(value)
    return f"${len(values)}"


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
    check_code(code, field="regionCode")
    known = _KNOWN_REGIONS.get(code)
    if known is None:
        known = [row["code"] for row in await records(INSIDE, [code])]
        if code not in known:
            raise InvalidInput("regionCode", indonesian="wilayah tidak dikenal", english="there is no such region")
        if len(_KNOWN_REGIONS) < MAX_KNOWN_REGIONS:
            _KNOWN_REGIONS[code] = known
    if len(code) == LEVEL_LENGTH[PROVINCE]:
        return [code], f"{code}."
    return sorted({*ancestors(code), *(each for each in known if len(each) <= LEVEL_LENGTH[DISTRICT])}), None


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
