"""One of our own programs (the API or the worker) as a child: killed, frozen, ended politely, and started again."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from app.child import Child, end, spawn
from integrations.fault import TAKEN, Point

ROOT = Path(__file__).parent.parent.parent
READY_WITHIN_S = 30.0  # O7: without a human
POLITELY_S = 8.0
POLL_S = 0.02
MAX_HEALTH_S = 2.5  # one look at /readyz


class Part:
    """The program `python -m <module> <name without its digits>`; its log, its planned faults and its clock lie in
    its folder."""

    def __init__(
        self, name: str, folder: Path, environment: Mapping[str, str], port: int | None = None,
        module: str = "tests.faults.program",
    ) -> None:  # fmt: skip
        self.name, self.folder, self.port, self._module = name, folder, port, module
        self.faults = folder / "faults"
        self.faults.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{name}.log"
        self.clock = folder / "clock"  # seconds that the program's clock is ahead
        self.clock.write_text("0")
        self.restarts: list[float] = []  # seconds each restart took until ready
        self._environment = dict(environment) | {"FAULTS": str(self.faults), "FAULT_CLOCK": str(self.clock)}
        self.expects_death = False  # a test is about to end it
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def died_unasked(self) -> bool:
        """Whether it ended though nobody meant it to."""
        return not self.is_alive and not self.expects_death

    def start(self) -> None:
        """Start it; does not wait until it is ready."""
        self.expects_death = False
        environment = os.environ | self._environment
        if self.port is not None:
            environment = environment | {"PORT": str(self.port)}
        argv = [sys.executable, "-m", self._module, self.name.rstrip("0123456789")]
        with self.log.open("ab") as log:
            self._child = spawn(argv, death_signal=signal.SIGKILL, env=environment, cwd=ROOT, output=log)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.expects_death = True
        self._signal(signal.SIGKILL)
        if self._child is not None:
            self._child.wait()

    async def end(self, within_s: float = POLITELY_S) -> int:
        """TERM; the exit code. What does not end in time is killed."""
        self.expects_death = True
        assert self._child is not None
        await asyncio.to_thread(end, self._child, ((signal.SIGTERM, within_s),))
        code: int = self._child.wait()
        return code

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def plan(self, point: Point, deed: str) -> None:
        """The next time the program reaches the point, that happens."""
        self.expects_death = self.expects_death or deed == "kill"
        draft = self.faults / "draft"
        draft.write_text(deed)
        draft.rename(self.faults / point)

    def forget_plans(self) -> None:
        for each in self.faults.iterdir():
            each.unlink()

    async def struck(self, point: Point, within_s: float) -> bool:
        """Whether the planned fault came true in time."""
        return await within(within_s, (self.faults / point).with_suffix(TAKEN).exists)

    async def restart(self) -> float:
        """Kill what may be left, start anew, and wait until ready; how many seconds that took."""
        self.kill()
        began = time.monotonic()
        self.start()
        await self.ready()
        self.restarts.append(time.monotonic() - began)
        return self.restarts[-1]

    async def ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Wait until it does its work: the API by /readyz, the worker by living."""
        if self.port is None:
            return
        deadline = time.monotonic() + within_s
        async with httpx.AsyncClient(timeout=MAX_HEALTH_S) as http:
            while not await self._is_ready(http):
                if not self.is_alive or time.monotonic() > deadline:
                    raise AssertionError(f"{self.name} is not ready: {self.tail()}")
                await asyncio.sleep(POLL_S)

    async def answers(self, path: str, within_s: float = 1.0) -> bool:
        """Whether the API answers a look at the path in time, whatever it says."""
        try:
            async with httpx.AsyncClient(timeout=within_s) as http:
                return (await http.get(f"http://127.0.0.1:{self.port}{path}")).status_code < 600
        except httpx.HTTPError:
            return False

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    def tail(self, characters: int = 3000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:]

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def resident_mb(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def _signal(self, number: signal.Signals) -> None:
        if self.is_alive:
            assert self._child is not None
            self._child.send_signal(number)


async def within(seconds: float, question: Callable[[], bool]) -> bool:
    """Whether the answer becomes yes in time."""
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True
