"""Pets and where they are cared for: what may be said of them, and how many one person keeps."""

from datetime import date
from enum import StrEnum

from domain.refusals import InvalidInput, Refusal
from domain.region import DISTRICT, LEVEL_LENGTH, check_code, check_postcode

MAX_PETS = 50
MAX_ADDRESSES = 50
MAX_AGE_YEARS = 100  # a tortoise may be that old
MAX_NAME_CHARACTERS = 60
MAX_BREED_CHARACTERS = 60
MAX_NOTES_CHARACTERS = 1000
MAX_LABEL_CHARACTERS = 60
MAX_RECIPIENT_CHARACTERS = 120
MAX_STREET_CHARACTERS = 300
MAX_LANDMARK_CHARACTERS = 200


class Species(StrEnum):
    DOG = "DOG"
    CAT = "CAT"
    RABBIT = "RABBIT"
    BIRD = "BIRD"
    OTHER = "OTHER"


class Size(StrEnum):
    """By weight: up to 10 kg, up to 25 kg, up to 40 kg, more."""

    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"
    GIANT = "GIANT"


class TooManyKept(Refusal):
    code = "TOO_MANY_KEPT"
    indonesian = "Anda sudah menyimpan {limit}. Hapus salah satunya dahulu."
    english = "You already keep {limit}. Remove one of them first."


def check_room(kept: int, limit: int) -> None:
    """One person keeps at most `limit` pets or addresses at a time."""
    if kept >= limit:
        raise TooManyKept(limit=limit)


def check_born_on(born_on: date | None, today: date) -> date | None:
    """A birthday that is not in the future and not longer ago than an animal can live."""
    if born_on is not None and (born_on > today or born_on.year < today.year - MAX_AGE_YEARS):
        raise InvalidInput("bornOn", indonesian="bukan tanggal lahir yang mungkin", english="is no possible birthday")
    return born_on


def check_place(region_code: str, postcode: str, region_postcode: str | None) -> None:
    """A service address names its district or village, and the postcode is that of the village where one is known.

    `region_postcode` is the region's own; None where the region has several (a district).
    """
    check_code(region_code, field="regionCode")
    if len(region_code) < LEVEL_LENGTH[DISTRICT]:
        raise InvalidInput(
            "regionCode", indonesian="pilih kecamatan atau kelurahan", english="choose a district or village"
        )
    check_postcode(postcode)
    if region_postcode is not None and postcode != region_postcode:
        raise InvalidInput(
            "postcode",
            indonesian=f"kode pos wilayah ini {region_postcode}",
            english=f"the postcode of this region is {region_postcode}",
        )
