"""Kemendagri codes and postcodes, and the zone of each province."""

from collections.abc import Callable

import pytest
from lokal import PROVINCES

from domain.calendar import Zone
from domain.region import (
    DISTRICT,
    PROVINCE,
    PROVINCE_ZONE,
    REGENCY,
    VILLAGE,
    ancestors,
    check_code,
    check_postcode,
    province_zone,
)

RefusedField = Callable[..., str | None]


@pytest.mark.parametrize(
    "code, level", [("31", PROVINCE), ("31.71", REGENCY), ("31.71.01", DISTRICT), ("31.71.01.1001", VILLAGE)]
)
def test_a_code_of_each_level_is_taken(code: str, level: int) -> None:
    assert check_code(code) == code
    assert check_code(code, level) == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "3",
        "3171",
        "31.",
        "31.7",
        "31.71.1",
        "31.71.01.101",
        "31.71.01.10011",
        "31.71.01.1001.1",
        "31-71",
        " 31",
        "31\n",
        "٣١",
        "00",
        "10",
        "37.71",
        "99.01.01.1001",
        "3" * 100_000,
    ],
)
def test_a_code_of_another_shape_or_province_is_refused(code: str, refused_field: RefusedField) -> None:
    assert refused_field(check_code, code) == "regionCode"
    assert refused_field(ancestors, code) == "regionCode"
    assert refused_field(province_zone, code) == "regionCode"


def test_a_code_of_another_level_is_refused(refused_field: RefusedField) -> None:
    assert refused_field(check_code, "31.71.01", VILLAGE) == "regionCode"
    assert refused_field(check_code, "31.71.01.1001", DISTRICT, "areaCode") == "areaCode"


def test_the_ancestors_go_from_the_province_down_to_the_code() -> None:
    assert ancestors("31.71.01.1001") == ["31", "31.71", "31.71.01", "31.71.01.1001"]
    assert ancestors("51") == ["51"]


@pytest.mark.parametrize(
    "code, zone",
    [
        ("31.71.01.1001", Zone.WIB),
        ("61", Zone.WIB),
        ("62.71", Zone.WIB),
        ("63.71", Zone.WITA),
        ("51.71", Zone.WITA),
        ("73.71", Zone.WITA),
        ("81.71", Zone.WIT),
        ("96.71", Zone.WIT),
    ],
)
def test_a_region_has_the_zone_of_its_province(code: str, zone: Zone) -> None:
    assert province_zone(code) is zone


def test_all_provinces_and_no_others_have_a_zone() -> None:
    assert set(PROVINCE_ZONE) == set(PROVINCES)
    assert [list(PROVINCE_ZONE.values()).count(zone) for zone in Zone] == [18, 12, 8]


@pytest.mark.parametrize("postcode", ["10110", "99976", "80361"])
def test_five_digits_are_a_postcode(postcode: str) -> None:
    assert check_postcode(postcode) == postcode


@pytest.mark.parametrize("postcode", ["", "1011", "101100", "01110", "1011O", "10 110", "10110\n", "１０１１０"])
def test_anything_else_is_no_postcode(postcode: str, refused_field: RefusedField) -> None:
    assert refused_field(check_postcode, postcode) == "postcode"
