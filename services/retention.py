"""What is forgotten when it has served: finished tasks, answered keys, used codes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain.permissions import Can
from domain.photo import FORGET_AFTER
from domain.task import TaskState
from models.account import LoginAttempt, LoginCode
from models.photo import Upload
from models.task import IdempotencyKey, Task
from services.work import Work, use_case

TASKS_FOR = timedelta(days=14)
KEYS_FOR = timedelta(days=30)
CODES_FOR = timedelta(days=1)


@use_case(Can.FORGET_OLD)
async def forget_old(work: Work) -> int:
    """Delete what is older than its time; how many rows. Dead tasks stay until somebody has looked at them."""
    gone = await Task.filter(state=TaskState.DONE, done_at__lt=work.now - TASKS_FOR).delete()
    gone += await IdempotencyKey.filter(created_at__lt=work.now - KEYS_FOR).delete()
    gone += await LoginCode.filter(created_at__lt=work.now - CODES_FOR).delete()
    gone += await LoginAttempt.filter(created_at__lt=work.now - CODES_FOR).delete()
    return gone


async def unsent_uploads(now: datetime, limit: int) -> list[Upload]:
    """Uploads that nobody put into an update within a day; their files may go."""
    return await Upload.filter(update_id=None, created_at__lt=now - FORGET_AFTER).order_by("id").limit(limit)


@use_case(Can.FORGET_UPLOADS)
async def forget_uploads(work: Work, ids: Sequence[UUID]) -> int:
    """Delete the rows of uploads whose files are gone, unless one was sent in the meantime; how many."""
    return await Upload.filter(id__in=list(ids), update_id=None, created_at__lt=work.now - FORGET_AFTER).delete()
