"""Photo updates, live."""

from collections.abc import AsyncIterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import photo as rows
from schema.context import Info
from schema.photo import PhotoUpdate
from schema.scalar import Cursor, cursor
from subscriptions.booking import check_sees
from subscriptions.hub import Heard
from subscriptions.stream import CaughtUp, Lagged, Stream, StreamEnded


@strawberry.type(description="A photo update was sent.")
class PhotoUpdateSentItem:
    cursor: Cursor
    at: datetime
    booking_id: UUID
    update_id: UUID
    count: int = strawberry.field(description="How many files it has.")

    @strawberry.field(description="With addresses made now, so that they also work after a replay.")
    async def update(self, info: Info) -> PhotoUpdate:
        return PhotoUpdate.of(await info.context.loaders.one(rows.PhotoUpdate, self.update_id))

    @classmethod
    def of(cls, event: Heard) -> "PhotoUpdateSentItem":
        facts = event.payload
        return cls(
            cursor=cursor(event.position), at=event.at, booking_id=UUID(facts["booking_id"]),
            update_id=UUID(facts["update_id"]), count=facts["count"],
        )  # fmt: skip


PhotoUpdateItem = Annotated[PhotoUpdateSentItem | CaughtUp | Lagged | StreamEnded, strawberry.union("PhotoUpdateItem")]


@strawberry.type
class PhotoSubscription:
    @strawberry.subscription(description="The photo updates of one booking, for those who see it.")
    async def photo_updates(
        self, info: Info, booking_id: UUID, after: Cursor | None = None
    ) -> AsyncIterable[PhotoUpdateItem]:
        await check_sees(info, booking_id)
        return Stream(info, [f"photos:{booking_id}"], after, PhotoUpdateSentItem.of)
