"""`make faults`: every scenario with several seeds, on servers of its own; a red one can be played again."""

import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.faults.log import LONG, SHORT, judge_log, torture_log
from tests.faults.log import PLANTS as LOG_PLANTS
from tests.faults.run import PLANTS, Result, run
from tests.faults.scenario import NAMES
from tests.faults.tasks import torture_tasks

LOG, SHORT_LOG, TASKS = "log", "log-short", "tasks"


@click.command()
@click.option("--seeds", default=1, help="How many seeds; each is printed.")
@click.option("--seed", type=int, help="The first seed; the others follow. Without it they are drawn.")
@click.option(
    "--only", default="", help=f"With commas: {','.join(NAMES)}, {LOG}, {SHORT_LOG}, {TASKS}. All but {LOG} by default."
)
@click.option("--long", is_flag=True, help="Every fault often and at its full length (a quarter of an hour a seed).")
@click.option("--plant", type=click.Choice([*PLANTS, *LOG_PLANTS]), default=None, help="A bug that must turn it red.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep logs and histories in this folder.")
def main(seeds: int, seed: int | None, only: str, long: bool, plant: str | None, keep: Path | None) -> None:
    """Break the system on purpose, and judge what clients saw."""
    names = [name for name in only.split(",") if name] or [*NAMES, SHORT_LOG, TASKS]
    keep = keep.absolute() if keep else None
    first = seed if seed is not None else secrets.randbelow(1_000_000)
    with tempfile.TemporaryDirectory(prefix="rawat-faults-") as scratch:
        results: list[Result] = []
        for number in range(first, first + seeds):
            click.echo(f"seed {number}")
            results += asyncio.run(_all(keep or Path(scratch), names, number, is_long=long, plant=plant or ""))
    red = [result for result in results if result.problems]
    for result in red:
        click.echo(f"again: make faults seeds=1 args='--seed {result.seed} --only {result.name}'")
    click.echo(f"{len(results) - len(red)} of {len(results)} green, {sum(each.attempts for each in results)} requests")
    sys.exit(1 if red else 0)


async def _all(folder: Path, names: list[str], seed: int, *, is_long: bool, plant: str) -> list[Result]:
    results: list[Result] = []
    scenarios = [name for name in names if name not in (LOG, SHORT_LOG, TASKS)]
    if scenarios:
        results += await run(folder / f"{seed}", scenarios, seed, is_long=is_long, plant=plant)
    for name in [name for name in (LOG, SHORT_LOG) if name in names]:
        began_s = time.monotonic()
        history = await torture_log(folder / f"{seed}-{name}", seed, LONG if name == LOG else SHORT, plant)
        results.append(Result(name, seed, time.monotonic() - began_s, problems=judge_log(history)))
        results[-1].figures = history.figures
        click.echo("\n".join(results[-1].lines()))
    if TASKS in names:
        began_s = time.monotonic()
        problems = await torture_tasks(folder / f"{seed}-tasks", seed, is_long=is_long)
        results.append(Result(TASKS, seed, time.monotonic() - began_s, problems=problems))
        click.echo("\n".join(results[-1].lines()))
    return results


if __name__ == "__main__":
    main()
