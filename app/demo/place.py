"""Six cities in all three zones of Indonesia, with real region codes and postcodes from the region table."""

from dataclasses import dataclass
from random import Random

from domain.calendar import Zone
from models.region import Region


@dataclass(frozen=True, slots=True)
class City:
    """Where some of the demo world lives; `regencies` are Kemendagri codes, `share` is its part of the people."""

    name: str
    regencies: tuple[str, ...]
    zone: Zone
    share: int


CITIES = (
    City("Jakarta", ("31.71", "31.74"), Zone.WIB, 7),
    City("Jayapura", ("91.71",), Zone.WIT, 4),
    City("Denpasar", ("51.71",), Zone.WITA, 4),
    City("Bandung", ("32.73",), Zone.WIB, 4),
    City("Surabaya", ("35.78",), Zone.WIB, 4),
    City("Makassar", ("73.71",), Zone.WITA, 4),
)
STREETS = ("Jalan Kenanga", "Jalan Melati", "Jalan Cendana", "Gang Mawar", "Jalan Flamboyan", "Jalan Anggrek Raya")
LANDMARKS = ("pagar hijau", "sebelah warung", "rumah sudut", "seberang taman", "")


@dataclass(frozen=True, slots=True)
class Place:
    """An invented house in a real village."""

    street: str
    landmark: str
    region_code: str
    postcode: str


async def villages_of(city: City) -> list[Region]:
    """The city's villages that have a postcode, in the order of their codes."""
    found: list[Region] = []
    for regency in city.regencies:
        villages = Region.filter(code__startswith=f"{regency}.", postcode__isnull=False)
        found += [each for each in await villages.order_by("code") if each.code.count(".") == 3]
    return found


def some_place(villages: list[Region], luck: Random) -> Place:
    """Any house in any of these villages."""
    village = luck.choice(villages)
    street = f"{luck.choice(STREETS)} No. {luck.randint(1, 120)}"
    return Place(street, luck.choice(LANDMARKS), village.code, village.postcode or "")
