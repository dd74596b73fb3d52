"""What goes out of one socket: at once while the client reads, else through a bounded queue.

ASGI's `send` waits when the client does not read. It is begun here by hand: mostly it ends without waiting, so that a
frame costs no task. Only the rest of a `send` that does wait becomes a task, which then writes what queued up
meanwhile. So a slow client holds up nobody.
"""

import asyncio
import types
from collections import deque
from collections.abc import Generator
from typing import Any, Protocol

from starlette.types import Message, Send

from app.wire import Frame, Wire

MAX_WAITING = 64  # frames of one socket that its client has not taken yet
MAX_WAITING_BYTES = 1_000_000  # of those frames together; a single one may be longer
MAX_REASON_BYTES = 123  # what WebSocket's close frame has room for
GONE = (OSError, RuntimeError)  # what servers raise when there is nobody any more, or the socket is closed already


class Owner(Protocol):
    """Whose frame waits; one that is over does not speak any more."""

    is_over: bool


class Outbox:
    """The frames of one socket, in order."""

    __slots__ = ("_bytes", "_closing", "_send", "_waiting", "_wire", "_writer", "is_closed")

    def __init__(self, send: Send, wire: Wire | None) -> None:
        self._send, self._wire = send, wire
        self._waiting: deque[tuple[Frame, Owner | None]] | None = None
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._closing: Message | None = None
        self.is_closed = False

    @property
    def is_full(self) -> bool:
        """Whether the client is so far behind that nothing more should be made for it."""
        waiting = self._waiting
        return waiting is not None and (len(waiting) >= MAX_WAITING or self._bytes >= MAX_WAITING_BYTES)

    def put(self, frame: Frame, owner: Owner | None) -> bool:
        """Send a frame; never waits. False: there is no room, and nothing was done. Without an owner there is room: the
        socket's own frames answer messages, and no message is read from a client whose outbox is full."""
        if self.is_closed:
            return True
        if self._writer is None:
            if self._wire is None or not self._wire.write(frame.wire):
                self._begin(_message(frame))
            return True
        if owner is not None and self.is_full:
            return False
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((frame, owner))
        self._bytes += len(frame.text)
        return True

    def close(self, code: int, reason: str) -> None:
        """Send nothing more but this; what waits is dropped."""
        if self.is_closed:
            return
        self.is_closed = True
        self._waiting = None
        fitting = reason.encode("utf-8", "replace")[:MAX_REASON_BYTES].decode("utf-8", "ignore")
        self._closing = {"type": "websocket.close", "code": code, "reason": fitting}
        if self._writer is None:
            self._begin(self._closing)

    async def room(self) -> None:
        """Return once the client has taken everything."""
        while self._writer is not None:
            await asyncio.wait([self._writer])

    async def stop(self) -> None:
        """The client is gone."""
        self.is_closed = True
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def _begin(self, message: Message) -> None:
        steps = self._send(message).__await__()
        try:
            first = next(steps)
        except StopIteration:
            return
        except GONE:
            self.is_closed = True
            return
        self._writer = asyncio.create_task(self._write(steps, first))

    async def _write(self, steps: Generator[Any, Any, Any], first: Any) -> None:
        try:
            await _rest(steps, first)
            while self._waiting:
                frame, owner = self._waiting.popleft()
                self._bytes -= len(frame.text)
                if owner is None or not owner.is_over:
                    await self._send(_message(frame))
            if self._closing is not None:
                await self._send(self._closing)
        except GONE:
            self.is_closed = True
        finally:
            self._writer = None
            self._waiting = None
            self._bytes = 0


def _message(frame: Frame) -> Message:
    return {"type": "websocket.send", "text": frame.text.decode()}


@types.coroutine
def _rest(steps: Generator[Any, Any, Any], first: Any) -> Generator[Any, Any, Any]:
    """Go on with something awaitable behind the first thing it waited for."""
    try:
        yield first
    except BaseException:
        steps.close()
        raise
    return (yield from steps)
