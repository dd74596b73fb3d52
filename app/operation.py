"""One operation of a socket, from `subscribe` to `complete`: a query, a mutation, or a subscription that goes live."""

import asyncio
import logging
from collections.abc import AsyncIterable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError

from app.graphql import schema, told
from app.outbox import Outbox
from app.sharing import Group, Groups, Script, payload_of
from app.wire import Frame
from domain.permissions import Actor
from execution.opening import Opened
from schema.context import Context
from subscriptions.hub import Hub, Listener
from subscriptions.stream import Stream, StreamEnded, shown

log = logging.getLogger("rawat.live")


@dataclass(frozen=True, slots=True)
class Asked:
    """The payload of a `subscribe`."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Live:
    """What the operations of all sockets share."""

    hub: Hub
    groups: Groups
    context: Callable[..., Context]  # of an actor, and the client's address where it matters


class Operation:
    """It has a task while it is answered or catches up. Live, it is only a member of its group."""

    __slots__ = (
        "_address", "_forget", "_group", "_live", "_out", "_script", "_task", "actor", "cursor", "id",
        "is_over", "scopes", "start",
    )  # fmt: skip

    def __init__(
        self, id: str, live: Live, out: Outbox, actor: Actor, scopes: frozenset[str],
        forget: Callable[[str], object], address: str = "",
    ) -> None:  # fmt: skip
        self.id, self.actor, self.scopes = id, actor, scopes
        self._address = address
        self._live, self._out, self._forget = live, out, forget
        self.start = b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)
        self.cursor = 0
        self.is_over = False
        self._script: Script | None = None
        self._group: Group | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, asked: Asked) -> None:
        """Start answering."""
        self._task = asyncio.create_task(self._until_live(self._run(asked)))

    def cancel(self) -> asyncio.Task[None] | None:
        """Say nothing more; the answer is what has still to end."""
        self.is_over = True
        self._leave()
        if self._task is not None:
            self._task.cancel()
        return self._task

    # What its group calls

    def give(self, position: int, frame: Frame) -> None:
        """Send the frame of an event; a client that is too far behind lags."""
        if self._out.put(frame, self):
            self.cursor = position
        else:
            self.lag()

    def lag(self) -> None:
        """Replay what is behind the cursor, once the client has taken what waits for it."""
        self._leave()
        assert self._script is not None
        self._task = asyncio.create_task(self._until_live(self._replay(self._script)))

    def fail(self, error: Exception) -> None:
        """Tell the error and complete."""
        self._leave()
        self._task = asyncio.create_task(self._until_live(_raised(error)))

    def end(self, reason: str) -> None:
        """Tell the reason and complete."""
        self._leave()
        assert self._script is not None
        self._task = asyncio.create_task(self._until_live(self._end(self._script, reason)))

    # While it has a task

    async def _until_live(self, part: Any) -> None:
        try:
            await part
        except Exception as error:
            await self._tell(payload_of(_failed(error), self.actor))
            self._complete()
        finally:
            if self._task is asyncio.current_task():
                self._task = None

    async def _run(self, asked: Asked) -> None:
        context = self._live.context(self.actor, self._address)
        opened = await schema.open(asked.query, asked.variables, asked.name, context)
        if isinstance(opened, PreExecutionError):
            self._refuse(opened.errors or [])
        elif isinstance(opened, ExecutionResult):
            await self._tell(payload_of(opened, self.actor))
            self._complete()
        elif isinstance(opened.source, Stream):
            await self._begin_live(opened, opened.source)
        else:
            await self._iterate(opened, opened.source, context)

    async def _begin_live(self, opened: Opened, stream: Stream[Any]) -> None:
        self._script = script = Script(opened, stream, self.actor, self._live.context)
        with self._live.hub.listen(stream.topics, self.scopes, stream.after) as listener:
            await self._catch_up(listener, script, listener.catch_up(), stream.first)

    async def _replay(self, script: Script) -> None:
        await self._out.room()
        with self._live.hub.listen(script.topics, self.scopes, self.cursor) as listener:
            await self._catch_up(listener, script, listener.catch_up(has_lagged=True))

    async def _catch_up(self, listener: Listener, script: Script, said: Any, first: Any = None) -> None:
        """Send what was missed, alone, and go live. No await stands between the last look at the buffer and joining."""
        async with aclosing(said), aclosing(shown(said, script.item, first)) as items:
            async for item in items:
                await self._answer(script, item)
            if listener.ended is not None:
                self._complete()
            elif not self.is_over:
                self.cursor = listener.cursor or 0
                self._group = self._live.groups.join(self, script)

    async def _end(self, script: Script, reason: str) -> None:
        await self._answer(script, StreamEnded(reason=reason))
        self._complete()

    async def _iterate(self, opened: Opened, source: AsyncIterable[Any], context: Context) -> None:
        """A subscription that is no Stream: its items are this viewer's alone."""
        async for item in source:
            result = opened.answer(item, context)
            await self._tell(payload_of(await _awaited(result), self.actor))
        self._complete()

    async def _answer(self, script: Script, item: Any) -> None:
        await self._tell(script.payload(await _awaited(script.answer(item))))

    async def _tell(self, payload: bytes) -> None:
        """Send a `next` when there is room: a replay is as slow as its reader."""
        await self._out.room()
        if not self.is_over:
            self._out.put(Frame(b"%b%b}" % (self.start, payload)), self)

    def _refuse(self, errors: list[GraphQLError]) -> None:
        shown = [error.formatted for error in told(errors, self.actor)]
        self._finish({"id": self.id, "type": "error", "payload": shown})

    def _complete(self) -> None:
        self._finish({"id": self.id, "type": "complete"})

    def _finish(self, message: dict[str, Any]) -> None:
        """The last message; its id is free from here on."""
        if not self.is_over:
            self._forget(self.id)
            self._out.put(Frame(orjson.dumps(message)), None)

    def _leave(self) -> None:
        if self._group is not None:
            self._live.groups.leave(self, self._group)
            self._group = None


async def _raised(error: Exception) -> None:
    raise error


def _failed(error: Exception) -> ExecutionResult:
    wrapped = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
    return ExecutionResult(data=None, errors=[wrapped])


async def _awaited(result: Any) -> Any:
    return await result if hasattr(result, "__await__") else result
