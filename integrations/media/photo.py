"""A photo is decoded, turned upright, shrunk and encoded anew: only its pixels survive (runs in the subprocess)."""

import hashlib
import warnings
from pathlib import Path

from PIL import Image

from domain.media import (
    JPEG_QUALITY,
    MAX_PHOTO_PIXELS,
    PHOTO_MAX_EDGE_PX,
    THUMBNAIL_MAX_EDGE_PX,
    MediaProblem,
    MediaType,
)
from integrations.media.outcome import CONTENT_NAME, THUMBNAIL_NAME, Facts, MediaRefused

# The one decoder that may touch each type. Phones add depth and gain maps as further pictures of a JPEG (MPO);
# they are recognised by the JPEG decoder, and the first picture is the photo.
_DECODERS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
_OPAQUE_MODES = ("RGB", "L", "CMYK", "YCbCr")
_OTHER_MODES = ("RGBA", "RGBX", "LA", "PA", "P", "1")
_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SHRINKING = Image.Resampling.HAMMING  # half the time of the usual bicubic, as sharp when shrinking
_LOOK_COLUMNS, _LOOK_ROWS = 9, 8


def sanitise_photo(source: Path, media_type: MediaType, folder: Path) -> Facts:
    """Write the upright JPEG and its thumbnail into `folder`; raises MediaRefused, or whatever a decoder raises."""
    picture = _picture(source, media_type)
    _save(picture, folder / CONTENT_NAME)
    write_thumbnail(picture, folder)
    digest = hashlib.sha256(f"{picture.width}x{picture.height}:".encode("ascii"))
    digest.update(picture.tobytes())
    return Facts(picture.width, picture.height, None, digest.hexdigest(), look_hash(picture))


def write_thumbnail(picture: Image.Image, folder: Path) -> None:
    """A small JPEG of an RGB picture, for lists."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL_MAX_EDGE_PX, THUMBNAIL_MAX_EDGE_PX), _SHRINKING)
    _save(small, folder / THUMBNAIL_NAME)


def look_hash(picture: Image.Image) -> int:
    """64 bits of which neighbour is brighter (dHash), as a signed integer so that it fits a bigint column."""
    grey = picture.convert("L").resize((_LOOK_COLUMNS, _LOOK_ROWS), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(_LOOK_ROWS):
        for column in range(_LOOK_COLUMNS - 1):
            place = row * _LOOK_COLUMNS + column
            bits = bits << 1 | (grey[place] < grey[place + 1])
    return bits - 2**64 if bits >= 2**63 else bits


def _picture(source: Path, media_type: MediaType) -> Image.Image:
    """Upright RGB pixels within the largest edge. Shrunk before it is turned, which saves memory and time."""
    image = _opened(source, media_type)
    orientation = _orientation(image)
    if media_type is MediaType.WEBP:
        image = image.copy()  # its decoder holds two more canvases, 400 MB at 50 megapixels; they go with it
    picture = image if image.mode in _OPAQUE_MODES else _on_white(image)
    picture.thumbnail((PHOTO_MAX_EDGE_PX, PHOTO_MAX_EDGE_PX), _SHRINKING)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    picture.load()
    # Comments, profiles and the like ride along in `info` and would be written again.
    picture.info.clear()
    return picture


def _opened(source: Path, media_type: MediaType) -> Image.Image:
    # Sizes are judged from the header, before a pixel is decoded: Pillow only warns up to twice its limit.
    Image.MAX_IMAGE_PIXELS = MAX_PHOTO_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image = Image.open(source, formats=[_DECODERS[media_type]])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise MediaRefused(MediaProblem.TOO_MANY_PIXELS) from None
    if image.width * image.height > MAX_PHOTO_PIXELS:
        raise MediaRefused(MediaProblem.TOO_MANY_PIXELS)
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise MediaRefused(MediaProblem.ANIMATED)
    return image


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # EXIF is written by anyone's camera; a broken one is no reason to lose the photo
        return 1


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in _OTHER_MODES:
        raise MediaRefused(MediaProblem.UNSUPPORTED_TYPE, f"mode {image.mode}")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    return white


def _save(picture: Image.Image, path: Path) -> None:
    picture.save(path, format="JPEG", quality=JPEG_QUALITY)
