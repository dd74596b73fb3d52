"""The way of one subscription: resume behind a cursor, hear what the viewer may hear, and end with a reason."""

from collections.abc import AsyncGenerator, Sequence

import strawberry

from schema.context import Info
from schema.loaders import Loaders
from schema.scalar import Cursor, cursor, position_of
from subscriptions import hub
from subscriptions.hub import Heard


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


async def follow(
    info: Info, topics: Sequence[str], after: Cursor | None
) -> AsyncGenerator[Heard | CaughtUp | Lagged | StreamEnded, None]:
    """The topics' events behind `after` (None = from now) that the viewer may hear, then live.

    References of each event are read afresh, so that what a client is shown is never older than the event.
    """
    context = info.context
    stream = context.hub.listen(topics, context.actor.scopes, position_of(after)).items()
    try:
        async for item in stream:
            context.loaders = Loaders()
            match item:
                case Heard():
                    yield item
                case hub.CaughtUp():
                    yield CaughtUp(cursor=cursor(item.position))
                case hub.Lagged():
                    yield Lagged(after=cursor(item.after), until=cursor(item.until))
                case hub.Ended():
                    yield StreamEnded(reason=item.reason)
    finally:
        await stream.aclose()
