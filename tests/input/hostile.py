"""Values that break careless systems, and how an answer shows that one of them did."""

import re
from pathlib import Path
from typing import Any

LONG = 1_000_000  # characters
STRINGS = {
    "empty": "",
    "blank": " \t ",
    "NUL": "a\0b",
    "a lone high surrogate": "a\ud800b",
    "a lone low surrogate": "\udfff",
    "swapped surrogates": "\udc00\ud800",
    "right to left": "a\u202egpj.exe",
    "isolates": "\u2066\u2067\u2068",
    "invisible": "\u200b\u200d\ufeff\u2060",
    "not characters": "\ufffe\uffff\U0010ffff",
    "one megabyte": "x" * LONG,
    "emoji": "🐕‍🦺👩🏽‍⚕️" * 3,
    "many accents": "e" + "\u0301" * 500,
    "full-width digits": "０８１２３４５６７８９",
    "other digits": "٠١٢٣٤٥",
    "a ligature that grows": "ﷺ" * 60,
    "controls": "\x01\x07\x08\x1b[31m\x7f\x85",
    "line ends": "a\r\nb\u2028c\u2029d\x0b\x0c",
    "a large number": "1e400",
    "minus zero": "-0",
    "not a number": "NaN",
    "beyond 63 bits": str(2**63),
    "beyond 4300 digits": "9" * 5_000,
    "year 0": "0000-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59.999999+00:00",
    "year 9999 far east": "9999-12-31T23:59:59-23:59",
    "a leap second": "2016-12-31T23:59:60Z",
    "no such day": "2026-02-30",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "a day by its week": "2026-W01-1",
    "a moment without marks": "20260228T000000Z",
    "hour 24": "24:00:00",
    "an hour with a zone": "08:00:00+07:00",
    "an hour of many digits": "08:00:00.123456789",
    "SQL": "'; SELECT pg_sleep(9); --",
    "SQL in a pattern": "%_\\%",
    "a backslash at the end": "abc\\",
    "a format": "{0.__class__} %s %n ${x} {{x}}",
    "a page": "<script>alert(1)</script>",
    "a path": "../../../../etc/passwd",
    "a header": "a\r\nSet-Cookie: a=b",
    "JSON": '{"$ne": null}',
    "a UUID of braces": "{00000000-0000-0000-0000-000000000001}",
    "an urn": "urn:uuid:00000000-0000-0000-0000-000000000001",
    "base64 of rubbish": "AAAA____----",
    "base64 of a long list": "W" * 4_000,
    "base64 of a number": "WzFlNDAwXQ",
    "base64 of NaN": "W05hTl0",
    "base64 of NUL": "WyJcdTAwMDAiXQ",
    "a cursor of events": "e999999999999999999",
    "a cursor beyond": "e99999999999999999999999999",
    "a cursor of other digits": "e١٢٣",
    "a token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
}
NUMBERS: tuple[Any, ...] = (
    0, -1, -0.0, 0.5, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64,
    10**30, 1e308, "1", "٣", True,
)  # fmt: skip
KINDS: tuple[Any, ...] = (None, True, 0, 1.5, "x", [], ["x"], [[]], {}, {"a": 1}, [None])

# Parts of our own inside, which no answer may show. None of the values above matches.
INSIDE = re.compile(
    r"Traceback|\.py\b|, line \d+|asyncpg|tortoise|uvicorn|starlette|strawberry|site-packages|/usr/|/tmp/|/home/"
    rf"|{re.escape(str(Path(__file__).parents[2]))}"
    r"|postgres(ql)?://|redis://|\bSELECT\b.{0,200}\bFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\bDELETE FROM\b"
    r"|relation \"|column \"|constraint \"|<class |object at 0x"
    r"|\b\w+Error\b|\b\w+Exception\b(?<!PlanException)|coroutine|NoneType|\bsys\."
)
BUG = "Unexpected error."  # what a bug looks like from outside


def shows_inside(text: str) -> str | None:
    """The part of an answer that tells of our inside, or None."""
    found = INSIDE.search(text)
    return text[max(0, found.start() - 60) : found.end() + 60] if found else None
