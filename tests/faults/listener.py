"""Subscribers that come back with their cursor whenever they are cut off."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.faults import documents as say
from tests.faults.history import Heard, History
from tests.faults.world import Person, World

AGAIN_S = 0.1
SILENT_S = 8.0  # the API's own ping comes later; a silent socket is asked whether it lives
OPEN_WITHIN_S = 5.0
ITEMS = ("BookingEvent", "NotificationCreatedItem")


class Listener:
    """One stream from the beginning of the log on; it goes round its `urls`, one at each connection."""

    def __init__(self, url: str, heard: Heard, person: Person, document: str, *, forgets: bool = False) -> None:
        self.urls, self.heard, self._person, self._document = [url], heard, person, document
        self._forgets = forgets  # planted bug: comes back without its cursor
        self.cursor: str | None = "e0"
        self.task = asyncio.create_task(self._forever())

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            try:
                await self._once()
            except (OSError, WebSocketException, TimeoutError, ValueError, KeyError) as error:
                received = getattr(error, "rcvd", None)
                if received is not None:
                    self.heard.closes.append(received.code)
            self.cursor = None if self._forgets else self.cursor
            self.urls = self.urls[1:] + self.urls[:1]
            await asyncio.sleep(AGAIN_S)

    async def _once(self) -> None:
        address = self.urls[0].replace("http", "ws") + "/graphql"
        options: dict[str, Any] = {
            "subprotocols": ["graphql-transport-ws"], "open_timeout": OPEN_WITHIN_S, "close_timeout": 1,
            "ping_interval": 4, "ping_timeout": 4,
        }  # fmt: skip
        async with connect(address, **options) as socket:
            self.heard.connections += 1
            credentials = {"authorization": f"Bearer {self._person.token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": credentials}))
            assert json.loads(await asyncio.wait_for(socket.recv(), OPEN_WITHIN_S))["type"] == "connection_ack"
            payload = {"query": self._document, "variables": {"after": self.cursor}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            while self._hear(json.loads(await socket.recv())):
                pass

    def _hear(self, message: Any) -> bool:
        """Take one message; whether more may come on this socket."""
        if message["type"] in ("error", "complete"):
            self.heard.reasons.append(json.dumps(message)[:200])
            return False
        if message["type"] != "next":
            return True
        if message["payload"].get("errors"):
            self.heard.reasons.append(json.dumps(message["payload"]["errors"])[:200])
            return False
        (item,) = message["payload"]["data"].values()
        if item["__typename"] in ITEMS:
            self.heard.positions.append(int(item["cursor"][1:]))
            self.cursor = item["cursor"]
        return True


def listen(url: str, world: World, history: History, *, forgets: bool = False) -> list[Listener]:
    """Every partner's work and every customer's notifications."""
    listeners = []
    for person, provider in world.providers:
        heard = Heard(person.name, f"partner:{provider.id}", sorted(person.actor.scopes), only_bookings=True)
        listeners.append(Listener(url, heard, person, say.JOB_UPDATES, forgets=forgets))
    for person, customer in world.customers:
        heard = Heard(person.name, f"notifications:{customer.id}", sorted(person.actor.scopes), only_bookings=False)
        listeners.append(Listener(url, heard, person, say.NOTIFICATIONS, forgets=forgets))
    history.listeners += [each.heard for each in listeners]
    return listeners
