"""The main job: sign up, find, book, message, accept, late, start, photos and a clip, complete; followed live."""

import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from tortoise import connections

from app.pictures import make_clip, make_photo
from domain.permissions import CUSTOMER, Actor, Role
from models.account import Account
from models.notification import Notification
from models.partner import Partner
from services.invariant import INVARIANTS, chain_is_whole, rows_are_folds
from tests import world
from tests.running import Client, Stream, System, eventually, system
from tests.stories import documents as say

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PHONE = "+6281200009001"


async def all_holds(running: System) -> None:
    """What every story ends with."""
    for invariant in INVARIANTS:
        assert await invariant() == []
    assert await rows_are_folds(LONG_AGO) == []
    assert await chain_is_whole(running.settings.event_key.encode()) == []


async def sign_up(running: System) -> tuple[Client, str]:
    """A new customer by phone and one-time code; the client and its refresh token."""
    visitor = Client(running, None)
    await visitor.ask(say.REQUEST_CODE, phone=PHONE)

    async def code() -> str | None:
        letters = [each for each in running.sink.recent(50) if each.to == PHONE]
        found = re.search(r"\b\d{6}\b", letters[0].body) if letters else None
        return found.group() if found else None

    number = await eventually(code)
    assert (await visitor.ask(say.LOG_IN, input={"phone": PHONE, "code": number}))["logInWithCode"][
        "code"
    ] == "NAME_REQUIRED"
    answer = await visitor.ask(say.LOG_IN, input={"phone": PHONE, "code": number, "name": "Sari Contoh"})
    session = answer["logInWithCode"]
    return Client(running, session["accessToken"]), session["refreshToken"]


async def settle(client: Client) -> tuple[str, str]:
    """Consent, a pet and an address."""
    version = (await client.ask(say.CONSENT_TEXT))["consentText"]["version"]
    assert (await client.ask(say.CONSENT, version=version))["giveConsent"]["purpose"] == "SERVICE"
    pet = await client.ask(say.ADD_PET, input={"name": "Bolu", "species": "DOG", "size": "SMALL"})
    place = {
        "label": "Rumah", "recipient": "Sari Contoh", "phone": PHONE, "street": "Jalan Contoh 1",
        "regionCode": "31.71.01.1001", "postcode": "10110",
    }  # fmt: skip
    address = await client.ask(say.ADD_ADDRESS, input=place)
    return pet["addPet"]["id"], address["addAddress"]["id"]


async def send_files(client: Client, booking_id: str, files: list[tuple[str, bytes]], key: str) -> None:
    """Announce, PUT and post files as one photo update."""
    ids = []
    for number, (content_type, body) in enumerate(files):
        asked = await client.ask(
            say.REQUEST_UPLOAD, id=booking_id, type=content_type, size=len(body), key=f"{key}-{number}"
        )
        upload = asked["requestUpload"]
        assert "putUrl" in upload, upload
        put = await client.system.http.put(upload["putUrl"], content=body, headers={"content-type": content_type})
        assert put.status_code == 200, put.text
        ids.append(upload["id"])
    sent = await client.ask(say.SEND_UPDATE, id=booking_id, uploads=ids, note="Bolu senang", key=key)
    assert len(sent["sendPhotoUpdate"]["media"]) == len(files), sent


async def cursors_of(topic: str, actor: Actor) -> list[str]:
    """What the actor should have heard, from the log itself."""
    rows = await connections.get("default").execute_query_dict(
        "SELECT position FROM event_topic t JOIN event e USING (position) WHERE topic = $1 AND audience && $2 "
        "ORDER BY position",
        [topic, sorted(actor.scopes)],
    )
    return [f"e{row['position']}" for row in rows]


def heard(*streams: Stream) -> list[str]:
    """Cursors of the events of streams that followed each other."""
    return [item["cursor"] for stream in streams for item in stream.heard if item["__typename"] != "CaughtUp"]


def refreshed(running: System, client: Client, refresh_token: str) -> Any:
    return Client(running, None).ask(say.REFRESH, token=refresh_token)


