"""The way of one subscription: resume behind a cursor, hear what the viewer may hear, and end with a reason."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Generic, TypeVar

import strawberry

from schema.context import Info
from schema.loaders import Loaders
from schema.scalar import Cursor, cursor, position_of
from subscriptions import hub
from subscriptions.hub import Heard, Listener

T = TypeVar("T")


@strawberry.type(description="Everything up to this cursor has been replayed; what follows is live.")
class CaughtUp:
    cursor: Cursor


@strawberry.type(description="The reader was too slow; what it missed between the two cursors is replayed now.")
class Lagged:
    after: Cursor
    until: Cursor


@strawberry.type(description="The stream ends here.")
class StreamEnded:
    reason: str


class Stream(Generic[T]):
    """What a subscription field returns: where its events come from and how each becomes an item of its union.

    Live events are answered once for all who asked the same in the same way (docs/decisions/shared-live-frames.md):
    `item` should be a function of its module or a class, since a closure made for one viewer is shared with nobody.
    `first` makes what comes just before the first CaughtUp; it may depend on the viewer. Iterated, it is one viewer's
    stream without sharing.
    """

    def __init__(
        self,
        info: Info,
        topics: Sequence[str],
        after: Cursor | None,
        item: Callable[[Heard], T | None],
        first: Callable[[CaughtUp], Awaitable[T]] | None = None,
    ) -> None:
        self.topics, self.after, self.item, self.first = tuple(topics), position_of(after), item, first
        self._context = info.context

    async def __aiter__(self) -> AsyncGenerator[T | CaughtUp | Lagged | StreamEnded, None]:
        """References of each event are read afresh, so that what a client is shown is never older than the event."""
        context = self._context
        listener: Listener = context.hub.listen(self.topics, context.actor.scopes, self.after)
        async with aclosing(listener.items()) as heard, aclosing(shown(heard, self.item, self.first)) as items:
            async for item in items:
                context.loaders = Loaders()
                yield item


async def shown(
    heard: AsyncIterable[Heard | hub.CaughtUp | hub.Lagged | hub.Ended],
    item_of: Callable[[Heard], T | None],
    first: Callable[[CaughtUp], Awaitable[T]] | None = None,
) -> AsyncGenerator[T | CaughtUp | Lagged | StreamEnded, None]:
    """What the hub says to one listener, as items of the schema; an event whose item is None is not for this stream."""
    async for said in heard:
        match said:
            case Heard():
                item = item_of(said)
                if item is not None:
                    yield item
            case hub.CaughtUp():
                caught_up = CaughtUp(cursor=cursor(said.position))
                if first is not None:
                    yield await first(caught_up)
                    first = None
                yield caught_up
            case hub.Lagged():
                yield Lagged(after=cursor(said.after), until=cursor(said.until))
            case hub.Ended():
                yield StreamEnded(reason=said.reason)
