"""Text that people type: trimmed, bounded, and without characters that break a line, a log or PostgreSQL."""

import unicodedata

from domain.refusals import InvalidInput

NEW_LINES = "\n"


def line(value: str, field: str, max: int, *, optional: bool = False) -> str:
    """One line of text as it is kept. Raises InvalidInput(field) when empty (unless optional), too long, or holding
    control characters, lone surrogates or new lines."""
    return _checked(value, field, max, optional, allowed="")


def paragraph(value: str, field: str, max: int, *, optional: bool = True) -> str:
    """Text that may have several lines; otherwise like `line`."""
    return _checked(value.replace("\r\n", "\n"), field, max, optional, allowed=NEW_LINES)


def _checked(value: str, field: str, max: int, optional: bool, allowed: str) -> str:
    text = value.strip()
    if not text and not optional:
        raise InvalidInput(field, indonesian="wajib diisi", english="is required")
    if len(text) > max:
        raise InvalidInput(field, indonesian=f"paling banyak {max} karakter", english=f"at most {max} characters")
    is_plain = text.isascii() and text.isprintable()  # most are, and then no letter has to be looked at
    if not is_plain and any(unicodedata.category(each) in ("Cc", "Cs") and each not in allowed for each in text):
        raise InvalidInput(field, indonesian="mengandung karakter yang tidak bisa disimpan",
                           english="holds characters that cannot be kept")  # fmt: skip
    return text
