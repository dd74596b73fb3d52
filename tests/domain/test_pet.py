"""Which birthdays and places are possible, and how many pets one person keeps."""

from collections.abc import Callable
from datetime import date

import pytest

from domain.pet import MAX_PETS, TooManyKept, check_born_on, check_place, check_room

TODAY = date(2026, 11, 22)
Field = Callable[..., str | None]


@pytest.mark.parametrize("born_on", [None, TODAY, date(2020, 2, 29), date(1926, 1, 1)])
def test_possible_birthdays(born_on: date | None) -> None:
    assert check_born_on(born_on, TODAY) == born_on


@pytest.mark.parametrize("born_on", [date(2026, 11, 23), date(1925, 12, 31), date.min, date.max])
def test_impossible_birthdays(born_on: date, refused_field: Field) -> None:
    assert refused_field(check_born_on, born_on, TODAY) == "bornOn"


@pytest.mark.parametrize(
    "region, postcode, of_region, field",
    [
        ("31.71.01.1001", "10110", "10110", None),
        ("31.71.01", "10110", None, None),
        ("31.71.01.1001", "10120", "10110", "postcode"),
        ("31.71.01", "1011", None, "postcode"),
        ("31.71.01", "01110", None, "postcode"),
        ("31.71", "10110", None, "regionCode"),
        ("31", "10110", None, "regionCode"),
        ("99.71.01", "10110", None, "regionCode"),
        ("", "10110", None, "regionCode"),
        ("31.71.01.1001\x00", "10110", None, "regionCode"),
    ],
)
def test_a_service_address_names_its_district_or_village_and_the_postcode_of_it(
    region: str, postcode: str, of_region: str | None, field: str | None, refused_field: Field
) -> None:
    assert refused_field(check_place, region, postcode, of_region) == field


def test_there_is_room_up_to_the_limit() -> None:
    check_room(MAX_PETS - 1, MAX_PETS)
    with pytest.raises(TooManyKept):
        check_room(MAX_PETS, MAX_PETS)
