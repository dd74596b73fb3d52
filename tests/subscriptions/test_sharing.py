"""Who shares an answer: one execution for all who asked the same and see the same, and never for anybody else."""

import gc
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from app.outbox import MAX_WAITING
from app.sharing import Groups, Script
from app.socket import PROTOCOL
from domain.permissions import Actor, Role
from domain.refusals import Language
from models.booking import Booking
from services import booking as bookings
from subscriptions.booking import BookingEvent
from tests import world
from tests.running import System, eventually, numbered, system
from tests.talk import INIT, LIVE, Person, Talk, acknowledged, happen

MONEY = """subscription ($id: UUID!, $after: Cursor) { bookingEvents(bookingId: $id, after: $after) {
 __typename ... on BookingEvent { cursor booking { commissionIdr cancelPolicyText version } version } } }"""
LONG = """subscription ($id: UUID!, $after: Cursor) { bookingEvents(bookingId: $id, after: $after) {
 __typename ... on BookingEvent { cursor items } } }"""


@pytest.fixture(params=[False, True], ids=["our frames", "plain ASGI"])
async def running(request: pytest.FixtureRequest, clean: str, redis_url: str, tmp_path: Path) -> AsyncIterator[System]:
    async with system(clean, redis_url, tmp_path, is_plain=request.param) as api:
        yield api


@pytest.fixture
async def mitra() -> world.Provider:
    return await world.provider()


