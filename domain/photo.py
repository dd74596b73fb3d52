"""Photo updates: how a file becomes part of one, and the bounds."""

from datetime import timedelta
from enum import StrEnum

UPLOAD_LIVES_FOR = timedelta(minutes=30)
ADDRESS_LIVES_FOR = timedelta(minutes=10)  # of a signed address to look at a photo
MAX_FILES_PER_UPDATE = 10
MAX_WAITING_UPLOADS = 40  # of one booking at a time
MAX_NOTE_CHARACTERS = 500


class UploadState(StrEnum):
    WAITING = "WAITING"
    READY = "READY"
    USED = "USED"