@pytest.mark.proves("P-01", "Q-02", "Q-08", "Q-09", "Z-02", "Z-04")
async def test_a_dog_is_booked_cared_for_and_followed_live(clean: str, redis_url: str, tmp_path: Path) -> None:
    tomorrow = world.at(7, days=1, minute=30)
    with time_machine.travel(tomorrow) as clock:
        async with AsyncExitStack() as open_until_the_end:
            running = await open_until_the_end.enter_async_context(system(clean, redis_url, tmp_path))
            provider = await world.provider(price_idr=200_000, minutes=60)
            await world.provider(approved=False)
            sari, refresh_token = await sign_up(running)
            mitra = await running.client(provider.actor)
            pet_id, address_id = await settle(sari)

            # Find a partner and a free slot at ten.
            day = world.in_days(0).isoformat()
            wanted = {"serviceType": "GROOMER", "postcode": "10110", "day": day, "maxPriceIdr": 250_000}
            (edge,) = (await sari.ask(say.FIND, filter=wanted))["partners"]["edges"]
            option = edge["node"]["services"][0]["prices"][0]
            slots = (await sari.ask(say.SLOTS, partner=edge["node"]["id"], price=option["id"], day=day))["freeSlots"]
            starts_at = world.at(10, days=0)
            assert starts_at in [datetime.fromisoformat(slot["startsAt"]) for slot in slots]

            # Hold and request; the partner hears of the request without asking, price and net before accepting.
            jobs = await open_until_the_end.enter_async_context(mitra.follow(say.JOB_UPDATES))
            before = (await jobs.caught_up())["cursor"]
            wish = {
                "optionId": option["id"], "petId": pet_id, "addressId": address_id, "startsAt": starts_at.isoformat(),
            }  # fmt: skip
            held = (await sari.ask(say.HOLD, input=wish, key="hold"))["holdBooking"]
            assert (held["state"], held["priceIdr"], held["commissionIdr"]) == ("HELD", 200_000, None)
            paid = (await sari.ask(say.REQUEST, id=held["id"], key="pay"))["requestBooking"]
            assert paid["payment"] == {"state": "AUTHORISED", "amountIdr": 200_000}
            asked = await jobs.named("BookingRequested")
            assert asked["bookingId"] == held["id"] and asked["booking"]["netIdr"] == 160_000

            job = (await mitra.ask(say.JOB, id=held["id"]))["booking"]
            assert (job["priceIdr"], job["commissionBp"], job["commissionIdr"], job["netIdr"]) == (
                200_000, 2_000, 40_000, 160_000,
            )  # fmt: skip
            assert job["address"] is None  # not before it has agreed

            async with sari.follow(say.BOOKING_EVENTS, id=held["id"], after="e0") as first:
                await first.caught_up()
                async with sari.follow(say.MESSAGES, id=held["id"]) as talk:
                    await talk.caught_up()
                    await sari.ask(say.SEND_MESSAGE, id=held["id"], body="Bolu takut pengering.", key="m1")
                    await mitra.ask(say.SEND_MESSAGE, id=held["id"], body="Baik, pelan-pelan ya.", key="m2")
                    mine, theirs = await talk.next(), await talk.next()
                    assert (mine["message"]["isMine"], theirs["message"]["side"]) == (True, "PARTNER")
                accepted = (await mitra.ask(say.ACCEPT, id=held["id"]))["acceptBooking"]
                assert (accepted["state"], accepted["address"]["street"]) == ("ACCEPTED", "Jalan Contoh 1")
                event = await first.named("BookingAccepted")
                assert event["booking"]["version"] >= event["version"]

                # An hour before: both are reminded, once each.
                clock.move_to(starts_at - timedelta(minutes=59))
                await first.named("BookingCameNear")
                await eventually(lambda: Notification.filter(template__startswith="booking_reminder").count())
                mitra = await running.client(provider.actor)  # the access token was for ten minutes

                # Five past: the partner reports that it comes at twenty past.
                clock.move_to(starts_at + timedelta(minutes=5))
                mitra = await running.client(provider.actor)
                arrival = starts_at + timedelta(minutes=20)
                late = (await mitra.ask(say.LATE, id=held["id"], at=arrival.isoformat()))["reportLate"]
                assert datetime.fromisoformat(late["lateUntil"]) == arrival
                assert (await first.named("PartnerReportedLate"))["minutes"] == 20
            # Cut off here. Meanwhile the job starts, photos and a clip are sent.
            clock.move_to(starts_at + timedelta(minutes=18))
            mitra = await running.client(provider.actor)
            refused = (await mitra.ask(say.START, id=held["id"], items=["TOOLS_CLEAN"]))["startBooking"]
            assert refused["code"] == "CHECKLIST_INCOMPLETE"
            items = ["TOOLS_CLEAN", "SAFETY_PROTOCOL"]
            assert (await mitra.ask(say.START, id=held["id"], items=items))["startBooking"]["state"] == "IN_SERVICE"
            assert (await mitra.ask(say.COMPLETE, id=held["id"]))["completeBooking"]["code"] == "UPDATE_REQUIRED"
            photos = [("image/jpeg", make_photo(number, "Bolu")) for number in range(3)]
            await send_files(mitra, held["id"], photos[:1], "u1")

            session = (await refreshed(running, sari, refresh_token))["refreshSession"]
            sari.token = session["accessToken"]
            async with sari.follow(say.PHOTO_UPDATES, id=held["id"], after="e0") as album:
                shown = await album.until(lambda item: "update" in item)
                picture = await running.http.get(shown["update"]["media"][0]["url"])
                assert picture.status_code == 200 and picture.headers["content-type"] == "image/jpeg"
                async with sari.follow(say.BOOKING_EVENTS, id=held["id"], after=heard(first)[-1]) as second:
                    await send_files(mitra, held["id"], [*photos[1:], ("video/mp4", make_clip(1))], "u2")
                    live = await album.until(lambda item: item.get("count") == 3)
                    assert [each["kind"] for each in live["update"]["media"]] == ["PHOTO", "PHOTO", "VIDEO"]
                    done = (await mitra.ask(say.COMPLETE, id=held["id"]))["completeBooking"]
                    assert done == {"state": "COMPLETED", "hasNoUpdates": False}
                    await second.named("BookingCompleted")

            # The same events, in the same order, none twice, though she was cut off in between.
            me = await Account.get(phone=PHONE)
            reader = Actor(id=me.id, roles=CUSTOMER)
            assert heard(first, second) == await cursors_of(f"booking:{held['id']}", reader)
            # And the partner, who was there all the time.
            await jobs.named("BookingCompleted")
            told = await cursors_of(f"partner:{provider.id}", provider.actor)
            assert heard(jobs) == told[told.index(heard(jobs)[0]) :] and int(heard(jobs)[0][1:]) > int(before[1:])
            late_ones = await Notification.filter(template__startswith="partner_late", channel="IN_APP")
            assert sorted(each.queue or "customer" for each in late_ones) == ["customer", "support"]
            assert (await Partner.get(id=provider.id)).completed_count == 1
            await all_holds(running)
            await outsiders_learn_nothing(running, held["id"])


async def outsiders_learn_nothing(running: System, booking_id: str) -> None:
    """Another customer and another partner get the answer a missing booking gets; support sees it."""
    missing = "01a20000-0000-7000-8000-000000000000"
    for actor in ((await world.customer()).actor, (await world.provider()).actor):
        client = await running.client(actor)
        assert await client.ask(say.JOB, id=booking_id) == await client.ask(say.JOB, id=missing) == {"booking": None}
        answers = [await client.ask(say.CANCEL, id=each) for each in (booking_id, missing)]
        assert answers[0] == answers[1] and answers[0]["cancelBooking"]["code"] == "NOT_FOUND"
    agent: Actor = await world.staff(Role.AGENT)
    assert (await (await running.client(agent)).ask(say.JOB, id=booking_id))["booking"]["state"] == "COMPLETED"
