"""Messages and frames that no client of ours sends: each ends with a close that has a reason, or with an answer."""

import asyncio
import base64
import json
import os
import random
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from app.serve import MAX_MESSAGE_BYTES
from app.socket import PROTOCOL
from tests import world
from tests.input.hostile import BUG, KINDS, STRINGS, shows_inside
from tests.running import System
from tests.talk import INIT, Talk, acknowledged, opened

MESSAGES = 300
SEED = 5
CLOSES = {1007, 1008, 1009, 4400, 4401, 4403, 4409, 4429}
ANSWERS = {"next", "error", "complete", "pong", "connection_ack"}
TYPES = (INIT, "ping", "pong", "subscribe", "complete", "next", "error", "connection_ack", "start", "stop", "")
QUERIES = (
    "{ me { name } }",
    "{",
    "",
    "{ nothing }",
    "subscription { notifications { __typename } }",
    "query A { me { id } }",
)
PING = {"type": "ping", "payload": {"still": "here"}}
TEXTS = [text for text in STRINGS.values() if len(text) < 6_000]


def odd(chance: random.Random) -> Any:
    """A value of any kind."""
    return chance.choice([*KINDS, *TEXTS, chance.randint(-(2**70), 2**70)])


def message(chance: random.Random) -> Any:
    """Something like a message."""
    made: dict[str, Any] = {"type": chance.choice(TYPES) if chance.random() < 0.8 else odd(chance)}
    if chance.random() < 0.8:
        made["id"] = "1" if chance.random() < 0.7 else odd(chance)
    if chance.random() < 0.8:
        made["payload"] = {"query": chance.choice(QUERIES) if chance.random() < 0.7 else odd(chance)}
        for name in ("variables", "operationName", "extensions", "authorization"):
            if chance.random() < 0.3:
                made["payload"][name] = odd(chance)
    elif chance.random() < 0.5:
        made["payload"] = odd(chance)
    return made if chance.random() < 0.95 else odd(chance)


async def until_pong_or_close(talk: Talk) -> list[Any]:
    """What the server says before it answers our ping, or why it hung up: a number is the code of a close."""
    said: list[Any] = []
    try:
        await talk.say(PING)
        while (heard := await talk.hear()) != {"type": "pong", "payload": PING["payload"]}:
            said.append(heard)
    except Exception:
        assert talk.socket.close_code is not None, "neither an answer nor a close"
        said.append(talk.socket.close_code)
    return said


async def test_odd_messages_are_answered_or_hung_up_with_a_reason(running: System) -> None:
    chance, closes = random.Random(SEED), list[int]()
    sari = await world.customer()
    for number in range(MESSAGES):
        given = message(chance)
        async with acknowledged(running, sari) if number % 2 else opened(running) as talk:
            await talk.say(json.dumps(given))
            for said in await until_pong_or_close(talk):
                if isinstance(said, int):
                    closes.append(said)
                    assert said in CLOSES, given
                else:
                    assert said["type"] in ANSWERS, (given, said)
                    assert BUG not in str(said) and shows_inside(str(said)) is None, (given, said)
    assert 50 < len(closes) < MESSAGES and len(set(closes)) >= 4


HELLO = b'{"type":"ping"}'
FRAMES: dict[str, tuple[bytes, int]] = {
    "not masked": (Frame(Opcode.TEXT, HELLO).serialize(mask=False), 1002),
    "a reserved bit": (bytes([0xC1, 0x80]) + bytes(4), 1002),
    "an unknown kind": (bytes([0x83, 0x80]) + bytes(4), 1002),
    "a continuation of nothing": (Frame(Opcode.CONT, HELLO).serialize(mask=True), 1002),
    "a text inside another": (Frame(Opcode.TEXT, b"{", fin=False).serialize(mask=True) * 2, 1002),
    "a ping in parts": (bytes([0x09, 0x81]) + bytes(4) + b"a", 1002),
    "a long ping": (bytes([0x89, 0xFE, 0, 126]) + bytes(4 + 126), 1002),
    "no UTF-8": (Frame(Opcode.TEXT, b'{"type":"\xff"}').serialize(mask=True), 1007),
    "half a character": (Frame(Opcode.TEXT, "é".encode()[:1]).serialize(mask=True), 1007),
    "binary": (Frame(Opcode.BINARY, HELLO).serialize(mask=True), 4400),
    "a length of 2^63": (bytes([0x81, 0xFF]) + b"\xff" * 8 + bytes(4), 1009),
    "a length of a gigabyte": (bytes([0x81, 0xFF]) + (2**30).to_bytes(8, "big") + bytes(4), 1009),
    "too much in parts": (
        Frame(Opcode.TEXT, b"x" * 40_000, fin=False).serialize(mask=True)
        + Frame(Opcode.CONT, b"x" * 40_000).serialize(mask=True),
        1009,
    ),
    "a close without a code": (Frame(Opcode.CLOSE, b"").serialize(mask=True), 1005),
    "a close with a code of nobody's": (Frame(Opcode.CLOSE, (999).to_bytes(2, "big")).serialize(mask=True), 1002),
    "half a close": (Frame(Opcode.CLOSE, b"\x03").serialize(mask=True), 1002),
}


@pytest.mark.parametrize("what", FRAMES)
async def test_what_is_no_frame_is_hung_up_by_the_standards_code(running: System, what: str) -> None:
    sent, code = FRAMES[what]
    reader, writer = await asyncio.open_connection("127.0.0.1", running.settings.port)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        "GET /graphql HTTP/1.1", f"Host: 127.0.0.1:{running.settings.port}", "Upgrade: websocket",
        "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {PROTOCOL}", "", "",
    )  # fmt: skip
    writer.write("\r\n".join(head).encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(sent)
    async with asyncio.timeout(15):
        first = await reader.readexactly(2)
        assert first[0] == 0x80 | Opcode.CLOSE
        content = await reader.readexactly(first[1])
    assert int.from_bytes(content[:2], "big") == code if content else code == 1005
    writer.close()
    async with opened(running) as talk:  # others are served
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}


async def test_a_message_in_many_parts_is_one(running: System) -> None:
    async with opened(running) as talk:
        await talk.socket.send(iter([HELLO[at : at + 1].decode() for at in range(len(HELLO))]))
        assert await talk.hear() == {"type": "pong"}


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES - 100, MAX_MESSAGE_BYTES])
async def test_a_message_up_to_the_bound_is_heard(running: System, size: int) -> None:
    async with opened(running) as talk:
        whole = '{"type":"pong","payload":{"a":"%s"}}'
        await talk.say(whole % ("x" * (size - len(whole) + 2)))
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}
