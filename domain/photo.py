"""Photo updates: how a file becomes part of one, and the bounds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.media import MediaNotAccepted, MediaProblem, MediaType
from domain.refusals import InvalidInput, Refusal

UPLOAD_LIVES_FOR = timedelta(minutes=30)
ADDRESS_LIVES_FOR = timedelta(minutes=10)  # at most, of a signed address to look at a photo
ADDRESS_STAYS_SAME_FOR = timedelta(minutes=5)  # so that a client that reads again finds the photo in its cache
SEND_WITHIN = timedelta(hours=20)  # of announcing a file; a file that was not sent
FORGET_AFTER = timedelta(hours=24)  # is deleted, clearly later than it could still be sent
MAX_FILES_PER_UPDATE = 10
MAX_WAITING_UPLOADS = 40  # of one booking at a time
MAX_NOTE_CHARACTERS = 500


class UploadState(StrEnum):
    WAITING = "WAITING"
    READY = "READY"
    USED = "USED"


class TooManyUploads(Refusal):
    code = "TOO_MANY_UPLOADS"
    indonesian = "Masih ada {limit} berkas yang belum dikirim. Kirim dahulu berkas-berkas itu."
    english = "There are {limit} files that were not sent yet. Send those first."


class UploadNotReady(Refusal):
    code = "UPLOAD_NOT_READY"
    indonesian = "Salah satu berkas belum selesai diunggah."
    english = "One of the files has not been uploaded yet."


class UploadAlreadyUsed(Refusal):
    code = "UPLOAD_ALREADY_USED"
    indonesian = "Salah satu berkas sudah pernah dikirim."
    english = "One of the files was already sent."


def check_declared(content_type: str, byte_size: int) -> MediaType:
    """The type a client announces; raises MediaNotAccepted when we would not take such a file (Q-08)."""
    try:
        media_type = MediaType(content_type)
    except ValueError:
        raise MediaNotAccepted(MediaProblem.UNSUPPORTED_TYPE, field="contentType") from None
    if byte_size < 1:
        raise InvalidInput("byteSize", indonesian="berkas kosong", english="the file is empty")
    if byte_size > media_type.max_bytes:
        raise MediaNotAccepted(MediaProblem.TOO_LARGE, field="byteSize")
    return media_type


def check_choice(upload_ids: Sequence[UUID]) -> None:
    """An update has one to MAX_FILES_PER_UPDATE different files."""
    if not 1 <= len(upload_ids) <= MAX_FILES_PER_UPDATE or len(set(upload_ids)) != len(upload_ids):
        raise InvalidInput(
            "uploadIds",
            indonesian=f"1 sampai {MAX_FILES_PER_UPDATE} berkas yang berbeda",
            english=f"1 to {MAX_FILES_PER_UPDATE} different files",
        )


def check_sendable(state: UploadState, announced_at: datetime, now: datetime) -> None:
    """A file is sent once, after it was received, and before it is old enough to be forgotten."""
    if state is UploadState.WAITING or now >= announced_at + SEND_WITHIN:
        raise UploadNotReady(field="uploadIds")
    if state is UploadState.USED:
        raise UploadAlreadyUsed(field="uploadIds")


def address_ends_at(now: datetime) -> datetime:
    """When an address made now ends: 5 to 10 minutes ahead, the same moment for all that are made within 5 minutes."""
    step_s = int(ADDRESS_STAYS_SAME_FOR.total_seconds())
    begun = datetime.fromtimestamp(int(now.timestamp()) // step_s * step_s, UTC)
    return begun + ADDRESS_LIVES_FOR
