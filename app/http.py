"""uvicorn's HTTP protocol, with a short way for the plainest requests: a GraphQL document by POST, of a known shape.

uvicorn makes a scope, a cycle, an event and two messages of each request, and a callback of each of its headers; that
takes longer than a read does. Here a request that has come whole, with nothing odd about it, is given to the
application's `short`; what that declines, and everything else, uvicorn parses from its first byte on.
"""

import asyncio
import logging
import string
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from strawberry.http import process_result
from strawberry.types.execution import ExecutionResult
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.post import MAX_SHORT_BYTES, Headers, is_plain, sent, written

START = b"POST /graphql HTTP/1.1\r\n"
END = b"\r\n\r\n"
MAX_HEAD_BYTES = 4_096
MAX_LONG_HEAD_BYTES = 65_536
HEARD_WITHIN_S = 20.0  # a head, and a body that may be short
MAX_HEADS = 2_000  # remembered: a client sends the same again and again
# What asks for more than an answer, or says otherwise where the body ends.
ODD = frozenset({b"connection", b"expect", b"te", b"trailer", b"transfer-encoding", b"upgrade"})
NAME = (string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode()
VALUE = bytes([*range(32, 127), *range(128, 256)])
STATUS = {200: b"HTTP/1.1 200 OK\r\n", 400: b"HTTP/1.1 400 Bad Request\r\n"}
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

# Media type and header lines of the answer's own, and what is answered.
Answering = tuple[bytes, bytes, Awaitable[ExecutionResult]]
Short = Callable[[Headers, bytes, str], Answering | None]  # the last is the client's address

log = logging.getLogger("rawat.http")


class HttpProtocol(HttpToolsProtocol):
    """One connection. At most one request is answered at a time; what comes meanwhile waits."""

    _known: tuple[list[tuple[bytes, bytes]], bytes] = ([], b"")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        short: Short | None = getattr(self.config.app, "short", None)
        self._short = None if self.access_log or self.limit_concurrency is not None else short
        proxies = self.app if isinstance(self.app, ProxyHeadersMiddleware) else None
        self._trusted = proxies.trusted_hosts if proxies is not None else None
        self._is_inside = False  # uvicorn's parser, of a message
        self._answering: asyncio.Task[None] | None = None
        self._is_last = False  # nothing is answered afterwards
        self._held = b""  # not looked at yet
        self._hurry: asyncio.TimerHandle | None = None  # while a head is awaited
        self._head_bytes = 0  # of it, heard by uvicorn's parser

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Who connects has to say something."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_has_come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client's; a request may come in any number of parts, and several at once."""
        if self._held:
            data, self._held = self._held + data, b""
        if self._answering is not None:
            self._held = data
            if len(data) > MAX_SHORT_BYTES:
                self.flow.pause_reading()
        elif self._short is None or not data.startswith(START) or not self._is_at_rest or not self._takes(data):
            super().data_received(data)
            self._has_heard(len(data))

    @property
    def _is_at_rest(self) -> bool:
        """Whether uvicorn has nothing to do for this connection."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self._is_inside and not self.pipeline and not self.flow.write_paused

    def _takes(self, data: bytes) -> bool:
        """Answer the request that the data begins with, or wait for the rest of it; False: uvicorn has to."""
        end = data.find(END, 0, MAX_HEAD_BYTES)
        head = read_head(data[:end]) if end > 0 else None
        if head is None:
            return False
        headers, length = head
        until = end + len(END) + length
        if len(data) < until:
            self._unset_keepalive_if_required()
            self._held = data
            self._await_head()
            return True
        assert self._short is not None
        answering = self._short(headers, data[end + len(END) : until], self._address(headers))
        if answering is None:
            return False
        self._unset_keepalive_if_required()
        self._head_has_come()
        self._held = data[until:]
        self._answering = self.loop.create_task(self._answer(*answering))
        self.tasks.add(self._answering)
        return True

    def _address(self, headers: Headers) -> str:
        """The client's, as uvicorn's middleware tells it to everybody else: a trusted proxy is believed."""
        peer = self.client[0] if self.client else ""
        told = headers.get(b"x-forwarded-for")
        if told is None or self._trusted is None or peer not in self._trusted:
            return peer
        return self._trusted.get_trusted_client_address(told.decode("latin-1"))[0] or peer

    async def _answer(self, kind: bytes, lines: bytes, answer: Awaitable[ExecutionResult]) -> None:
        try:
            status, said = sent(process_result(await answer), kind)
            body = written(said)
        except Exception:
            log.exception("a request could not be answered")
            self._is_last = True
            text = FAILED
        else:
            text = b"%s%s%s\r\ncontent-length: %d\r\n%s\r\n%s" % (
                STATUS[status], self._own(), kind, len(body), lines, body
            )  # fmt: skip
        finally:
            self.tasks.discard(self._answering)
            self._answering = None
        if self.transport.is_closing():
            return
        self.transport.write(text)
        if self._is_last:
            self.transport.close()
        self.on_response_complete()
        if self._held and not self._is_last:
            self.data_received(b"")

    def _own(self) -> bytes:
        """The server's headers, which uvicorn makes anew each second, up to the media type."""
        headers = self.server_state.default_headers
        known, own = HttpProtocol._known
        if known is not headers:
            own = b"".join(b"%s: %s\r\n" % header for header in headers) + b"content-type: "
            HttpProtocol._known = headers, own
        return own

    def _await_head(self) -> None:
        if self._hurry is None:
            self._head_bytes = 0
            self._hurry = self.loop.call_later(HEARD_WITHIN_S, self._hang_up)

    def _head_has_come(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _has_heard(self, size: int) -> None:
        """A head that does not end, or does not begin, is not awaited for ever."""
        if self._hurry is not None:
            self._head_bytes += size
            if self._head_bytes > MAX_LONG_HEAD_BYTES:
                self._hang_up()
        elif self._is_at_rest and self in self.connections:  # not a WebSocket by now
            self._await_head()

    def _hang_up(self) -> None:
        """What came is only a part; whatever was asked before it is answered first."""
        self._head_has_come()
        if self._answering is not None or not (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        elif not self.transport.is_closing():
            self.transport.close()

    def on_message_begin(self) -> None:
        self._is_inside = True
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_has_come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_inside = False
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server stops: what is being answered still is, and what has come in part."""
        if self._answering is not None:
            self._is_last = True
            return
        if self._held:
            held, self._held = self._held, b""
            super().data_received(held)
        super().shutdown()


@lru_cache(MAX_HEADS)
def read_head(head: bytes) -> tuple[Headers, int] | None:
    """Headers and length of the body of a plain request that begins with START; None where anything is odd."""
    headers: Headers = {}
    for line in head[len(START) :].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if not colon or not name or name in headers or name.translate(None, NAME) or value.translate(None, VALUE):
            return None
        headers[name] = value
    length = headers.get(b"content-length", b"")
    if not length.isdigit() or int(length) > MAX_SHORT_BYTES or b"host" not in headers:
        return None
    return None if headers.keys() & ODD or not is_plain(headers) else (headers, int(length))
