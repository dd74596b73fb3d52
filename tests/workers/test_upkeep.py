"""What comes round by itself: a look at what must hold, and forgetting what has served."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from domain.permissions import Claim
from domain.photo import FORGET_AFTER, UploadState
from domain.task import TaskState
from models.photo import Upload
from models.task import IdempotencyKey, Task
from tests import world
from tests.letters import Post
from workers import upkeep
from workers.job import Job
from workers.upkeep import InvariantBroken


async def job(post: Post) -> Job:
    key = f"test:{datetime.now(UTC).timestamp()}"
    await Task.create(key=key, name="test", state=TaskState.RUNNING, attempts=1, due_at=datetime.now(UTC))
    return Job(Claim(key, 1), {}, post.outside)


async def test_a_row_that_differs_from_its_events_is_found(tmp_path: Path) -> None:
    booking = await world.accepted(await world.customer(), await world.provider())
    post = Post(tmp_path)
    await upkeep.check_invariants(await job(post))
    booking.refund_idr = 7
    await booking.save(update_fields=["refund_idr"])
    with pytest.raises(InvariantBroken, match="refund_idr"):
        await upkeep.check_invariants(await job(post))


async def test_an_unsent_upload_is_forgotten_with_its_file_and_a_sent_or_young_one_stays(tmp_path: Path) -> None:
    post = Post(tmp_path)
    booking = await world.accepted(await world.customer(), provider := await world.provider())
    file = tmp_path / "file"
    file.write_bytes(b"x")
    old, young = [await upload(provider, booking.id, key) for key in ("photo/old.jpg", "photo/young.jpg")]
    old.created_at = datetime.now(UTC) - FORGET_AFTER - timedelta(minutes=1)
    await old.save(update_fields=["created_at"])
    for each in (old, young):
        await post.outside.storage.put(each.storage_key or "", file)
    await upkeep.forget_uploads(await job(post))
    assert [each.id for each in await Upload.all()] == [young.id]
    assert not (tmp_path / "media" / "photo" / "old.jpg").exists()
    assert (tmp_path / "media" / "photo" / "young.jpg").exists()


async def upload(provider: world.Provider, booking_id: object, key: str) -> Upload:
    return await Upload.create(
        owner_id=provider.id, booking_id=booking_id, state=UploadState.READY, declared_type="image/jpeg",
        declared_bytes=1, expires_at=datetime.now(UTC), storage_key=key,
    )  # fmt: skip


async def test_finished_tasks_and_answered_keys_are_forgotten_in_their_time_and_dead_tasks_stay(tmp_path: Path) -> None:
    await world.hold(await world.customer(), await world.provider(), key="one")
    now = datetime.now(UTC)
    for key, state in (("done", TaskState.DONE), ("dead", TaskState.DEAD)):
        await Task.create(key=key, name="x", state=state, due_at=now, done_at=now)
    with time_machine.travel(now + timedelta(days=15)):
        await upkeep.forget_old(await job(Post(tmp_path)))
        assert not await Task.exists(key="done") and await Task.exists(key="dead")
        assert await IdempotencyKey.exists(key="one")
    with time_machine.travel(now + timedelta(days=31)):
        await upkeep.forget_old(await job(Post(tmp_path)))
    assert not await IdempotencyKey.exists(key="one")
