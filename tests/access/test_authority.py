"""Many sockets at once whose right to listen ends, in every way there is; `make authority` asks it of 500.

Each fate has a member of staff of its own with equally many sockets, all following one booking to which something
happens all the time. What ended is closed with 4403 within WITHIN_S and heard nothing that happened behind the end.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from domain.account import SessionOver
from domain.permissions import NOBODY, Actor, Role
from integrations.token import Tokens
from models.account import Session
from models.booking import Booking
from models.event import Event
from services import account as accounts
from services.account.step import next_token
from tests import world
from tests.running import System, eventually, numbered, system
from tests.talk import INIT, Talk, happen, opened

SOCKETS = int(os.environ.get("ACCESS_SOCKETS", "70"))
WITHIN_S = 5.0
FORBIDDEN = 4403
SHORT_LIFE = timedelta(seconds=5)  # longer than a socket takes to be live
AT_ONCE = 25  # sockets that are opened side by side
HAPPENS_EVERY_S, MAX_HAPPENINGS = 0.1, 600
ME = "{ me { id } }"

log = logging.getLogger("tests.authority")


@dataclass
class Listening:
    """One socket: what it heard, and how it ended."""

    actor: Actor
    token: str
    expires_at: float
    talk: Talk
    heard: list[int] = field(default_factory=list)  # positions
    ending: tuple[int, str] | None = None
    ended_at: float = 0.0

    async def listen(self) -> None:
        """Until it is closed."""
        try:
            async for text in self.talk.socket:
                message = json.loads(text)
                if message["type"] == "next":
                    self.heard.append(int(message["payload"]["data"]["bookingEvents"]["cursor"][1:]))
            await self.talk.socket.recv()  # raises what it was closed with
        except ConnectionClosed as closed:
            self.ended_at = time.time()
            self.ending = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else None


Group = Sequence[Listening]
Ending = Callable[[Group, Actor], Awaitable[list[float]]]  # the moment each member's right was over


async def by_log_out(group: Group, boss: Actor) -> list[float]:
    moments = []
    for each in group:
        await accounts.log_out(each.actor)
        moments.append(time.time())
    return moments


async def by_a_token_seen_twice(group: Group, boss: Actor) -> list[float]:
    """Whoever shows a refresh token again ends the session: a thief, or the owner behind one."""
    moments = []
    for each in group:
        token = await next_token(await Session.get(id=each.actor.session_id))
        await accounts.refresh(NOBODY, token)
        with suppress(SessionOver):
            await accounts.refresh(NOBODY, token)
        moments.append(time.time())
    return moments


async def by_log_out_everywhere(group: Group, boss: Actor) -> list[float]:
    await accounts.log_out_everywhere(group[0].actor)
    return [time.time()] * len(group)


async def by_a_role_taken_away(group: Group, boss: Actor) -> list[float]:
    await accounts.revoke_role(boss, id_of(group), Role.AGENT)
    return [time.time()] * len(group)


async def by_suspension(group: Group, boss: Actor) -> list[float]:
    await accounts.suspend(boss, id_of(group))
    return [time.time()] * len(group)


ENDINGS: dict[str, tuple[Ending, str]] = {
    "log-out": (by_log_out, "SessionEnded"),
    "token seen twice": (by_a_token_seen_twice, "SessionEnded"),
    "log-out everywhere": (by_log_out_everywhere, "SessionsEnded"),
    "role": (by_a_role_taken_away, "RolesChanged"),
    "suspension": (by_suspension, "AccountSuspended"),
}


def id_of(group: Group) -> UUID:
    account_id = group[0].actor.id
    assert account_id
    return account_id


@pytest.fixture
async def running(clean: str, redis_url: str, tmp_path: Path) -> AsyncIterator[System]:
    async with system(clean, redis_url, tmp_path, max_sockets=SOCKETS) as api:
        yield api


async def test_who_may_no_longer_listen_is_hung_up_in_time_and_nobody_else(running: System) -> None:
    booking = await world.request(await world.customer(), await world.provider())
    await numbered()
    boss, each = await world.staff(Role.MANAGEMENT), SOCKETS // (len(ENDINGS) + 2)
    async with AsyncExitStack() as open_until_the_end:
        groups = {name: await listening(running, open_until_the_end, booking, each) for name in (*ENDINGS, "stays")}
        happening = asyncio.create_task(keep_happening(booking))
        try:
            groups["expiry"] = await listening(running, open_until_the_end, booking, each, SHORT_LIFE)
            for name, (end, reason) in ENDINGS.items():
                moments = await end(groups[name], boss)
                await ended(groups[name], moments, reason)
            await ended(groups["expiry"], [member.expires_at for member in groups["expiry"]], "TOKEN_EXPIRED")
        finally:
            happening.cancel()
            await asyncio.gather(happening, return_exceptions=True)
        await numbered()
        for name, (_, reason) in ENDINGS.items():
            await heard_nothing_behind(groups[name], reason)
            assert await statuses(running, groups[name]) == {401}
        assert await statuses(running, groups["expiry"]) == {401}
        await the_others_heard_all(groups["stays"], booking)
        assert await statuses(running, groups["stays"]) == {200}


async def listening(
    api: System, stack: AsyncExitStack, booking: Booking, count: int, life: timedelta = timedelta(minutes=10)
) -> list[Listening]:
    """A new member of staff with so many live sockets, each of a session of its own."""
    agent = await world.staff(Role.AGENT)
    tokens = Tokens(api.settings.secret_key, life)
    members: list[Listening] = []
    for start in range(0, count, AT_ONCE):
        members += await asyncio.gather(
            *(_open(api, stack, booking, agent, tokens) for _ in range(min(AT_ONCE, count - start)))
        )
    return members


async def _open(api: System, stack: AsyncExitStack, booking: Booking, agent: Actor, tokens: Tokens) -> Listening:
    assert agent.id
    now = datetime.now(UTC)
    session = await Session.create(account_id=agent.id, expires_at=now + timedelta(days=1))
    token, _ = tokens.issue(agent.id, session.id, agent.roles, agent.language, now)
    access = tokens.read(token)
    assert access
    talk = await stack.enter_async_context(opened(api))
    await talk.say({"type": INIT, "payload": {"authorization": f"Bearer {token}"}})
    assert await talk.hear() == {"type": "connection_ack"}
    await talk.live("1", booking)
    member = Listening(access.actor, token, access.expires_at.timestamp(), talk)
    listener = asyncio.create_task(member.listen())
    stack.callback(listener.cancel)
    return member


async def keep_happening(booking: Booking) -> None:
    for _ in range(MAX_HAPPENINGS):
        await happen(booking)
        await asyncio.sleep(HAPPENS_EVERY_S)


async def ended(group: Group, moments: Sequence[float], reason: str) -> None:
    """Every socket was closed with the reason, in time."""

    async def all_are_closed() -> bool:
        return all(member.ending for member in group)

    await eventually(all_are_closed, max(0.0, max(moments) - time.time()) + 2 * WITHIN_S)
    assert {member.ending for member in group} == {(FORBIDDEN, reason)}
    late = [member.ended_at - moment for member, moment in zip(group, moments, strict=True)]
    log.info("%s: %d sockets, the last was closed after %.2f s", reason, len(group), max(late))
    assert max(late) < WITHIN_S, f"{reason}: {max(late):.1f} s"


async def heard_nothing_behind(group: Group, reason: str) -> None:
    """Of what happened behind the end, nobody heard anything."""
    for member in group:
        ends = await Event.filter(name=reason, subject=member.actor.id).order_by("position")
        of_this = [each for each in ends if str(member.actor.session_id) in json.dumps(each.payload)]
        assert len(of_this) == 1 and of_this[0].position
        assert max(member.heard, default=0) < of_this[0].position


async def the_others_heard_all(group: Group, booking: Booking) -> None:
    rows = await Event.filter(name="ChecklistTicked", subject=booking.id).order_by("position")
    told = [row.position for row in rows]

    async def all_have_heard() -> bool:
        return all(len(member.heard) >= len(told) for member in group)

    await eventually(all_have_heard)
    for member in group:
        assert member.ending is None
        assert member.heard == told


async def statuses(api: System, group: Group) -> set[int]:
    """What HTTP answers to the same tokens."""
    answers = [
        await api.http.post("/graphql", json={"query": ME}, headers={"authorization": f"Bearer {member.token}"})
        for member in group
    ]
    return {answer.status_code for answer in answers}
