"""The listeners: one process that opens sockets, speaks graphql-transport-ws, lets events happen and takes the time.

Started as `python -m bench.live_client ORDER`, a JSON file of bench/live.py; prints one JSON line. The events lie
ready in PostgreSQL with their positions. Letting one happen is what the relay does: the head moves, then the Redis
stream gets it. So lagging listeners find what they missed, as in the real product.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.server import cpu_of, memory_of
from bench.work import EVENTS
from domain.road import KEPT, STREAM

CONNECT_AT_ONCE = 50
LIVE_WITHIN_S = 120.0
ARRIVE_WITHIN_S = 20.0  # after the last event of a step
TICK_S = 0.01
WARM_S = 4.0  # at the first rate, not counted
MAX_BEHIND = 2  # steps one after the other
BEHIND = 1.3  # a step that takes so many times as long as planned was too fast for the server
NAME = "BookingAccepted"
CURSOR = b'"cursor":"e'


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Crowd:
    """What all listeners heard together."""

    document: str
    sent: dict[int, float] = field(default_factory=dict)  # position -> when it happened
    latencies: list[float] = field(default_factory=list)
    live: int = 0
    frame_bytes: int = 0
    problems: list[str] = field(default_factory=list)


class Listener(WSListener):  # type: ignore[misc]
    """One socket with one subscription."""

    def __init__(self, crowd: Crowd, token: str, booking: str) -> None:
        self._crowd, self._token, self._booking = crowd, token, booking
        self._transport: Any = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Introduce oneself."""
        self._transport = transport
        self._say({"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}})

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """An event, most of the time."""
        now, crowd = time.monotonic(), self._crowd
        text: bytes = frame.get_payload_as_bytes()
        found = text.find(CURSOR)
        if found >= 0:
            start = found + len(CURSOR)
            crowd.latencies.append(now - crowd.sent[int(text[start : text.index(b'"', start)])])
            crowd.frame_bytes = len(text)
        elif b"CaughtUp" in text:
            crowd.live += 1
        elif b"connection_ack" in text:
            asked = {"query": crowd.document, "variables": {"booking": self._booking}}
            self._say({"id": "1", "type": "subscribe", "payload": asked})
        elif b'"ping"' in text:
            self._say({"type": "pong"})
        elif b"BookingNow" not in text:
            crowd.problems.append(text[:300].decode(errors="replace"))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Nobody should hang up while we listen."""
        self._crowd.problems.append("disconnected")

    def _say(self, message: dict[str, Any]) -> None:
        self._transport.send(WSMsgType.TEXT, orjson.dumps(message))


class Happening:
    """Lays events ready, and lets them happen. The commands for Redis are packed beforehand and go over a connection of
    our own, so that the client is not what the fastest servers wait for."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", stream: Stream, crowd: Crowd) -> None:
        self._connection, self._stream, self._crowd = connection, stream, crowd

    async def lay_ready(self, topics: Sequence[tuple[str, str]], count: int) -> list[tuple[int, bytes]]:
        """`count` events of these bookings (with their customers) in turn, behind the present head."""
        head = int(await self._connection.fetchval("SELECT position FROM relay_head"))
        events, rows, heard, now = [], [], [], datetime.now(UTC)
        for position in range(head + 1, head + 1 + count):
            booking, customer = topics[position % len(topics)]
            topic, audience = f"booking:{booking}", [f"account:{customer}", "role:agent"]
            payload = orjson.dumps({"booking_id": booking, "version": 5, "state": "ACCEPTED"}).decode()
            rows.append((NAME, booking, payload, [topic], audience, now, position, b"bench"))
            heard.append((topic, position))
            fields = {
                "id": str(position), "name": NAME, "subject": booking, "payload": payload, "topics": topic,
                "audience": " ".join(audience), "at_us": str(int(now.timestamp() * 1_000_000)),
            }  # fmt: skip
            events.append((position, added(position, fields)))
        columns = ["name", "subject", "payload", "topics", "audience", "at", "position", "hash"]
        await self._connection.copy_records_to_table("event", records=rows, columns=columns)
        await self._connection.copy_records_to_table("event_topic", records=heard, columns=["topic", "position"])
        return events

    async def happen(self, events: Sequence[tuple[int, bytes]]) -> None:
        """Move the head, then tell the stream, and wait until it has taken them."""
        await self._connection.execute("UPDATE relay_head SET position = $1", events[-1][0])
        reader, writer = self._stream
        self._crowd.sent.update(dict.fromkeys((position for position, _ in events), time.monotonic()))
        writer.write(b"".join(command for _, command in events))
        for _ in range(2 * len(events)):  # each answer is the length and the id
            line = await reader.readline()
            if line.startswith(b"-"):
                raise ValueError(line.decode())


def added(position: int, fields: dict[str, str]) -> bytes:
    """The relay's XADD of one event, in Redis's protocol."""
    words = [
        "XADD",
        STREAM,
        "MAXLEN",
        "~",
        str(KEPT),
        f"{position}-0",
        *(each for pair in fields.items() for each in pair),
    ]
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded)


