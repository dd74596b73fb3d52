"""Orders about photo updates."""

from uuid import UUID

import strawberry

from schema.context import Info
from schema.photo import PhotoUpdate, PhotoUpdateResult, Upload, UploadResult
from services import photo as photos


@strawberry.type
class PhotoMutation:
    @strawberry.mutation(description="Announce a photo or clip of a running job; its bytes then go to putUrl.")
    async def request_upload(
        self, info: Info, booking_id: UUID, content_type: str, byte_size: int, idempotency_key: str
    ) -> UploadResult:
        actor = info.context.actor.once(idempotency_key)
        return Upload.of(await photos.request_upload(actor, booking_id, content_type, byte_size))

    @strawberry.mutation(description="Send uploaded files to the customer; each is sent once.")
    async def send_photo_update(
        self, info: Info, booking_id: UUID, upload_ids: list[UUID], idempotency_key: str, note: str = ""
    ) -> PhotoUpdateResult:
        actor = info.context.actor.once(idempotency_key)
        return PhotoUpdate.of(await photos.send_update(actor, booking_id, upload_ids, note))
