"""Kemendagri region codes and postcodes: their shape, their parents, and the clock of their province."""

import re

from domain.calendar import Zone
from domain.refusals import InvalidInput

# The 38 provinces of Kepmendagri 300.2.2-2430/2025 by time zone (indonesia.md 1.2).
_PROVINCES: dict[Zone, tuple[str, ...]] = {
    Zone.WIB: (
        "11", "12", "13", "14", "15", "16", "17", "18", "19", "21",
        "31", "32", "33", "34", "35", "36", "61", "62",
    ),
    Zone.WITA: ("51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"),
    Zone.WIT: ("81", "82", "91", "92", "93", "94", "95", "96"),
}  # fmt: skip
PROVINCE_ZONE: dict[str, Zone] = {province: zone for zone, provinces in _PROVINCES.items() for province in provinces}

PROVINCE, REGENCY, DISTRICT, VILLAGE = 1, 2, 3, 4
LEVEL_LENGTH = {PROVINCE: 2, REGENCY: 5, DISTRICT: 8, VILLAGE: 13}
EXAMPLE = "31.71.01.1001"

_CODE = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")
_POSTCODE = re.compile(r"[1-9][0-9]{4}")


def check_code(code: str, level: int | None = None, field: str = "regionCode") -> str:
    """The code itself; refuses one that is not dotted like 31.71.01.1001, of no province, or not of the asked level.

    Whether such a region exists is a question for the region table.
    """
    if _CODE.fullmatch(code) is None or code[:2] not in PROVINCE_ZONE:
        raise InvalidInput(
            field,
            indonesian=f"pakai kode wilayah Kemendagri, misalnya {EXAMPLE}",
            english=f"use a Kemendagri region code such as {EXAMPLE}",
        )
    if level is not None and len(code) != LEVEL_LENGTH[level]:
        example = EXAMPLE[: LEVEL_LENGTH[level]]
        raise InvalidInput(
            field, indonesian=f"pakai kode sepanjang {example}", english=f"use a code as long as {example}"
        )
    return code


def ancestors(code: str) -> list[str]:
    """The code and all it lies in, from the province down: 31, 31.71, 31.71.01, 31.71.01.1001."""
    parts = check_code(code).split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def province_zone(code: str) -> Zone:
    """The time zone of the province a region lies in; refuses what check_code refuses."""
    return PROVINCE_ZONE[check_code(code)[:2]]


def check_postcode(postcode: str, field: str = "postcode") -> str:
    """The postcode itself; refuses anything but five digits that do not begin with 0."""
    if _POSTCODE.fullmatch(postcode) is None:
        raise InvalidInput(field, indonesian="kode pos terdiri dari 5 angka", english="a postcode has 5 digits")
    return postcode
