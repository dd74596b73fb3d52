"""Live bookings over a real WebSocket: who may listen, how a reader resumes, and when the server hangs up."""

import asyncio
import json
import logging
import random
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from domain import events
from domain.permissions import Actor, Role
from integrations.nudge import NUDGE
from integrations.token import Tokens
from models.account import Session
from models.booking import Booking
from models.event import Event
from services import account as accounts
from services import booking as bookings
from tests import world
from tests.running import Client, Stream, System, eventually, numbered, system
from tests.stories.documents import BOOKING_EVENTS, JOB_UPDATES

PROTOCOL = "graphql-transport-ws"
FORBIDDEN = 4403
HANGS_UP_WITHIN_S = 2.0
ME = "{ me { id } }"

Ending = Callable[[Actor], Awaitable[object]]


@pytest.fixture
async def booking(running: System, sari: world.Customer) -> Booking:
    booking = await world.request(sari, await world.provider())
    await numbered()
    return booking


@asynccontextmanager
async def opened(api: System, init: dict[str, Any] | None, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket after connection_init, before the answer to it."""
    options.setdefault("subprotocols", [PROTOCOL])
    async with connect(api.url.replace("http", "ws") + "/graphql", **options) as socket:
        if init is not None:
            await socket.send(json.dumps({"type": "connection_init", "payload": init}))
        yield socket


async def hung_up(socket: ClientConnection, within_s: float = HANGS_UP_WITHIN_S) -> tuple[int, str]:
    """The code and reason the server closes with; whatever is still on the way is read first."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(within_s):
            while True:
                await socket.recv()
    assert closed.value.rcvd
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def refused(client: Client, document: str = BOOKING_EVENTS, **variables: Any) -> Any:
    """The error that a subscription is answered with."""
    async with client.follow(document, **variables) as stream:
        message = json.loads(await asyncio.wait_for(stream.socket.recv(), 5))
    assert message["type"] == "error"
    [error] = message["payload"]
    return error


async def happen(booking: Booking, count: int, **facts: Any) -> None:
    """Things that happen to the booking and change nothing of it."""
    told = [events.ChecklistTicked.about(booking, facts) for _ in range(count)]
    await Event.bulk_create(
        Event(name="ChecklistTicked", subject=each.subject, payload=each.payload, topics=list(each.topics),
              audience=list(each.audience), at=datetime.now(UTC)) for each in told
    )  # fmt: skip
    NUDGE.ring()


async def positions(booking: Booking) -> list[str]:
    """The cursors of all that happened to the booking, in order."""
    found = await Event.filter(subject=booking.id).order_by("position").values_list("position", flat=True)
    return [f"e{position}" for position in found]


def signed_in(api: System, token: str) -> Actor:
    """The actor of an access token, with its session."""
    access = Tokens(api.settings.secret_key, timedelta(minutes=5)).read(token)
    assert access
    return access.actor


async def test_a_stranger_is_answered_as_if_the_booking_did_not_exist(running: System, booking: Booking) -> None:
    stranger = await running.client((await world.customer()).actor)
    answer = await refused(stranger, id=str(booking.id))
    assert answer == await refused(stranger, id=str(uuid4()))
    assert answer["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("init", [{}, {"authorization": "Bearer x.y.z"}, {"authorization": 7}, {"authorization": ""}])
async def test_a_socket_without_a_good_token_is_closed(running: System, init: dict[str, Any]) -> None:
    async with opened(running, init) as socket:
        assert (await hung_up(socket))[0] == FORBIDDEN


async def test_nothing_is_subscribed_before_the_connection_was_accepted(running: System, booking: Booking) -> None:
    async with opened(running, None) as socket:
        payload = {"query": BOOKING_EVENTS, "variables": {"id": str(booking.id)}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        assert (await hung_up(socket))[0] == 4401


async def test_pages_of_a_foreign_origin_do_not_connect(running: System, sari: world.Customer) -> None:
    init = {"authorization": f"Bearer {await running.token(sari.actor)}"}
    with pytest.raises(InvalidStatus) as error:
        async with opened(running, init, origin="https://evil.example"):
            pass
    assert error.value.response.status_code == 403
    async with opened(running, init, origin=running.settings.public_url) as socket:
        assert json.loads(await socket.recv())["type"] == "connection_ack"


async def test_another_subprotocol_is_not_spoken(running: System) -> None:
    async with opened(running, None, subprotocols=["graphql-ws"]) as socket:
        assert (await hung_up(socket))[0] == 4406


async def test_a_subscription_over_http_is_refused(running: System, sari: world.Customer, booking: Booking) -> None:
    body = {"query": BOOKING_EVENTS, "variables": {"id": str(booking.id)}}
    headers = {
        "authorization": f"Bearer {await running.token(sari.actor)}",
        "accept": "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
    }
    answer = await running.http.post("/graphql", json=body, headers=headers, timeout=3)
    assert not answer.headers["content-type"].startswith("multipart"), answer.text
    assert answer.status_code >= 400 or answer.json()["errors"]


@pytest.mark.parametrize("cursor", ["", "7", "e-1", "e1 ", "e1e", "e٣", "e" + "9" * 30])
async def test_a_cursor_that_is_none_of_ours_is_refused_by_its_name(
    running: System, sari: world.Customer, booking: Booking, cursor: str
) -> None:
    answer = await refused(await running.client(sari.actor), id=str(booking.id), after=cursor)
    assert answer["extensions"] == {"code": "INVALID_INPUT", "field": "after"}


async def test_a_cursor_beyond_the_log_ends_the_stream_with_a_reason(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    client = await running.client(sari.actor)
    async with client.follow(BOOKING_EVENTS, id=str(booking.id), after="e999999999999999999") as stream:
        assert await stream.next() == {"__typename": "StreamEnded", "reason": "CURSOR_AHEAD"}
        assert json.loads(await stream.socket.recv())["type"] == "complete"


async def test_a_reader_resumes_exactly_behind_its_cursor(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    client = await running.client(sari.actor)
    async with client.follow(BOOKING_EVENTS, id=str(booking.id), after="e0") as stream:
        await stream.caught_up()
        assert [item.get("name") for item in stream.heard[:-1]] == ["BookingHeld", "BookingRequested"]
        first, second = (item["cursor"] for item in stream.heard[:-1])
    async with client.follow(BOOKING_EVENTS, id=str(booking.id), after=first) as stream:
        assert (await stream.next())["cursor"] == second
        assert (await stream.next())["__typename"] == "CaughtUp"


async def test_a_reader_that_is_cut_off_again_and_again_hears_everything_in_order_and_once(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    dice, count, union = random.Random(11), 150, list[str]()
    client = await running.client(sari.actor)

    async def write() -> None:
        for _ in range(count // 5):
            await happen(booking, 5)
            await asyncio.sleep(0.01)

    writing, after = asyncio.create_task(write()), "e0"
    while len(union) < count + 2:
        async with client.follow(BOOKING_EVENTS, id=str(booking.id), after=after) as stream:
            for _ in range(dice.randint(1, 40)):
                item = await stream.next()
                if item["__typename"] == "BookingEvent":
                    union.append(after := item["cursor"])
                if len(union) == count + 2:
                    break
            stream.socket.transport.abort()  # the line is cut, not closed
    await writing
    assert union == await positions(booking)


async def test_a_reader_that_does_not_read_is_told_that_it_lagged_and_loses_nothing(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    count, token = 300, await running.token(sari.actor)
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", running.settings.port))
    narrow.setblocking(False)
    async with opened(running, {"authorization": f"Bearer {token}"}, sock=narrow, max_size=None, max_queue=2) as socket:
        await socket.recv()
        query = BOOKING_EVENTS.replace("minutes", "minutes items")
        payload = {"query": query, "variables": {"id": str(booking.id), "after": "e0"}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        stream = Stream(socket)
        await stream.caught_up()
        for _ in range(count // 20):
            await happen(booking, 20, items=["x" * 30_000])
        await eventually(lambda: are_numbered(count))
        await asyncio.sleep(0.5)  # the reader sleeps
        while len([item for item in stream.heard if item["__typename"] == "BookingEvent"]) < count + 2:
            await stream.next()
    kinds = [item["__typename"] for item in stream.heard]
    assert "Lagged" in kinds
    assert [item["cursor"] for item in stream.heard if item["__typename"] == "BookingEvent"] == await positions(booking)


async def are_numbered(count: int) -> bool:
    return await Event.filter(name="ChecklistTicked", position__isnull=False).count() == count


async def test_a_partner_hears_of_a_booking_from_its_request_on_and_never_of_a_hold(
    running: System, sari: world.Customer
) -> None:
    provider = await world.provider()
    mitra = await running.client(provider.actor)
    async with mitra.follow(JOB_UPDATES, after="e0") as stream:
        await stream.caught_up()
        assert stream.heard[:-1] == []
        held = await world.hold(sari, provider, world.at(8))
        booking = await world.request(sari, provider, world.at(10))
        assert await stream.next() | {"cursor": ""} == {
            "__typename": "BookingEvent", "cursor": "", "name": "BookingRequested", "bookingId": str(booking.id),
            "state": "REQUESTED", "version": 2, "booking": {"code": booking.code, "netIdr": 120_000},
        }  # fmt: skip
    assert (await refused(mitra, id=str(held.id)))["extensions"]["code"] == "NOT_FOUND"


async def test_only_partners_follow_jobs(running: System, sari: world.Customer) -> None:
    answer = await refused(await running.client(sari.actor), JOB_UPDATES)
    assert answer["extensions"]["code"] == "NOT_ALLOWED"


async def test_a_socket_ends_with_its_token(running: System, sari: world.Customer, booking: Booking) -> None:
    session_id = signed_in(running, await running.token(sari.actor)).session_id
    assert session_id
    tokens = Tokens(running.settings.secret_key, timedelta(seconds=2))
    token, _ = tokens.issue(sari.id, session_id, sari.actor.roles, sari.actor.language, datetime.now(UTC))
    async with Client(running, token).follow(BOOKING_EVENTS, id=str(booking.id)) as stream:
        await stream.caught_up()
        assert await hung_up(stream.socket, 4) == (FORBIDDEN, "TOKEN_EXPIRED")


async def suspend(actor: Actor) -> None:
    await accounts.suspend(await world.staff(Role.MANAGEMENT), actor.id)  # type: ignore[arg-type]


async def change_roles(actor: Actor) -> None:
    await accounts.grant_role(await world.staff(Role.MANAGEMENT), actor.id, Role.PARTNER)  # type: ignore[arg-type]


async def test_a_log_out_ends_one_session_and_the_other_goes_on(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    one, other = await running.client(sari.actor), await running.client(sari.actor)
    async with (
        one.follow(BOOKING_EVENTS, id=str(booking.id)) as ending,
        other.follow(BOOKING_EVENTS, id=str(booking.id)) as going_on,
    ):
        await ending.caught_up()
        await going_on.caught_up()
        await accounts.log_out(signed_in(running, one.token or ""))
        assert await hung_up(ending.socket) == (FORBIDDEN, "SessionEnded")
        await happen(booking, 1)
        assert (await going_on.next())["name"] == "ChecklistTicked"
    assert await status(one) == 401
    assert await status(other) == 200
    async with opened(running, {"authorization": f"Bearer {one.token}"}) as socket:
        assert (await hung_up(socket))[0] == FORBIDDEN


async def status(client: Client) -> int:
    headers = {"authorization": f"Bearer {client.token}"}
    return (await client.system.http.post("/graphql", json={"query": ME}, headers=headers)).status_code


@pytest.mark.parametrize(
    "end, reason",
    [
        (accounts.log_out_everywhere, "SessionsEnded"),
        (suspend, "AccountSuspended"),
        (change_roles, "RolesChanged"),
    ],
)
async def test_what_ends_all_sessions_ends_their_sockets_and_requests_and_nobody_elses(
    running: System, sari: world.Customer, booking: Booking, end: Ending, reason: str
) -> None:
    bystander = await running.client((await world.customer()).actor)
    clients = [await running.client(sari.actor) for _ in range(3)]  # the third has no socket
    async with (
        clients[0].follow(BOOKING_EVENTS, id=str(booking.id)) as first,
        clients[1].follow(BOOKING_EVENTS, id=str(booking.id)) as second,
    ):
        await first.caught_up()
        await second.caught_up()
        await end(signed_in(running, clients[0].token or ""))
        assert await hung_up(first.socket) == await hung_up(second.socket) == (FORBIDDEN, reason)
    assert [await status(client) for client in clients] == [401, 401, 401]
    assert await status(bystander) == 200
    if end is not suspend:
        assert await status(await running.client(sari.actor)) == 200  # signed in again


async def test_a_session_that_ended_before_this_process_began_is_remembered(
    clean: str, redis_url: str, tmp_path: Path, sari: world.Customer
) -> None:
    async with system(clean, redis_url, tmp_path, works=False) as before:
        token, other = await before.token(sari.actor), await before.token(sari.actor)
        actor = signed_in(before, token)
    await accounts.log_out(actor)
    assert await Session.filter(ended_at=None).count() == 1
    async with system(clean, redis_url, tmp_path, works=False) as after:
        assert await status(Client(after, token)) == 401
        assert await status(Client(after, other)) == 200


async def test_hanging_up_in_the_middle_of_a_stream_leaves_no_error_in_the_log(
    running: System, sari: world.Customer, booking: Booking, caplog: pytest.LogCaptureFixture
) -> None:
    client = await running.client(sari.actor)
    async with client.follow(BOOKING_EVENTS, id=str(booking.id), after="e0") as stream:
        await stream.caught_up()
        with caplog.at_level(logging.WARNING):
            for turn in range(40):
                await happen(booking, 5)
                if turn == 10:
                    await accounts.log_out(signed_in(running, client.token or ""))
            assert await hung_up(stream.socket, 5) == (FORBIDDEN, "SessionEnded")
            await asyncio.sleep(0.2)
    noise = [
        record for record in caplog.records if record.name.startswith(("strawberry", "uvicorn", "asyncio", "rawat"))
    ]
    assert [record.getMessage() for record in noise] == []


async def test_the_booking_of_an_event_is_never_older_than_the_event(
    running: System, sari: world.Customer, booking: Booking
) -> None:
    client = await running.client(sari.actor)
    async with client.follow(BOOKING_EVENTS, id=str(booking.id)) as stream:
        await stream.caught_up()
        await bookings.accept(await partner_of(booking), booking.id)
        item = await stream.named("BookingAccepted")
    assert item["booking"] == {"state": "ACCEPTED", "version": item["version"]}


async def partner_of(booking: Booking) -> Actor:
    return Actor(id=booking.partner_id, roles=frozenset({Role.CUSTOMER, Role.PARTNER}))
