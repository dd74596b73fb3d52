"""Mobile numbers as people type them. All numbers are made up."""

from collections.abc import Callable

import pytest

from domain.phone import mask_phone, mobile

RefusedField = Callable[..., str | None]


@pytest.mark.parametrize(
    "typed",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 7890",
        "(0812) 3456.7890",
        "+6281234567890",
        "+62 812-3456-7890",
        "62 812 3456 7890",
        "6281234567890",
        "+62 0812 3456 7890",
        "81234567890",
        "  081234567890\n",
    ],
)
def test_a_mobile_number_is_stored_in_one_form(typed: str) -> None:
    assert mobile(typed) == "+6281234567890"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "+62",
        "1500888",
        "112",
        "(021) 555-1234",
        "0361 234567",
        "0800 1234 567",
        "0804 1234 567",
        "0809 1234 567",
        "0812345",
        "08123456789012",
        "+1 202 555 0100",
        "+65 8123 4567",
        "0812-3456-789O",
        "٠٨١٢٣٤٥٦٧٨٩٠",
        "０８１２３４５６７８９０",
        "081234567890; DROP",
        "0812" + " " * 40 + "34567890",
        "9" * 100_000,
    ],
)
def test_anything_else_is_refused_by_field(typed: str, refused_field: RefusedField) -> None:
    assert refused_field(mobile, typed) == "phone"


def test_the_field_of_the_form_is_named(refused_field: RefusedField) -> None:
    assert refused_field(mobile, "112", "contactPhone") == "contactPhone"


@pytest.mark.parametrize("typed", ["0812345678", "0812345678901"])
def test_the_shortest_and_the_longest_number_are_taken(typed: str) -> None:
    assert mobile(typed) == mobile(typed.ljust(32)) == "+62" + typed[1:]


@pytest.mark.parametrize(
    "e164, shown",
    [
        ("+6281234567890", "+62812•••••890"),
        ("+62812345678", "+62812•••678"),
        ("+6281234567", "•••••••••••"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_operator_and_last_three_digits(e164: str, shown: str) -> None:
    assert mask_phone(e164) == shown
