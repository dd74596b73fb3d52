"""The load under every scenario: journeys from hold to cancellation, newcomers, readers; all of them stop when told."""

import asyncio
import random
import re
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults import documents as say
from tests.faults.client import Client, Unsettled
from tests.faults.history import OK, History
from tests.faults.world import Person, World, inbox
from tests.world import Customer, Provider, at

DAYS, HOURS = range(3, 40), range(7, 20)
HOT_DAYS = range(3, 5)  # where customers get in each other's way
NEWCOMER_EVERY_S = 2.0
READ_EVERY_S = 0.3
STOP_WITHIN_S = 90.0
MAX_WISHES = 50


class Workload:
    """Runs from `start` until `stop`; what it saw is in the history."""

    def __init__(
        self, name: str, urls: list[str], world: World, history: History, folder: Path, dice: random.Random,
        **clients: bool,
    ) -> None:  # fmt: skip
        self.name, self.urls, self.world, self.history, self.folder = name, urls, world, history, folder
        self.clients = clients  # how they behave
        self.dice = dice
        self.unsettled: list[str] = []
        self._numbers = count(1)
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: list[Client] = []

    def start(self) -> None:
        """One journey at a time for each customer, a newcomer now and then, and a reader."""
        for each in self.world.customers:
            self._tasks.append(asyncio.create_task(self._journeys(*each)))
        self._tasks.append(asyncio.create_task(self._newcomers()))
        self._tasks.append(asyncio.create_task(self._reader(self.world.customers[0][0])))

    async def stop(self) -> None:
        """Let each finish what it has begun; orders without a definite answer are named in `unsettled`."""
        self._stopping.set()
        _, late = await asyncio.wait(self._tasks, timeout=STOP_WITHIN_S)
        for task in late:
            task.cancel()
            self.unsettled.append("a journey did not end")
        found = await asyncio.gather(*self._tasks, return_exceptions=True)
        self.unsettled += [repr(each) for each in found if isinstance(each, Exception)]
        for client in self._clients:
            await client.close()

    def client(self, person: Person | None) -> Client:
        urls = self.dice.sample(self.urls, len(self.urls))
        made = Client(urls, self.history, person, random.Random(self.dice.random()), **self.clients)
        self._clients.append(made)
        return made

    async def _journeys(self, person: Person, customer: Customer) -> None:
        mine = self.client(person)
        theirs = {provider.id: self.client(someone) for someone, provider in self.world.providers}
        while not self._stopping.is_set():
            _, provider = self.dice.choice(self.world.providers)
            try:
                await self._journey(mine, theirs[provider.id], customer, provider)
            except Unsettled as error:
                self.unsettled.append(str(error))
            await asyncio.sleep(self.dice.uniform(0, 0.05))

    async def _journey(self, mine: Client, theirs: Client, customer: Customer, provider: Provider) -> None:
        """Hold, request, talk, accept, and mostly cancel, so that the slot is free again."""
        held = await mine.order("hold", say.HOLD, self._key(), input=self._wish(customer, provider))
        if held.outcome != OK:
            return
        id = held.result
        if self.dice.random() < 0.1:
            await self._say(mine, id)  # too early: refused
        is_requested = self.dice.random() < 0.9
        if is_requested:
            await mine.order("request", say.REQUEST, self._key(), id, id=id)
            await self._say(mine, id)
        if self.dice.random() < 0.7:
            await theirs.order("accept", say.ACCEPT, self._key(), id, id=id)
            await self._say(theirs, id)
        if not is_requested or self.dice.random() < 0.97:  # holds are few, and slots should not run out
            await mine.order("cancel", say.CANCEL, self._key(), id, id=id)

    async def hold_and_keep(self) -> str:
        """A hold that nobody touches any more, of whoever has one left; its booking's id."""
        for _ in range(MAX_WISHES):
            person, customer = self.dice.choice(self.world.customers)
            _, provider = self.dice.choice(self.world.providers)
            held = await self.client(person).order("hold", say.HOLD, self._key(), input=self._wish(customer, provider))
            if held.outcome == OK:
                return held.result
        raise AssertionError("nobody gets a hold")

    async def _say(self, client: Client, id: str) -> None:
        key = self._key()
        body = f"kenari-{key}"
        await client.order("message", say.MESSAGE, key, id, id=id, body=body)

    def _wish(self, customer: Customer, provider: Provider) -> dict[str, Any]:
        day = self.dice.choice(HOT_DAYS if self.dice.random() < 0.5 else DAYS)
        return {
            "optionId": str(provider.option.id), "petId": str(customer.pet.id), "addressId": str(customer.address.id),
            "startsAt": at(self.dice.choice(HOURS), days=day).isoformat(),
        }  # fmt: skip

    def _key(self) -> str:
        return f"{self.history.seed}-{self.name}-{next(self._numbers)}"

    async def _reader(self, person: Person) -> None:
        client = self.client(person)
        while not self._stopping.is_set():
            await client.ask("read", say.MY_BOOKINGS, self._key())
            await asyncio.sleep(READ_EVERY_S)

    async def _newcomers(self) -> None:
        """Sign up by phone and code. Neither step takes a key: each is asked once, whatever becomes of it."""
        client = self.client(None)
        while not self._stopping.is_set():
            phone = f"+62813{self.dice.randrange(10**8):08d}"
            if (await client.ask("code", say.REQUEST_CODE, phone, phone, phone=phone)).outcome == OK:
                await self._log_in(client, phone)
            await asyncio.sleep(NEWCOMER_EVERY_S)

    async def _log_in(self, client: Client, phone: str) -> None:
        for _ in range(100):
            if code := _code(self.folder, phone):
                given = {"phone": phone, "code": code, "name": f"Kenari {phone[-8:]}"}
                await client.ask("log_in", say.LOG_IN, phone, phone, input=given)
                return
            if self._stopping.is_set():
                return
            await asyncio.sleep(0.2)


def _code(folder: Path, phone: str) -> str | None:
    """The code that was sent to the phone, read where the local provider lays it down."""
    newest = sorted(inbox(folder).glob("*.json"), key=lambda file: file.stat().st_mtime_ns)[-50:]
    for file in reversed(newest):
        text = file.read_text(errors="replace")
        if phone in text and (found := re.search(r"\b\d{6}\b", text.partition('"body"')[2])):
            return found.group()
    return None
