"""Scenarios in which the API dies or is replaced."""

import asyncio
import signal

from integrations.fault import Point
from tests.faults.history import UNKNOWN
from tests.faults.stage import Stage, now, scenario
from tests.faults.workload import Workload

GOING_AWAY = (1001, 1012)
DIRECT = "F03b"
NOT_SENT = ("ConnectError", "ConnectTimeout")


@scenario("F01")
async def api_killed_before_the_commit(stage: Stage) -> None:
    """kill -9 with everything written and nothing committed; in the long form also at random moments."""
    for _ in stage.times(1, 3):
        await stage.strike("api", Point.BEFORE_COMMIT)
        await stage.pause()
    for _ in stage.times(0, 3):
        await stage.pause()
        stage.note_most("restart_s", await stage.rig.api.restart())


@scenario("F02")
async def api_killed_after_the_commit(stage: Stage) -> None:
    """kill -9 after the commit and before the answer: who asks again is given the first answer (O2)."""
    for _ in stage.times(1, 4):
        await stage.strike("api", Point.AFTER_COMMIT)
        await stage.pause()


@scenario("F03")
async def rolling_restart(stage: Stage) -> None:
    """TERM for one of two API processes after the other: what is under way is finished, sockets say that we go."""
    other = await stage.rig.add_api()
    urls = [f"http://127.0.0.1:{part.port}" for part in (stage.rig.api, other)]
    for listener in stage.listeners:
        listener.urls = urls
    try:
        await _roll(stage, urls)
    finally:
        await _retire(stage)


async def _roll(stage: Stage, urls: list[str]) -> None:
    """A second load comes straight in, each request by a connection of its own: none may be cut off."""
    load = Workload(
        DIRECT, urls, stage.world, stage.history, stage.rig.folder, stage.rig.random, keeps_connections=False
    )
    began_s = now()
    load.start()
    try:
        for part in (stage.rig.api, stage.rig.parts["api2"]) * (3 if stage.is_long else 1):
            await stage.pause()
            code = await part.end()
            stage.check(code in (0, -signal.SIGTERM), f"{part.name} did not end by itself: {code}")
            await part.restart()
    finally:
        await load.stop()
    stage.problems += load.unsettled
    cut = [each for each in stage.since(began_s) if each.outcome == UNKNOWN and f"-{DIRECT}-" in each.key]
    cut_off = [each for each in cut if each.code not in NOT_SENT]
    stage.figures["cut_off"] = len(cut_off)
    stage.check(not cut_off, f"requests were cut off: {sorted({each.code for each in cut_off})}")
    codes = {code for heard in stage.history.listeners for code in heard.closes}
    stage.check(codes <= set(GOING_AWAY), f"sockets were closed with {sorted(codes)}")


async def _retire(stage: Stage) -> None:
    """One process is enough again."""
    for listener in stage.listeners:
        listener.urls = [stage.rig.url]
    other = stage.rig.parts.pop("api2")
    await other.end()
    await asyncio.sleep(0.3)
