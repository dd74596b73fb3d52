"""What a partner may enter: areas, zones, units of its prices, counts of evidence."""

from collections.abc import Callable

import pytest

from domain.calendar import Zone
from domain.evidence import EvidenceKind
from domain.partner import MAX_AREAS, MAX_EVIDENCE, check_areas, check_counts, check_unit, zone_for
from domain.service import ServiceType, Unit

RefusedField = Callable[..., str | None]


@pytest.mark.parametrize(
    "areas, kept",
    [
        (["31.71"], ["31.71"]),
        (["31.71.01", "31.71", "31.71.01"], ["31.71.01", "31.71"]),
    ],
)
def test_areas_are_kept_in_order_without_repeats(areas: list[str], kept: list[str]) -> None:
    assert check_areas(areas) == kept


@pytest.mark.parametrize("areas", [[], ["31"], ["31.71.01.1001"], [""], ["31.71"] * (MAX_AREAS + 1)])
def test_areas_of_another_level_or_number_are_refused(areas: list[str], refused_field: RefusedField) -> None:
    assert refused_field(check_areas, areas) == "areas"


@pytest.mark.parametrize(
    "areas, wished, zone",
    [
        (["31.71"], None, Zone.WIB),
        (["51.71", "31.71"], None, Zone.WITA),
        (["51.71", "31.71"], Zone.WIB, Zone.WIB),
        (["94.01"], Zone.WIT, Zone.WIT),
    ],
)
def test_the_clock_is_one_of_the_areas(areas: list[str], wished: Zone | None, zone: Zone) -> None:
    assert zone_for(areas, wished) is zone


def test_a_clock_of_no_area_is_refused(refused_field: RefusedField) -> None:
    assert refused_field(zone_for, ["31.71"], Zone.WIT) == "zone"


@pytest.mark.parametrize(
    "service_type, unit, given, minutes",
    [
        (ServiceType.GROOMER, Unit.SESSION, 15, 15),
        (ServiceType.GROOMER, Unit.SESSION, 720, 720),
        (ServiceType.GROOMER, Unit.HOUR, None, 60),
        (ServiceType.DOG_WALKER, Unit.HOUR, 60, 60),
        (ServiceType.DOG_HOTEL, Unit.NIGHT, None, 1440),
    ],
)
def test_a_unit_lasts(service_type: ServiceType, unit: Unit, given: int | None, minutes: int) -> None:
    assert check_unit(service_type, unit, given) == minutes


@pytest.mark.parametrize(
    "service_type, unit, given, field",
    [
        (ServiceType.DOG_HOTEL, Unit.SESSION, 60, "unit"),
        (ServiceType.DOG_HOTEL, Unit.HOUR, 60, "unit"),
        (ServiceType.DOG_TRAINER, Unit.NIGHT, 1440, "unit"),
        (ServiceType.DOG_TRAINER, Unit.SESSION, None, "minutes"),
        (ServiceType.DOG_TRAINER, Unit.SESSION, 14, "minutes"),
        (ServiceType.DOG_TRAINER, Unit.SESSION, 721, "minutes"),
        (ServiceType.DOG_TRAINER, Unit.SESSION, 2**31, "minutes"),
        (ServiceType.DOG_WALKER, Unit.HOUR, 61, "minutes"),
    ],
)
def test_a_unit_of_another_service_or_length_is_refused(
    service_type: ServiceType, unit: Unit, given: int | None, field: str, refused_field: RefusedField
) -> None:
    assert refused_field(check_unit, service_type, unit, given) == field


@pytest.mark.parametrize(
    "count, field", [(0, None), (MAX_EVIDENCE, None), (-1, "evidence"), (MAX_EVIDENCE + 1, "evidence")]
)
def test_counts_of_evidence_have_bounds(count: int, field: str | None, refused_field: RefusedField) -> None:
    assert refused_field(check_counts, {EvidenceKind.KTP: count}) == field
