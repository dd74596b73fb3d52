"""Live events for many sockets: one execution and one encoding for all who asked the same and see the same.

A group is what was asked (document, operation, variables, topics) and a viewer scope: everything about a viewer that
may change a permission, a mask or the language. Where the compiled plan hands no resolver an info, only the language is
left of it. The audience of an event is compared for each member.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import orjson
from graphql import ExecutionResult

from app.graphql import told
from app.wire import Frame
from domain.permissions import Actor, Role
from domain.refusals import Language
from execution.opening import Answered, Opened
from schema.context import Context
from subscriptions.hub import Heard, Hub
from subscriptions.stream import Stream

MAX_BEHIND = 64  # events that wait while a group's answer is made; more = its members lag

log = logging.getLogger("rawat.live")


@dataclass(frozen=True, slots=True)
class Viewer:
    """The scope: two viewers that are equal are answered alike. No execution of a live event sees more of them."""

    id: UUID | None
    roles: frozenset[Role]
    language: Language

    @classmethod
    def of(cls, actor: Actor, *, matters: bool) -> "Viewer":
        """Of an actor; errors are worded in a language even where nothing else matters."""
        if not matters:
            return cls(None, frozenset(), actor.language)
        return cls(actor.id, actor.roles, actor.language)


class Member(Protocol):
    """One live subscription of one socket."""

    cursor: int
    scopes: frozenset[str]
    start: bytes  # of its frames, up to the payload

    def give(self, position: int, frame: Frame) -> None:
        """Send the frame of an event; never waits."""

    def lag(self) -> None:
        """It missed events of its group, and has to replay what is behind its cursor."""

    def fail(self, error: Exception) -> None:
        """An event could not be made an item: the stream ends with the error."""

    def end(self, reason: str) -> None:
        """Nothing more comes."""


class Script:
    """How events become answers for one viewer: the part of a subscription that does not end with its replay."""

    __slots__ = ("_answer", "_context", "item", "key", "matters", "topics", "viewer")

    def __init__(self, opened: Opened, stream: Stream[Any], actor: Actor, context: Callable[[Actor], Context]) -> None:
        self.topics, self.item = stream.topics, stream.item
        self.matters = opened.asks_viewer
        self.viewer = Viewer.of(actor, matters=opened.asks_viewer)
        self.key: Hashable = (opened.key, self.topics, self.item, self.viewer)
        self._answer, self._context = opened.answer, context

    def answer(self, item: Any) -> Answered:
        """Execute the document for one item. Who it is for is known by the scope alone; references are read afresh."""
        if not self.matters:
            return self._answer(item, None)
        viewer = self.viewer
        return self._answer(item, self._context(Actor(viewer.id, viewer.roles, viewer.language)))

    def payload(self, result: Any) -> bytes:
        """The encoded answer."""
        viewer = self.viewer
        return payload_of(result, Actor(viewer.id, viewer.roles, viewer.language))


def payload_of(result: Any, actor: Actor) -> bytes:
    """The payload of a `next`, its errors masked and in the reader's language."""
    shown: dict[str, Any] = {"data": result.data}
    if result.errors:
        shown["errors"] = [error.formatted for error in told(result.errors, actor)]
    if extensions := getattr(result, "extensions", None):
        shown["extensions"] = extensions
    return orjson.dumps(shown)


class Group:
    """Those who are live with one script. The hub offers it events; it has each answered once, in their order."""

    __slots__ = ("_task", "_waiting", "members", "script")

    def __init__(self, script: Script) -> None:
        self.script = script
        self.members: dict[Member, None] = {}
        self._waiting: deque[Heard] = deque()
        self._task: asyncio.Task[None] | None = None

    def offer(self, event: Heard) -> None:
        """Called by the hub: answered at once where nothing has to be read."""
        if self._task is None:
            answer = self._answer(event)
            if answer is None:
                return
            if isinstance(answer, ExecutionResult):
                self._give(event, answer)
            else:
                self._task = asyncio.create_task(self._work(event, answer))
        elif len(self._waiting) < MAX_BEHIND:
            self._waiting.append(event)
        else:
            self._waiting.clear()
            for member in list(self.members):
                member.lag()

    def end(self, reason: str) -> None:
        """Called by the hub: nothing more comes than this reason."""
        self._waiting.clear()
        for member in list(self.members):
            member.end(reason)

    def _answer(self, event: Heard) -> Answered | None:
        """None if nobody here may hear the event or it is not for this stream."""
        for member in self.members:
            if self._may_hear(member, event):
                break
        else:
            return None
        try:
            item = self.script.item(event)
            return None if item is None else self.script.answer(item)
        except Exception as error:
            self._fail(event, error)
            return None

    async def _work(self, event: Heard, answer: Any) -> None:
        """Give what has to be awaited, then what was offered meanwhile."""
        try:
            while True:
                if answer is not None:
                    await self._give_later(event, answer)
                if not self._waiting:
                    return
                event = self._waiting.popleft()
                answer = self._answer(event)
        finally:
            self._task = None

    async def _give_later(self, event: Heard, answer: Any) -> None:
        try:
            result = answer if isinstance(answer, ExecutionResult) else await answer
        except Exception as error:
            self._fail(event, error)
        else:
            self._give(event, result)

    def _fail(self, event: Heard, error: Exception) -> None:
        """Nobody else's event is lost by an answer that cannot be made."""
        for member in [each for each in self.members if self._may_hear(each, event)]:
            member.fail(error)

    def _give(self, event: Heard, result: ExecutionResult) -> None:
        try:
            payload = self.script.payload(result) + b"}"
        except Exception as error:
            self._fail(event, error)
            return
        frames: dict[bytes, Frame] = {}
        position, audience = event.position, event.audience
        for member in list(self.members):
            if position > member.cursor and not audience.isdisjoint(member.scopes):
                start = member.start
                frame = frames.get(start)
                if frame is None:
                    frame = frames[start] = Frame(start + payload)
                member.give(position, frame)

    @staticmethod
    def _may_hear(member: Member, event: Heard) -> bool:
        return event.position > member.cursor and event.may_be_heard_by(member.scopes)


class Groups:
    """All groups of the process, by what they share."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._groups: dict[Hashable, Group] = {}

    def join(self, member: Member, script: Script) -> Group:
        """Make it live: it is given every event that the hub tells from now on."""
        group = self._groups.get(script.key)
        if group is None:
            group = self._groups[script.key] = Group(script)
            self._hub.join(group, script.topics)
        group.members[member] = None
        return group

    def leave(self, member: Member, group: Group) -> None:
        """Give it nothing more; a group that nobody is left of costs nothing."""
        group.members.pop(member, None)
        if not group.members and self._groups.get(group.script.key) is group:
            del self._groups[group.script.key]
            self._hub.leave(group, group.script.topics)

    def __len__(self) -> int:
        return len(self._groups)
