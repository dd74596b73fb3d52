"""Who may write to whom and when, and how long customers waited for an answer."""

import asyncio
from datetime import timedelta

import pytest
import time_machine

from domain.booking import BookingState
from domain.message import OPEN_AFTER_END, ConversationClosed, Side
from domain.permissions import NOBODY, Actor, Role
from domain.refusals import IdempotencyKeyReused, InvalidInput, NotAllowed, NotFound, NotSignedIn
from models.booking import Booking
from models.event import Event
from models.message import Message
from services import booking as bookings
from services import message as messages
from services.partner.reply import median_reply_s
from tests import job as jobs
from tests import world
from tests.job import Job
from tests.world import Customer, Provider

WRITERS = 8


@pytest.fixture
async def job() -> Job:
    customer, provider = await world.customer(), await world.provider()
    return Job(customer, provider, await world.request(customer, provider))


async def say(actor: Actor, job: Job, body: str = "Halo") -> Message:
    return await messages.send(actor.once(jobs.key()), job.id, body)


async def test_both_sides_write_and_nobody_else(job: Job) -> None:
    asked = await say(job.customer.actor, job, " Bolu takut air. ")
    told = await say(job.provider.actor, job)
    assert (asked.side, asked.body, asked.sender_id) == (Side.CUSTOMER, "Bolu takut air.", job.customer.id)
    assert (told.side, told.partner_id) == (Side.PARTNER, job.provider.id)
    for stranger in ((await world.customer()).actor, (await world.provider()).actor):
        with pytest.raises(NotFound):
            await say(stranger, job)
    with pytest.raises(NotFound):
        await say(await world.account("Keduanya", Role.AGENT, Role.CUSTOMER), job)
    with pytest.raises(NotAllowed):
        await say(await world.staff(Role.AGENT), job)
    with pytest.raises(NotSignedIn):
        await say(NOBODY, job)
    assert await Message.all().count() == 2


async def test_a_message_is_told_without_its_text(job: Job) -> None:
    message = await say(job.customer.actor, job, "Rahasia")
    event = await Event.get(name="MessageSent")
    assert event.payload == {
        "booking_id": str(job.id), "customer_id": str(job.customer.id), "partner_id": str(job.provider.id),
        "version": job.booking.version, "message_id": str(message.id), "side": "CUSTOMER",
    }  # fmt: skip
    assert f"messages:{job.id}" in event.topics and "role:finance" not in event.audience


async def test_a_held_booking_has_nobody_to_write_to_yet() -> None:
    customer, provider = await world.customer(), await world.provider()
    held = Job(customer, provider, await world.hold(customer, provider))
    with pytest.raises(ConversationClosed):
        await say(customer.actor, held)
    with pytest.raises(NotFound):
        await say(provider.actor, held)


async def test_the_conversation_ends_a_week_after_the_booking_was_called_off(job: Job) -> None:
    await bookings.decline(job.provider.actor, job.id, "Sudah penuh")
    declined = await Booking.get(id=job.id)
    assert declined.ended_at
    with time_machine.travel(declined.ended_at + OPEN_AFTER_END - timedelta(seconds=5)):
        await say(job.customer.actor, job)
    with time_machine.travel(declined.ended_at + OPEN_AFTER_END):
        with pytest.raises(ConversationClosed):
            await say(job.customer.actor, job)


async def test_the_week_counts_from_completion_also_once_the_booking_is_closed(job: Job) -> None:
    completed_at = job.booking.ends_at
    await Booking.filter(id=job.id).update(
        state=BookingState.CLOSED, completed_at=completed_at, ended_at=completed_at + timedelta(days=2)
    )
    with time_machine.travel(completed_at + OPEN_AFTER_END - timedelta(seconds=5)):
        await say(job.provider.actor, job)
    with time_machine.travel(completed_at + OPEN_AFTER_END):
        with pytest.raises(ConversationClosed):
            await say(job.provider.actor, job)


@pytest.mark.proves("Q-07")
async def test_an_answer_keeps_how_long_the_oldest_unanswered_message_waited(job: Job) -> None:
    noon = world.at(12, days=1)
    timeline: list[tuple[int, Customer | Provider, int | None]] = [
        (0, job.provider, None),  # nobody asked
        (60, job.customer, None),
        (90, job.customer, None),
        (660, job.provider, 600),  # both are answered, the first one waited longer
        (700, job.provider, None),  # a second thought is no second answer
        (1000, job.customer, None),
        (1030, job.provider, 30),
        (5000, job.customer, None),
    ]
    waits = []
    for second, who, _ in timeline:
        with time_machine.travel(noon + timedelta(seconds=second), tick=False):
            waits.append((await say(who.actor, job)).reply_s)
    assert waits == [expected for *_, expected in timeline]


@pytest.mark.proves("Q-07")
async def test_the_median_of_a_partners_reply_times_is_measured_over_its_bookings(job: Job) -> None:
    others = [Job(job.customer, job.provider, await world.request(job.customer, job.provider, world.at(hour)))
              for hour in (13, 16)]  # fmt: skip
    noon = world.at(12, days=1)
    for number, (each, waited_s) in enumerate(zip([job, *others], (10, 40, 7000), strict=True)):
        asked_at = noon + timedelta(hours=3 * number)
        with time_machine.travel(asked_at, tick=False):
            await say(job.customer.actor, each)
        with time_machine.travel(asked_at + timedelta(seconds=waited_s), tick=False):
            await say(job.provider.actor, each)
    assert await median_reply_s(job.provider.id) == 40


async def test_messages_at_the_same_time_are_answered_once(job: Job) -> None:
    await say(job.customer.actor, job)
    told = await asyncio.gather(*(say(job.provider.actor, job) for _ in range(WRITERS)))
    assert sum(message.reply_s is not None for message in told) == 1


async def test_the_same_key_writes_one_message(job: Job) -> None:
    actor = job.customer.actor.once("same")
    sent = await asyncio.gather(*(messages.send(actor, job.id, "Halo") for _ in range(WRITERS)))
    assert len({message.id for message in sent}) == await Message.all().count() == 1
    assert await Event.filter(name="MessageSent").count() == 1
    with pytest.raises(IdempotencyKeyReused):
        await messages.send(actor, job.id, "Lain")


@pytest.mark.parametrize("body", ["", "  ", "x" * 2001, "a\x00b"])
async def test_what_cannot_be_kept_is_refused(job: Job, body: str) -> None:
    with pytest.raises(InvalidInput):
        await say(job.customer.actor, job, body)
