"""The limit of live: picows, one encoding for each event, the same frame to all who may hear it. No GraphQL executed.

Started as `python -m bench.picows_server`; reads PORT, REDIS_URL and SECRET_KEY. It speaks as much of
graphql-transport-ws as the listeners need, verifies the same access token, and compares each event's audience.
"""

import asyncio
import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import uvloop
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)
from redis.asyncio import Redis

from domain.road import PAGE, STREAM
from integrations.token import Tokens

ACK, CAUGHT_UP = (
    b'{"type":"connection_ack"}',
    b'","type":"next","payload":{"data":{"bookingEvents":{"__typename":"CaughtUp"}}}}',
)
PROTOCOL = "graphql-transport-ws"

Heard = tuple[WSTransport, bytes, frozenset[str]]  # where to, the beginning of its frames, what it may hear

listeners: defaultdict[str, set[Heard]] = defaultdict(set)
tokens = Tokens(os.environ.get("SECRET_KEY", ""), timedelta(hours=1))


class Socket(WSListener):  # type: ignore[misc]
    """One client."""

    def __init__(self) -> None:
        self._scopes: frozenset[str] = frozenset()
        self._heard: dict[str, tuple[str, Heard]] = {}

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """What the client says."""
        if frame.msg_type is not WSMsgType.TEXT:
            if frame.msg_type is WSMsgType.CLOSE:
                transport.disconnect()
            return
        message: dict[str, Any] = orjson.loads(frame.get_payload_as_bytes())
        match message["type"]:
            case "connection_init":
                self._sign_in(transport, message["payload"]["authorization"])
            case "subscribe":
                self._subscribe(transport, message["id"], message["payload"]["variables"]["booking"])
            case "complete":
                self._leave(message["id"])

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forget everything it listened to."""
        for id in list(self._heard):
            self._leave(id)

    def _sign_in(self, transport: WSTransport, header: str) -> None:
        access = tokens.read(header.removeprefix("Bearer "))
        if access is None:
            transport.send_close(WSCloseCode.POLICY_VIOLATION)
            return
        self._scopes = access.actor.scopes
        transport.send(WSMsgType.TEXT, ACK)

    def _subscribe(self, transport: WSTransport, id: str, booking: str) -> None:
        heard = (transport, b'{"id":"' + id.encode(), self._scopes)
        self._heard[id] = (f"booking:{booking}", heard)
        listeners[f"booking:{booking}"].add(heard)
        transport.send(WSMsgType.TEXT, heard[1] + CAUGHT_UP)

    def _leave(self, id: str) -> None:
        if id in self._heard:
            topic, heard = self._heard.pop(id)
            listeners[topic].discard(heard)


def tell(position: int, fields: dict[bytes, bytes]) -> None:
    """One event to all who listen and may hear it; frames that begin alike are the same bytes."""
    topics, audience = fields[b"topics"].decode().split(), frozenset(fields[b"audience"].decode().split())
    facts = orjson.loads(fields[b"payload"])
    at = datetime.fromtimestamp(int(fields[b"at_us"]) / 1_000_000, UTC)
    item = {
        "__typename": "BookingEvent", "cursor": f"e{position}", "name": fields[b"name"].decode(), "at": at.isoformat(),
        "bookingId": facts["booking_id"], "version": facts["version"], "state": facts.get("state"),
    }  # fmt: skip
    end = b'","type":"next","payload":' + orjson.dumps({"data": {"bookingEvents": item}}) + b"}"
    frames: dict[bytes, bytes] = {}
    for topic in topics:
        for transport, beginning, scopes in listeners.get(topic, ()):
            if not audience.isdisjoint(scopes):
                frame = frames.get(beginning) or frames.setdefault(beginning, beginning + end)
                transport.send(WSMsgType.TEXT, frame)


async def read() -> None:
    """Follow the stream from now on."""
    redis: Redis = Redis.from_url(os.environ["REDIS_URL"])
    last = b"$"
    while True:
        answer = await redis.xread({STREAM: last}, count=PAGE, block=1000)
        for identifier, fields in answer[0][1] if answer else ():
            last = identifier
            tell(int(identifier.split(b"-")[0]), fields)


def welcome(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
    """A socket for whoever asks; what it may hear is decided by its token."""
    response = WSUpgradeResponse.create_101_response(extra_headers={"Sec-WebSocket-Protocol": PROTOCOL})
    return WSUpgradeResponseWithListener(response, Socket())


async def main() -> None:
    """Serve until ended."""
    server = await ws_create_server(welcome, "127.0.0.1", int(os.environ["PORT"]), backlog=2048)
    reading = asyncio.create_task(read())
    await server.serve_forever()
    reading.cancel()


if __name__ == "__main__":
    uvloop.run(main())
