"""Tasks are rows: each has its effect once, whoever claims it, dies, freezes, refuses or restarts."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import time_machine

from app.embedded import Valkey
from domain.booking import BookingState
from domain.permissions import SYSTEM, Role
from domain.refusals import IllegalMove, NotAllowed, TryAgain
from domain.task import LEASE, MAX_AHEAD, MAX_TRIES, TaskState
from models.booking import Booking
from models.event import Event
from models.task import Task
from services import account as accounts
from services import booking as bookings
from services import task as tasks
from services.work import StaleClaim
from tests import world
from tests.letters import Post
from tests.running import eventually
from workers import runner as module
from workers.job import Job, Outside
from workers.relay import DATABASE_DOWN
from workers.runner import MAX_JOBS, Runner, run_task
from workers.table import JOBS

NOWHERE = "redis://127.0.0.1:1/0"  # no server has this port
KEY = b"k" * 32
SOON_S = 5.0  # far below the lease that a lost task would wait for
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND application_name LIKE 'rawat%'"
)

Act = Callable[[Job], Awaitable[None]]


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Post(tmp_path).outside


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], None]:
    """Let tasks called `test` run this job."""
    return lambda act: monkeypatch.setattr(module, "JOBS", {**JOBS, "test": act})


async def due(key: str = "one", name: str = "test", **payload: object) -> Task:
    return await Task.create(key=key, name=name, payload=payload, due_at=datetime.now(UTC))


async def task(key: str = "one") -> Task:
    return await Task.get(key=key)


async def ended_hold() -> tuple[Booking, str]:
    """A held booking and the key of the task that will end it, due now."""
    booking = await world.hold(await world.customer(), await world.provider())
    past = datetime.now(UTC) - timedelta(seconds=1)
    await Booking.filter(id=booking.id).update(hold_expires_at=past)
    await Task.filter(key=f"expire_hold:{booking.id}").update(due_at=past)
    return booking, f"expire_hold:{booking.id}"


async def expiries() -> int:
    return await Event.filter(name="BookingHoldExpired").count()


async def test_a_job_that_is_run_twice_has_one_effect(outside: Outside) -> None:
    _, key = await ended_hold()
    await run_task(key, outside)
    await run_task(key, outside)
    found = await task(key)
    assert (await expiries(), found.state, found.attempts) == (1, TaskState.DONE, 1)


async def test_nothing_is_due_for_a_worker_whose_clock_is_ahead() -> None:
    await due()
    now = datetime.now(UTC)
    assert await tasks.due(now + timedelta(hours=1), 10, MAX_AHEAD) == []
    assert await tasks.due(now, 10, MAX_AHEAD) == await tasks.due(now + timedelta(hours=1), 10) == [("one", 0)]


async def test_one_of_eight_claims_a_task() -> None:
    await due()
    now = datetime.now(UTC)
    claims = await asyncio.gather(*(tasks.claim("one", now) for _ in range(8)))
    assert len([claim for claim in claims if claim]) == 1


async def test_eight_workers_at_once_have_one_effect(outside: Outside) -> None:
    _, key = await ended_hold()
    await asyncio.gather(*(run_task(key, outside) for _ in range(8)))
    assert (await expiries(), (await task(key)).attempts) == (1, 1)


async def test_a_frozen_worker_whose_lease_ended_changes_nothing() -> None:
    booking, key = await ended_hold()
    now = datetime.now(UTC)
    frozen = await tasks.claim(key, now)
    assert frozen and await tasks.claim(key, now + LEASE) is None
    second = await tasks.claim(key, now + LEASE + timedelta(seconds=1))
    assert second and (frozen[0].attempt, second[0].attempt) == (1, 2)
    with pytest.raises(StaleClaim):
        await bookings.expire_hold(SYSTEM.doing(frozen[0]), booking.id)
    await tasks.done(frozen[0])
    await tasks.failed(frozen[0], "too late")
    await tasks.leave(frozen[0])
    found = await task(key)
    assert (found.state, found.attempts, found.last_error, await expiries()) == (TaskState.RUNNING, 2, "", 0)
    assert (await Booking.get(id=booking.id)).state is BookingState.HELD
    await bookings.expire_hold(SYSTEM.doing(second[0]), booking.id)
    assert ((await task(key)).state, await expiries()) == (TaskState.DONE, 1)


async def test_a_frozen_worker_revived_after_the_work_was_done_does_not_repeat_it() -> None:
    booking, key = await ended_hold()
    frozen = await tasks.claim(key, datetime.now(UTC))
    second = await tasks.claim(key, datetime.now(UTC) + LEASE + timedelta(seconds=1))
    assert frozen and second
    await bookings.expire_hold(SYSTEM.doing(second[0]), booking.id)
    await Booking.filter(id=booking.id).update(state=BookingState.HELD)  # so that only the claim stands in its way
    with pytest.raises(StaleClaim):
        await bookings.expire_hold(SYSTEM.doing(frozen[0]), booking.id)
    assert await expiries() == 1


async def test_a_failing_job_is_put_off_longer_each_time_and_dies_until_staff_send_it_again(
    outside: Outside, does: Callable[[Act], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(job: Job) -> None:
        raise ValueError("the provider hung up")

    does(fail)
    await due()
    waits = []
    now = datetime.now(UTC)
    for _ in range(MAX_TRIES):
        with time_machine.travel(now, tick=False), caplog.at_level(logging.CRITICAL):
            await run_task("one", outside)
        found = await task()
        waits.append((found.due_at - now).total_seconds())
        now = found.due_at
    assert waits == [2, 4, 8, 16, 32, 64, 128, 0]
    assert (found.state, found.attempts) == (TaskState.DEAD, MAX_TRIES)
    assert found.last_error == "ValueError: the provider hung up"
    assert await tasks.due(now + timedelta(days=1), 10) == []
    agent, customer = await world.staff(Role.SENIOR_AGENT), await world.customer()
    with pytest.raises(NotAllowed):
        await tasks.resend(customer.actor, "one")
    await tasks.resend(agent, "one")
    with pytest.raises(IllegalMove):
        await tasks.resend(agent, "one")
    does(succeed)
    await run_task("one", outside)
    found = await task()
    assert (found.state, found.attempts, found.last_error) == (TaskState.DONE, 1, "")


async def succeed(job: Job) -> None:
    """A job without effects."""


@pytest.mark.parametrize("name, payload", [("from_the_future", {}), ("react", {"event": "MoonRose", "position": 1})])
async def test_what_this_process_does_not_know_waits_untried(
    outside: Outside, name: str, payload: dict[str, object]
) -> None:
    await due("one", name, **payload)
    await run_task("one", outside)
    found = await task()
    assert (found.state, found.attempts, found.lease_until) == (TaskState.DUE, 0, None)
    assert timedelta(seconds=50) < found.due_at - datetime.now(UTC) <= tasks.UNKNOWN_WAIT


async def test_a_refusal_inside_the_transaction_that_took_the_claim_ends_the_task(
    outside: Outside, does: Callable[[Act], None]
) -> None:
    async def refused(job: Job) -> None:
        await accounts.record_login_code_sent(job.actor, uuid4())

    does(refused)
    await due()
    await run_task("one", outside)
    found = await task()
    assert (found.state, found.attempts, found.last_error) == (TaskState.DONE, 1, "refused: NOT_FOUND")


async def test_a_busy_database_is_no_refusal_and_the_task_is_tried_again(
    outside: Outside, does: Callable[[Act], None]
) -> None:
    async def busy(job: Job) -> None:
        raise TryAgain()

    does(busy)
    await due()
    await run_task("one", outside)
    assert ((await task()).state, (await task()).attempts) == (TaskState.DUE, 1)


async def test_a_job_that_is_cut_off_is_due_again_at_once_and_untried(
    outside: Outside, does: Callable[[Act], None]
) -> None:
    booking, _ = await ended_hold()
    begun = asyncio.Event()

    async def slow(job: Job) -> None:
        begun.set()
        await asyncio.sleep(60)
        await bookings.expire_hold(job.actor, booking.id)

    does(slow)
    await due()
    running = asyncio.create_task(run_task("one", outside))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    found = await task()
    assert (found.state, found.attempts) == (TaskState.DUE, 0)
    assert found.due_at <= datetime.now(UTC)


@asynccontextmanager
async def working(url: str, redis_url: str, outside: Outside) -> AsyncIterator[Runner]:
    """A worker that must still live at the end of the block."""
    runner = Runner(url, redis_url, KEY, outside)
    running = asyncio.create_task(runner.run())
    try:
        yield runner
        assert not running.done(), running.exception()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def are_done(*keys: str) -> bool:
    return await Task.filter(key__in=keys, state=TaskState.DONE).count() == len(keys)


async def test_a_worker_without_redis_numbers_events_and_runs_their_tasks_itself(clean: str, outside: Outside) -> None:
    _, key = await ended_hold()
    async with working(clean, NOWHERE, outside):
        await eventually(lambda: are_done(key))
        expired = await Event.get(name="BookingHoldExpired")
        await eventually(lambda: Event.filter(id=expired.id, position__isnull=False).exists())
        position = (await Event.get(id=expired.id)).position
        await eventually(lambda: are_done(f"react:{position}", f"{position}:tell_customer_hold_expired"))


async def test_a_worker_without_redis_runs_no_more_at_once_than_it_has_room_for(
    clean: str, outside: Outside, does: Callable[[Act], None]
) -> None:
    now, most = 0, 0

    async def count(job: Job) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.1)
        now -= 1

    does(count)
    keys = [f"task {number}" for number in range(3 * MAX_JOBS)]
    for key in keys:
        await due(key)
    async with working(clean, NOWHERE, outside):
        await eventually(lambda: are_done(*keys))
    assert most == MAX_JOBS


async def test_a_restarted_redis_delays_tasks_and_loses_none(
    clean: str, tmp_path: Path, outside: Outside, does: Callable[[Act], None]
) -> None:
    runs: list[str] = []
    go_on = asyncio.Event()

    async def slow_at_first(job: Job) -> None:
        runs.append(job.claim.task_key)
        if job.claim.task_key == "in flight":
            await go_on.wait()

    does(slow_at_first)
    valkey = Valkey(tmp_path, durable=False)
    valkey.start()
    try:
        async with working(clean, valkey.url, outside) as runner:
            await due("before")
            await eventually(lambda: are_done("before"))
            await due("in flight")
            await eventually(lambda: begun(runs, "in flight"))
            await asyncio.to_thread(valkey.stop)
            await due("during")
            await eventually(lambda: are_done("during"), SOON_S)
            go_on.set()
            await eventually(lambda: are_done("in flight"), SOON_S)
            await asyncio.to_thread(valkey.start)
            await eventually(lambda: is_connected(runner), SOON_S)
            await due("after")
            await eventually(lambda: are_done("after"), SOON_S)
            assert runs.count("after") == 1
    finally:
        valkey.stop()


async def begun(runs: list[str], key: str) -> bool:
    return key in runs


async def is_connected(runner: Runner) -> bool:
    """Whether arq is there to run tasks."""
    return runner._pool is not None


async def test_a_worker_outlives_cut_database_connections(
    clean: str, redis_url: str, outside: Outside, does: Callable[[Act], None]
) -> None:
    does(succeed)
    axe = await asyncpg.connect(clean)
    async with working(clean, redis_url, outside):
        for number in range(3):
            await due(f"task {number}")
            await eventually(lambda key=f"task {number}": are_done(key))  # type: ignore[misc]
            await axe.execute(CUT)
            await recovered()
    axe.terminate()


async def recovered() -> None:
    """This process's own pool has thrown its dead connections away."""
    for _ in range(100):
        try:
            await Task.all().count()
        except DATABASE_DOWN:
            await asyncio.sleep(0.05)
        else:
            return


