"""Bodies, literals, tokens and headers that break careless servers: each gets a clear answer, and none a bug."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.permissions import NOBODY
from tests.input.door import Entrance, entrance
from tests.input.hostile import STRINGS, shows_inside

ASKED = "{ consentText { version } }"
DIGITS = "9" * 5_000  # more than Python makes an integer of
DEEP = 100_000
LITERALS = (
    DIGITS, f"-{DIGITS}", "-0", "1e400", "-1E+999999", "0.1e-400", "1.5", "2147483648", "9223372036854775808", '""',
    '"\\u0000"', '"\\uD800"', '"\\uDE00\\uD83D"', '"\\u{1F415}"', '"\\u{110000}"', '"\\u{D800}"', '"\\u{}"', '"""\\"""',
    '"""a\n  b\\"""c"""', "[[[[1]]]]", "{a: {a: 1}}", "null", "true", "ENUM", "$x", "[", "{", '"', "0x10", "01", "+1",
    "1_000", "\u0661", "\uff11", "\ud83d\udc15", "#", "...", "@skip(if: true)",
)  # fmt: skip
PLACES = (
    "{{ myPets(first: {}) {{ edges {{ cursor }} }} }}", "{{ myPets(after: {}) {{ edges {{ cursor }} }} }}",
    "{{ partners(filter: {{maxPriceIdr: {}}}) {{ edges {{ cursor }} }} }}", "{{ booking(id: {}) {{ state }} }}",
    "{{ myBookings(filter: {{startsFrom: {}}}) {{ edges {{ cursor }} }} }}",
    "mutation {{ sendMessage(bookingId: {0}, body: {0}, idempotencyKey: {0}) {{ __typename }} }}",
    "mutation {{ setPreference(email: {0}, whatsapp: {0}, sms: {0}, quietFrom: {0}, quietUntil: {0}) {{"
    " __typename }} }}",
    "query ($n: Int = {}) {{ myPets(first: $n) {{ edges {{ cursor }} }} }}",
)  # fmt: skip


@pytest.fixture
async def door(clean: str, tmp_path: Path) -> AsyncIterator[Entrance]:
    async with entrance(clean, tmp_path) as each:
        yield each


def asks(query: str) -> bytes:
    return json.dumps({"query": query}).encode()


