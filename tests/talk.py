"""Talking graphql-transport-ws with a running API, message by message."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.socket import PROTOCOL
from domain import events
from domain.permissions import Actor
from domain.refusals import Language
from integrations.nudge import NUDGE
from models.booking import Booking
from models.event import Event
from tests.running import System

WITHIN_S = 5.0
INIT = "connection_init"
LIVE = """subscription ($id: UUID!, $after: Cursor) { bookingEvents(bookingId: $id, after: $after) {
 __typename ... on BookingEvent { cursor name } } }"""


class Person(Protocol):
    """A customer or provider of tests/world.py."""

    @property
    def actor(self) -> Actor: ...


class Talk:
    """One socket, message by message."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, message: Any) -> None:
        """Text and bytes go as they are, everything else as JSON."""
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self) -> Any:
        return json.loads(await asyncio.wait_for(self.socket.recv(), WITHIN_S))

    async def ask(self, id: str, query: str, **more: Any) -> None:
        await self.say({"id": id, "type": "subscribe", "payload": {"query": query, **more}})

    async def item(self) -> Any:
        """What the next `next` says of its one field."""
        [item] = (await self.until("next"))["payload"]["data"].values()
        return item

    async def until(self, kind: str) -> Any:
        """The next message of that type."""
        while (message := await self.hear())["type"] != kind:
            pass
        return message

    async def live(self, id: str, booking: Booking, query: str = LIVE, **variables: Any) -> None:
        """Subscribe and wait until nothing is missing."""
        await self.ask(id, query, variables={"id": str(booking.id), **variables})
        while (await self.hear())["payload"]["data"]["bookingEvents"]["__typename"] != "CaughtUp":
            pass

    async def closed(self) -> tuple[int, str]:
        """The code and reason of the close; whatever was said before it is read first."""
        with pytest.raises(ConnectionClosed) as ending:
            while True:
                await self.hear()
        assert ending.value.rcvd
        return ending.value.rcvd.code, ending.value.rcvd.reason


@asynccontextmanager
async def opened(api: System, **options: Any) -> AsyncIterator[Talk]:
    """A socket that has said nothing yet."""
    options.setdefault("subprotocols", [PROTOCOL])
    async with connect(api.url.replace("http", "ws") + "/graphql", **options) as socket:
        yield Talk(socket)


@asynccontextmanager
async def acknowledged(api: System, person: Person | Actor, language: Language = Language.ID) -> AsyncIterator[Talk]:
    """A socket that may ask."""
    actor = person if isinstance(person, Actor) else person.actor
    token = await api.token(replace(actor, language=language))
    async with opened(api) as talk:
        await talk.say({"type": INIT, "payload": {"authorization": f"Bearer {token}"}})
        assert await talk.hear() == {"type": "connection_ack"}
        yield talk


async def happen(booking: Booking, count: int = 1, audience: Sequence[str] | None = None, **facts: Any) -> None:
    """Things that happen to the booking and change nothing of it."""
    told = events.ChecklistTicked.about(booking, facts)
    hearers = list(told.audience if audience is None else audience)
    await Event.bulk_create(
        Event(name="ChecklistTicked", subject=told.subject, payload=told.payload, topics=list(told.topics),
              audience=hearers, at=datetime.now(UTC)) for _ in range(count)
    )  # fmt: skip
    NUDGE.ring()
