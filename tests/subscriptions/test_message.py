"""The conversation about a booking, live."""

from collections.abc import AsyncIterator

import pytest

from domain.permissions import Actor, Role
from services import message as messages
from subscriptions.hub import Hub
from tests import job as jobs
from tests import world
from tests.job import Job
from tests.live import opened, running_hub

MESSAGES = """
subscription ($booking: UUID!, $after: Cursor) {
  bookingMessages(bookingId: $booking, after: $after) {
    __typename
    ... on MessageSentItem { cursor message { id side body isMine sentAt } }
    ... on CaughtUp { cursor }
  }
}"""
SENT = "MessageSentItem"


@pytest.fixture
async def hub(clean: str, redis_url: str) -> AsyncIterator[Hub]:
    async with running_hub(clean, redis_url) as running:
        yield running


@pytest.fixture
async def job() -> Job:
    customer, provider = await world.customer(), await world.provider()
    return Job(customer, provider, await world.request(customer, provider))


async def say(actor: Actor, job: Job, body: str) -> None:
    await messages.send(actor.once(jobs.key()), job.id, body)


async def test_a_message_is_heard_by_both_sides_each_knowing_its_own(hub: Hub, job: Job) -> None:
    async with (
        opened(hub, job.customer.actor, MESSAGES, job) as customer,
        opened(hub, job.provider.actor, MESSAGES, job) as partner,
    ):
        await customer.caught_up()
        await partner.caught_up()
        await say(job.customer.actor, job, "Bolu sudah makan?")
        heard = [(await each.next())["message"] for each in (customer, partner)]
    assert [(message["body"], message["side"], message["isMine"]) for message in heard] == [
        ("Bolu sudah makan?", "CUSTOMER", True),
        ("Bolu sudah makan?", "CUSTOMER", False),
    ]


async def test_a_reader_that_was_away_hears_what_it_missed_in_order_and_once(hub: Hub, job: Job) -> None:
    async with opened(hub, job.customer.actor, MESSAGES, job) as stream:
        await stream.caught_up()
        await say(job.provider.actor, job, "satu")
        seen = (await stream.next())["cursor"]
    for body in ("dua", "tiga"):
        await say(job.provider.actor, job, body)
    async with opened(hub, job.customer.actor, MESSAGES, job, seen) as stream:
        heard = await stream.until(2, SENT)
        await say(job.provider.actor, job, "empat")
        heard += await stream.until(1, SENT)
        assert [item["message"]["body"] for item in heard] == ["dua", "tiga", "empat"]
        assert await stream.is_silent()


async def test_staff_that_may_not_read_conversations_hears_nothing_of_them(hub: Hub, job: Job) -> None:
    finance, agent = await world.staff(Role.FINANCE), await world.staff(Role.AGENT)
    async with opened(hub, finance, MESSAGES, job) as deaf, opened(hub, agent, MESSAGES, job) as hearing:
        await deaf.caught_up()
        await hearing.caught_up()
        await say(job.customer.actor, job, "Halo")
        assert (await hearing.next())["message"]["body"] == "Halo"
        assert await deaf.is_silent()


async def test_messages_of_another_booking_are_not_heard(hub: Hub, job: Job) -> None:
    other = Job(job.customer, job.provider, await world.request(job.customer, job.provider, world.at(15)))
    async with opened(hub, job.customer.actor, MESSAGES, job) as stream:
        await stream.caught_up()
        await say(job.customer.actor, other, "untuk yang lain")
        await say(job.customer.actor, job, "untuk ini")
        assert (await stream.next())["message"]["body"] == "untuk ini"


async def test_strangers_and_the_anonymous_open_no_stream(hub: Hub, job: Job) -> None:
    held = Job(job.customer, job.provider, await world.hold(job.customer, job.provider, world.at(16)))
    for actor, booking, code in [
        ((await world.customer()).actor, job, "NOT_FOUND"),
        ((await world.provider()).actor, job, "NOT_FOUND"),
        (job.provider.actor, held, "NOT_FOUND"),
        (Actor(), job, "NOT_SIGNED_IN"),
    ]:
        async with opened(hub, actor, MESSAGES, booking) as stream:
            assert await stream.refusal() == code
