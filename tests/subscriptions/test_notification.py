"""Notifications over a real socket: own ones, the support queue's, and none of anybody else."""

from pathlib import Path
from typing import Any
from uuid import UUID

from domain.notification import Template
from domain.permissions import SYSTEM, Actor, Role
from domain.refusals import Language
from services import notification as notifications
from services.notification import SUPPORT, Letter
from tests import world
from tests.running import Stream, system

FOLLOW = """subscription ($after: Cursor) { notifications(after: $after) {
  __typename
  ... on NotificationCreatedItem { cursor notification { template body queue } }
  ... on CaughtUp { cursor } ... on StreamEnded { reason }
} }"""
FACTS = dict.fromkeys(("link", "partner", "code", "minutes", "reason", "time"), "x1")


async def tell(to: UUID | None, name: str) -> None:
    letter = Letter(
        cause=name, template=Template.WELCOME if to else Template.PARTNER_LATE_SUPPORT,
        facts=FACTS | {"name": name, "code": name}, language=Language.EN, account_id=to, queue=None if to else SUPPORT,
    )  # fmt: skip
    await notifications.notify(SYSTEM, letter)


async def heard(stream: Stream, count: int) -> list[str]:
    """The words of the next `count` notifications that tell them apart."""
    bodies: list[str] = []
    while len(bodies) < count:
        item: dict[str, Any] = await stream.next()
        if item["__typename"] == "NotificationCreatedItem":
            bodies += [word for word in ("Sari", "Ana", "Late-1", "Late-2") if word in item["notification"]["body"]]
    return bodies


async def people() -> tuple[Actor, Actor, Actor]:
    return (
        await world.account("Sari", Role.CUSTOMER), await world.account("Ana", Role.CUSTOMER),
        await world.staff(Role.AGENT),
    )  # fmt: skip


async def test_readers_hear_their_own_and_support_its_queue(migrated: str, redis_url: str, tmp_path: Path) -> None:
    sari, ana, agent = await people()
    async with system(migrated, redis_url, tmp_path) as running:
        clients = [await running.client(each) for each in (sari, agent)]
        async with clients[0].follow(FOLLOW) as hers, clients[1].follow(FOLLOW) as theirs:
            await hers.caught_up()
            await theirs.caught_up()
            await tell(None, "Late-1")
            await tell(ana.id, "Ana")
            await tell(sari.id, "Sari")
            await tell(None, "Late-2")
            assert await heard(hers, 1) == ["Sari"]
            assert await heard(theirs, 2) == ["Late-1", "Late-2"]
            assert [item["__typename"] for item in hers.heard] == ["CaughtUp", "NotificationCreatedItem"]


async def test_a_reader_who_was_away_resumes_behind_its_cursor(migrated: str, redis_url: str, tmp_path: Path) -> None:
    sari, _, agent = await people()
    async with system(migrated, redis_url, tmp_path) as running:
        client = await running.client(agent)
        async with client.follow(FOLLOW) as stream:
            await stream.caught_up()
            await tell(None, "Late-1")
            assert await heard(stream, 1) == ["Late-1"]
            cursor = stream.heard[-1]["cursor"]
        await tell(sari.id, "Sari")
        await tell(None, "Late-2")
        async with client.follow(FOLLOW, after=cursor) as stream:
            assert await heard(stream, 1) == ["Late-2"]