def bodies() -> dict[str, bytes]:
    """What is sent in the place of a request."""
    ask = json.dumps(ASKED).encode()
    variables = b'{"query": ' + ask + b', "variables": %s}'
    return {
        "nothing": b"", "blank": b" ", "NUL": b"\0", "a byte": b"\xff", "half": b'{"query', "a list": b"[]",
        "a list of requests": b"[%s, %s]" % ((b'{"query": ' + ask + b"}",) * 2), "a text": ask, "a number": b"1",
        "null": b"null", "deep lists": b"[" * DEEP, "deep objects": b'{"a":' * DEEP,
        "closed": b"[" * DEEP + b"]" * DEEP,
        "deep variables": variables % (b'{"a": ' * 5_000 + b"1" + b"}" * 5_000),
        "a long number": variables % (b'{"a": ' + DIGITS.encode() + b"}"),
        "a long number as a query": b'{"query": ' + DIGITS.encode() + b"}",
        "many variables": variables % json.dumps({str(each): each for each in range(50_000)}).encode(),
        "the same name often": b"{" + b'"query": 1, ' * 10_000 + b'"query": ' + ask + b"}",
        "a lone surrogate": b'{"query": "{ \\ud800 }"}', "an overlong slash": b'{"query": "{ \xc0\xaf }"}',
        "a mark": b"\xef\xbb\xbf" + b'{"query": ' + ask + b"}", "UTF-16": json.dumps({"query": ASKED}).encode("utf-16"),
        "UTF-32": json.dumps({"query": ASKED}).encode("utf-32"), "a form": b"query=%7Bme%7D", "XML": b"<?xml?><a/>",
        "deep selections": asks("{a" * 50_000),
        "deep closed": asks("{ me " * 2_000 + "}" * 2_000),
        "many names": asks("{" + "me {id} " * 300 + "}"),
        "many others": asks("{" + "".join(f"a{each}: unreadCount " for each in range(200)) + "}"),
        "a circle": asks("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
        "many operations": asks("query A { me { id } } " * 2_000),
        "a long comment": asks(f"# {'x' * 1_000_000}\n{ASKED}"),
        "many commas": asks("," * 1_000_000 + ASKED),
        "a block of quotes": asks('{ booking(id: """' + '\\"""' * 50_000 + '""") { state } }'),
    }  # fmt: skip


async def test_hostile_bodies(door: Entrance) -> None:
    actor = door.actors["customer"]
    found = {name: (await door.ask(actor, body)).problem() for name, body in bodies().items()}
    assert {name: problem for name, problem in found.items() if problem} == {}


async def test_hostile_literals(door: Entrance) -> None:
    actor, found = door.actors["customer"], list[str]()
    for place in PLACES:
        for literal in LITERALS:
            answer = await door.ask(actor, json.dumps({"query": place.format(literal)}).encode())
            if problem := answer.problem():
                found.append(f"{place} {literal:.60}: {problem}")
    assert found == []


async def test_every_document_is_asked_twice_with_hostile_names_of_its_operation(door: Entrance) -> None:
    for name in [*STRINGS.values(), *({}, [], 0, True, 1.5)]:
        for _ in range(2):
            answer = await door.ask(NOBODY, json.dumps({"query": ASKED, "operationName": name}).encode())
            assert answer.problem() is None


async def test_hostile_tokens_are_told_to_sign_in(door: Entrance) -> None:
    good = (await signed(door)).split(".")
    tokens = [
        *(text.encode("utf-8", "surrogatepass") for text in STRINGS.values() if len(text) < 10_000),
        *(b"Bearer " + text.encode("utf-8", "surrogatepass") for text in STRINGS.values() if len(text) < 10_000),
        *(f"Bearer {'.'.join([*good[:at], 'A' + good[at], *good[at + 1 :]])}".encode() for at in range(3)),
        *(f"Bearer {'.'.join(good[:at])}".encode() for at in range(3)), f"Bearer {'.'.join(good)}.".encode(),
        b"Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + good[1].encode() + b".",
    ]  # fmt: skip
    body = json.dumps({"query": ASKED}).encode()
    for token in tokens:
        headers: Any = [(b"content-type", b"application/json"), (b"authorization", token)]
        answer = await door.http.post("/graphql", content=body, headers=headers)
        assert answer.status_code == 401, token
        assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
        assert shows_inside(answer.text) is None


async def signed(door: Entrance) -> str:
    """A token that is good."""
    await door.ask(door.actors["customer"], b"")
    return next(iter(door._issued.values()))


async def test_hostile_headers_change_nothing(door: Entrance) -> None:
    body = json.dumps({"query": ASKED}).encode()
    for text in STRINGS.values():
        value = text.encode("utf-8", "surrogatepass")[:3_000]
        for name in (b"accept-language", b"origin", b"accept", b"cookie", b"x-forwarded-for", b"content-language"):
            headers: Any = [(b"content-type", b"application/json"), (name, value)]
            answer = await door.http.post("/graphql", content=body, headers=headers)
            assert answer.status_code == 200, (name, value)
            assert shows_inside(answer.text) is None


async def test_a_body_that_is_too_long_is_not_read_to_its_end(door: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.post.MAX_BODY_BYTES", 300_000)
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 10_000
            yield b" " * 10_000

    headers = {"content-type": "application/json"}
    answer = await door.http.post("/graphql", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "BODY_TOO_LONG")
    assert answer.headers["connection"] == "close"
    assert read <= 320_000
    fitting = json.dumps({"query": ASKED}).encode().ljust(300_000)
    assert (await door.http.post("/graphql", content=fitting, headers=headers)).status_code == 200


async def test_a_body_that_takes_too_long_is_not_awaited(door: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.post.BODY_WITHIN_S", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield b'{"query": '
        await asyncio.Event().wait()

    for kind in ("application/json", "text/plain"):
        answer = await door.http.post("/graphql", content=silent(), headers={"content-type": kind})
        code = answer.json()["errors"][0]["extensions"]["code"] if answer.status_code == 408 else None
        assert (answer.status_code, code) in ((408, "REQUEST_TOO_SLOW"), (400, None))