@pytest.fixture
async def booking(running: System, sari: world.Customer, mitra: world.Provider) -> Booking:
    booking = await world.request(sari, mitra)
    await numbered()
    return booking


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cursors of the events that were executed, one for each execution."""
    cursors: list[str] = []
    answer = Script.answer

    def noted(script: Script, item: Any) -> Any:
        if isinstance(item, BookingEvent):
            cursors.append(item.cursor)
        return answer(script, item)

    monkeypatch.setattr(Script, "answer", noted)
    return cursors


async def talks(stack: AsyncExitStack, api: System, *people: Person | Actor | tuple[Person, Language]) -> list[Talk]:
    """A socket for each."""
    return [
        await stack.enter_async_context(acknowledged(api, *(each if isinstance(each, tuple) else (each,))))
        for each in people
    ]


async def test_an_event_is_executed_once_for_all_who_asked_the_same(
    running: System, sari: world.Customer, mitra: world.Provider, booking: Booking, executed: list[str]
) -> None:
    """Facts only: no resolver is handed an info, so it does not matter who asks, or from which cursor."""
    async with AsyncExitStack() as stack:
        heard = await talks(stack, running, sari, sari, mitra, mitra)
        for number, talk in enumerate(heard):
            await talk.live(f"id {number}", booking, after="e0" if number % 2 else None)
        executed.clear()
        await happen(booking)
        items = [await talk.item() for talk in heard]
        assert [items[0]] * len(items) == items
        assert executed == [items[0]["cursor"]]


async def test_viewers_of_different_scopes_never_see_each_others_answers(
    running: System, sari: world.Customer, mitra: world.Provider, booking: Booking, executed: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        people = (sari, (sari, Language.EN), mitra, sari, mitra)
        heard = await talks(stack, running, *people)
        for talk in heard:
            await talk.live("1", booking, MONEY)
        executed.clear()
        await happen(booking)
        items = [(await talk.item())["booking"] for talk in heard]
    assert [item["commissionIdr"] for item in items] == [None, None, 30_000, None, 30_000]
    assert items[0] == items[3] != items[1]
    assert items[0]["cancelPolicyText"] == items[2]["cancelPolicyText"] != items[1]["cancelPolicyText"]
    assert len(executed) == 3  # customer in Indonesian, customer in English, partner


async def test_members_of_one_group_hear_only_what_they_may(
    running: System, sari: world.Customer, mitra: world.Provider, booking: Booking, executed: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        customer, partner = await talks(stack, running, sari, mitra)
        await customer.live("1", booking)
        await partner.live("1", booking)
        await happen(booking, audience=[f"account:{sari.id}"])
        await happen(booking, audience=["role:agent"])
        await happen(booking)
        first, last = await customer.item(), await customer.item()
        assert int(first["cursor"][1:]) < int(last["cursor"][1:])
        assert await partner.item() == last
        assert (
            len([cursor for cursor in executed if int(cursor[1:]) > int(first["cursor"][1:])]) == 1
        )  # nobody here may hear the second


async def test_references_are_read_for_each_event_and_never_older_than_it(
    running: System, sari: world.Customer, mitra: world.Provider, booking: Booking
) -> None:
    async with AsyncExitStack() as stack:
        heard = await talks(stack, running, sari, sari, mitra)
        for talk in heard:
            await talk.live("1", booking, MONEY)
        await bookings.accept(mitra.actor, booking.id)
        await happen(booking, 20)
        for talk in heard:
            items = [await talk.item() for _ in range(21)]
            assert all(item["booking"]["version"] >= item["version"] for item in items)
            cursors = [int(item["cursor"][1:]) for item in items]
            assert cursors == sorted(set(cursors))


async def test_a_slow_socket_lags_alone_and_both_hear_everything_in_order(
    running: System, sari: world.Customer, booking: Booking, executed: list[str]
) -> None:
    count = 6 * MAX_WAITING
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", running.settings.port))
    narrow.setblocking(False)
    address = running.url.replace("http", "ws") + "/graphql"
    async with (
        acknowledged(running, sari) as quick,
        connect(address, sock=narrow, max_size=None, max_queue=2, subprotocols=[PROTOCOL]) as socket,  # type: ignore[list-item]
    ):
        slow = Talk(socket)
        await slow.say({"type": INIT, "payload": {"authorization": f"Bearer {await running.token(sari.actor)}"}})
        await slow.until("connection_ack")
        for talk in (quick, slow):
            await talk.live("1", booking, LONG)
        items = []
        for _ in range(count // 32):
            await happen(booking, 32, items=["x" * 30_000])
            items += [await quick.item() for _ in range(32)]
        assert {item["__typename"] for item in items} == {"BookingEvent"}
        kinds, cursors = [], list[str]()
        while len(cursors) < count:
            item = await slow.item()
            kinds.append(item["__typename"])
            cursors += [item["cursor"]] if kinds[-1] == "BookingEvent" else []
    assert "Lagged" in kinds
    assert cursors == [item["cursor"] for item in items]


async def test_nothing_is_kept_of_those_who_left(running: System, sari: world.Customer, booking: Booking) -> None:
    async with acknowledged(running, sari) as talk:
        await talk.live("1", booking)
        await talk.live("2", booking, MONEY)
        assert await groups() == 2
        await talk.say({"id": "1", "type": "complete"})
        await eventually(lambda: are(1))
    await eventually(lambda: are(0))


async def groups() -> int:
    """How many groups this process has."""
    return sum(len(each) for each in gc.get_objects() if type(each) is Groups)


async def are(count: int) -> bool:
    return await groups() == count


async def test_an_event_that_cannot_be_made_an_item_ends_the_stream_with_a_masked_error(
    running: System, sari: world.Customer, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with acknowledged(running, sari) as talk:
        monkeypatch.setattr("subscriptions.booking.UUID", None)
        await talk.ask("1", LIVE, variables={"id": str(booking.id)})
        await talk.until("next")
        await talk.until("next")
        await happen(booking)
        message = await talk.until("next")
        assert message["payload"] == {"data": None, "errors": [{"message": "Unexpected error."}]}
        assert await talk.hear() == {"id": "1", "type": "complete"}


async def test_support_sees_what_the_partner_sees(
    running: System, booking: Booking, sari: world.Customer, mitra: world.Provider
) -> None:
    """Roles are part of the scope: one account with another role is another viewer."""
    async with AsyncExitStack() as stack:
        heard = await talks(stack, running, sari, mitra, await world.staff(Role.AGENT))
        for talk in heard:
            await talk.live("1", booking, MONEY)
        await happen(booking)
        assert [(await talk.item())["booking"]["commissionIdr"] for talk in heard] == [None, 30_000, 30_000]
