"""The short form of `make faults`: each scenario once, and each planted bug of the event log turns it red."""

import subprocess
import sys

import pytest

from tests.faults.log import PLANTS
from tests.faults.part import ROOT
from tests.faults.scenario import EXPECTED, HALVES, NAMES

WITHIN_S = 400  # a bound against hanging, no promise
SEED = "20261127"


def faults(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it opens a database and ends its children, whatever this test worker does."""
    argv = [sys.executable, "-m", "tests.faults", "--seed", SEED, *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False)


def test_every_scenario_has_its_number() -> None:
    assert NAMES == EXPECTED


@pytest.mark.parametrize("names", HALVES, ids=["half", "other half"])
def test_what_was_promised_holds_under_every_fault(names: list[str]) -> None:
    done = faults("--only", ",".join(names))
    assert done.returncode == 0, done.stdout + done.stderr


def test_tortured_tasks_leave_what_calm_ones_leave() -> None:
    done = faults("--only", "tasks")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tortured_event_log_is_read_whole() -> None:
    done = faults("--only", "log-short")
    assert done.returncode == 0, done.stdout + done.stderr


# A hub that does not ask for the head misses something only where the stream loses what was not read yet: that takes
# the long form, or a busy machine. tests/subscriptions/test_hub.py loses it on purpose.
@pytest.mark.parametrize("plant", [plant for plant in PLANTS if plant != "deaf-hub"])
def test_a_bug_in_the_way_of_events_is_found(plant: str) -> None:
    told = []
    for seed in ("1", "2", "3"):  # a short run may be lucky
        done = faults("--only", "log-short", "--plant", plant, "--seed", seed)
        if done.returncode == 1 and "RED log-short" in done.stdout:
            return
        told.append(done.stdout + done.stderr)
    pytest.fail("\n".join(told))
