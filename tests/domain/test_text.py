"""Typed text is trimmed, bounded and free of what cannot be kept."""

from collections.abc import Callable

import pytest

from domain.text import line, paragraph

Field = Callable[..., str | None]


@pytest.mark.parametrize(
    "typed, kept", [("  Sari ", "Sari"), ("Jl. Mawar 5", "Jl. Mawar 5"), ("Ñandú 🐕", "Ñandú 🐕"), ("x" * 20, "x" * 20)]
)
def test_a_line_is_trimmed(typed: str, kept: str) -> None:
    assert line(typed, "name", 20) == kept


@pytest.mark.parametrize("typed", ["", "   ", "x" * 21, "a\nb", "a\x00b", "a\x1bb", "a\ud800", "a\x7f", "a\tb"])
def test_a_line_refuses_what_is_empty_too_long_or_unprintable(typed: str, refused_field: Field) -> None:
    assert refused_field(line, typed, "name", 20) == "name"


def test_an_optional_line_may_be_empty() -> None:
    assert line("  ", "name", 20, optional=True) == ""


def test_a_paragraph_has_lines_of_one_kind() -> None:
    assert paragraph(" satu\r\ndua\n", "notes", 20) == "satu\ndua"
    assert paragraph("", "notes", 20) == ""


@pytest.mark.parametrize("typed", ["a\x00b", "a\rb", "x" * 21])
def test_a_paragraph_refuses_the_rest(typed: str, refused_field: Field) -> None:
    assert refused_field(paragraph, typed, "notes", 20) == "notes"
