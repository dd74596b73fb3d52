"""What a scenario is given: the rig, who lives in it, the load that runs meanwhile, and a place for what it finds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from integrations.fault import Point
from tests.faults.history import Attempt, History
from tests.faults.listener import Listener
from tests.faults.rig import Rig
from tests.faults.workload import Workload
from tests.faults.world import World

STRIKE_WITHIN_S = 15.0


@dataclass
class Stage:
    """One scenario under way. `is_long`: for the record; otherwise each fault once and briefly."""

    rig: Rig
    world: World
    history: History
    workload: Workload
    listeners: list[Listener]
    is_long: bool
    problems: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def check(self, holds: bool, text: str) -> None:
        if not holds:
            self.problems.append(text)

    def times(self, short: int, long: int) -> range:
        return range(long if self.is_long else short)

    def span(self, short_s: float, long_s: float) -> float:
        return long_s if self.is_long else short_s

    async def pause(self, low_s: float = 0.2, high_s: float = 0.8) -> None:
        """Let the workload run for a while of random length."""
        await asyncio.sleep(self.rig.random.uniform(low_s, high_s))

    async def strike(self, name: str, point: Point, deed: str = "kill") -> None:
        """Let the program meet the fault; what was killed is started again."""
        part = self.rig.parts[name]
        part.plan(point, deed)
        self.check(await part.struck(point, STRIKE_WITHIN_S), f"nobody came by {point}")
        self.history.mark(f"{name} {deed} at {point}")
        if deed == "kill":
            self.note_most("restart_s", await part.restart())
        part.forget_plans()

    async def lapse(self) -> None:
        """In the short form leases end now; in the long one they are waited for."""
        if not self.is_long:
            await self.rig.lapse()

    def note_most(self, name: str, value: float) -> None:
        self.figures[name] = max(value, self.figures.get(name, 0.0))

    def since(self, began_s: float, operation: str = "") -> list[Attempt]:
        """What was asked since then, of one operation or of all."""
        return [each for each in self.history.since(began_s) if operation in ("", each.operation)]

    def check_worded(self, began_s: float) -> None:
        """No answer since then told of an unexpected error."""
        found = sorted({each.code for each in self.since(began_s) if each.code.startswith(("masked", "HTTP"))})
        self.check(not found, f"clients were told {found}")

    def note_slowest(self, name: str, began_s: float, operation: str = "") -> None:
        """The 95th percentile and the worst; who got no answer has waited, too."""
        took = sorted(each.took_s for each in self.since(began_s, operation))
        if took:
            self.figures[f"{name}_p95_s"] = took[int(len(took) * 0.95)]
            self.figures[f"{name}_max_s"] = took[-1]


Scenario = Callable[[Stage], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    """Enter it into the table under its number (reliability, section 3.4)."""

    def keep(act: Scenario) -> Scenario:
        SCENARIOS[name] = act
        return act

    return keep


def now() -> float:
    """The clock of the history."""
    return time.monotonic()
