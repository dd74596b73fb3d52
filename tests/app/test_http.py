"""Whatever a client sends, and in whatever parts: the short way of HTTP writes the bytes that uvicorn would."""

import asyncio
import hashlib
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from strawberry.types.execution import ExecutionResult
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http import MAX_HEAD_BYTES, Answering, HttpProtocol, read_head
from app.post import MAX_SHORT_BYTES
from tests.app.line import Line
from tests.running import eventually

BODY = b'{"query": "{ a }"}'
DECLINED = b'{"query": "{ decline }"}'


def answer(body: bytes) -> dict[str, Any]:
    return {"saw": hashlib.sha256(body).hexdigest()}


class App:
    """Answers each body with its hash: by messages of ASGI, or the short way."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        self.wait = wait
        self.shortened = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        await self.wait()
        text = json.dumps({"data": answer(body)}, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


class ShortApp(App):
    def short(self, headers: dict[bytes, bytes], body: bytes, address: str) -> Answering | None:
        if b"decline" in body:
            return None
        self.shortened += 1
        return b"application/json", b"", self._result(body)

    async def _result(self, body: bytes) -> ExecutionResult:
        await self.wait()
        if b"fail" in body:
            raise ValueError("a bug")
        return ExecutionResult(data=answer(body), errors=None)


async def at_once() -> None:
    await asyncio.sleep(0)


def request(body: bytes = BODY, *headers: bytes, start: bytes = b"POST /graphql HTTP/1.1", **more: bytes) -> bytes:
    length = more.get("length", str(len(body)).encode())
    lines = [start, b"Host: rawat.example", b"Content-Type: application/json", *headers]
    lines += [] if b"chunked" in b"".join(headers) else [b"Content-Length: " + length]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CHUNKED = request(b"12\r\n" + BODY + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")
STREAMS = {
    "one": request(),
    "declined": request(DECLINED),
    "an empty body": request(b""),
    "several at once": request() + request(b'{"query": "{ b }"}') + request(DECLINED) + request(),
    "with others in between": request(start=b"GET /other HTTP/1.1") + request() + CHUNKED + request(),
    "names in odd cases": request(BODY, b"AUTHORIZATION: Bearer x", b"X-A:b", b"X-B: \t c \t"),
    "said to be kept": request(BODY, b"Connection: keep-alive") + request(),
    "said to be closed": request(BODY, b"Connection: close") + request(),
    "an older version": request(start=b"POST /graphql HTTP/1.0"),
    "a query string": request(start=b"POST /graphql?a=b HTTP/1.1"),
    "two lengths": request(BODY, b"Content-Length: 3"),
    "the same length twice": request(BODY, b"Content-Length: " + str(len(BODY)).encode()),
    "a length of another kind": request(BODY, length=b"+18"),
    "no length": request(length=b""),
    "a length and chunks": request(BODY, b"Transfer-Encoding : chunked", length=b"18"),
    "a name with a space": request(BODY, b"X-A : b"),
    "a name of bytes": request(BODY, b"X\xff: b"),
    "a folded line": request(BODY, b"X-A: b", b" c: d"),
    "a line of no header": request(BODY, b"nothing"),
    "a bare line feed": request(BODY, b"X-A: b\nX-B: c"),
    "a zero": request(BODY, b"X-A: b\0"),
    "a value of bytes": request(BODY, b"X-A: \xc3\xa9"),
    "a page of another origin": request(BODY, b"Origin: https://elsewhere.example"),
    "another type": request(BODY, b"Accept: multipart/mixed"),
    "a long head": request(BODY, b"X-A: " + b"b" * MAX_HEAD_BYTES),
    "the longest body": request(b"x" * MAX_SHORT_BYTES) + request(),
    "a longer body": request(b"x" * (MAX_SHORT_BYTES + 1)) + request(),
    "rubbish": b"\x16\x03\x01\x02\x00" + request(),
    "a line end before": b"\r\n" + request(),
    "expects": request(BODY, b"Expect: 100-continue"),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("parts", ["whole", "split"])
async def test_the_same_bytes_are_written_as_by_uvicorn(name: str, parts: str) -> None:
    stream, dice = STREAMS[name], random.Random(name)
    for turn in range(1 if parts == "whole" else 60):
        cuts = sorted(dice.sample(range(1, len(stream)), min(len(stream) - 1, dice.randint(1, 6)))) if turn else []
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        told = []
        for kind, app in ((HttpToolsProtocol, App(at_once)), (HttpProtocol, ShortApp(at_once))):
            line = Line(kind, app)
            await line.send(*pieces)
            told.append((line.said(), line.state.total_requests))
            line.gone()
        assert told[1] == told[0], cuts


async def test_what_is_plain_goes_the_short_way_in_any_parts() -> None:
    app = ShortApp(at_once)
    line = Line(HttpProtocol, app)
    stream = request()
    await line.send(stream, stream + stream, stream[:90], stream[90:])
    assert app.shortened == 4
    await line.send(*(stream[at : at + 1] for at in range(len(stream))))
    assert line.wire.written.count(b"200 OK") == 5
    line.gone()


async def test_who_asks_and_then_talks_rubbish_is_answered_and_told_so() -> None:
    line = Line(HttpProtocol, ShortApp(at_once))
    await line.send(request() + b"rubbish\r\n\r\n")
    first, second = line.wire.written.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 OK")
    assert second.startswith(b"400 Bad Request")
    assert line.wire.is_closed


async def test_what_comes_meanwhile_waits_and_is_bounded() -> None:
    held = asyncio.Event()
    app = ShortApp(held.wait)  # type: ignore[arg-type]
    line = Line(HttpProtocol, app)
    line.protocol.data_received(request())
    line.protocol.data_received(request(b"x" * 40_000))
    assert not line.wire.is_paused
    line.protocol.data_received(request(b"x" * 40_000))
    assert line.wire.is_paused
    assert app.shortened == 1
    held.set()
    await line.settled()
    await line.settled()
    assert not line.wire.is_paused
    assert line.wire.written.count(b"200 OK") == 3
    line.gone()


async def test_a_server_that_stops_answers_what_it_began_and_hangs_up() -> None:
    held = asyncio.Event()
    line = Line(HttpProtocol, ShortApp(held.wait))  # type: ignore[arg-type]
    line.protocol.data_received(request() + request())
    line.protocol.shutdown()
    assert not line.wire.is_closed
    held.set()
    await line.settled()
    assert line.wire.is_closed
    assert line.wire.written.count(b"200 OK") == 1
    idle, late = (Line(HttpProtocol, ShortApp(at_once)) for _ in range(2))
    idle.protocol.shutdown()
    assert idle.wire.is_closed
    late.protocol.data_received(request()[:-5])
    late.protocol.shutdown()
    assert not late.wire.is_closed
    await late.send(request()[-5:])
    assert late.wire.written.count(b"200 OK") == 1
    assert late.wire.is_closed


async def test_who_hangs_up_is_written_nothing() -> None:
    held = asyncio.Event()
    line = Line(HttpProtocol, ShortApp(held.wait))  # type: ignore[arg-type]
    line.protocol.data_received(request())
    line.wire.close()
    line.gone()
    held.set()
    await line.settled()
    assert line.wire.written == b""
    assert not line.state.tasks


async def test_a_bug_is_logged_and_said_to_be_one(caplog: pytest.LogCaptureFixture) -> None:
    line = Line(HttpProtocol, ShortApp(at_once))
    await line.send(request(b'{"query": "fail"}') + request())
    assert line.wire.written.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert line.wire.is_closed
    assert "a bug" in caplog.text


async def test_an_idle_connection_is_closed_as_uvicorn_does(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(HttpProtocol, ShortApp(at_once))
    line.protocol.timeout_keep_alive = 0
    await line.send(request())
    await asyncio.sleep(0.02)
    assert line.wire.is_closed


def test_a_head_is_read_once() -> None:
    head = request().partition(b"\r\n\r\n")[0]
    assert read_head(head) is read_head(bytes(bytearray(head)))
    assert read_head(head) == (
        {b"host": b"rawat.example", b"content-type": b"application/json", b"content-length": b"18"}, 18,
    )  # fmt: skip


class Telling:
    """Answers with the client's address, as it is told."""

    def __init__(self) -> None:
        self.shortened = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        text = json.dumps({"data": {"client": scope["client"][0]}}, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


class ShortTelling(Telling):
    def short(self, headers: dict[bytes, bytes], body: bytes, address: str) -> Answering | None:
        self.shortened += 1
        return b"application/json", b"", self._result(address)

    async def _result(self, address: str) -> ExecutionResult:
        return ExecutionResult(data={"client": address}, errors=None)


@pytest.mark.parametrize(
    "told, proxies, client",
    [
        (None, "127.0.0.1", "127.0.0.1"),
        (b"203.0.113.7", "127.0.0.1", "203.0.113.7"),
        (b"203.0.113.7", "198.51.100.1", "127.0.0.1"),  # whoever says so is no proxy of ours
        (b"203.0.113.7", None, "127.0.0.1"),
        (b"192.0.2.1, 203.0.113.7", "127.0.0.1", "203.0.113.7"),  # the client may have made up the first
        (b"203.0.113.7, 198.51.100.1", "127.0.0.0/8,198.51.100.0/24", "203.0.113.7"),
        (b"2001:db8::1", "127.0.0.1", "2001:db8::1"),
        (b"203.0.113.7:1234", "127.0.0.1", "203.0.113.7"),
        (b"", "127.0.0.1", "127.0.0.1"),
        (b"nonsense", "127.0.0.1", "nonsense"),
    ],
)
async def test_the_clients_address_is_the_same_by_both_ways(
    told: bytes | None, proxies: str | None, client: str
) -> None:
    headers = [] if told is None else [b"X-Forwarded-For: " + told]
    written = []
    apps = [Telling(), ShortTelling()]
    for kind, app in zip((HttpToolsProtocol, HttpProtocol), apps, strict=True):
        line = Line(kind, app, proxies)
        await line.send(request(BODY, *headers))
        written.append(line.said())
        line.gone()
    assert written[0] == written[1]
    assert f'"client":"{client}"'.encode() in written[1][0]
    assert apps[1].shortened == 1


SAID = {
    "nothing": b"",
    "a part of a head": request()[:40],
    "a part of a body": request()[:-5],
    "a part of an odd head": request(start=b"GET /other HTTP/1.1")[:50],
    "empty lines": b"\r\n\r\n",
}


@pytest.mark.parametrize("before", [b"", request()], ids=["new", "known"])
@pytest.mark.parametrize("said", SAID)
async def test_who_says_only_a_part_is_hung_up(said: str, before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long body is bounded by app/door.py instead."""
    monkeypatch.setattr("app.http.HEARD_WITHIN_S", 0.01)
    line = Line(HttpProtocol, ShortApp(at_once))
    line.protocol.timeout_keep_alive = 0
    await line.send(*(part for part in (before, SAID[said]) if part))
    await eventually(line.is_closed)
    assert line.wire.written.count(b"200 OK") == bool(before)
    line.gone()
    assert isinstance(line.protocol, HttpProtocol) and line.protocol._hurry is None


async def test_who_is_being_answered_is_not_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.HEARD_WITHIN_S", 0.01)
    held = asyncio.Event()
    line = Line(HttpProtocol, ShortApp(held.wait))  # type: ignore[arg-type]
    await line.send(request(), request()[:50])
    await asyncio.sleep(0.05)
    assert not line.wire.is_closed
    held.set()
    await line.settled()
    assert line.wire.written.count(b"200 OK") == 1
    line.gone()


async def test_a_head_without_end_is_hung_up() -> None:
    line = Line(HttpProtocol, ShortApp(at_once))
    await line.send(b"GET / HTTP/1.1\r\n", *[b"a: " + b"x" * 1_000 + b"\r\n"] * 60)
    assert not line.wire.is_closed
    await line.send(*[b"a: " + b"x" * 1_000 + b"\r\n"] * 10)
    assert line.wire.is_closed
    line.gone()
