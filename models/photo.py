"""Uploads on their way, and the photo updates a partner sends from a job."""

from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.indexes import Index

from domain.permissions import Actor
from domain.photo import UploadState
from models.booking import Booking
from models.row import EVERY, Row


class PhotoUpdate(Row):
    """News from a job: up to a handful of photos or clips with a note (Q-08)."""

    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="photo_updates", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    note = fields.CharField(max_length=500, default="")

    media: fields.ReverseRelation["Upload"]

    class Meta:
        table = "photo_update"
        indexes = (Index(fields=("booking_id", "id")),)

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        if actor.sees_all("photo"):
            return EVERY
        return Q(booking__customer_id=actor.id) | Q(booking__partner_id=actor.id)


class Upload(Row):
    """One file: announced, received and re-encoded, then used once in a photo update."""

    owner_id = fields.UUIDField(db_index=True)
    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="uploads", on_delete=fields.RESTRICT
    )
    booking_id: UUID
    update: fields.ForeignKeyNullableRelation[PhotoUpdate] = fields.ForeignKeyField(
        "models.PhotoUpdate", related_name="media", on_delete=fields.RESTRICT, null=True
    )
    update_id: UUID | None
    state = fields.CharEnumField(UploadState, default=UploadState.WAITING, max_length=10)
    declared_type = fields.CharField(max_length=40)
    declared_bytes = fields.IntField()
    expires_at = fields.DatetimeField()
    received_at = fields.DatetimeField(null=True)
    content_type = fields.CharField(max_length=40, null=True)
    storage_key = fields.CharField(max_length=120, null=True)
    thumbnail_key = fields.CharField(max_length=120, null=True)
    content_hash = fields.CharField(max_length=64, null=True)
    byte_size = fields.IntField(null=True)
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    duration_s = fields.FloatField(null=True)
    duplicate_of = fields.UUIDField(null=True)  # the same content was sent before by this partner (N14)

    class Meta:
        table = "upload"
        indexes = (Index(fields=("owner_id", "content_hash")), Index(fields=("update_id", "id")))

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        if actor.sees_all("photo"):
            return EVERY
        return Q(owner_id=actor.id) | Q(booking__customer_id=actor.id, update_id__isnull=False)
