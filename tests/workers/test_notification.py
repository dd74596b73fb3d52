"""From event to notification, once each, in the reader's language."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from domain.booking import BookingState, IncidentKind
from domain.cancellation import Cancelled
from domain.notification import STALE_AFTER, Channel, Template
from domain.permissions import SYSTEM, Role
from domain.refusals import Language
from domain.service import ChecklistItem
from models.account import Account
from models.booking import Booking, Incident
from models.event import Event
from models.notification import Notification
from models.photo import PhotoUpdate
from models.task import Task
from services import booking as bookings
from services import notification as notifications
from services.notification import Letter
from tests import world
from tests.letters import SITE, Post, told
from workers.notification import TELLINGS, letter_of
from workers.runner import run_task
from workers.table import REACTIONS

IN_APP, WHATSAPP, EMAIL = Channel.IN_APP, Channel.WHATSAPP, Channel.EMAIL
STATES = {"tell_partner_booking_requested": BookingState.REQUESTED}  # others are told of an accepted booking
BY = {"tell_customer_start_unrecorded": "CLOCK", "tell_support_start_unrecorded": "CLOCK"}  # others follow a person


async def everything_happened(language: Language) -> tuple[Booking, dict[str, Any]]:
    """A booking with every row a text may name, and facts of every event about it."""
    customer, provider = await world.customer(), await world.provider()
    await Account.filter(id__in=[customer.id, provider.id]).update(language=language)
    booking = await world.accepted(customer, provider)
    incident = await Incident.create(
        booking_id=booking.id,
        kind=IncidentKind.DEVIATION,
        cause="test",
        note="Alat rusak",
        item=ChecklistItem.TOOLS_CLEAN,
    )
    update = await PhotoUpdate.create(booking_id=booking.id, note="Bolu sudah wangi")
    await Booking.filter(id=booking.id).update(
        late_reason="hujan",
        end_reason="Mitra sakit",
        refund_idr=75_000,
        started_at=booking.starts_at,
        completed_at=booking.ends_at,
    )
    facts = {
        "booking_id": str(booking.id), "customer_id": str(customer.id), "partner_id": str(provider.id),
        "account_id": str(customer.id), "side": "CUSTOMER", "minutes": 20,
        "late_until": (booking.starts_at + timedelta(minutes=20)).isoformat(), "previous_update_at": None,
        "missing": ["FOOD", "DRINK"], "day": "2026-11-22", "incident_id": str(incident.id), "item": "TOOLS_CLEAN",
        "update_id": str(update.id), "count": 3, "has_no_updates": True,
    }  # fmt: skip
    return booking, facts


async def happened(name: str, booking: Booking, facts: dict[str, Any]) -> Event:
    event = await Event.create(
        name=name, subject=booking.id, payload=facts, topics=[], audience=[], at=datetime.now(UTC)
    )
    position = event.id + 1_000_000
    await Event.filter(id=event.id).update(position=position, hash=b"")
    event.position = position
    return event


@pytest.mark.parametrize("language", list(Language))
async def test_every_reaction_finds_all_the_facts_its_text_needs(language: Language) -> None:
    booking, facts = await everything_happened(language)
    for name, telling in TELLINGS.items():
        await Booking.filter(id=booking.id).update(state=STATES.get(name, BookingState.ACCEPTED))
        case = await notifications.case_of(
            await happened("Any", booking, facts | {"by": BY.get(name, "CUSTOMER")}), telling.to, SITE
        )
        letter = await letter_of(telling, case)
        assert letter is not None, name
        rows = await notifications.notify(SYSTEM, letter)
        assert rows, name
        for row in rows:
            assert not re.search(r"[{}]|None", row.subject + row.body), name
            assert row.language is (Language.ID if row.queue else language), name


def test_every_row_of_the_table_is_some_events_reaction() -> None:
    jobs = [job.__name__ for jobs in REACTIONS.values() for job in jobs]
    assert {name for name in jobs if name.startswith("tell_")} == set(TELLINGS)


async def test_an_accepted_booking_is_confirmed_in_the_app_and_outside(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    post = Post(tmp_path)
    with time_machine.travel(world.at(12, days=1)):
        await post.react("BookingAccepted")
        await post.send()
    reader = str(customer.id)
    assert await told() == [(reader, "booking_confirmed", IN_APP), (reader, "booking_confirmed", WHATSAPP)]
    (message,) = post.sent
    assert booking.code in message.body and "Mitra Contoh" in message.body and "10:00 WIB" in message.body


async def test_a_reaction_run_twice_has_one_effect(tmp_path: Path) -> None:
    await world.accepted(await world.customer(), await world.provider())
    post = Post(tmp_path)
    with time_machine.travel(world.at(12, days=1)):
        await post.react("BookingAccepted")
        first = await told()
        await Task.filter(name__startswith="tell_").update(state="DUE", due_at=datetime.now(UTC))
        await post.react("BookingAccepted")
        assert await told() == first
    assert await Task.filter(name="send_notification").count() == 1
    assert await Event.filter(name="NotificationCreated").count() == 1


async def test_old_news_is_not_told(tmp_path: Path) -> None:
    await world.accepted(await world.customer(), await world.provider())
    post = Post(tmp_path)
    with time_machine.travel(datetime.now(UTC) + STALE_AFTER + timedelta(minutes=1)):
        await post.react("BookingAccepted")
        await post.send()
    assert await told() == []
    assert await Task.filter(name="tell_customer_booking_accepted", state="DONE").count() == 1


@pytest.mark.proves("Q-02")
async def test_a_report_of_lateness_tells_the_customer_once_and_the_support_queue_once(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at - timedelta(minutes=20)):
        await bookings.report_late(provider.actor, booking.id, booking.starts_at + timedelta(minutes=25), "hujan deras")
        await Post(tmp_path).react("PartnerReportedLate")
    assert await told(channel=IN_APP) == sorted(
        [(str(customer.id), "partner_late", IN_APP), ("support", "partner_late_support", IN_APP)]
    )
    for row in await Notification.filter(channel=IN_APP):
        assert "25" in row.body and "hujan deras" in row.body


@pytest.mark.proves("Q-02")
async def test_a_missed_start_is_told_to_customer_partner_and_support(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at + timedelta(minutes=15, seconds=1)):
        await bookings.notice_lateness(SYSTEM, booking.id)
        await Post(tmp_path).react("PartnerWasMissed")
    assert await told(channel=IN_APP) == sorted([
        (str(customer.id), "partner_missing", IN_APP), (str(provider.id), "partner_missing_partner", IN_APP),
        ("support", "partner_missing_support", IN_APP),
    ])  # fmt: skip


async def test_a_cancel_by_staff_tells_its_reason_and_the_full_refund_and_no_policy(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    await bookings.cancel(await world.staff(Role.AGENT), booking.id, "Mitra sakit")
    await Post(tmp_path).react("BookingCancelledByStaff")
    assert await told(channel=IN_APP) == sorted([
        (str(customer.id), "booking_cancelled_by_staff", IN_APP),
        (str(provider.id), "booking_cancelled_by_staff_partner", IN_APP),
    ])  # fmt: skip
    for row in await Notification.filter(channel=IN_APP):
        assert "Mitra sakit" in row.body and "policy" not in row.body
        assert ("Rp150.000" in row.body or "Rp150,000" in row.body) is (row.account_id == customer.id)


async def test_a_job_that_the_clock_ended_is_not_told_as_somebodys_word(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.ends_at + timedelta(hours=24, seconds=1)):
        await bookings.complete_by_clock(SYSTEM, booking.id)
        await Post(tmp_path).react("PartnerDidNotShow")
    assert await told(channel=IN_APP) == sorted([
        (str(customer.id), "start_unrecorded", IN_APP), (str(provider.id), "no_show_partner_partner", IN_APP),
        ("support", "start_unrecorded_support", IN_APP),
    ])  # fmt: skip


async def test_a_partners_absence_that_the_customer_reports_is_told_as_such(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    with time_machine.travel(booking.starts_at + timedelta(minutes=31)):
        await bookings.report_no_show(customer.actor, booking.id, Cancelled.PARTNER)
        await Post(tmp_path).react("PartnerDidNotShow")
    assert await told(channel=IN_APP) == sorted([
        (str(customer.id), "no_show_partner", IN_APP), (str(provider.id), "no_show_partner_partner", IN_APP),
        ("support", "no_show_partner_support", IN_APP),
    ])  # fmt: skip


async def test_who_lets_go_of_a_hold_is_told_nothing_and_neither_is_the_partner(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await world.hold(customer, provider)
    await bookings.cancel(customer.actor, held.id)
    await Post(tmp_path).react("BookingCancelledByCustomer")
    assert await told() == []


async def test_an_expired_hold_is_told_in_the_app_only(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    held = await world.hold(customer, provider)
    with time_machine.travel(held.hold_expires_at + timedelta(seconds=1)):
        await bookings.expire_hold(SYSTEM, held.id)
        await Post(tmp_path).react("BookingHoldExpired")
    assert await told() == [(str(customer.id), "hold_expired", IN_APP)]


async def test_both_sides_are_reminded_and_not_after_a_cancellation(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    booking = await world.accepted(customer, provider)
    post = Post(tmp_path)
    with time_machine.travel(booking.starts_at - timedelta(hours=1)):
        await bookings.remind(SYSTEM, booking.id, 60)
        await post.react("BookingCameNear")
        assert await told(channel=WHATSAPP) == sorted([
            (str(customer.id), "booking_reminder", WHATSAPP), (str(provider.id), "booking_reminder_partner", WHATSAPP)
        ])  # fmt: skip
        await bookings.cancel(customer.actor, booking.id)
        await post.send()
    assert post.sent == []
    assert {row.state.value for row in await Notification.filter(channel=WHATSAPP)} == {"SKIPPED"}


async def test_a_customer_is_welcomed_and_staff_are_not(tmp_path: Path) -> None:
    people = [await world.account("Sari", Role.CUSTOMER), await world.staff(Role.AGENT)]
    for person in people:
        await Event.create(
            name="AccountOpened", subject=person.id, payload={"account_id": str(person.id)}, topics=[], audience=[],
            at=datetime.now(UTC),
        )  # fmt: skip
    await Post(tmp_path).react("AccountOpened")
    assert {account for account, _, _ in await told(template=Template.WELCOME)} == {str(people[0].id)}


async def test_a_name_that_cannot_be_read_keeps_the_news_from_nobody(tmp_path: Path) -> None:
    customer, provider = await world.customer(), await world.provider()
    await Account.filter(id=customer.id).update(name="\u200b")
    await world.accepted(customer, provider)
    await Post(tmp_path).react("BookingAccepted")
    assert "–" in (await Notification.get(channel=IN_APP)).body


async def test_a_missing_fact_writes_nothing_and_the_task_tries_again() -> None:
    customer = await world.customer()
    letter = Letter(
        cause="1", template=Template.WELCOME, facts={"name": "Sari"}, language=Language.EN, account_id=customer.id
    )
    with pytest.raises(KeyError):
        await notifications.notify(SYSTEM, letter)
    assert await Notification.all().count() == 0


async def test_of_two_attempts_at_one_reaction_only_the_one_with_the_claim_writes(tmp_path: Path) -> None:
    await world.accepted(await world.customer(), await world.provider())
    post = Post(tmp_path)
    await post.react("BookingAccepted")
    task = await Task.get(name="tell_customer_booking_accepted")
    await run_task(task.key, post.outside)  # a second worker wakes up for a task that is done
    assert len(await told(channel=IN_APP)) == 1


async def test_who_cancels_after_waiting_in_vain_reads_why_everything_goes_back(tmp_path: Path) -> None:
    booking = await world.accepted(customer := await world.customer(), await world.provider())
    with time_machine.travel(booking.starts_at + timedelta(minutes=20)):
        await bookings.notice_lateness(world.SYSTEM, booking.id)
        await bookings.cancel(customer.actor, booking.id)
        await Post(tmp_path).react("BookingCancelledByCustomer")
    told = await Notification.get(template="booking_cancelled", channel="IN_APP")
    assert "partner not there in time" in told.body and "150.000" in told.body
