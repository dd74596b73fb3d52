"""Photo updates as customer, partner and staff see them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.media import MediaKind, MediaType
from domain.photo import UploadState, address_ends_at
from integrations.storage.signing import sign
from models import photo as rows
from schema.context import Info
from schema.refusal import Refusal
from schema.table import reads

SEND_PURPOSE, LOOK_PURPOSE = "upload", "media"  # of signed addresses; app/media.py opens them

for enum in (MediaKind, UploadState):
    strawberry.enum(enum)


@strawberry.type(description="A file that was announced. Send its bytes to `putUrl`, then name it in sendPhotoUpdate.")
class Upload:
    row: strawberry.Private[rows.Upload]
    id: UUID
    state: UploadState
    expires_at: datetime = strawberry.field(description="Until when putUrl takes the file.")

    @classmethod
    def of(cls, row: rows.Upload) -> "Upload":
        return cls(row=row, id=row.id, state=row.state, expires_at=row.expires_at)

    @strawberry.field(description="Where to PUT the bytes. Whoever holds it may; no token is needed.")
    def put_url(self, info: Info) -> str:
        claims = {"upload": str(self.id), "account": str(self.row.owner_id)}
        token = sign(info.context.media_key, SEND_PURPOSE, claims, self.expires_at)
        return f"{info.context.public_url}/uploads/{token}"


@strawberry.type(description="One photo or clip. Its addresses are the reader's own and end within 10 minutes.")
class PhotoMedia:
    row: strawberry.Private[rows.Upload]
    id: UUID
    content_type: str
    width: int
    height: int
    duration_s: float | None = strawberry.field(description="Of a clip.")

    @classmethod
    def of(cls, row: rows.Upload) -> "PhotoMedia":
        if row.content_type is None or row.width is None or row.height is None:
            raise ValueError(f"upload {row.id} was never received")
        return cls(
            row=row, id=row.id, content_type=row.content_type, width=row.width, height=row.height,
            duration_s=row.duration_s,
        )  # fmt: skip

    @strawberry.field
    def kind(self) -> MediaKind:
        return MediaType(self.content_type).kind

    @strawberry.field(description="Where the file is; read the update again when it has ended.")
    def url(self, info: Info) -> str:
        return _address(info, self.id, is_thumbnail=False)

    @strawberry.field(description="A small JPEG, also of a clip.")
    def thumbnail_url(self, info: Info) -> str:
        return _address(info, self.id, is_thumbnail=True)

    @strawberry.field(description="Whether the partner had sent the same content before; for staff, null for others.")
    def is_duplicate(self, info: Info) -> bool | None:
        return self.row.duplicate_of is not None if info.context.actor.sees_all("photo") else None


@reads(rows.PhotoUpdate, sent_at="created_at")
@strawberry.type(description="News from a job: up to ten photos or clips with a note (Q-08).")
class PhotoUpdate:
    id: UUID
    booking_id: UUID
    sent_at: datetime
    note: str

    @classmethod
    def of(cls, row: rows.PhotoUpdate) -> "PhotoUpdate":
        return cls(id=row.id, booking_id=row.booking_id, sent_at=row.created_at, note=row.note)

    @strawberry.field
    async def media(self, info: Info) -> list[PhotoMedia]:
        return [PhotoMedia.of(row) for row in await info.context.loaders.many(rows.Upload, "update_id", self.id)]


UploadResult = Annotated[Upload | Refusal, strawberry.union("UploadResult")]
PhotoUpdateResult = Annotated[PhotoUpdate | Refusal, strawberry.union("PhotoUpdateResult")]


def _address(info: Info, upload_id: UUID, *, is_thumbnail: bool) -> str:
    viewer, small = str(info.context.actor.id), int(is_thumbnail)
    claims: dict[str, str | int] = {"media": str(upload_id), "account": viewer, "small": small}
    token = sign(info.context.media_key, LOOK_PURPOSE, claims, address_ends_at(datetime.now(UTC)))
    return f"{info.context.public_url}/media/{token}"
