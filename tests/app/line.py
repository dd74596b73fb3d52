"""HTTP spoken with uvicorn's protocol, or ours, without a socket."""

import asyncio
from typing import Any

import httpx
import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.http import HttpProtocol

PATIENCE = 10_000  # rounds of the loop


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False
        self.is_paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 80), "peername": ("127.0.0.1", 5)}.get(name, default)

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Line:
    """A connection, from the client's end, which is at 127.0.0.1. `proxies` are addresses of proxies that are
    believed."""

    def __init__(self, kind: type[HttpToolsProtocol], app: Any, proxies: str | None = None) -> None:
        config = Config(
            app, log_level="warning", log_config=None, proxy_headers=proxies is not None, forwarded_allow_ips=proxies
        )
        config.load()
        self.state = ServerState()
        self.state.default_headers = [(b"server", b"rawat")]
        with pytest.MonkeyPatch.context() as patch:  # the test runner's handlers are none of an access log
            patch.setattr("logging.Logger.hasHandlers", lambda self: False)
            self.protocol = kind(config=config, server_state=self.state, app_state={})
        self.wire = Wire()
        self.protocol.connection_made(self.wire)  # type: ignore[arg-type]

    async def send(self, *parts: bytes) -> None:
        """Each part as it arrives; none once the other side has hung up."""
        for part in parts:
            if not self.wire.is_closed:
                self.protocol.data_received(part)
                await asyncio.sleep(0)
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is being answered."""
        for _ in range(PATIENCE):
            if not self.state.tasks:
                break
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def said(self) -> tuple[bytes, bool]:
        return self.wire.written, self.wire.is_closed

    async def is_closed(self) -> bool:
        return self.wire.is_closed

    def gone(self) -> None:
        self.protocol.connection_lost(None)


class Spoken(httpx.AsyncBaseTransport):
    """Requests that go to an application through our protocol, each on a connection of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        head = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
        head += [name + b": " + value for name, value in request.headers.raw]
        parts = [b"\r\n".join(head) + b"\r\n\r\n"]
        is_chunked = "transfer-encoding" in request.headers
        async for part in request.stream:  # type: ignore[union-attr]
            if part:
                parts.append(b"%x\r\n%s\r\n" % (len(part), part) if is_chunked else part)
        parts += [b"0\r\n\r\n"] if is_chunked else []
        line = Line(HttpProtocol, self._app)
        await line.send(*parts)
        line.gone()
        return _heard(line.wire.written, request.method)


def _heard(text: bytes, method: str) -> httpx.Response:
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    if (b"transfer-encoding", b"chunked") in headers:
        headers.remove((b"transfer-encoding", b"chunked"))
        body = _joined(body)
    told = [(name, value) for name, value in headers if name != b"server"]
    return httpx.Response(int(first.split()[1]), headers=told, content=b"" if method == "HEAD" else body)


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        body, chunks = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body
