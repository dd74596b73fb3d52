"""Reading notifications, and what staff see of dead ones."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.delivery import DeliveryState
from domain.notification import Channel, Template
from domain.permissions import SYSTEM, Role
from domain.refusals import Language
from domain.task import TaskState
from models.notification import Notification
from models.task import Task
from services import notification as notifications
from services.notification import Letter
from tests import world
from tests.ask import ask, refused
from tests.queries import statements

MINE = """query ($first: Int! = 20, $after: String, $unread: Boolean! = false) {
  unreadCount
  myNotifications(first: $first, after: $after, unreadOnly: $unread) {
    edges { cursor node { id template subject body queue readAt } } pageInfo { hasNextPage endCursor }
  }
}"""
QUEUE = "{ queueNotifications { edges { node { id queue body } } } }"
READ = """mutation ($ids: [UUID!]!) {
  markNotificationsRead(ids: $ids) { ... on MarkedNotifications { count } ... on Refusal { code field } }
}"""
PREFERENCE = "{ myPreference { email whatsapp sms quietFrom quietUntil } }"
PREFER = """mutation ($from: Time!) {
  setPreference(email: false, whatsapp: true, sms: false, quietFrom: $from, quietUntil: "06:30:00") {
    ... on Preference { email whatsapp sms quietFrom quietUntil } ... on Refusal { code field }
  }
}"""
DEAD = "{ deadNotifications { edges { node { id channel state attempts lastError } } } }"
RESEND = """mutation ($id: UUID!) {
  resendNotification(id: $id) { ... on Delivery { id state } ... on Refusal { code } }
}"""
DEAD_TASKS = "{ deadTasks { edges { node { key name attempts lastError } } } }"
RESEND_TASK = "mutation ($key: String!) { resendTask(key: $key) { ... on Task { key state } ... on Refusal { code } } }"


async def told(account_id: UUID | None, count: int = 1) -> list[Notification]:
    """Welcome the account, or tell the support queue of lateness, so many times; the rows in the app."""
    facts = dict.fromkeys(("name", "link", "partner", "code", "minutes", "reason", "time"), "x1")
    rows: list[Notification] = []
    for number in range(count):
        rows += await notifications.notify(
            SYSTEM,
            Letter(
                cause=f"{number}", template=Template.WELCOME if account_id else Template.PARTNER_LATE_SUPPORT,
                facts=facts, language=Language.EN, account_id=account_id, queue=None if account_id else "support",
            ),
        )  # fmt: skip
    return [row for row in rows if row.channel is Channel.IN_APP]


def nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


async def test_a_reader_sees_own_notifications_newest_first_page_by_page() -> None:
    sari, ana = await world.account("Sari", Role.CUSTOMER), await world.account("Ana", Role.CUSTOMER)
    ids = sorted((str(row.id) for row in await told(sari.id, 3)), reverse=True)
    await told(ana.id)
    page = await ask(MINE, sari, first=2)
    rest = await ask(MINE, sari, first=2, after=page["myNotifications"]["pageInfo"]["endCursor"])
    assert [node["id"] for node in nodes(page["myNotifications"]) + nodes(rest["myNotifications"])] == ids
    assert page["unreadCount"] == 3
    assert nodes(page["myNotifications"])[0]["template"] == "WELCOME"


async def test_what_was_read_is_counted_and_filtered_away() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    first, second = await told(sari.id, 2)
    assert await ask(READ, sari, ids=[str(first.id)]) == {"markNotificationsRead": {"count": 1}}
    unread = await ask(MINE, sari, unread=True)
    assert unread["unreadCount"] == 1
    assert [node["id"] for node in nodes(unread["myNotifications"])] == [str(second.id)]
    assert await ask(READ, sari, ids=[]) == {"markNotificationsRead": {"code": "INVALID_INPUT", "field": "ids"}}


@pytest.mark.parametrize("document", [MINE, QUEUE, PREFERENCE, DEAD, DEAD_TASKS])
async def test_a_visitor_is_asked_to_sign_in(document: str) -> None:
    await told(None)
    assert await refused(document) == ("NOT_SIGNED_IN", None)


@pytest.mark.parametrize("document", [QUEUE, DEAD, DEAD_TASKS])
async def test_queues_and_dead_letters_are_not_for_customers(document: str) -> None:
    assert await refused(document, await world.account("Sari", Role.CUSTOMER)) == ("NOT_ALLOWED", None)


async def test_support_sees_its_queue_and_its_own_notifications_apart() -> None:
    agent = await world.staff(Role.AGENT)
    (queue,), (own,) = await told(None), await told(agent.id)
    assert [node["id"] for node in nodes((await ask(QUEUE, agent))["queueNotifications"])] == [str(queue.id)]
    assert [node["id"] for node in nodes((await ask(MINE, agent))["myNotifications"])] == [str(own.id)]


async def test_a_preference_is_changed_and_read_back() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    assert (await ask(PREFERENCE, sari))["myPreference"] == {
        "email": True, "whatsapp": True, "sms": True, "quietFrom": "21:00:00", "quietUntil": "07:00:00"
    }  # fmt: skip
    for start in ("22:15:00", "23:00:00"):
        wanted = {"email": False, "whatsapp": True, "sms": False, "quietFrom": start, "quietUntil": "06:30:00"}
        assert (await ask(PREFER, sari, **{"from": start}))["setPreference"] == wanted
        assert (await ask(PREFERENCE, sari))["myPreference"] == wanted


async def test_support_sees_a_dead_message_without_its_text_and_sends_it_again() -> None:
    sari, agent = await world.account("Sari", Role.CUSTOMER), await world.staff(Role.AGENT)
    await told(sari.id)
    await Notification.filter(channel=Channel.WHATSAPP).update(state=DeliveryState.DEAD, attempts=6, last_error="busy")
    (dead,) = nodes((await ask(DEAD, agent))["deadNotifications"])
    assert (dead["channel"], dead["attempts"], dead["lastError"]) == ("WHATSAPP", 6, "busy")
    assert await ask(RESEND, sari, id=dead["id"]) == {"resendNotification": {"code": "NOT_ALLOWED"}}
    assert await ask(RESEND, agent, id=dead["id"]) == {"resendNotification": {"id": dead["id"], "state": "QUEUED"}}
    assert nodes((await ask(DEAD, agent))["deadNotifications"]) == []


async def test_a_senior_agent_sends_a_dead_task_again() -> None:
    senior, agent = await world.staff(Role.SENIOR_AGENT), await world.staff(Role.AGENT)
    await Task.create(
        key="t:1", name="close_booking", state=TaskState.DEAD, attempts=8, due_at=datetime.now(UTC), last_error="boom"
    )
    (dead,) = nodes((await ask(DEAD_TASKS, senior))["deadTasks"])
    assert dead == {"key": "t:1", "name": "close_booking", "attempts": 8, "lastError": "boom"}
    assert await refused(DEAD_TASKS, agent) == ("NOT_ALLOWED", None)
    assert await ask(RESEND_TASK, agent, key="t:1") == {"resendTask": {"code": "NOT_ALLOWED"}}
    assert await ask(RESEND_TASK, senior, key="t:1") == {"resendTask": {"key": "t:1", "state": "DUE"}}
    assert await ask(RESEND_TASK, senior, key="t:1") == {"resendTask": {"code": "ILLEGAL_MOVE"}}


@pytest.mark.parametrize("text", ["t:\x001", "t:\ud8001", "", "x" * 161])
async def test_a_key_or_a_queue_that_nothing_can_have_is_refused_by_its_name(text: str) -> None:
    senior = await world.staff(Role.SENIOR_AGENT)
    document = "mutation ($key: String!) { resendTask(key: $key) { ... on Refusal { code field } } }"
    assert await ask(document, senior, key=text) == {"resendTask": {"code": "INVALID_INPUT", "field": "key"}}
    document = "query ($queue: String!) { queueNotifications(queue: $queue) { edges { cursor } } }"
    assert await refused(document, senior, queue=text) == ("INVALID_INPUT", "queue")


async def test_a_longer_page_costs_no_more_statements() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    await told(sari.id, 8)
    counts = []
    for first in (2, 8):
        with statements() as sent:
            await ask(MINE, sari, first=first)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 3
