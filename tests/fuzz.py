"""The long comparison of both executors: `make fuzz documents=100000`, or `python -m tests.fuzz 100000 [first seed]`.

Random documents over the synthetic schema, and for each REAL_EVERY of them one over the product's own schema and rows.
Says how far it is every PROGRESS documents and when it ends, also by TERM; ends with 1 when anything differed.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import time_machine

from app.database import database
from app.embedded import postgres
from app.migration import migrate
from tests import reading
from tests.execution import fuzz
from tests.filled import NOW, filled
from tests.twin import Twin

PROGRESS = 1_000
REAL_EVERY = 20
ENOUGH = 5  # differences; more of them tell nothing new


@dataclass
class Tally:
    """What was found until now."""

    began: float = field(default_factory=time.monotonic)
    how: Counter[str] = field(default_factory=Counter)
    real: Counter[str] = field(default_factory=Counter)
    differences: int = 0

    def tell(self) -> None:
        """One line for whoever watches."""
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        seconds, cpu_s = time.monotonic() - self.began, time.process_time()
        compiled = 100 * self.how["compiled"] / max(self.how.total(), 1)
        say(
            f"{self.how.total()} documents ({compiled:.1f} % compiled), {self.real['documents']} over real rows "
            f"({self.real['compiled']} compiled), {self.differences} differences, {seconds:.0f} s, "
            f"{cpu_s:.0f} s of CPU, at most {peak_mb} MB"
        )


def say(text: str) -> None:
    """Print, to a reader who may have gone."""
    with suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


async def run(count: int, first: int, tally: Tally) -> None:
    """Ask all documents, or until ENOUGH of them differ."""
    async with _real() as (ask, twin):
        for start in range(first, first + count, REAL_EVERY):
            chunk = min(REAL_EVERY, first + count - start)
            differences, how = await fuzz.run(chunk, start, stop_at=ENOUGH)
            found = await ask(start // REAL_EVERY)
            tally.how += how
            tally.real += Counter(documents=found.documents, compiled=found.compiled)
            for difference in (*differences, *found.differences):
                tally.differences += 1
                say(difference)
            if tally.differences >= ENOUGH:
                return
            if (start + chunk - first) % PROGRESS == 0:
                tally.tell()
        assert twin.compiled._operations.weight <= twin.compiled._operations._limit


@asynccontextmanager
async def _real() -> AsyncIterator[tuple[Callable[[int], Awaitable[reading.Run]], Twin]]:
    with tempfile.TemporaryDirectory(prefix="rawat-fuzz-") as folder, postgres(Path(folder), durable=False) as url:
        await migrate(url)
        async with database(url, pool_max=4):
            full = await filled()
            known, twin = await reading.known(full), Twin()

            async def ask(seed: int) -> reading.Run:
                with time_machine.travel(NOW, tick=False):
                    return await reading.run(twin, full, known, 1, seed)

            yield ask, twin


def _quiet() -> None:
    """Say nothing on stderr, which may be closed: neither our logs, nor Python of values that nobody awaited."""
    logging.disable()
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.unraisablehook = lambda _: None
    try:
        os.fstat(2)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # before a socket gets this number


def main() -> int:
    """The long run; exit code 1 when anything differs or it was stopped, 2 when it failed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    _quiet()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tally = Tally()
    try:
        asyncio.run(run(count, first, tally))
        how = 1 if tally.differences else 0
    except KeyboardInterrupt:
        say("stopped")
        how = 1
    except BaseException:
        say(traceback.format_exc())
        how = 2
    tally.tell()
    return how


if __name__ == "__main__":
    sys.exit(main())
