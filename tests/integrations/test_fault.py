"""Planned faults: off unless armed, once each, and never in production."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from integrations import fault
from integrations.fault import Point, fault_point

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from integrations.fault import Point, arm, fault_point
arm(Path(sys.argv[1]))
for point in Point:
    fault_point(point)
print("lived")
"""


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", PROGRAM, str(folder)]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_happens_unless_armed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / Point.CLAIMED).write_text("kill")
    monkeypatch.setattr(fault, "_folder", None)
    fault_point(Point.CLAIMED)
    assert (tmp_path / Point.CLAIMED).exists()


@pytest.mark.parametrize("point", list(Point))
def test_a_planned_fault_strikes_once(tmp_path: Path, point: Point) -> None:
    (tmp_path / point).write_text("kill")
    assert run(tmp_path).returncode == -signal.SIGKILL
    assert run(tmp_path).stdout == "lived\n"
