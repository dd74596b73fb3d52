"""What a client may not take for itself alone: sockets, messages, and the memory of a peer that is gone."""

import asyncio
import base64
import gc
import json
import os
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from app import socket
from app.serve import PING_EVERY_S, PONG_WITHIN_S, SOCKETS
from app.sharing import Groups
from app.socket import PROTOCOL, Sockets
from models.booking import Booking
from tests import world
from tests.running import System, eventually, numbered, system
from tests.talk import INIT, LIVE, acknowledged, happen, opened

AT_MOST = 5
LONG = LIVE.replace("cursor name", "cursor items")
TOO_MANY_SOCKETS, TOO_MANY_MESSAGES = (1008, "TOO_MANY_SOCKETS"), (1008, "TOO_MANY_MESSAGES")


async def booked(sari: world.Customer) -> Booking:
    booking = await world.request(sari, await world.provider())
    await numbered()
    return booking


async def open_sockets() -> int:
    """How many acknowledged sockets this process knows of."""
    return sum(sum(each._open.values()) for each in gc.get_objects() if type(each) is Sockets)


async def are_open(count: int) -> bool:
    return await open_sockets() == count


async def is_live() -> bool:
    return any(len(each) for each in gc.get_objects() if type(each) is Groups)


async def test_an_account_has_a_bounded_number_of_sockets(running: System, sari: world.Customer) -> None:
    assert running.settings.max_sockets == AT_MOST
    async with AsyncExitStack() as stack:
        for _ in range(AT_MOST - 1):
            await stack.enter_async_context(acknowledged(running, sari))
        async with acknowledged(running, sari), acknowledged(running, await world.customer()):
            async with opened(running) as more:
                credentials = {"authorization": f"Bearer {await running.token(sari.actor)}"}
                await more.say({"type": INIT, "payload": credentials})
                assert await more.closed() == TOO_MANY_SOCKETS
        await eventually(lambda: are_open(AT_MOST - 1))
        async with acknowledged(running, sari) as again:
            await again.say({"type": "ping"})
            assert await again.hear() == {"type": "pong"}
    await eventually(lambda: are_open(0))


async def test_a_socket_is_heard_a_bounded_number_of_times_in_a_minute(running: System, sari: world.Customer) -> None:
    assert (socket.MAX_MESSAGES, socket.WINDOW_S) == (100, 60.0)
    async with acknowledged(running, sari) as talk:
        for _ in range(socket.MAX_MESSAGES - 1):
            await talk.say({"type": "ping"})
            assert await talk.hear() == {"type": "pong"}
        await talk.say({"type": "ping"})
        assert await talk.closed() == TOO_MANY_MESSAGES


async def test_a_new_minute_has_new_messages(
    running: System, sari: world.Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "WINDOW_S", 0.0)
    async with acknowledged(running, sari) as talk:
        for _ in range(2 * socket.MAX_MESSAGES):
            await talk.say({"type": "ping"})
            assert await talk.hear() == {"type": "pong"}


async def test_messages_before_the_acknowledgement_count_too(running: System) -> None:
    async with opened(running) as talk:
        for _ in range(socket.MAX_MESSAGES + 1):
            await talk.say({"type": "pong"})
        assert await talk.closed() == TOO_MANY_MESSAGES


async def test_a_socket_stays_open_longer_than_a_head_is_awaited(
    running: System, sari: world.Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.HEARD_WITHIN_S", 0.05)
    async with acknowledged(running, sari) as talk:
        await asyncio.sleep(0.3)
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}


class Mute:
    """A client that speaks, and neither reads nor answers pings: as a telephone that has lost its network."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def say(self, message: Any) -> None:
        self._writer.write(Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True))


@asynccontextmanager
async def mute(api: System) -> AsyncIterator[Mute]:
    """One that takes little in, too."""
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", api.settings.port))
    narrow.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=narrow, limit=1024)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        "GET /graphql HTTP/1.1", f"Host: 127.0.0.1:{api.settings.port}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Protocol: {PROTOCOL}", "", "",
    )  # fmt: skip
    writer.write("\r\n".join(head).encode())
    await reader.readuntil(b"\r\n\r\n")
    try:
        yield Mute(writer)
    finally:
        writer.transport.abort()


def test_a_dead_peer_is_freed_within_a_minute() -> None:
    assert PING_EVERY_S + PONG_WITHIN_S <= 60
    assert SOCKETS["ws_ping_interval"] == PING_EVERY_S and SOCKETS["ws_ping_timeout"] == PONG_WITHIN_S


@pytest.mark.parametrize("events", [0, 200], ids=["silent", "with its buffers full"])
async def test_who_answers_no_ping_is_freed(
    clean: str, redis_url: str, tmp_path: Path, sari: world.Customer, monkeypatch: pytest.MonkeyPatch, events: int
) -> None:
    monkeypatch.setitem(SOCKETS, "ws_ping_interval", 2.0)
    monkeypatch.setitem(SOCKETS, "ws_ping_timeout", 0.5)
    async with system(clean, redis_url, tmp_path) as api, mute(api) as gone:
        booking = await booked(sari)
        gone.say({"type": INIT, "payload": {"authorization": f"Bearer {await api.token(sari.actor)}"}})
        gone.say({"id": "1", "type": "subscribe", "payload": {"query": LONG, "variables": {"id": str(booking.id)}}})
        await eventually(is_live)
        if events:
            await happen(booking, events, items=["x" * 30_000])
        await eventually(lambda: are_open(0))
