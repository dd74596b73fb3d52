"""What is forgotten when it has served: finished tasks, answered keys, used codes."""

from datetime import timedelta

from domain.permissions import Can
from domain.task import TaskState
from models.account import LoginAttempt, LoginCode
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
