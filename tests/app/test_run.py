"""`make run`: everything is started in order, kept alive, and ended whole, however one asks."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

READY_BOUND_S = 30.0
END_BOUND_S = 8.0

# Stands for `python -m app`: it notes each start as "name pid" and does what the name says.
PROGRAM = """
import http.server, os, signal, sys, time
name = sys.argv[1]
with open("starts", "a") as notes:
    notes.write(f"{name} {os.getpid()}\\n")
if name == "seed" and os.environ.get("SLOW_SEED"):
    time.sleep(60)
if name == "migrate":
    assert os.environ["DATABASE_URL"].startswith("postgres://")
    sys.exit(int(os.environ.get("MIGRATE_EXIT", "0")))
if name == "logins":
    print("LOGINS")
if name == "worker":
    if os.environ.get("DEAF_WORKER"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
if name == "api":
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"""

STARTER = """
import sys
import app.run
from pathlib import Path
app.run.ROOT = Path(sys.argv[1])
from app.settings import Settings
sys.exit(app.run.main(Settings(), (sys.executable, sys.argv[1] + "/program.py")))
"""


class Running:
    """One `make run` on a stand-in program."""

    def __init__(self, folder: Path, **extra: str) -> None:
        self.folder = folder
        (folder / "program.py").write_text(PROGRAM)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        env |= {"PORT": str(self.port), "DATA_DIR": str(folder / "data"), **extra}
        self.log = (folder / "log").open("wb")
        argv = [sys.executable, "-c", STARTER, str(folder)]
        self.program = subprocess.Popen(argv, env=env, stdout=self.log, stderr=self.log, start_new_session=True)

    def said(self) -> str:
        return (self.folder / "log").read_text()

    def await_text(self, text: str) -> None:
        deadline = time.monotonic() + READY_BOUND_S
        while text not in self.said() and self.program.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert text in self.said()

    def starts(self, name: str) -> list[int]:
        """Process ids under which the program was started by that name."""
        notes = self.folder / "starts"
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith(name + " ")]

    def await_starts(self, name: str, count: int) -> None:
        deadline = time.monotonic() + READY_BOUND_S
        while len(self.starts(name)) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.starts(name)) >= count

    def survivors(self) -> list[str]:
        """Command lines of living processes that began under our folder or in it."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = os.readlink(entry / "cwd")
            except OSError:
                continue
            if str(self.folder) in line or place.startswith(str(self.folder)):
                found.append(line)
        return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pid in [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]:
        try:
            if str(tmp_path) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
        except OSError:
            continue


def seconds_to_end(running: Running) -> float:
    began = time.monotonic()
    running.program.wait(END_BOUND_S)
    return time.monotonic() - began


def test_steps_come_in_order_and_the_addresses_are_printed(place: Path) -> None:
    running = Running(place)
    running.await_text("LOGINS")
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/readyz") as answer:
        assert answer.status == 200
    names = [line.split()[0] for line in (place / "starts").read_text().splitlines()]
    assert names[:2] == ["migrate", "seed"]
    assert sorted(names[2:]) == ["api", "logins", "worker"]
    assert f"http://127.0.0.1:{running.port}/graphql" in running.said()
    running.program.terminate()
    assert running.program.wait(END_BOUND_S) == 0


@pytest.mark.parametrize(
    ("how", "whole_group"),
    [(signal.SIGTERM, True), (signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, False)],
    ids=["TERM to all", "Ctrl-C", "TERM to the supervisor", "terminal closed"],
)
def test_a_signal_ends_every_process(place: Path, how: signal.Signals, whole_group: bool) -> None:
    running = Running(place)
    running.await_text("LOGINS")
    seen = " ".join(running.survivors())
    assert all(name in seen for name in ("postgres", "valkey", "program.py api", "program.py worker"))
    for _ in range(2):  # an impatient person asks twice
        if whole_group:
            os.killpg(running.program.pid, how)
        else:
            running.program.send_signal(how)
        time.sleep(0.05)
    seconds_to_end(running)
    assert running.survivors() == []


def test_a_worker_that_does_not_listen_is_killed_within_the_bound(place: Path) -> None:
    running = Running(place, DEAF_WORKER="1")
    running.await_text("LOGINS")
    running.program.terminate()
    assert seconds_to_end(running) < END_BOUND_S
    assert running.survivors() == []


def test_a_signal_during_the_seed_ends_it(place: Path) -> None:
    running = Running(place, SLOW_SEED="1")
    running.await_starts("seed", 1)
    os.killpg(running.program.pid, signal.SIGTERM)
    seconds_to_end(running)
    assert running.survivors() == []
    assert running.starts("api") == []


def test_killing_the_supervisor_leaves_nothing_and_it_starts_again(place: Path) -> None:
    running = Running(place)
    running.await_text("LOGINS")
    running.program.kill()
    running.program.wait()
    deadline = time.monotonic() + END_BOUND_S
    while running.survivors() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.survivors() == []
    again = Running(place)
    again.await_text("LOGINS")
    again.program.terminate()
    assert again.program.wait(END_BOUND_S) == 0


@pytest.mark.parametrize("part", ["api", "worker"])
def test_a_part_that_dies_is_started_again(place: Path, part: str) -> None:
    running = Running(place)
    running.await_text("LOGINS")
    os.kill(running.starts(part)[0], signal.SIGKILL)
    running.await_starts(part, 2)
    assert f"The {part} ended" in running.said()
    running.program.terminate()
    assert running.program.wait(END_BOUND_S) == 0


def test_a_failed_migration_ends_the_run_with_its_name(place: Path) -> None:
    running = Running(place, MIGRATE_EXIT="3")
    assert running.program.wait(READY_BOUND_S) == 1
    assert "`python -m app migrate` failed (exit 3)" in running.said()
    assert running.survivors() == []


def test_a_taken_port_is_named_before_anything_starts(place: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        running = Running(place, PORT=str(other.getsockname()[1]))
        assert running.program.wait(READY_BOUND_S) == 1
    assert "choose another" in running.said()
    assert running.starts("migrate") == []
