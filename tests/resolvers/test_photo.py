"""Files from the partner's phone to the customer's eyes: GraphQL and real HTTP, with the real subprocess."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine
from PIL import Image

from domain.media import MAX_PHOTO_BYTES
from domain.permissions import Role
from integrations.storage.signing import sign
from models.account import Account, RoleGrant
from models.photo import Upload
from tests import job as jobs
from tests import world
from tests.integrations.media_sample import CANARY, exif_with_place, film, photo
from tests.job import KEY, REQUEST_UPLOAD, Desk, Job
from tests.queries import statements

LIST = """
query ($first: Int!) {
  myBookings(first: $first) { edges { node { id photoUpdates(first: 2) { edges { node { id media { url } } } } } } }
}"""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with jobs.desk(tmp_path) as each:
        yield each


@pytest.fixture
async def job() -> Job:
    return await jobs.running()


@pytest.mark.proves("Q-08")
async def test_a_photo_reaches_the_customer_without_the_place_it_was_taken(desk: Desk, job: Job) -> None:
    dirty = photo((800, 600), exif=exif_with_place(orientation=6))
    assert CANARY in dirty
    sent = await desk.send(job, await desk.upload(job, dirty), note="Bolu sudah mandi")
    assert sent["__typename"] == "PhotoUpdate"
    [update] = await jobs.updates(job.customer.actor, job)
    [media] = update["media"]
    assert (update["note"], media["kind"], media["contentType"]) == ("Bolu sudah mandi", "PHOTO", "image/jpeg")
    assert (media["width"], media["height"], media["durationS"]) == (600, 800, None)
    for address in (media["url"], media["thumbnailUrl"]):
        shown = await desk.get(address)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert CANARY not in shown.content
        with Image.open(io.BytesIO(shown.content)) as picture:
            assert not picture.getexif()


async def test_a_clip_is_watched_from_the_middle(desk: Desk, job: Job, tmp_path: Path) -> None:
    await desk.send(job, await desk.upload(job, film(tmp_path, metadata={"location": "-6.2+106.8/"}), "video/mp4"))
    [update] = await jobs.updates(job.customer.actor, job)
    [media] = update["media"]
    assert (media["kind"], media["contentType"]) == ("VIDEO", "video/mp4")
    assert media["durationS"] == pytest.approx(2, abs=0.2)
    whole = (await desk.get(media["url"])).content
    assert b"106.8" not in whole
    for asked, start, end in [("bytes=10-19", 10, 20), ("bytes=100-", 100, None), ("bytes=-7", -7, None)]:
        part = await desk.get(media["url"], range=asked)
        assert (part.status_code, part.content) == (206, whole[start:end])
        assert part.headers["content-range"].endswith(f"/{len(whole)}")
    beyond = await desk.get(media["url"], range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    several = await desk.get(media["url"], range="bytes=0-1,4-5")
    assert (several.status_code, several.content) == (200, whole)


async def test_a_file_is_shown_privately_and_as_nothing_but_what_it_is(desk: Desk, job: Job) -> None:
    await desk.send(job, await desk.upload(job, photo()))
    [update] = await jobs.updates(job.customer.actor, job)
    shown = await desk.get(update["media"][0]["url"])
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"].startswith("private, max-age=")
    assert shown.headers["content-disposition"].startswith('inline; filename="rawat-')
    assert "sandbox" in shown.headers["content-security-policy"]
    again = await desk.get(update["media"][0]["url"], **{"if-none-match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_only_a_running_jobs_own_partner_announces_files(desk: Desk, job: Job) -> None:
    waiting = await world.accepted(job.customer, job.provider, world.at(14))
    stranger = await world.provider()

    async def answer(actor: world.Actor, booking_id: UUID) -> str:
        told = await jobs.ask(actor, REQUEST_UPLOAD, booking=str(booking_id), type="image/png", size=10, key=jobs.key())
        return str(told.get("code", told["__typename"]))

    assert await answer(job.provider.actor, job.id) == "Upload"
    assert await answer(job.provider.actor, waiting.id) == "ILLEGAL_MOVE"
    assert await answer(job.customer.actor, job.id) == "NOT_ALLOWED"
    assert await answer(stranger.actor, job.id) == await answer(stranger.actor, uuid4()) == "NOT_FOUND"


@pytest.mark.parametrize(
    ("content_type", "size", "field"),
    [
        ("image/svg+xml", 9, "contentType"),
        ("image/jpeg", MAX_PHOTO_BYTES + 1, "byteSize"),
        ("image/png", 0, "byteSize"),
    ],
)
async def test_what_we_would_not_take_is_refused_before_it_is_sent(
    job: Job, content_type: str, size: int, field: str
) -> None:
    told = await jobs.ask(
        job.provider.actor, REQUEST_UPLOAD, booking=str(job.id), type=content_type, size=size, key=jobs.key()
    )
    assert (told["__typename"], told["field"]) == ("Refusal", field)


async def test_the_same_key_announces_one_file(job: Job) -> None:
    asked = {"booking": str(job.id), "type": "image/jpeg", "size": 10, "key": "k"}
    told = await asyncio.gather(*(jobs.ask(job.provider.actor, REQUEST_UPLOAD, **asked) for _ in range(8)))
    assert len({each["id"] for each in told}) == 1
    assert await Upload.all().count() == 1


async def test_photos_are_read_by_their_customer_partner_and_support_only(desk: Desk, job: Job) -> None:
    await desk.send(job, await desk.upload(job, photo()))
    support, finance = await world.staff(Role.AGENT), await world.staff(Role.FINANCE)
    for actor in (job.customer.actor, job.provider.actor, support):
        [update] = await jobs.updates(actor, job)
        assert (await desk.get(update["media"][0]["url"])).status_code == 200
        assert update["media"][0]["isDuplicate"] is (False if actor is support else None)
    for actor in (finance, (await world.customer()).actor, (await world.provider()).actor, world.Actor()):
        assert await jobs.updates(actor, job) == []


async def test_an_address_serves_only_the_account_it_was_made_for_and_while_it_may_see(desk: Desk, job: Job) -> None:
    upload_id = await desk.upload(job, photo())
    soon = datetime.now(UTC) + timedelta(minutes=5)

    def address(account_id: object, media_id: object = upload_id) -> str:
        claims: dict[str, str | int] = {"media": str(media_id), "account": str(account_id), "small": 0}
        return f"/media/{sign(KEY.encode(), 'media', claims, soon)}"

    assert (await desk.get(address(job.customer.id))).status_code == 404  # not sent to the customer yet
    await desk.send(job, upload_id)
    assert (await desk.get(address(job.customer.id))).status_code == 200
    stranger = await world.customer()
    unseen, missing = await desk.get(address(stranger.id)), await desk.get(address(stranger.id, uuid4()))
    assert (unseen.status_code, unseen.json()) == (missing.status_code, missing.json()) and unseen.status_code == 404
    agent = await world.staff(Role.AGENT)
    assert (await desk.get(address(agent.id))).status_code == 200
    await RoleGrant.filter(account_id=agent.id).delete()
    assert (await desk.get(address(agent.id))).status_code == 404


async def test_an_address_to_upload_neither_shows_nor_serves_a_suspended_partner(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    token = announced["putUrl"].rpartition("/")[2]
    assert (await desk.get(f"/media/{token}")).status_code == 403
    await Account.filter(id=job.provider.id).update(suspended_at=datetime.now(UTC))
    assert (await desk.put(announced["putUrl"], photo())).status_code == 403
    assert desk.files() == []


async def test_forged_and_expired_addresses_open_nothing(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    forged = announced["putUrl"][:-1] + ("A" if announced["putUrl"][-1] != "A" else "B")
    told = await desk.put(forged, photo(), **{"accept-language": "en-US,en;q=0.9"})
    assert (told.status_code, told.json()["code"]) == (403, "ADDRESS_FORGED")
    assert told.json()["message"] == "This file address is not valid."
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=31)):
        late = await desk.put(announced["putUrl"], photo())
    assert (late.status_code, late.json()["code"]) == (410, "ADDRESS_EXPIRED")
    assert late.json()["message"].startswith("Alamat berkas")
    await desk.send(job, await desk.upload(job, photo()))
    [update] = await jobs.updates(job.customer.actor, job)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert (await desk.get(update["media"][0]["url"])).status_code == 410


async def test_a_re_sent_photo_is_flagged_for_staff(desk: Desk, job: Job) -> None:
    await desk.send(job, await desk.upload(job, photo()))
    later = await jobs.running(provider=job.provider, hour=14)
    renamed = photo(comment=b"another file, the same picture")
    announced = await desk.announce(later, renamed)
    assert (await desk.put(announced["putUrl"], renamed)).json()["duplicate"] is True
    await desk.send(later, announced["id"])
    [update] = await jobs.updates(await world.staff(Role.SENIOR_AGENT), later)
    assert update["media"][0]["isDuplicate"] is True
    [seen] = await jobs.updates(later.customer.actor, later)
    assert seen["media"][0]["isDuplicate"] is None


async def test_the_customer_sees_nothing_of_another_partners_photo_alike(desk: Desk, job: Job) -> None:
    await desk.send(job, await desk.upload(job, photo()))
    other = await jobs.running()
    announced = await desk.announce(other, photo())
    assert (await desk.put(announced["putUrl"], photo())).json()["duplicate"] is False


async def test_pages_of_updates_come_newest_first_and_cost_the_same_for_any_number_of_bookings(
    desk: Desk, job: Job
) -> None:
    for number in range(3):
        await desk.send(job, await desk.upload(job, photo((200 + number, 100))), note=str(number))
    first = await jobs.ask(job.customer.actor, jobs.READ_UPDATES, booking=str(job.id), first=2)
    page = first["photoUpdates"]
    assert [edge["node"]["note"] for edge in page["edges"]] == ["2", "1"] and page["pageInfo"]["hasNextPage"]
    rest = await jobs.ask(
        job.customer.actor, jobs.READ_UPDATES, booking=str(job.id), first=2, after=page["pageInfo"]["endCursor"]
    )
    assert [edge["node"]["note"] for edge in rest["photoUpdates"]["edges"]] == ["0"]
    other = await jobs.running(customer=job.customer)
    await desk.send(other, await desk.upload(other, photo()))
    counts = []
    for size in (1, 2):
        with statements() as sent:
            listed = await jobs.ask(job.customer.actor, LIST, first=size)
        assert all(edge["node"]["photoUpdates"]["edges"] for edge in listed["edges"])
        counts.append(len(sent))
    assert counts[0] == counts[1] > 0
