"""Channels, hours, tries and wishes of notifications."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine

from domain.calendar import Zone
from domain.delivery import DeliveryState
from domain.notification import MAX_TRIES, Channel, Template
from domain.permissions import SYSTEM, Role
from domain.refusals import IllegalMove, InvalidInput, Language, NotAllowed, NotFound
from integrations.delivery import Outgoing, Undeliverable, Unreachable
from integrations.mail import LocalMail
from integrations.sink import Sink
from integrations.whatsapp import LocalWhatsapp
from models.account import Account
from models.event import Event
from models.notification import Notification
from models.task import Task
from services import notification as notifications
from services.invariant import messages_are_on_their_way
from services.notification import Letter
from tests import world
from tests.letters import Post

IN_APP, EMAIL, WHATSAPP, SMS = Channel.IN_APP, Channel.EMAIL, Channel.WHATSAPP, Channel.SMS
FACTS = {
    "name": "Sari", "partner": "Mitra Contoh", "pet": "Bolu", "code": "BK-1", "link": "http://rawat.example/x",
    "minutes": "20", "reason": "hujan", "time": "10:00 WIB", "service": "grooming", "count": "3", "daypart": "morning",
    "sender": "Mitra Contoh",
}  # fmt: skip
NOON, NIGHT = time(12), time(23)


def clock(hour: time) -> datetime:
    """That hour of tomorrow in Jakarta."""
    return Zone.WIB.at(world.in_days(1), hour)


async def write(
    account_id: UUID | None, template: Template = Template.BOOKING_CONFIRMED, cause: str = "7", **more: Any
) -> dict[Channel, Notification]:
    """Tell the account, or the support queue, and give the new rows by channel."""
    letter = Letter(
        cause=cause, template=template, facts=FACTS, language=Language.EN, account_id=account_id,
        queue=None if account_id else notifications.SUPPORT, **more,
    )  # fmt: skip
    return {row.channel: row for row in await notifications.notify(SYSTEM, letter)}


async def reload(row: Notification) -> Notification:
    return await Notification.get(id=row.id)


class Broken:
    """A provider that fails in one way until it is repaired, and counts the tries."""

    def __init__(self, error: Exception | None) -> None:
        self.error, self.keys = error, list[str]()

    async def send(self, message: Outgoing) -> str:
        self.keys.append(message.key)
        if self.error:
            raise self.error
        return "sent"


class PowerCut(BaseException):
    """The worker dies."""


class DiesAfterSending:
    """WhatsApp whose answer never reaches the worker the first time."""

    def __init__(self, sink: Sink) -> None:
        self.local, self.keys = LocalWhatsapp(sink), list[str]()

    async def send(self, message: Outgoing) -> str:
        answer = await self.local.send(message)
        self.keys.append(message.key)
        if len(self.keys) == 1:
            raise PowerCut
        return answer


async def test_the_same_cause_is_told_once() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    assert set(await write(sari.id)) == {IN_APP, WHATSAPP}
    assert await write(sari.id) == {}
    assert set(await write(sari.id, cause="8")) == {IN_APP, WHATSAPP}


async def test_two_recipients_of_one_cause_are_both_told() -> None:
    for _ in range(2):
        assert set(await write((await world.account("Sari", Role.CUSTOMER)).id)) == {IN_APP, WHATSAPP}


async def test_a_queue_gets_one_row_however_many_staff_there_are() -> None:
    for _ in range(3):
        await world.staff(Role.AGENT)
    rows = await write(None, Template.PARTNER_LATE_SUPPORT)
    assert set(rows) == {IN_APP} and rows[IN_APP].queue == "support"
    event = await Event.get(name="NotificationCreated")
    assert event.topics == ["queue-notifications:support"] and "role:agent" in event.audience


async def test_the_live_stream_hears_of_the_row_in_the_app_only() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    rows = await write(sari.id)
    event = await Event.get(name="NotificationCreated")
    assert event.subject == rows[IN_APP].id and event.topics == [f"notifications:{sari.id}"]


async def test_at_night_the_app_is_told_at_once_and_the_telephone_in_the_morning() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    with time_machine.travel(clock(NIGHT), tick=False):
        rows = await write(sari.id)
    assert rows[WHATSAPP].due_at == Zone.WIB.at(world.in_days(2), time(7))
    assert rows[IN_APP].state is DeliveryState.SENT
    assert (await Task.get(name="send_notification")).due_at == rows[WHATSAPP].due_at


async def test_the_night_is_that_of_the_reader_s_own_zone_and_choice() -> None:
    ana = await world.account("Ana", Role.CUSTOMER, zone="WIT")
    evening, morning = clock(time(19, 30)), Zone.WIT.at(world.in_days(2), time(7))  # 21.30 in Jayapura
    with time_machine.travel(evening, tick=False):
        assert (await write(ana.id))[WHATSAPP].due_at == morning
        await notifications.set_preference(ana, True, True, True, time(23), time(5))
        assert (await write(ana.id, cause="8"))[WHATSAPP].due_at == evening


async def test_urgent_news_passes_quiet_hours_and_switches() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    await notifications.set_preference(sari, False, False, False, time(0), time(23, 59))
    with time_machine.travel(clock(NIGHT), tick=False):
        rows = await write(sari.id, Template.PARTNER_LATE)
    assert rows[WHATSAPP].due_at == clock(NIGHT)


async def test_news_that_is_worthless_in_the_morning_does_not_wait_for_it() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    starts_at = clock(NIGHT) + timedelta(hours=1)
    with time_machine.travel(clock(NIGHT), tick=False):
        rows = await write(sari.id, Template.BOOKING_REMINDER, needed_by=starts_at)
    assert rows[WHATSAPP].due_at == clock(NIGHT)


@pytest.mark.parametrize(
    "email, whatsapp, sms, channels",
    [
        (True, True, True, {IN_APP, EMAIL}),
        (False, True, True, {IN_APP, WHATSAPP}),
        (False, False, True, {IN_APP, SMS}),
        (False, False, False, {IN_APP}),
    ],
)
async def test_what_is_switched_off_is_not_used(email: bool, whatsapp: bool, sms: bool, channels: set[Channel]) -> None:
    sari = await world.account("Sari", Role.CUSTOMER, email="sari@rawat.example")
    await notifications.set_preference(sari, email, whatsapp, sms, time(21), time(7))
    assert set(await write(sari.id)) == channels


async def test_a_channel_switched_off_after_writing_is_not_used_for_what_is_not_urgent(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    post = Post(tmp_path)
    with time_machine.travel(clock(NOON)):
        calm, urgent = await write(sari.id), await write(sari.id, Template.PARTNER_LATE, cause="8")
        await notifications.set_preference(sari, False, False, False, time(21), time(7))
        await post.send()
    assert (await reload(calm[WHATSAPP])).state is DeliveryState.SKIPPED
    assert (await reload(urgent[WHATSAPP])).state is DeliveryState.SENT


async def test_an_address_given_up_or_an_account_suspended_after_writing_is_left_alone(tmp_path: Path) -> None:
    gone, suspended = await world.account("Ana", Role.CUSTOMER), await world.account("Budi", Role.CUSTOMER)
    post = Post(tmp_path)
    with time_machine.travel(clock(NOON)):
        rows = [(await write(each.id))[WHATSAPP] for each in (gone, suspended)]
        await Account.filter(id=gone.id).update(phone=None, email="ana@rawat.example")
        await Account.filter(id=suspended.id).update(suspended_at=datetime.now(UTC))
        await post.send()
    assert post.sent == []
    assert [(await reload(row)).state for row in rows] == [DeliveryState.SKIPPED] * 2


async def test_frequent_news_leaves_the_house_once_in_a_while_and_is_always_in_the_app(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    booking_id, post = UUID(int=1), Post(tmp_path)
    at = clock(NOON)
    seen = []
    for minute in (0, 5, 14, 16):
        with time_machine.travel(at + timedelta(minutes=minute)):
            seen.append(set(await write(sari.id, Template.PHOTO_UPDATE, cause=str(minute), booking_id=booking_id)))
            await post.send()
    assert seen == [{IN_APP, WHATSAPP}, {IN_APP}, {IN_APP}, {IN_APP, WHATSAPP}]
    assert len(post.sent) == 2


async def test_a_night_of_messages_is_one_message_in_the_morning_and_none_when_it_was_read(tmp_path: Path) -> None:
    sari, ana = await world.account("Sari", Role.CUSTOMER), await world.account("Ana", Role.CUSTOMER)
    post, booking_id = Post(tmp_path), UUID(int=1)
    read = None
    for person in (sari, ana):
        for number in range(3):
            with time_machine.travel(clock(NIGHT) + timedelta(minutes=20 * number)):
                rows = await write(person.id, Template.NEW_MESSAGE, cause=f"{number}", booking_id=booking_id)
                read = read or (rows[IN_APP] if person is ana else None)
    assert read
    await notifications.mark_read(ana, [read.id])
    with time_machine.travel(Zone.WIB.at(world.in_days(2), time(7, 1))):
        await post.send()
    assert [message.to for message in post.sent] == [(await Account.get(id=sari.id)).phone]


async def test_a_worker_that_dies_between_sending_and_recording_repeats_it_under_the_same_key(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    sink = Sink(tmp_path / "other")
    provider = DiesAfterSending(sink)
    post = Post(tmp_path, whatsapp=provider)
    with time_machine.travel(clock(NOON)):
        row = (await write(sari.id))[WHATSAPP]
        with pytest.raises(PowerCut):
            await post.send()
        assert (await reload(row)).state is DeliveryState.QUEUED
        await post.send()  # the lease still holds
        assert len(provider.keys) == 1
    with time_machine.travel(clock(NOON) + timedelta(seconds=31)):
        await post.send()
        await post.send()
    assert provider.keys == [str(row.id)] * 2
    assert len(sink.recent(10)) == 1  # the same Message-ID: one message for its reader
    assert (await reload(row)).state is DeliveryState.SENT


async def test_what_does_not_go_is_tried_again_later_and_is_a_dead_letter_after_the_last_try(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    provider = Broken(Unreachable("busy"))
    post = Post(tmp_path, whatsapp=provider, sms=provider)
    await notifications.set_preference(sari, True, True, False, time(0), time(0))
    at = clock(NOON)
    with time_machine.travel(at, tick=False):
        row = (await write(sari.id))[WHATSAPP]
    for _ in range(MAX_TRIES + 3):
        with time_machine.travel(at, tick=False):
            await post.send()
            await post.send()  # too early for the next one
        at += timedelta(hours=3)
    row = await reload(row)
    assert (row.state, row.attempts, row.last_error) == (DeliveryState.DEAD, MAX_TRIES, "busy")
    assert provider.keys == [str(row.id)] * MAX_TRIES
    died = await Event.get(name="NotificationDied")
    assert died.topics == ["queue:support"] and died.payload["channel"] == "WHATSAPP"


async def test_a_provider_s_bug_is_a_failed_try_and_its_words_are_not_kept(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    post = Post(tmp_path, whatsapp=Broken(ValueError("sari@rawat.example")))
    at = clock(NOON)
    with time_machine.travel(at, tick=False):
        row = (await write(sari.id))[WHATSAPP]
        await post.send()
    row = await reload(row)
    assert (row.state, row.attempts, row.last_error) == (DeliveryState.QUEUED, 1, "ValueError")
    assert at + timedelta(seconds=30) <= row.due_at <= at + timedelta(seconds=38)


async def test_every_message_to_be_sent_has_a_task_that_sends_it() -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    await write(sari.id)
    assert await messages_are_on_their_way() == []
    await Task.filter(name="send_notification").delete()
    assert len(await messages_are_on_their_way()) == 1


async def test_staff_send_a_dead_letter_again_and_it_arrives(tmp_path: Path) -> None:
    sari, agent = await world.account("Sari", Role.CUSTOMER), await world.staff(Role.AGENT)
    provider = Broken(Undeliverable("no such number"))
    post = Post(tmp_path, whatsapp=provider)
    await notifications.set_preference(sari, False, True, False, time(0), time(0))
    with time_machine.travel(clock(NOON)):
        row = (await write(sari.id))[WHATSAPP]
        with pytest.raises(IllegalMove):
            await notifications.resend(agent, (await write(None, Template.PARTNER_LATE_SUPPORT))[IN_APP].id)
        await post.send()
        assert (await reload(row)).state is DeliveryState.DEAD
        provider.error = None
        with pytest.raises(NotAllowed):
            await notifications.resend(sari, row.id)
        await notifications.resend(agent, row.id)
        await post.send()
    assert (await reload(row)).state is DeliveryState.SENT
    assert provider.keys.count(str(row.id)) == 2
    with pytest.raises(NotFound):
        await notifications.resend(agent, UUID(int=5))


async def test_when_one_channel_is_impossible_the_next_takes_its_place(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER, email="sari@rawat.example")
    post = Post(tmp_path, mail=Broken(Undeliverable("no such mailbox")))
    with time_machine.travel(clock(NOON)):
        await write(sari.id)
        await post.send()
        await post.send()
    assert [(message.channel, message.to) for message in post.sent] == [
        ("WHATSAPP", (await Account.get(id=sari.id)).phone)
    ]
    assert (await Notification.get(channel=EMAIL)).state is DeliveryState.DEAD
    assert (await Notification.get(channel=WHATSAPP)).state is DeliveryState.SENT


async def test_a_channel_that_was_tried_is_not_fallen_back_to(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    broken = Broken(Undeliverable("no"))
    post = Post(tmp_path, mail=broken, whatsapp=broken, sms=broken)
    with time_machine.travel(clock(NOON)):
        await write(sari.id)
        for _ in range(5):
            await post.send()
    assert {row.channel: row.state for row in await Notification.exclude(channel=IN_APP)} == {
        WHATSAPP: DeliveryState.DEAD, SMS: DeliveryState.DEAD
    }  # fmt: skip
    assert len(broken.keys) == 2


async def test_mail_goes_out_with_the_text_and_a_stable_message_id(tmp_path: Path) -> None:
    sari = await world.account("Sari", Role.CUSTOMER, email="sari@rawat.example")
    post = Post(tmp_path)
    with time_machine.travel(clock(NOON)):
        row = (await write(sari.id))[EMAIL]
        await post.send()
    (message,) = post.sent
    assert (message.to, message.subject, message.body) == ("sari@rawat.example", row.subject, row.body)
    again = await LocalMail(Sink(tmp_path / "again")).send(
        Outgoing(key=str(row.id), to=message.to, subject="x", body="y", template="", language="", parameters=())
    )
    assert again == message.message_id


async def test_only_own_notifications_are_marked_read_and_support_marks_its_queue() -> None:
    sari, ana = await world.account("Sari", Role.CUSTOMER), await world.account("Ana", Role.CUSTOMER)
    agent = await world.staff(Role.AGENT)
    mine, queue = (await write(sari.id))[IN_APP], (await write(None, Template.PARTNER_LATE_SUPPORT))[IN_APP]
    assert await notifications.mark_read(ana, [mine.id, queue.id]) == 0
    assert await notifications.mark_read(agent, [mine.id, queue.id]) == 1
    assert await notifications.mark_read(sari, [mine.id, UUID(int=5)]) == 1
    assert await notifications.mark_read(sari, [mine.id]) == 0
    assert (await reload(mine)).read_at and (await reload(queue)).read_at


@pytest.mark.parametrize("count", [0, notifications.MAX_IDS + 1])
async def test_marking_is_bounded(count: int) -> None:
    sari = await world.account("Sari", Role.CUSTOMER)
    with pytest.raises(InvalidInput):
        await notifications.mark_read(sari, [UUID(int=number + 1) for number in range(count)])