async def open_sockets(order: dict[str, Any], crowd: Crowd) -> list[WSTransport]:
    """Connect and subscribe; returns when each has said that it is live, or after LIVE_WITHIN_S."""
    url, protocol = f"ws://127.0.0.1:{order['port']}/graphql", [("Sec-WebSocket-Protocol", "graphql-transport-ws")]
    transports = []
    listeners = [Listener(crowd, token, booking) for token, booking in order["listeners"]]
    for start in range(0, len(listeners), CONNECT_AT_ONCE):
        batch = listeners[start : start + CONNECT_AT_ONCE]
        opened = await asyncio.gather(
            *(
                ws_connect(lambda each=each: each, url, extra_headers=protocol, websocket_handshake_timeout=30)
                for each in batch
            )
        )
        transports += [transport for transport, _ in opened]
    deadline = time.monotonic() + LIVE_WITHIN_S
    while crowd.live < len(listeners) and time.monotonic() < deadline:  # noqa: ASYNC110 - a poll is enough, once
        await asyncio.sleep(0.05)
    return transports


async def step(
    order: dict[str, Any], crowd: Crowd, happening: Happening, rate: float, seconds: float
) -> dict[str, Any]:
    """`rate` events a second for so long; what arrived, when, and at what cost."""
    count = max(1, int(rate * seconds))
    events = await happening.lay_ready(order["topics"], count)
    expected = count * order["listeners_of_a_topic"]
    crowd.latencies.clear()
    cpu_s, began, done = cpu_of(order["pid"]), time.monotonic(), 0
    while done < count:
        due = min(count, int((time.monotonic() - began) * rate) + 1)
        if due > done:
            await happening.happen(events[done:due])
            done = due
        await asyncio.sleep(TICK_S)
    last, heard = time.monotonic(), -1
    while len(crowd.latencies) < expected and time.monotonic() - last < ARRIVE_WITHIN_S:
        if len(crowd.latencies) > heard:  # patience counts from the last arrival
            last, heard = time.monotonic(), len(crowd.latencies)
        await asyncio.sleep(TICK_S)
    took_s = (last if len(crowd.latencies) < expected else time.monotonic()) - began
    found = sorted(crowd.latencies)
    return {
        "rate": len(found) / took_s, "missed": expected - len(found), "is_behind": took_s > seconds * BEHIND,
        "p50_ms": found[len(found) // 2] * 1000 if found else 0.0,
        "p99_ms": found[int(len(found) * 0.99)] * 1000 if found else 0.0,
        "cpu_us": (cpu_of(order["pid"]) - cpu_s) / max(1, len(found)) * 1e6,
    }  # fmt: skip


async def listen(order: dict[str, Any]) -> dict[str, Any]:
    """Open all sockets, do the steps as long as the server keeps up, and tell."""
    crowd = Crowd(" ".join(EVENTS.split()))
    connection = await asyncpg.connect(order["database_url"], server_settings={"synchronous_commit": "off"})
    redis = urlsplit(order["redis_url"])
    stream = await asyncio.open_connection(redis.hostname, redis.port)
    steps = []
    try:
        transports = await open_sockets(order, crowd)
        await asyncio.sleep(order["settle_s"])
        happening = Happening(connection, stream, crowd)
        if order["steps"]:
            await step(order, crowd, happening, order["steps"][0][0], WARM_S)
        behind = 0
        for rate, seconds in order["steps"]:
            steps.append(await step(order, crowd, happening, rate, seconds))
            behind = behind + 1 if steps[-1]["is_behind"] else 0
            if steps[-1]["missed"] or behind >= MAX_BEHIND:
                break
        told = {"live": crowd.live, "steps": steps, "bytes": crowd.frame_bytes, "problems": crowd.problems[:5]}
        told["memory_bytes"] = memory_of(order["pid"])
        for transport in transports:
            transport.disconnect()
    finally:
        stream[1].close()
        await connection.close()
    return told


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(uvloop.run(listen(orjson.loads(Path(sys.argv[1]).read_bytes())))).decode() + "\n")
