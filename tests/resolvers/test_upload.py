"""What the HTTP door to uploads takes, refuses and leaves behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.media import MediaDoor
from domain.photo import UploadState
from integrations.storage import LocalStorage
from models.photo import Upload
from tests import job as jobs
from tests.integrations.media_sample import film, photo
from tests.job import KEY, Desk, Job

PUTS = 4


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with jobs.desk(tmp_path) as each:
        yield each


@pytest.fixture
async def job() -> Job:
    return await jobs.running()


async def pieces(content: bytes, count: int = 8, pause_s: float = 0) -> AsyncIterator[bytes]:
    """The content without a length said before it."""
    size = -(-len(content) // count)
    for start in range(0, len(content), size):
        await asyncio.sleep(pause_s)
        yield content[start : start + size]


async def test_a_file_sent_twice_has_the_first_answer_and_is_kept_once(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    first = await desk.put(announced["putUrl"], photo())
    kept = desk.files()
    again = await desk.put(announced["putUrl"], photo())
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert first.json() | {"byteSize": 0} == {
        "id": announced["id"], "state": "READY", "duplicate": False, "contentType": "image/jpeg", "byteSize": 0,
        "width": 640, "height": 480, "durationS": None,
    }  # fmt: skip
    assert desk.files() == kept and len(kept) == 2


async def test_of_the_same_file_sent_at_the_same_time_one_is_kept(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    answers = await asyncio.gather(*(desk.put(announced["putUrl"], pieces(photo())) for _ in range(PUTS)))
    assert [answer.status_code for answer in answers] == [200] * PUTS
    assert all(answer.json() == answers[0].json() for answer in answers)
    row = await Upload.get(id=announced["id"])
    assert (row.state, row.version) == (UploadState.READY, 2)
    assert sorted(path.relative_to(desk.stored).as_posix() for path in desk.files()) == sorted(
        [row.storage_key or "", row.thumbnail_key or ""]
    )


@pytest.mark.parametrize("send", [bytes, pieces], ids=["with its length", "without its length"])
async def test_more_bytes_than_announced_are_not_taken(desk: Desk, job: Job, send: Callable[[bytes], Any]) -> None:
    announced = await desk.announce(job, photo())
    told = await desk.put(announced["putUrl"], send(photo() + b"x"), **{"accept-language": "fr, en;q=0.5, id;q=0.4"})
    assert (told.status_code, told.json()["reason"]) == (413, "TOO_LARGE")
    assert told.json()["message"].startswith("This file can't be accepted: it is too large")
    assert desk.files() == []
    assert (await Upload.get(id=announced["id"])).state is UploadState.WAITING


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"<html><script>alert(1)</script></html>", 415, "UNSUPPORTED_TYPE"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 50, 415, "NOT_AS_DECLARED"),
        (photo()[:2000], 422, "BROKEN"),
        (b"", 422, "BROKEN"),
    ],
)
async def test_what_is_no_photo_is_refused_with_a_reason_and_leaves_nothing(
    desk: Desk, job: Job, content: bytes, status: int, reason: str
) -> None:
    announced = await desk.announce(job, photo())
    told = await desk.put(announced["putUrl"], content)
    assert (told.status_code, told.json()["reason"], told.json()["code"]) == (status, reason, "MEDIA_NOT_ACCEPTED")
    assert told.json()["message"].startswith("Berkas ini tidak bisa diterima")
    assert desk.files() == []


async def test_a_refused_file_may_be_replaced_by_a_good_one(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    assert (await desk.put(announced["putUrl"], b"oops")).status_code == 415
    assert (await desk.put(announced["putUrl"], photo())).status_code == 200


@pytest.mark.parametrize("limits", [{"silence_s": 0.05}, {"receive_s": 0.2}], ids=["silent", "slow"])
async def test_a_client_that_takes_too_long_is_told_so(tmp_path: Path, job: Job, limits: dict[str, float]) -> None:
    async with jobs.desk(tmp_path, **limits) as desk:
        announced = await desk.announce(job, photo())
        told = await desk.put(announced["putUrl"], pieces(photo(), pause_s=0.1))
        assert (told.status_code, told.json()["code"]) == (408, "TOO_SLOW")
        assert desk.files() == [] and desk.door.receiving == 0


async def test_too_many_files_at_a_time_are_asked_to_come_again(tmp_path: Path, job: Job) -> None:
    async with jobs.desk(tmp_path, max_receiving=1) as desk:
        announced = await desk.announce(job, photo())
        both = [desk.put(announced["putUrl"], pieces(photo(), pause_s=0.02)) for _ in range(2)]
        answers = sorted(await asyncio.gather(*both), key=lambda answer: answer.status_code)
        assert [answer.status_code for answer in answers] == [200, 503]
        assert (answers[1].json()["reason"], answers[1].headers["retry-after"]) == ("BUSY", "5")


async def test_a_broken_connection_leaves_nothing(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())

    async def breaks() -> AsyncIterator[bytes]:
        yield photo()[:500]
        raise httpx.ReadError("the phone lost its network")

    with pytest.raises(httpx.ReadError):
        await desk.put(announced["putUrl"], breaks())
    assert desk.files() == [] and desk.door.receiving == 0


async def test_a_full_disk_is_our_fault_and_leaves_nothing(tmp_path: Path, job: Job) -> None:
    async with jobs.desk(tmp_path) as desk:
        announced = await desk.announce(job, photo())
        blocked = desk.stored / "thumbnail"
        desk.stored.mkdir()
        blocked.touch()  # a file where the store wants a folder: the second of the two files cannot be kept
        told = await desk.put(announced["putUrl"], photo())
        assert (told.status_code, told.json()["code"]) == (503, "TRY_AGAIN")
        assert desk.files() == [blocked]
        blocked.unlink()
        assert (await desk.put(announced["putUrl"], photo())).status_code == 200


async def test_a_clip_is_announced_as_one(desk: Desk, job: Job, tmp_path: Path) -> None:
    clip = film(tmp_path)
    announced = await desk.announce(job, clip, "video/mp4")
    told = (await desk.put(announced["putUrl"], clip)).json()
    assert (told["contentType"], told["width"], told["height"]) == ("video/mp4", 320, 180)
    assert told["durationS"] == pytest.approx(2, abs=0.2)


async def test_what_a_killed_server_left_is_swept(tmp_path: Path) -> None:
    door = MediaDoor(LocalStorage(tmp_path / "media"), KEY.encode(), tmp_path / "incoming")
    old, fresh = tmp_path / "incoming" / "old", tmp_path / "incoming" / "fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "content").touch()
    os.utime(old, (0, 0))
    assert door.sweep() == 1
    assert fresh.exists() and not old.exists()
