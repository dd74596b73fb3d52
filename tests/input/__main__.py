"""The long run: `make fuzz-input documents=100000`, or `python -m tests.input 100000 [first seed]`.

Asks every operation as many right and wrong documents as make that number together, in rounds of ROUND of each, and
says how far it is after each round; ends by itself, with 1 when anything was wrong."""

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from hypothesis_graphql import Mode

from app.database import database
from app.embedded import postgres
from app.migration import migrate
from tests.input.operation import operations
from tests.input.run import ENOUGH, Tally, run

ROUND = 10
DEFAULT = 20_000


def say(text: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def main(count: int, first: int) -> int:
    """All rounds, each in a world of its own; the exit code."""
    tally, began, number = Tally(), time.monotonic(), first
    with tempfile.TemporaryDirectory(prefix="rawat-input-") as name:
        while tally.asked.total() < count and len(tally.problems) < ENOUGH:
            left = count - tally.asked.total()
            each = min(ROUND, max(1, left // (2 * len(operations()))))
            folder = Path(name) / str(number)
            with postgres(folder, durable=False) as url:
                await migrate(url)
                async with database(url, pool_max=4):
                    await run(url, folder, [(one, each) for one in operations()], number, tally)
            number += 1
            say(
                f"{tally.asked[Mode.POSITIVE]} right and {tally.asked[Mode.NEGATIVE]} wrong documents, "
                f"{tally.answered} answered with data, slowest {tally.slowest_s:.2f} s, "
                f"{len(tally.problems)} problems, {time.monotonic() - began:.0f} s"
            )
    for problem in tally.problems:
        say(problem)
    return 1 if tally.problems else 0


if __name__ == "__main__":
    logging.disable()
    given = [int(each) for each in sys.argv[1:3]]
    sys.exit(asyncio.run(main(given[0] if given else DEFAULT, given[1] if len(given) > 1 else 0)))
