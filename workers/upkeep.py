"""Jobs that come round by themselves: look whether all still holds, and forget what has served."""

from datetime import UTC, datetime, timedelta

from services import retention
from services.invariant import INVARIANTS, rows_are_folds
from workers.job import Job

MAX_UPLOADS = 200  # forgotten in one round
LOOK_BACK = timedelta(hours=3)  # longer than the period, so that no change falls between two looks


class InvariantBroken(Exception):
    """Something that must always hold does not: the task dies after its tries, and staff see it."""


async def check_invariants(job: Job) -> None:
    found = [sentence for invariant in INVARIANTS for sentence in await invariant()]
    found += await rows_are_folds(datetime.now(UTC) - LOOK_BACK)
    if found:
        raise InvariantBroken("; ".join(found[:10]))


async def forget_old(job: Job) -> None:
    await retention.forget_old(job.actor)


async def forget_uploads(job: Job) -> None:
    """The files first, then their rows: cut off in between, the next round finds the rows again."""
    left = await retention.unsent_uploads(datetime.now(UTC), MAX_UPLOADS)
    for upload in left:
        for key in (upload.storage_key, upload.thumbnail_key):
            if key:
                await job.outside.storage.delete(key)
    await retention.forget_uploads(job.actor, [upload.id for upload in left])
