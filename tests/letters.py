"""What the worker does with events and due tasks, step by step and without Redis, into a sink of the test's own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tortoise import connections

from domain.notification import Channel
from integrations.mail import LocalMail
from integrations.seal import Seal
from integrations.sink import Sink, Stored
from integrations.sms import LocalSms
from integrations.storage import LocalStorage
from integrations.whatsapp import LocalWhatsapp
from models.event import Event
from models.notification import Notification
from models.task import Task
from services import task as tasks
from workers.job import Outside
from workers.runner import run_task

SITE = "http://rawat.example"
MAX_ROUNDS = 20


class Post:
    """One worker: `outside` may be given other providers, `sink` has what was sent."""

    def __init__(self, folder: Path, **providers: Any) -> None:
        self.sink = Sink(folder / "inbox")
        local: dict[str, Any] = {
            "mail": LocalMail(self.sink),
            "whatsapp": LocalWhatsapp(self.sink),
            "sms": LocalSms(self.sink),
            "storage": LocalStorage(folder / "media"),
        }
        self.outside = Outside(**(local | providers), seal=Seal("a secret of the tests, long enough"), public_url=SITE)

    @property
    def sent(self) -> list[Stored]:
        """Every message that left the house, oldest first."""
        return list(reversed(self.sink.recent(200)))

    async def react(self, *names: str) -> None:
        """Number what happened and let follow what follows from events of these names (of all when none is given)."""
        await number()
        for event in await Event.filter(**({"name__in": names} if names else {})).order_by("position"):
            await Task.bulk_create(
                [Task(key=f"react:{event.position}", name="react", due_at=datetime.now(UTC),
                      payload={"event": event.name, "position": event.position})],
                ignore_conflicts=True,
            )  # fmt: skip
        for _ in range(MAX_ROUNDS):
            due = [key for key, _ in await tasks.due(datetime.now(UTC), 200) if not key.startswith("send_notification")]
            if not due:
                return
            for key in due:
                await run_task(key, self.outside)

    async def send(self) -> None:
        """Run the sendings that are due now, once each."""
        for key, _ in await tasks.due(datetime.now(UTC), 200):
            if key.startswith("send_notification"):
                await run_task(key, self.outside)


async def number() -> None:
    """Give new events their positions, as the relay does."""
    await connections.get("default").execute_script("UPDATE event SET position = id, hash = '' WHERE position IS NULL")


async def told(**where: Any) -> list[tuple[str, str, Channel]]:
    """(account or queue, template, channel) of every notification, sorted."""
    rows: Sequence[Notification] = await Notification.filter(**where)
    return sorted((row.queue or str(row.account_id), row.template.value, row.channel) for row in rows)
