"""Named places where a test may let this process die or freeze. Off in production; then a place costs one comparison.

The folder that FAULTS names holds one file for each planned fault: its name is the point, its text what happens there.
Whoever reaches the point first takes the file away, so that a planned fault happens once.
"""

import os
import signal
import sys
from enum import StrEnum
from pathlib import Path

TAKEN = ".taken"  # ending of a plan that came true
DEEDS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}


class Point(StrEnum):
    """The places, each named by the moment at which it is reached."""

    BEFORE_COMMIT = "before_commit"  # of a use case: everything is written
    AFTER_COMMIT = "after_commit"  # of a use case: nobody has been told
    CLAIMED = "claimed"  # a worker has taken a task
    CARRIED = "carried"  # a provider took the message, nothing is recorded yet
    WORKED = "worked"  # the job is over, the task not yet done by the worker's own hand
    NUMBERED = "numbered"  # the relay has committed positions that are not published


_folder: Path | None = None


def arm(folder: Path | None) -> None:
    """From here on the plans in the folder come true in this process; None: none does."""
    global _folder
    _folder = folder


def fault_point(point: Point) -> None:
    """Where a planned fault strikes. Raises nothing: the process dies, freezes until it is continued, or goes on."""
    if _folder is not None:
        _strike(_folder / point)


def _strike(plan: Path) -> None:
    taken = plan.with_suffix(TAKEN)
    try:
        deed = plan.read_text().strip()
        plan.rename(taken)
    except FileNotFoundError:  # nothing is planned, or somebody else was here first
        return
    print(f"fault point {plan.name}: {deed}", file=sys.stderr, flush=True)  # noqa: T201 - a last word
    os.kill(os.getpid(), DEEDS[deed])
