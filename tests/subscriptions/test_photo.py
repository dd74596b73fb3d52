"""Photo updates, live."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.permissions import Actor, Role
from subscriptions.hub import Hub
from tests import job as jobs
from tests import world
from tests.integrations.media_sample import CANARY, exif_with_place, photo
from tests.job import Job
from tests.live import opened, running_hub

PHOTOS = """
subscription ($booking: UUID!, $after: Cursor) {
  photoUpdates(bookingId: $booking, after: $after) {
    __typename
    ... on PhotoUpdateSentItem { cursor count updateId update { id note media { url isDuplicate } } }
    ... on CaughtUp { cursor }
    ... on StreamEnded { reason }
  }
}"""
SENT = "PhotoUpdateSentItem"


@pytest.fixture
async def hub(clean: str, redis_url: str) -> AsyncIterator[Hub]:
    async with running_hub(clean, redis_url) as running:
        yield running


@pytest.fixture
async def job() -> Job:
    return await jobs.running()


@pytest.mark.proves("Q-08")
async def test_an_update_reaches_the_customers_open_subscription_with_its_photo(
    hub: Hub, job: Job, tmp_path: Path
) -> None:
    async with jobs.desk(tmp_path) as desk, opened(hub, job.customer.actor, PHOTOS, job) as stream:
        await stream.caught_up()
        upload_id = await desk.upload(job, photo(exif=exif_with_place()))
        sent = await desk.send(job, upload_id, note="Sedang dikeringkan")
        item = await stream.next()
        assert (item["__typename"], item["count"], item["updateId"]) == (SENT, 1, sent["id"])
        assert item["update"]["note"] == "Sedang dikeringkan"
        [media] = item["update"]["media"]
        shown = await desk.get(media["url"])
        assert shown.status_code == 200 and CANARY not in shown.content
        assert media["isDuplicate"] is None


async def test_support_is_told_live_that_a_photo_was_sent_before(hub: Hub, job: Job, tmp_path: Path) -> None:
    agent = await world.staff(Role.AGENT)
    async with jobs.desk(tmp_path) as desk, opened(hub, agent, PHOTOS, job) as stream:
        await stream.caught_up()
        for _ in range(2):
            await desk.send(job, await desk.upload(job, photo()))
        items = await stream.until(2, SENT)
    assert [item["update"]["media"][0]["isDuplicate"] for item in items] == [False, True]


async def test_an_update_that_was_missed_is_replayed_with_addresses_that_work(
    hub: Hub, job: Job, tmp_path: Path
) -> None:
    async with jobs.desk(tmp_path) as desk:
        await desk.send(job, await desk.upload(job, photo()), note="pertama")
        async with opened(hub, job.customer.actor, PHOTOS, job, "e0") as stream:
            [item] = await stream.until(1, SENT)
        assert item["update"]["note"] == "pertama"
        assert (await desk.get(item["update"]["media"][0]["url"])).status_code == 200


async def test_strangers_and_the_anonymous_open_no_stream(hub: Hub, job: Job) -> None:
    missing = Job(job.customer, job.provider, job.booking.clone(pk=job.customer.id))
    stranger, other_partner = (await world.customer()).actor, (await world.provider()).actor
    for actor, booking, code in [
        (stranger, job, "NOT_FOUND"),
        (stranger, missing, "NOT_FOUND"),
        (other_partner, job, "NOT_FOUND"),
        (Actor(), job, "NOT_SIGNED_IN"),
    ]:
        async with opened(hub, actor, PHOTOS, booking) as stream:
            assert await stream.refusal() == code


async def test_a_cursor_from_nowhere_ends_the_stream(hub: Hub, job: Job) -> None:
    async with opened(hub, job.customer.actor, PHOTOS, job, "e999999") as stream:
        assert await stream.next() == {"__typename": "StreamEnded", "reason": "CURSOR_AHEAD"}
