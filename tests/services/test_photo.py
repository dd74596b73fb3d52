"""Files are used once and in their own booking, also when two want them at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine

from domain.booking import BookingState
from domain.events import PhotoUpdateSent
from domain.media import MediaKind
from domain.permissions import Role
from domain.photo import (
    MAX_WAITING_UPLOADS,
    UPLOAD_LIVES_FOR,
    TooManyUploads,
    UploadAlreadyUsed,
    UploadNotReady,
    UploadState,
)
from domain.refusals import IdempotencyKeyReused, IllegalMove, InvalidInput, NotAllowed, NotFound, Refusal
from integrations.media.sanitiser import Media
from models.booking import Booking
from models.event import Event
from models.photo import PhotoUpdate, Upload
from services import booking as bookings
from services import photo as photos
from tests import job as jobs
from tests import world
from tests.job import Job

SENDERS = 8


@pytest.fixture
async def job() -> Job:
    return await jobs.running()


def media(content: str) -> Media:
    """What the sanitiser would tell of a photo with that content."""
    nowhere = Path("nowhere.jpg")
    return Media(MediaKind.PHOTO, "image/jpeg", nowhere, nowhere, 64, 48, None, 1000, content * 64, 0)


async def announced(job: Job) -> UUID:
    upload = await photos.request_upload(job.provider.actor.once(jobs.key()), job.id, "image/jpeg", 1000)
    upload_id: UUID = upload.id
    return upload_id


async def ready(job: Job, content: str = "a") -> UUID:
    upload_id = await announced(job)
    keys = (f"photo/{upload_id}.jpg", f"thumbnail/{upload_id}.jpg")
    await photos.receive_upload(job.provider.actor, upload_id, media(content), *keys)
    return upload_id


async def send(job: Job, *upload_ids: UUID, note: str = "") -> PhotoUpdate:
    return await photos.send_update(job.provider.actor.once(jobs.key()), job.id, upload_ids, note)


@pytest.mark.proves("Q-08")
async def test_an_update_is_told_with_its_files_and_counts_for_the_cadence(job: Job) -> None:
    await Booking.filter(id=job.id).update(has_no_updates=True)
    ids = [await ready(job, "a"), await ready(job, "b")]
    update = await send(job, *ids, note=" Sudah makan ")
    assert update.note == "Sudah makan"
    booking = await Booking.get(id=job.id)
    assert booking.last_update_at == update.created_at and booking.has_no_updates is False
    event = await Event.get(name=PhotoUpdateSent.__name__)
    assert event.payload == {
        "booking_id": str(job.id), "customer_id": str(job.customer.id), "partner_id": str(job.provider.id),
        "version": booking.version, "has_no_updates": False, "update_id": str(update.id), "count": 2,
        "upload_ids": [str(each) for each in ids], "duplicate": False,
    }  # fmt: skip
    assert f"photos:{job.id}" in event.topics
    assert {f"account:{job.customer.id}", f"account:{job.provider.id}"} <= set(event.audience)


async def test_a_file_is_sent_once(job: Job) -> None:
    upload_id = await ready(job)
    await send(job, upload_id)
    with pytest.raises(UploadAlreadyUsed):
        await send(job, upload_id)
    assert await PhotoUpdate.all().count() == 1


async def test_of_simultaneous_updates_with_the_same_file_one_succeeds(job: Job) -> None:
    shared = await ready(job, "a")
    own = [await ready(job, content) for content in "bcdefghi"]
    results = await asyncio.gather(*(send(job, shared, own[n]) for n in range(SENDERS)), return_exceptions=True)
    assert sum(isinstance(result, PhotoUpdate) for result in results) == 1
    assert sum(isinstance(result, UploadAlreadyUsed) for result in results) == SENDERS - 1
    assert await PhotoUpdate.all().count() == await Event.filter(name="PhotoUpdateSent").count() == 1
    assert await Upload.filter(state=UploadState.USED).count() == 2


async def test_the_same_key_sends_one_update(job: Job) -> None:
    upload_id, actor = await ready(job), job.provider.actor.once("same")
    sent = await asyncio.gather(*(photos.send_update(actor, job.id, [upload_id]) for _ in range(SENDERS)))
    assert len({update.id for update in sent}) == 1
    with pytest.raises(IdempotencyKeyReused):
        await photos.send_update(actor, job.id, [upload_id], "another note")


async def test_files_that_are_not_ready_or_not_of_this_job_are_not_sent(job: Job) -> None:
    with pytest.raises(UploadNotReady):
        await send(job, await announced(job))
    same_partner, other_partner = await jobs.running(provider=job.provider, hour=14), await jobs.running()
    for foreign in (await ready(same_partner), await ready(other_partner), uuid4()):
        with pytest.raises(NotFound):
            await send(job, await ready(job), foreign)
    with pytest.raises(InvalidInput):
        await send(job)
    assert await PhotoUpdate.all().count() == 0


async def test_updates_are_sent_by_the_partner_while_the_job_runs(job: Job) -> None:
    first, second = await ready(job, "a"), await ready(job, "b")
    with pytest.raises(NotAllowed):
        await photos.send_update(job.customer.actor.once(jobs.key()), job.id, [first])
    stranger = (await world.provider()).actor
    with pytest.raises(NotFound):
        await photos.send_update(stranger.once(jobs.key()), job.id, [first])
    await send(job, first)
    done = await bookings.complete(job.provider.actor, job.id)
    assert done.state is BookingState.COMPLETED
    with pytest.raises(IllegalMove):
        await send(job, second)


async def test_a_partner_that_is_also_staff_sees_but_does_not_send(job: Job) -> None:
    both = await world.account("Mitra dan staf", Role.PARTNER, Role.AGENT)
    with pytest.raises(NotFound):
        await photos.request_upload(both.once(jobs.key()), job.id, "image/jpeg", 10)
    with pytest.raises(NotFound):
        await photos.send_update(both.once(jobs.key()), job.id, [await ready(job)])


async def test_received_twice_the_first_one_counts(job: Job) -> None:
    upload_id = await ready(job, "a")
    again = await photos.receive_upload(job.provider.actor, upload_id, media("b"), "photo/b.jpg", "thumbnail/b.jpg")
    assert (again.content_hash, again.storage_key) == ("a" * 64, f"photo/{upload_id}.jpg")
    other = (await world.provider()).actor
    with pytest.raises(NotFound):
        await photos.receive_upload(other, upload_id, media("b"), "photo/b.jpg", "thumbnail/b.jpg")


async def test_a_partner_has_a_bounded_number_of_files_on_the_way(job: Job) -> None:
    given = await asyncio.gather(*(announced(job) for _ in range(MAX_WAITING_UPLOADS + 5)), return_exceptions=True)
    assert sum(isinstance(each, TooManyUploads) for each in given) == 5
    with time_machine.travel(datetime.now(UTC) + UPLOAD_LIVES_FOR + timedelta(seconds=1)):
        assert isinstance(await announced(job), UUID)


async def test_the_same_photo_twice_in_one_update_or_sent_later_is_flagged(job: Job) -> None:
    first, twin, later = [await ready(job) for _ in range(3)]
    assert await Upload.filter(duplicate_of__isnull=False).count() == 0  # none of them was sent before
    await send(job, first, twin)
    await send(job, later)
    assert (await Upload.get(id=first)).duplicate_of is None
    assert (await Upload.get(id=twin)).duplicate_of == (await Upload.get(id=later)).duplicate_of == first
    assert [event.payload["duplicate"] for event in await Event.filter(name="PhotoUpdateSent").order_by("id")] == [
        True, True,
    ]  # fmt: skip


async def test_a_photo_sent_from_two_jobs_at_once_is_flagged_in_one(job: Job) -> None:
    other = await jobs.running(provider=job.provider, hour=14)
    one, two = await ready(job), await ready(other)
    await asyncio.gather(send(job, one), send(other, two))
    flagged = await Upload.filter(duplicate_of__isnull=False)
    assert len(flagged) == 1 and {flagged[0].id, flagged[0].duplicate_of} == {one, two}


async def test_another_partners_same_photo_is_no_duplicate(job: Job) -> None:
    await send(job, await ready(job))
    other = await jobs.running()
    await send(other, await ready(other))
    assert await Upload.filter(duplicate_of__isnull=False).count() == 0


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"])
async def test_a_note_that_cannot_be_kept_is_refused(job: Job, note: str) -> None:
    with pytest.raises(Refusal) as refused:
        await send(job, await ready(job), note=note)
    assert refused.value.field == "note"
