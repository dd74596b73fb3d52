"""Jobs that come round by themselves: look whether all still holds, and forget what has served."""

from datetime import UTC, datetime, timedelta

from services.invariant import INVARIANTS, rows_are_folds
from services.retention import forget_old as forget
from workers.job import Job

LOOK_BACK = timedelta(hours=3)  # longer than the period, so that no change falls between two looks


class InvariantBroken(Exception):
    """Something that must always hold does not: the task dies after its tries, and staff see it."""


async def check_invariants(job: Job) -> None:
    found = [sentence for invariant in INVARIANTS for sentence in await invariant()]
    found += await rows_are_folds(datetime.now(UTC) - LOOK_BACK)
    if found:
        raise InvariantBroken("; ".join(found[:10]))


async def forget_old(job: Job) -> None:
    await forget(job.actor)
