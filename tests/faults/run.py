"""One rig, one seed, and scenario after scenario in it: break, heal, wait until it is quiet, let the oracles judge."""

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click

from tests.faults import facts as looking
from tests.faults.history import History
from tests.faults.listener import listen
from tests.faults.oracle import judge
from tests.faults.rig import Rig, rig
from tests.faults.stage import SCENARIOS, Stage
from tests.faults.workload import Workload
from tests.faults.world import World, settle

SETTLE_S = 0.3  # of load before the first fault and after the last
# O7: what a process that lived through it may have more than before. Memory: a young process still fills its caches.
MORE_FILES = 30
MORE_MEMORY, MORE_MEMORY_MB = 0.10, 40
PLANTS = ("forgets_keys", "forgets_cursors")  # bugs of the harness's own clients, which must turn it red


@dataclass
class Result:
    """What one scenario with one seed showed."""

    name: str
    seed: int
    seconds: float = 0.0
    attempts: int = 0
    heard: int = 0
    problems: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def lines(self) -> Iterable[str]:
        what = "ok " if not self.problems else "RED"
        figures = "  ".join(f"{name} {value:.4g}" for name, value in sorted(self.figures.items()))
        counts = f"{self.attempts:5d} requests {self.heard:6d} heard"
        yield f"{what} {self.name} seed {self.seed} {self.seconds:5.1f} s {counts}  {figures}"
        yield from (f"    {problem}" for problem in self.problems)


async def run(folder: Path, names: list[str], seed: int, *, is_long: bool, plant: str = "") -> list[Result]:
    """The scenarios, one after the other, each with dice of its own: alone it throws what it throws in company."""
    results: list[Result] = []
    async with rig(folder, seed) as made:
        world = await settle(made.postgres.url)
        made.start_programs()
        await made.heal()
        history = History(seed)
        for name in names:
            results.append(await _one(made, world, history, name, is_long=is_long, plant=plant))
            for line in results[-1].lines():
                click.echo(line)
    return results


async def _one(made: Rig, world: World, history: History, name: str, *, is_long: bool, plant: str) -> Result:
    """One scenario. History and log go on from the one before, since the oracles compare all of both."""
    began_s, first, before = time.monotonic(), len(history.attempts), _sizes(made)
    made.random.seed(f"{history.seed} {name}")
    history.listeners.clear()
    listeners = listen(made.url, world, history, forgets=plant == "forgets_cursors")
    dice = random.Random(made.random.random())
    workload = Workload(name, [made.url], world, history, made.folder, dice, forgets_keys=plant == "forgets_keys")
    stage = Stage(made, world, history, workload, listeners, is_long)
    await _play(stage, name)
    facts = await looking.read(made, {each.name: str(each.actor.id) for each in world.everybody()})
    facts.events = await looking.all_heard(made, history)
    for listener in listeners:
        await listener.stop()
    problems = [f"{name}: {each}" for each in (*stage.problems, *workload.unsettled, *_grown(made, before))]
    problems += judge(history, facts, world.canaries)
    history.write(made.folder / f"{name}-{history.seed}.jsonl")
    asked = history.attempts[first:]
    figures = stage.figures | {"quiet_s": facts.quiet_s, "masked": sum("masked" in each.code for each in asked)}
    heard = sum(len(each.positions) for each in history.listeners)
    return Result(name, history.seed, time.monotonic() - began_s, len(asked), heard, problems, figures)


async def _play(stage: Stage, name: str) -> None:
    """Load, faults, healing, and a little more load."""
    stage.workload.start()
    try:
        await asyncio.sleep(SETTLE_S)
        await SCENARIOS[name](stage)
    except Exception as error:  # whatever it is: the others are played, and everything is healed
        stage.problems.append(repr(error))
    finally:
        _look_for_deaths(stage)
        await stage.rig.heal()
        await asyncio.sleep(SETTLE_S)
        await stage.workload.stop()
        await stage.lapse()
        _look_for_deaths(stage)


def _look_for_deaths(stage: Stage) -> None:
    """Production has a supervisor; the rig has none on purpose: a program that dies of somebody else's fault is one."""
    for part in stage.rig.parts.values():
        stage.check(not part.died_unasked, f"{part.name} died by itself: {part.tail(600)}")


def _sizes(made: Rig) -> dict[int, tuple[int, float]]:
    return {part.pid: (part.open_files(), part.resident_mb()) for part in made.parts.values()}


def _grown(made: Rig, before: dict[int, tuple[int, float]]) -> list[str]:
    """O7 for processes that lived through it."""
    found = []
    for part in made.parts.values():
        if not part.is_alive or part.pid not in before:
            continue
        files, memory_mb = before[part.pid]
        if part.open_files() > files + MORE_FILES:
            found.append(f"{part.name} has {part.open_files()} files open, before {files}")
        if part.resident_mb() > memory_mb * (1 + MORE_MEMORY) + MORE_MEMORY_MB:
            found.append(f"{part.name} takes {part.resident_mb():.0f} MB, before {memory_mb:.0f}")
    return found