async def test_what_comes_round_runs_once_a_period_with_two_workers(
    clean: str, redis_url: str, outside: Outside
) -> None:
    async with working(clean, redis_url, outside), working(clean, redis_url, outside):
        await eventually(lambda: Task.filter(name="check_invariants", state=TaskState.DONE).exists())
        await eventually(lambda: Task.filter(name="forget_old", state=TaskState.DONE).exists())
        await asyncio.sleep(0.3)
    for name in ("check_invariants", "forget_old"):
        found = await Task.filter(name=name)
        assert [each.attempts for each in found] == [1], name


async def test_a_worker_stops_quickly_and_without_a_warning(
    clean: str, redis_url: str, outside: Outside, does: Callable[[Act], None], recwarn: pytest.WarningsRecorder
) -> None:
    async def slow(job: Job) -> None:
        await asyncio.sleep(60)

    does(slow)
    await due()
    async with working(clean, redis_url, outside):
        await eventually(lambda: Task.filter(key="one", state=TaskState.RUNNING).exists())
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1
    assert [str(each.message) for each in recwarn if issubclass(each.category, DeprecationWarning)] == []
    found = await task()
    assert (found.state, found.attempts) == (TaskState.DUE, 0)


async def test_use_cases_that_are_cut_off_at_any_moment_give_their_connection_back(clean: str) -> None:
    agent = await world.staff(Role.SENIOR_AGENT)
    await Task.create(key="one", name="test", state=TaskState.DEAD, due_at=datetime.now(UTC))
    for turn in range(60):  # three times as many as the pool has connections
        resending = asyncio.create_task(tasks.resend(agent, "one"))
        for _ in range(turn % 12):
            await asyncio.sleep(0)
        resending.cancel()
        await asyncio.gather(resending, return_exceptions=True)
    async with asyncio.timeout(SOON_S):
        await asyncio.gather(*(Task.all().count() for _ in range(20)))
    axe = await asyncpg.connect(clean)
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> $1"
    assert await axe.fetchval(busy, axe.get_server_pid()) == 0
    axe.terminate()
