"""The torture of the tasks: the same bookings with and without faults leave the same notifications and events."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.database import database
from domain.service import ServiceType
from integrations.fault import Point
from models.booking import Booking
from services import booking as bookings
from services import message as messages
from tests import world
from tests.faults.facts import quiet
from tests.faults.rig import Rig, rig
from tests.faults.world import awake, inbox
from tests.world import Customer, Provider

BOOKINGS = 4  # of one run
STRUCK_WITHIN_S = 20.0
NOTIFICATIONS = """
SELECT coalesce(n.queue, n.account_id::text) AS who, n.booking_id::text AS booking, n.template, n.channel, n.state
  FROM notification n WHERE n.booking_id::text = ANY($1)"""
EVENTS = "SELECT subject::text AS subject, name FROM event WHERE subject::text = ANY($1) ORDER BY id"
TASKS = "SELECT name, state FROM task WHERE payload->>'booking_id' = ANY($1) OR state = 'DEAD'"

Act = Callable[[], Awaitable[Any]]
Fault = Callable[["Torture", Act], Awaitable[None]]


@dataclass
class Outcome:
    """What one run left, with people and bookings by their part in it instead of their ids."""

    notifications: Counter[tuple[str, ...]] = field(default_factory=Counter)
    events: dict[str, list[str]] = field(default_factory=dict)
    tasks: Counter[tuple[str, ...]] = field(default_factory=Counter)


def differences(without: Outcome, with_faults: Outcome) -> list[str]:
    """What is in one and not in the other."""
    found = []
    for kind in ("notifications", "tasks"):
        one, other = getattr(without, kind), getattr(with_faults, kind)
        found += [f"{kind}: missing {each}" for each in (one - other).elements()]
        found += [f"{kind}: too many {each}" for each in (other - one).elements()]
    for booking in sorted(without.events.keys() | with_faults.events.keys()):
        one, other = without.events.get(booking, []), with_faults.events.get(booking, [])
        if one != other:
            found.append(f"events of {booking}: {other} instead of {one}")
    return found


@dataclass
class Torture:
    """One run of the bookings, and the faults that are left for its acts."""

    rig: Rig
    is_long: bool
    faults: list[Fault] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # by id: who and what it is in the run
    struck: int = 0

    async def act(self, act: Act) -> None:
        """With the next fault around it, as long as there is one."""
        if self.faults:
            await self.faults.pop(0)(self, act)
            self.struck += 1
        else:
            await act()

    async def quiet(self) -> None:
        left, _ = await quiet(self.rig)
        self.problems += [f"still waiting: {each}" for each in left]

    async def lapse(self) -> None:
        """In the short form leases end now; in the long one they are waited for."""
        if not self.is_long:
            await self.rig.lapse()


def killed_at(point: Point) -> Fault:
    """kill -9 at the point; another attempt does what was begun."""

    async def fault(torture: Torture, act: Act) -> None:
        worker = torture.rig.worker
        worker.plan(point, "kill")
        await act()
        if not await worker.struck(point, STRUCK_WITHIN_S):
            torture.problems.append(f"no worker came by {point}")
        worker.forget_plans()
        await worker.restart()
        await torture.lapse()

    return fault


async def frozen_past_its_lease(torture: Torture, act: Act) -> None:
    """A second worker does what the frozen one has in its hands; revived, it changes nothing."""
    worker, other = torture.rig.worker, await torture.rig.add_worker("worker2")
    worker.plan(Point.CLAIMED, "freeze")
    await act()
    if not await worker.struck(Point.CLAIMED, STRUCK_WITHIN_S):
        torture.problems.append("no worker was frozen")
    await asyncio.sleep(35 if torture.is_long else 1)
    await torture.lapse()
    await torture.quiet()
    worker.thaw()
    await asyncio.sleep(1)
    worker.forget_plans()
    del torture.rig.parts["worker2"]
    await other.end()


async def redis_flushed(torture: Torture, act: Act) -> None:
    await act()
    await torture.rig.empty_redis()


async def redis_restarted_empty(torture: Torture, act: Act) -> None:
    await act()
    await torture.rig.restart_redis_empty()


async def redis_away(torture: Torture, act: Act) -> None:
    """A minute (short: four seconds) without Redis: the sweeper runs tasks itself."""
    await torture.rig.kill_server(torture.rig.valkey)
    await act()
    await asyncio.sleep(60 if torture.is_long else 4)
    left, _ = await quiet(torture.rig, 10)
    torture.problems += [f"not done without Redis: {each}" for each in left]
    await torture.rig.start_server(torture.rig.valkey)


FAULTS: tuple[Fault, ...] = (
    killed_at(Point.CLAIMED),
    killed_at(Point.CARRIED),
    frozen_past_its_lease,
    redis_flushed,
    killed_at(Point.WORKED),
    killed_at(Point.NUMBERED),
    redis_away,
    killed_at(Point.BEFORE_COMMIT),
    killed_at(Point.AFTER_COMMIT),
    redis_restarted_empty,
)


async def play(torture: Torture) -> Outcome:
    """Request and write, answer, cancel or write back; the worker is quiet between the parts, so that what it reads
    does not depend on how long it took."""
    provider, customers = await _people(torture)
    made: list[Booking] = []
    for number, customer in enumerate(customers):

        async def ask(customer: Customer = customer, number: int = number) -> None:
            made.append(await world.request(customer, provider, world.at(8 + 2 * number)))

        await torture.act(ask)
        torture.names[str(made[-1].id)] = f"booking{number}"
    await torture.quiet()
    for number, booking in enumerate(made):
        await torture.act(lambda number=number, booking=booking: _answer(provider, booking, number))  # type: ignore[misc]
    await torture.quiet()
    for number, booking in enumerate(made[::2]):
        customer = customers[::2][number]
        await torture.act(lambda n=number, b=booking, c=customer: _go_on(provider, c, b, n))  # type: ignore[misc]
    await torture.quiet()
    return await _outcome(torture)


async def _people(torture: Torture) -> tuple[Provider, list[Customer]]:
    provider = await world.provider(ServiceType.GROOMER)
    customers = [await world.customer(f"Pelanggan {number}") for number in range(BOOKINGS)]
    torture.names[str(provider.id)] = "partner"
    for number, customer in enumerate(customers):
        torture.names[str(customer.id)] = f"customer{number}"
    for id in (provider.id, *(each.id for each in customers)):
        await awake(id)
    return provider, customers


async def _answer(provider: Provider, booking: Booking, number: int) -> None:
    if number % 2:
        await bookings.decline(provider.actor, booking.id, "Sudah penuh.")
    else:
        await bookings.accept(provider.actor, booking.id)


async def _go_on(provider: Provider, customer: Customer, booking: Booking, number: int) -> None:
    if number % 2:
        await bookings.cancel(customer.actor, booking.id, "")
    else:
        await messages.send(provider.actor.once(f"say-{booking.id}"), booking.id, "Sampai besok.")


async def _outcome(torture: Torture) -> Outcome:
    names, ids = torture.names, list(torture.names)
    outcome = Outcome()
    for row in await torture.rig.rows(NOTIFICATIONS, ids):
        who = names.get(row["who"], row["who"])
        outcome.notifications[who, names[row["booking"]], row["template"], row["channel"], row["state"]] += 1
    for row in await torture.rig.rows(EVENTS, ids):
        outcome.events.setdefault(names[row["subject"]], []).append(row["name"])
    for row in await torture.rig.rows(TASKS, ids):
        outcome.tasks[row["name"], row["state"]] += 1
    return outcome


async def torture_tasks(folder: Path, seed: int, *, is_long: bool) -> list[str]:
    """Both runs on servers of their own; what differs, and what was left waiting."""
    async with rig(folder, seed) as made:
        del made.parts["api"]
        made.start_programs()
        async with database(made.postgres.url):
            calm = Torture(made, is_long)
            without = await play(calm)
            letters = _letters(folder)
            faults = list(FAULTS)
            random.Random(seed).shuffle(faults)
            wild = Torture(made, is_long, faults)
            with_faults = await play(wild)
        problems = calm.problems + wild.problems + differences(without, with_faults)
        if _letters(folder) != 2 * letters:
            problems.append(f"{_letters(folder) - letters} letters instead of {letters}")
        if wild.struck != len(FAULTS):
            problems.append(f"{wild.struck} of {len(FAULTS)} faults struck")
        if not without.notifications:
            problems.append("nobody was told anything")
        return problems


def _letters(folder: Path) -> int:
    return len(list(inbox(folder).glob("*.json")))
