"""The past as a simulation: stories go on at the moments they ask for, and what the clock starts runs in between."""

import heapq
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TypeAlias

import orjson
from tortoise import connections

from services import task as tasks
from services.work import acting_at
from workers.job import Job, Outside
from workers.table import JOBS

# A story yields the moment at which it wants to act; it is asked for the next one when that moment has come.
Story: TypeAlias = AsyncIterator[datetime]

# The lower bound spares the index all that was due before: one transaction leaves its dead rows there.
NEXT = """SELECT key, due_at FROM task WHERE state = 'DUE' AND due_at >= $1 AND due_at <= $2
          ORDER BY due_at, key LIMIT 1"""


class Clock:
    """Plays stories side by side in the order of time, from `begins_at` until `now`: what lies behind has not happened.

    Not for a database that others work on: it runs every timer it finds.
    """

    def __init__(self, begins_at: datetime, now: datetime, outside: Outside) -> None:
        self.now = now
        self._at, self._outside = begins_at, outside
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._count = 0

    async def add(self, story: Story) -> None:
        """Let a story take part, from the first moment it asks for."""
        self._count += 1
        await self._ask(self._count, story)

    async def play(self) -> None:
        """Let everything happen that lies before now; unfinished stories stay unfinished."""
        while self._waiting:
            moment, number, story = heapq.heappop(self._waiting)
            if moment > self.now:
                break
            await self._pass_until(moment)
            await self._ask(number, story)
        await self._pass_until(self.now)

    async def _ask(self, number: int, story: Story) -> None:
        with acting_at(self._at):
            moment = await anext(story, None)
        if moment is not None:
            heapq.heappush(self._waiting, (max(moment, self._at), number, story))

    async def _pass_until(self, moment: datetime) -> None:
        """Run the timers that are due by then, each at its own moment; they may leave new ones."""
        while timer := await self._next_timer(moment):  # each ends, and what it leaves is due later
            key, self._at = timer
            await self._run(key)
        self._at = moment

    async def _next_timer(self, moment: datetime) -> tuple[str, datetime] | None:
        rows = await connections.get("default").execute_query_dict(NEXT, [self._at, moment])
        return (rows[0]["key"], rows[0]["due_at"]) if rows else None

    async def _run(self, key: str) -> None:
        found = await tasks.claim(key, self._at)
        if found is None:
            return
        claim, name, payload = found
        with acting_at(self._at):
            await JOBS[name](Job(claim, orjson.loads(payload), self._outside))
