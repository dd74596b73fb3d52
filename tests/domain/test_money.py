"""Prices, shares and splits in whole rupiah."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import (
    COMMISSION_BP,
    MAX_PRICE_IDR,
    MAX_UNITS,
    MIN_PRICE_IDR,
    WHOLE_BP,
    Split,
    check_price,
    commission_rate,
    price,
    share,
    split,
)
from domain.service import ServiceType

RefusedField = Callable[..., str | None]

AMOUNTS = st.integers(0, MAX_PRICE_IDR * MAX_UNITS)
RATES = st.integers(0, WHOLE_BP)


@pytest.mark.parametrize(
    "amount_idr, basis_points, expected_idr",
    [
        (150_000, 2000, 30_000),
        (100_001, 2500, 25_000),
        (100_002, 2500, 25_001),
        (1, 5000, 1),
        (1, 4999, 0),
        (3, 5000, 2),
        (0, 2000, 0),
        (99_999, 0, 0),
        (99_999, WHOLE_BP, 99_999),
    ],
)
def test_a_share_is_rounded_half_up(amount_idr: int, basis_points: int, expected_idr: int) -> None:
    assert share(amount_idr, basis_points) == expected_idr


@pytest.mark.parametrize("amount_idr, basis_points", [(-1, 2000), (100, -1), (100, WHOLE_BP + 1)])
def test_a_share_out_of_range_is_a_bug(amount_idr: int, basis_points: int) -> None:
    with pytest.raises(ValueError):
        share(amount_idr, basis_points)


@settings(max_examples=100, deadline=None)
@given(amount_idr=AMOUNTS, basis_points=RATES)
def test_a_share_is_within_half_a_rupiah_of_the_exact_part(amount_idr: int, basis_points: int) -> None:
    error = share(amount_idr, basis_points) - Fraction(amount_idr * basis_points, WHOLE_BP)
    assert Fraction(-1, 2) < error <= Fraction(1, 2)


@settings(max_examples=100, deadline=None)
@given(price_idr=AMOUNTS, commission_bp=RATES)
@pytest.mark.proves("M-01")
def test_commission_and_net_always_sum_to_the_price(price_idr: int, commission_bp: int) -> None:
    parts = split(price_idr, commission_bp)
    assert parts.commission_idr + parts.net_idr == parts.price_idr == price_idr
    assert parts.net_idr == share(price_idr, WHOLE_BP - commission_bp)


def test_the_half_rupiah_goes_to_the_partner_and_the_platform_takes_what_is_left() -> None:
    assert split(1, 5000) == Split(price_idr=1, commission_bp=5000, commission_idr=0, net_idr=1)


@pytest.mark.parametrize(
    "price_idr, commission_bp, commission_idr, net_idr",
    [(100, 2000, 20, 81), (100, 2000, 19, 80), (100, 2000, -20, 120), (-100, 2000, -20, -80), (100, 10_001, 20, 80)],
)
def test_a_split_that_does_not_sum_cannot_exist(
    price_idr: int, commission_bp: int, commission_idr: int, net_idr: int
) -> None:
    with pytest.raises(ValueError):
        Split(price_idr, commission_bp, commission_idr, net_idr)


@pytest.mark.parametrize(
    "service_type, basis_points",
    [
        (ServiceType.GROOMER, 2000),
        (ServiceType.DOG_WALKER, 2000),
        (ServiceType.DOG_TRAINER, 2500),
        (ServiceType.DOG_HOTEL, 2000),
    ],
)
def test_each_service_has_its_commission(service_type: ServiceType, basis_points: int) -> None:
    assert commission_rate(service_type) == basis_points
    assert set(COMMISSION_BP) == set(ServiceType)


@pytest.mark.parametrize(
    "price_idr, field",
    [
        (MIN_PRICE_IDR, None),
        (MAX_PRICE_IDR, None),
        (MIN_PRICE_IDR - 1, "unitPriceIdr"),
        (MAX_PRICE_IDR + 1, "unitPriceIdr"),
        (0, "unitPriceIdr"),
        (-MIN_PRICE_IDR, "unitPriceIdr"),
    ],
)
def test_a_unit_price_has_bounds(price_idr: int, field: str | None, refused_field: RefusedField) -> None:
    assert refused_field(check_price, price_idr) == field
    assert refused_field(price, price_idr, 1) == field


@pytest.mark.parametrize("units, field", [(0, "units"), (-1, "units"), (1, None), (MAX_UNITS, None), (31, "units")])
def test_the_number_of_units_has_bounds(units: int, field: str | None, refused_field: RefusedField) -> None:
    assert refused_field(price, MIN_PRICE_IDR, units) == field


def test_a_price_is_units_times_unit_price_and_the_dearest_fits_a_32_bit_integer() -> None:
    assert price(75_000, 3) == 225_000
    assert price(MAX_PRICE_IDR, MAX_UNITS) < 2**31
