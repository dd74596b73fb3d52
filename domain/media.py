"""What a photo or a video of a service may be: its types, its limits, and the sentences of a refusal (rule Q-08)."""

from enum import StrEnum

from domain.refusals import Refusal

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_PHOTO_PIXELS = 50_000_000
MAX_VIDEO_BYTES = 50 * 1024 * 1024
MAX_VIDEO_FRAME_PIXELS = 4096 * 2304
MAX_VIDEO_DURATION_S = 600
PHOTO_MAX_EDGE_PX = 2560
THUMBNAIL_MAX_EDGE_PX = 320
JPEG_QUALITY = 85
SNIFFED_BYTES = 16

_UNSIGNED_64 = 2**64


class MediaKind(StrEnum):
    """What the customer sees: a still picture or a clip."""

    PHOTO = "photo"
    VIDEO = "video"


class MediaType(StrEnum):
    """The types we take in. Whatever photo comes in, a JPEG is what is kept; a video stays an MP4."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    MP4 = "video/mp4"

    @property
    def kind(self) -> MediaKind:
        """Photo or video."""
        return MediaKind.VIDEO if self is MediaType.MP4 else MediaKind.PHOTO

    @property
    def max_bytes(self) -> int:
        """The largest file of this type we take, in bytes."""
        return MAX_VIDEO_BYTES if self is MediaType.MP4 else MAX_PHOTO_BYTES


class MediaProblem(StrEnum):
    """Every reason a file is not taken; a closed set, so that clients may act on it."""

    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_TYPE = "UNSUPPORTED_TYPE"
    NOT_AS_DECLARED = "NOT_AS_DECLARED"
    ANIMATED = "ANIMATED"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    TOO_LONG = "TOO_LONG"
    BROKEN = "BROKEN"
    TIMEOUT = "TIMEOUT"
    BUSY = "BUSY"


# Indonesian and English, each the end of the sentence of MediaNotAccepted.
_REASONS: dict[MediaProblem, tuple[str, str]] = {
    MediaProblem.TOO_LARGE: (
        "ukurannya terlalu besar (foto paling besar 10 MB, video 50 MB)",
        "it is too large (photos up to 10 MB, videos up to 50 MB)",
    ),
    MediaProblem.UNSUPPORTED_TYPE: (
        "jenisnya tidak didukung (gunakan foto JPEG, PNG, atau WebP, atau video MP4)",
        "its type is not supported (use a JPEG, PNG or WebP photo, or an MP4 video)",
    ),
    MediaProblem.NOT_AS_DECLARED: (
        "isinya tidak sesuai dengan jenis yang disebutkan",
        "its content is not of the type that was announced",
    ),
    MediaProblem.ANIMATED: ("gambar bergerak tidak diterima", "moving pictures are not accepted"),
    MediaProblem.TOO_MANY_PIXELS: (
        "resolusinya terlalu tinggi (foto paling tinggi 50 megapiksel, video 4K)",
        "its resolution is too high (photos up to 50 megapixels, videos up to 4K)",
    ),
    MediaProblem.TOO_LONG: ("videonya lebih panjang dari 10 menit", "the video is longer than 10 minutes"),
    MediaProblem.BROKEN: ("berkasnya rusak atau tidak lengkap", "the file is damaged or incomplete"),
    MediaProblem.TIMEOUT: ("pemeriksaannya memakan waktu terlalu lama", "checking it took too long"),
    MediaProblem.BUSY: (
        "kami sedang memeriksa banyak berkas, silakan coba lagi sebentar lagi",
        "we are checking many files right now, please try again in a moment",
    ),
}


class MediaNotAccepted(Refusal):
    """A photo or video that we do not keep; the fact `reason` is the MediaProblem."""

    code = "MEDIA_NOT_ACCEPTED"
    indonesian = "Berkas ini tidak bisa diterima: {reason_id}."
    english = "This file can't be accepted: {reason_en}."

    def __init__(self, reason: MediaProblem, *, field: str | None = None) -> None:
        reason_id, reason_en = _REASONS[reason]
        super().__init__(field=field, reason=reason.value, reason_id=reason_id, reason_en=reason_en)


def sniff(head: bytes) -> MediaType | None:
    """The type a file's first SNIFFED_BYTES say it is, or None; a name or a header from outside proves nothing."""
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head[4:8] == b"ftyp":
        return MediaType.MP4
    return None


def look_distance(one: int, other: int) -> int:
    """How many of the 64 bits of two look hashes differ: 0 is the same look, up to about 6 is probably the same
    picture in another size or quality, more is another picture."""
    return ((one ^ other) % _UNSIGNED_64).bit_count()
