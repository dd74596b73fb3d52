"""JSON answers in one write, and uvicorn's HTTP protocol, that lets them through.

ASGI sends an answer in two messages, and uvicorn looks at every header of each. An answer of ours has always the same
headers but for its length. `HttpProtocol` says in the scope where it may be written; on any other server the messages
of ASGI do.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref

from starlette.types import Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "rawat.reply"
STATUS = b"HTTP/1.1 200 OK\r\n"
JSON = b"application/json"


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's own, with the extension."""

    _known: tuple[list[tuple[bytes, bytes]], bytes] = ([], b"")

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # A weak reference: in a circle with its scope, nothing of a request would go before the collector comes.
        cycle.scope.setdefault("extensions", {})[EXTENSION] = partial(self._reply, ref(cycle))
        super()._start_asgi_task(cycle, app)

    def _reply(self, known: "ref[Any]", body: bytes) -> bool:
        """Answer one request with JSON; False, and nothing was done, where that takes more."""
        cycle, transport = known(), self.transport
        if cycle is None or cycle.response_started or cycle.disconnected or not cycle.keep_alive:
            return False
        if self.flow.write_paused or transport.is_closing() or self.access_log or cycle.scope["method"] == "HEAD":
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        transport.write(b"%s%d\r\n\r\n%s" % (self._head(), len(body), body))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _head(self) -> bytes:
        """Everything before the length; uvicorn makes its own headers anew each second."""
        headers = self.server_state.default_headers
        known, head = HttpProtocol._known
        if known is not headers:
            own = b"".join(b"%s: %s\r\n" % header for header in headers)
            head = STATUS + own + b"content-type: " + JSON + b"\r\ncontent-length: "
            HttpProtocol._known = headers, head
        return head


def through_middleware(scope: Scope) -> Scope:
    """The scope of a request whose answer others have to see: it is sent by messages."""
    scope.get("extensions", {}).pop(EXTENSION, None)
    return scope


async def respond(body: bytes, scope: Scope, send: Send) -> None:
    """Answer with JSON."""
    reply: Callable[[bytes], bool] | None = scope.get("extensions", {}).get(EXTENSION)
    if reply is not None and reply(body):
        return
    headers = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
