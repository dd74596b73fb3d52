"""Photo updates: announce a file, receive it once, send it once."""

from collections.abc import Sequence
from uuid import UUID

from domain.booking import BookingState
from domain.events import PhotoUpdateSent
from domain.permissions import Can
from domain.photo import (
    MAX_NOTE_CHARACTERS,
    MAX_WAITING_UPLOADS,
    UPLOAD_LIVES_FOR,
    TooManyUploads,
    UploadState,
    check_choice,
    check_declared,
    check_sendable,
)
from domain.refusals import NotFound
from domain.text import paragraph
from integrations.media.sanitiser import Media
from models.photo import PhotoUpdate, Upload
from services.booking.job import own_job
from services.work import Work, use_case

MAX_ALIKE = 200  # uploads of one content that are looked at; more means that somebody sends one photo all year


@use_case(Can.REQUEST_UPLOAD, replays=Upload)
async def request_upload(work: Work, booking_id: UUID, content_type: str, byte_size: int) -> Upload:
    """Announce one file of a running job. Raises MediaNotAccepted for what we would not take, and TooManyUploads when
    MAX_WAITING_UPLOADS files of the last half hour wait to be uploaded or sent."""
    media_type = check_declared(content_type, byte_size)
    booking = await own_job(work, booking_id, BookingState.IN_SERVICE, verb="request_upload")
    waiting = await Upload.filter(
        booking_id=booking.id, state__in=[UploadState.WAITING, UploadState.READY], expires_at__gt=work.now
    ).count()  # under the booking's lock, so that the count is true
    if waiting >= MAX_WAITING_UPLOADS:
        raise TooManyUploads(limit=MAX_WAITING_UPLOADS)
    return await Upload.create(
        owner_id=work.actor.id, booking_id=booking.id, declared_type=media_type.value, declared_bytes=byte_size,
        expires_at=work.now + UPLOAD_LIVES_FOR,
    )  # fmt: skip


@use_case(Can.RECEIVE_UPLOAD)
async def receive_upload(work: Work, upload_id: UUID, media: Media, storage_key: str, thumbnail_key: str) -> Upload:
    """Take over a sanitised file that is already stored under the keys. When the upload was received before, nothing
    changes and the row names other keys: then the caller removes its own files."""
    upload = await work.lock(Upload.filter(owner_id=work.actor.id), upload_id)
    if upload.state is not UploadState.WAITING:
        return upload
    sent = await Upload.filter(
        owner_id=upload.owner_id, content_hash=media.content_hash, state=UploadState.USED
    ).order_by("id").first()  # fmt: skip
    await work.edit(
        upload, state=UploadState.READY, received_at=work.now, content_type=media.content_type,
        storage_key=storage_key, thumbnail_key=thumbnail_key, content_hash=media.content_hash,
        byte_size=media.byte_size, width=media.width, height=media.height, duration_s=media.duration_s,
        duplicate_of=sent.id if sent else None,
    )  # fmt: skip
    return upload


@use_case(Can.SEND_PHOTO_UPDATE, replays=PhotoUpdate)
async def send_update(work: Work, booking_id: UUID, upload_ids: Sequence[UUID], note: str = "") -> PhotoUpdate:
    """Send received files to the customer (Q-08). Raises UploadNotReady or UploadAlreadyUsed; a file of another
    booking or partner is NotFound."""
    check_choice(upload_ids)
    note = paragraph(note, "note", MAX_NOTE_CHARACTERS)
    booking = await own_job(work, booking_id, BookingState.IN_SERVICE, verb="send_photo_update")
    uploads = await Upload.filter(id__in=list(upload_ids), booking_id=booking.id, owner_id=work.actor.id)
    if len(uploads) != len(upload_ids):
        raise NotFound(field="uploadIds")
    for upload in uploads:  # they change under the booking's lock only, once they are received
        check_sendable(upload.state, upload.created_at, work.now)
    update = await PhotoUpdate.create(booking_id=booking.id, note=note, created_at=work.now)
    first_sent = await _first_sent(uploads)
    for upload in uploads:
        original = first_sent.get(upload.content_hash or "", upload.id)
        await work.edit(
            upload, state=UploadState.USED, update_id=update.id,
            duplicate_of=upload.duplicate_of or (original if original != upload.id else None),
        )  # fmt: skip
    await work.change(
        booking, PhotoUpdateSent, last_update_at=work.now, has_no_updates=False,
        facts={
            "update_id": update.id, "count": len(uploads), "upload_ids": list(upload_ids),
            "duplicate": any(upload.duplicate_of for upload in uploads),
        },
    )  # fmt: skip
    return update


async def _first_sent(uploads: Sequence[Upload]) -> dict[str, UUID]:
    """For each content among `uploads` the upload that carried it first: one sent earlier, or one of these.

    The partner's uploads with that content are locked, in the order of ids, so that the same photo sent from two
    bookings at once is recognised in one of them (N14).
    """
    contents = list({upload.content_hash for upload in uploads})
    alike = await Upload.filter(
        owner_id=uploads[0].owner_id, content_hash__in=contents
    ).order_by("id").limit(MAX_ALIKE).select_for_update(no_key=True)  # fmt: skip
    mine = {upload.id for upload in uploads}
    first: dict[str, UUID] = {}
    # Sent ones before those of this update, each group by age.
    for upload in sorted(alike, key=lambda each: (each.state is not UploadState.USED, each.id)):
        if upload.state is UploadState.USED or upload.id in mine:
            first.setdefault(upload.content_hash or "", upload.id)
    return first
