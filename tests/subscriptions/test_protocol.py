"""graphql-transport-ws as clients meet it: every message, every mistake and how it ends, over real sockets."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from app import socket as sockets
from app.serve import MAX_MESSAGE_BYTES
from app.socket import PROTOCOL
from domain.refusals import Language
from models.booking import Booking
from tests import world
from tests.running import System, numbered, system
from tests.talk import INIT, LIVE, acknowledged, happen, opened

NOBODYS = "00000000-0000-0000-0000-000000000000"
ME = "query Me { me { id } } query Other { me { name } }"
NAME = "{ me { name } }"
STREAMS = (
    "notifications(after: $after)", "jobUpdates(after: $after)", *(f'{name}(bookingId: "{NOBODYS}", after: $after)'
    for name in ("bookingEvents", "bookingMessages", "photoUpdates")),
)  # fmt: skip
NOT_FOUND = {"code": "NOT_FOUND", "field": "bookingId"}
PAGE = "http://localhost:5173"  # one of CORS_ORIGINS
LOG_IN = 'mutation { requestLoginCode(phone: "+6281200000099") { __typename } }'


@pytest.fixture
async def booking(running: System, sari: world.Customer) -> Booking:
    booking = await world.request(sari, await world.provider())
    await numbered()
    return booking


@pytest.mark.parametrize(
    "message, code",
    [
        ("{", 4400),
        ("[]", 4400),
        ('"ping"', 4400),
        ("null", 4400),
        ("{}", 4400),
        ({"type": 7}, 4400),
        ({"type": "start"}, 4400),
        (b'{"type":"ping"}', 4400),
        ({"type": INIT, "payload": []}, 4400),
        ({"type": INIT, "payload": "Bearer x"}, 4400),
        ({"type": INIT}, 4403),
        ({"type": INIT, "payload": {"authorization": "Basic x"}}, 4403),
        ({"id": "1", "type": "subscribe", "payload": {"query": NAME}}, 4401),
        ({"id": "1", "type": "complete"}, 4401),
    ],
)
async def test_what_is_refused_before_the_acknowledgement(running: System, message: Any, code: int) -> None:
    async with opened(running) as talk:
        await talk.say(message)
        assert (await talk.closed())[0] == code


@pytest.mark.parametrize(
    "message, code",
    [
        ({"type": INIT}, 4429),
        ({"type": "connection_ack"}, 4400),
        ({"type": "subscribe", "payload": {"query": NAME}}, 4400),
        ({"id": "", "type": "subscribe", "payload": {"query": NAME}}, 4400),
        ({"id": 1, "type": "subscribe", "payload": {"query": NAME}}, 4400),
        ({"id": "1", "type": "subscribe"}, 4400),
        ({"id": "1", "type": "subscribe", "payload": []}, 4400),
        ({"id": "1", "type": "subscribe", "payload": {}}, 4400),
        ({"id": "1", "type": "subscribe", "payload": {"query": 7}}, 4400),
        ({"id": "1", "type": "subscribe", "payload": {"query": NAME, "variables": []}}, 4400),
        ({"id": "1", "type": "subscribe", "payload": {"query": NAME, "operationName": 7}}, 4400),
        ({"type": "complete"}, 4400),
        ({"id": 1, "type": "complete"}, 4400),
        (b"\x00", 4400),
        ("x" * (MAX_MESSAGE_BYTES + 1), 1009),
    ],
)
async def test_what_is_refused_afterwards(running: System, sari: world.Customer, message: Any, code: int) -> None:
    async with acknowledged(running, sari) as talk:
        await talk.say(message)
        assert (await talk.closed())[0] == code


@pytest.mark.parametrize(
    "payload, words",
    [
        ({"query": ""}, "query"),
        ({"query": "{"}, "Syntax Error"),
        ({"query": "{ nothing }"}, "Cannot query field"),
        ({"query": ME, "operationName": "Third"}, "Third"),
        ({"query": LIVE}, "'$id'"),
        ({"query": LIVE, "variables": {"id": "x"}}, "'$id'"),
        ({"query": LIVE, "variables": {"id": NOBODYS}}, "tidak ditemukan"),
    ],
)
async def test_what_fails_before_it_begins_is_an_error_and_the_id_is_free(
    running: System, sari: world.Customer, payload: dict[str, Any], words: str
) -> None:
    async with acknowledged(running, sari) as talk:
        for _ in range(2):
            await talk.say({"id": "1", "type": "subscribe", "payload": payload})
            message = await talk.hear()
            assert (message["id"], message["type"]) == ("1", "error")
            assert words in message["payload"][0]["message"]


@pytest.mark.parametrize(
    "payload, data",
    [
        ({"query": NAME}, {"me": {"name": "Sari"}}),
        ({"query": ME, "operationName": "Other"}, {"me": {"name": "Sari"}}),
        ({"query": NAME, "variables": None, "operationName": None}, {"me": {"name": "Sari"}}),
        ({"query": NAME, "variables": {}, "extensions": {"x": [1]}}, {"me": {"name": "Sari"}}),
        ({"query": LOG_IN}, {"requestLoginCode": {"__typename": "LoginCodeRequested"}}),
    ],
)
async def test_queries_and_mutations_are_answered_once_and_completed(
    running: System, sari: world.Customer, payload: dict[str, Any], data: Any
) -> None:
    async with acknowledged(running, sari) as talk:
        await talk.say({"id": "q", "type": "subscribe", "payload": payload})
        assert await talk.hear() == {"id": "q", "type": "next", "payload": {"data": data}}
        assert await talk.hear() == {"id": "q", "type": "complete"}


@pytest.mark.parametrize(
    "after", ["", "x", "e", "e-1", "e1.5", "e1 ", "E1", "e" + 30 * "1", "e\u0661", "e1\0", "\u202ee1"]
)
async def test_a_cursor_that_is_none_of_ours_is_refused_by_every_stream(running: System, after: str) -> None:
    async with acknowledged(running, await world.provider()) as talk:
        for field in STREAMS:
            await talk.ask(
                field, f"subscription ($after: Cursor) {{ {field} {{ __typename }} }}", variables={"after": after}
            )
            [error] = (await talk.hear())["payload"]
            assert error["extensions"] in ({"code": "INVALID_INPUT", "field": "after"}, NOT_FOUND)


@pytest.mark.parametrize("language, words", [(Language.ID, "tidak ditemukan"), (Language.EN, "couldn't find")])
async def test_a_refusal_is_worded_in_the_readers_language(
    running: System, sari: world.Customer, language: Language, words: str
) -> None:
    async with acknowledged(running, sari, language) as talk:
        await talk.ask("1", LIVE, variables={"id": NOBODYS})
        [error] = (await talk.hear())["payload"]
    assert words in error["message"]
    assert error["extensions"] == {"code": "NOT_FOUND", "field": "bookingId"}


async def test_a_ping_is_answered_at_any_time_and_a_pong_is_let_pass(running: System, sari: world.Customer) -> None:
    async with opened(running) as talk:
        await talk.say({"type": "pong"})
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}
    async with acknowledged(running, sari) as talk:
        await talk.say({"type": "ping", "payload": {"n": 1}})
        assert await talk.hear() == {"type": "pong", "payload": {"n": 1}}


async def test_who_does_not_introduce_itself_in_time_is_hung_up(
    running: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=5) == sockets.INIT_WITHIN
    monkeypatch.setattr(sockets, "INIT_WITHIN", timedelta(seconds=0.2))
    async with opened(running) as talk:
        assert (await talk.closed())[0] == 4408


async def test_of_several_protocols_ours_is_taken(running: System) -> None:
    async with opened(running, subprotocols=["graphql-ws", PROTOCOL, "x"]) as talk:
        assert talk.socket.subprotocol == PROTOCOL
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}


@pytest.mark.parametrize("given", [None, ["graphql-ws"], ["Graphql-Transport-WS"]])
async def test_no_other_protocol_is_spoken(running: System, given: Any) -> None:
    async with opened(running, subprotocols=given) as talk:
        assert (await talk.closed())[0] == 4406


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "https://localhost:x",
        "file://",
        "",
        f"{PAGE}.evil.example",
        f"http://evil.example/{PAGE}",
        "http://evil.localhost:5173",
        "https://localhost:5173",
        "http://localhost:51730",
        "http://localhost",
        f"{PAGE}@evil.example",
        f"{PAGE} https://evil.example",
    ],
)
async def test_pages_of_other_origins_are_refused_at_the_handshake(running: System, origin: str) -> None:
    with pytest.raises(InvalidStatus) as error:
        async with opened(running, origin=origin):
            pass
    assert error.value.response.status_code == 403


async def test_our_own_pages_and_whoever_is_no_page_connect(running: System) -> None:
    for origin in (running.url, running.settings.public_url, PAGE, PAGE.upper(), None):
        async with opened(running, origin=origin) as talk:
            await talk.say({"type": "ping"})
            assert await talk.hear() == {"type": "pong"}


async def test_an_id_is_used_once_at_a_time(running: System, sari: world.Customer, booking: Booking) -> None:
    async with acknowledged(running, sari) as talk:
        await talk.live("1", booking)
        await talk.ask("1", LIVE, variables={"id": str(booking.id)})
        assert await talk.closed() == (4409, "Subscriber for 1 already exists")


async def test_a_long_id_is_told_as_far_as_a_close_has_room(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    id = "é" * 200
    async with acknowledged(running, sari) as talk:
        await talk.live(id, booking)
        await talk.ask(id, LIVE, variables={"id": str(booking.id)})
        code, reason = await talk.closed()
    assert (code, reason) == (4409, f"Subscriber for {id}"[: len(reason)])


async def test_nothing_comes_after_complete_and_the_id_may_be_used_again(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    async with acknowledged(running, sari) as talk:
        await talk.live("1", booking)
        await talk.live("2", booking)
        await talk.say({"id": "1", "type": "complete"})
        await talk.say({"id": "1", "type": "complete"})  # crossed on the way: no mistake
        await talk.say({"type": "ping"})
        while (await talk.hear())["type"] != "pong":
            pass
        await happen(booking, 3)
        assert [(await talk.hear())["id"] for _ in range(3)] == ["2"] * 3
        await talk.say({"id": "2", "type": "complete"})
        await talk.live("1", booking)
        await happen(booking)
        assert (await talk.until("next"))["id"] == "1"


async def test_a_socket_follows_a_bounded_number_of_things(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    async with acknowledged(running, sari) as talk:
        for number in range(sockets.MAX_OPERATIONS):
            await talk.live(str(number), booking)
        await talk.ask("more", LIVE, variables={"id": str(booking.id)})
        message = await talk.until("error")
        assert (message["id"], message["payload"][0]["extensions"]["code"]) == ("more", "TOO_MANY_SUBSCRIPTIONS")
        await talk.say({"id": "0", "type": "complete"})
        await talk.live("more", booking)


async def test_a_bug_is_masked(running: System, sari: world.Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*given: Any) -> None:
        raise RuntimeError("postgresql://secret")

    monkeypatch.setattr("subscriptions.booking.check_sees", broken)
    async with acknowledged(running, sari) as talk:
        await talk.ask("1", LIVE, variables={"id": NOBODYS})
        [error] = (await talk.until("error"))["payload"]
    assert error["message"] == "Unexpected error."


async def test_on_plain_asgi_everything_is_said_as_well(
    clean: str, redis_url: str, tmp_path: Path, sari: world.Customer, booking: Booking
) -> None:
    async with system(clean, redis_url, tmp_path, is_plain=True) as api, acknowledged(api, sari) as talk:
        await talk.live("1", booking)
        await happen(booking)
        assert (await talk.until("next"))["payload"]["data"]["bookingEvents"]["__typename"] == "BookingEvent"
        await talk.say({"id": "1", "type": "complete"})
        await talk.say(b"")
        assert (await talk.closed())[0] == 4400
