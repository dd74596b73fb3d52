"""Scenarios in which a worker dies or freezes in the middle of a task, and one whose clock is wrong."""

import asyncio

from integrations.fault import Point
from tests.faults.stage import Stage, scenario
from tests.faults.world import inbox

HOUR_S = 3600
HELD = "SELECT state FROM booking WHERE id = $1::uuid"


@scenario("F04")
async def worker_killed_before_the_provider(stage: Stage) -> None:
    """kill -9 with a task claimed and nothing done: another attempt does it."""
    for _ in stage.times(1, 3):
        await stage.strike("worker", Point.CLAIMED)
        await stage.lapse()
        await stage.pause()


@scenario("F05")
async def worker_killed_after_the_provider(stage: Stage) -> None:
    """kill -9 after the provider took a message and before that was recorded: sent again under the same key, once."""
    for _ in stage.times(1, 3):
        await stage.strike("worker", Point.CARRIED)
        await stage.lapse()
        await stage.pause()
    for point in (Point.WORKED, Point.NUMBERED) if stage.is_long else (Point.NUMBERED,):
        await stage.strike("worker", point)
        await stage.lapse()
    letters = len(list(inbox(stage.rig.folder).glob("*.json")))
    stage.figures["letters"] = letters


@scenario("F06")
async def worker_frozen_past_its_lease(stage: Stage) -> None:
    """A worker freezes with a task in its hands; another one does it; the first wakes up and changes nothing."""
    frozen, other = stage.rig.worker, await stage.rig.add_worker("worker2")
    try:
        for point in (Point.CLAIMED, Point.BEFORE_COMMIT) if stage.is_long else (Point.CLAIMED,):
            await stage.strike("worker", point, "freeze")
            await asyncio.sleep(stage.span(1, 45))
            await stage.lapse()
            await asyncio.sleep(stage.span(1.5, 5))
            frozen.thaw()
            await stage.pause()
        stage.figures["taken_over"] = frozen.tail(1_000_000).count("was taken over")
    finally:
        frozen.thaw()
        del stage.rig.parts["worker2"]
        await other.end()


@scenario("F24")
async def clocks_jump(stage: Stage) -> None:
    """The worker's clock, then the API's, jumps an hour ahead and an hour back, while both run: the order of events
    does not ask a clock, nothing is lost, and no worker frees a hold before its time."""
    for part in (stage.rig.worker, stage.rig.api):
        for ahead_s in (HOUR_S, -HOUR_S):
            held = await stage.workload.hold_and_keep()
            part.clock.write_text(str(ahead_s))
            await asyncio.sleep(stage.span(1.5, 5))
            if part is stage.rig.worker:
                [row] = await stage.rig.rows(HELD, held)
                stage.check(row["state"] == "HELD", f"a hold was freed early: {row['state']}")
            part.clock.write_text("0.0")
            await asyncio.sleep(0.3)
