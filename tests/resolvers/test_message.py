"""The conversation as GraphQL shows it."""

from typing import Any

import pytest

from domain.permissions import Actor, Role
from services import message as messages
from tests import job as jobs
from tests import world
from tests.job import Job
from tests.queries import statements

SEND = """
mutation ($booking: UUID!, $body: String!, $key: String!) {
  sendMessage(bookingId: $booking, body: $body, idempotencyKey: $key) {
    __typename ... on Message { id side body isMine } ... on Refusal { code field }
  }
}"""
READ = """
query ($booking: UUID!, $first: Int = 20, $after: String) {
  booking(id: $booking) {
    messages(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } edges { node { id side body sentAt isMine } }
    }
  }
}"""
LIST = """
query ($first: Int!) {
  myBookings(first: $first) { edges { node { messages(first: 2) { edges { node { body } } } } } }
}"""


@pytest.fixture
async def job() -> Job:
    customer, provider = await world.customer(), await world.provider()
    return Job(customer, provider, await world.request(customer, provider))


async def send(actor: Actor, job: Job, body: str) -> Any:
    return await jobs.ask(actor, SEND, booking=str(job.id), body=body, key=jobs.key())


async def read(actor: Actor, job: Job, **page: Any) -> Any:
    booking = await jobs.ask(actor, READ, booking=str(job.id), **page)
    return booking and booking["messages"]


async def test_each_side_reads_the_conversation_newest_last_and_knows_its_own_words(job: Job) -> None:
    sent = await send(job.customer.actor, job, "Bolu takut air.")
    assert (sent["side"], sent["isMine"]) == ("CUSTOMER", True)
    await send(job.provider.actor, job, "Baik, pelan-pelan.")
    nodes = [edge["node"] for edge in (await read(job.provider.actor, job))["edges"]]
    assert [(node["body"], node["isMine"]) for node in nodes] == [
        ("Bolu takut air.", False), ("Baik, pelan-pelan.", True),
    ]  # fmt: skip


async def test_support_reads_the_conversation_and_strangers_do_not(job: Job) -> None:
    await send(job.customer.actor, job, "Halo")
    assert len((await read(await world.staff(Role.AGENT), job))["edges"]) == 1
    assert (await read(await world.staff(Role.FINANCE), job))["edges"] == []
    for stranger in ((await world.customer()).actor, (await world.provider()).actor, Actor()):
        assert await read(stranger, job) is None


async def test_a_stranger_and_a_missing_booking_get_the_same_answer(job: Job) -> None:
    stranger = (await world.customer()).actor
    missing = Job(job.customer, job.provider, job.booking.clone(pk=job.customer.id))
    told = await send(stranger, job, "Halo")
    assert (told["__typename"], told["code"]) == ("Refusal", "NOT_FOUND")
    assert told == await send(stranger, missing, "Halo")


async def test_pages_of_messages_follow_each_other(job: Job) -> None:
    for number in range(5):
        await send(job.customer.actor, job, str(number))
    first = await read(job.customer.actor, job, first=3)
    rest = await read(job.customer.actor, job, first=3, after=first["pageInfo"]["endCursor"])
    assert [[edge["node"]["body"] for edge in page["edges"]] for page in (first, rest)] == [["0", "1", "2"], ["3", "4"]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, rest)] == [True, False]


async def test_conversations_of_a_list_cost_the_same_for_any_number_of_bookings(job: Job) -> None:
    other = Job(job.customer, job.provider, await world.request(job.customer, job.provider, world.at(15)))
    for each in (job, other):
        for body in ("satu", "dua", "tiga"):
            await messages.send(job.customer.actor.once(jobs.key()), each.id, body)
    counts = []
    for size in (1, 2):
        with statements() as sent:
            listed = await jobs.ask(job.customer.actor, LIST, first=size)
        counts.append(len(sent))
        bodies = [[edge["node"]["body"] for edge in each["node"]["messages"]["edges"]] for each in listed["edges"]]
        assert bodies == [["satu", "dua"]] * size
    assert counts[0] == counts[1] > 0
