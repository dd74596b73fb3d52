"""Frames that are made once and written to many sockets; and uvicorn's WebSocket protocol, that lets them through.

What a server sends is not masked, so one message is the same bytes for everybody. ASGI has no event for that: each
socket would encode and frame the same text again, which costs more than everything else a live event does for it.
`WebSocketProtocol` says in the scope where ready frames may be written; on any other server the messages of ASGI do.
"""

import struct
from typing import Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "rawat.frames"
WHOLE_TEXT = 0x81  # one frame that is a whole text message
SHORT, MEDIUM = 126, 65_536


class Wire(Protocol):
    """Where ready frames may be written."""

    def write(self, frame: bytes) -> bool:
        """Write, unless the client does not read or is gone: then False, and nothing was done."""


class Frame:
    """One text message: as JSON, and as it goes over the wire."""

    __slots__ = ("text", "wire")

    def __init__(self, text: bytes) -> None:
        self.text = text
        length = len(text)
        if length < SHORT:
            self.wire = struct.pack("!BB", WHOLE_TEXT, length) + text
        elif length < MEDIUM:
            self.wire = struct.pack("!BBH", WHOLE_TEXT, 126, length) + text
        else:
            self.wire = struct.pack("!BBQ", WHOLE_TEXT, 127, length) + text


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own, with the extension."""

    def handle_connect(self, event: Request) -> None:
        """Begins the application with a scope that has the extension."""
        super().handle_connect(event)
        if not self.close_sent:  # the handshake is one
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]

    def keepalive_timeout(self) -> None:
        """The client is gone, or takes nothing any more: what is buffered for it is not waited for."""
        super().keepalive_timeout()
        self.transport.abort()

    def write(self, frame: bytes) -> bool:
        """Write a ready frame to an accepted socket, unless its client does not read or is gone."""
        if not self.handshake_complete or self.close_sent or self.disconnected or not self.writable.is_set():
            return False
        if self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True
