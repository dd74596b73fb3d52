"""Photos that are none, that are too much, or that are broken, and why each is refused."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from app.pictures import make_clip
from domain.media import MediaProblem
from tests.integrations.media_sample import encode, photo


def png_that_says(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises any size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


def jpeg_that_says(width: int, height: int) -> bytes:
    content = bytearray(photo())
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


BOMBS: dict[str, Callable[[], bytes]] = {
    "png 10000x9500": lambda: encode(Image.new("1", (10_000, 9_500)), format="PNG"),
    "png 15000x15000": lambda: encode(Image.new("1", (15_000, 15_000)), format="PNG"),
    "png that says 2 billion": lambda: png_that_says(2**31 - 1, 2**31 - 1),
    "png just above": lambda: png_that_says(50_000_001, 1),
    "jpeg that says 65500x65500": lambda: jpeg_that_says(65_500, 65_500),
    "webp 16383x16383": lambda: (
        encode(Image.new("RGB", (64, 64)), format="WEBP", lossless=True)[:21]
        + struct.pack("<I", 16_382 | 16_382 << 14)
        + bytes(64)
    ),
}


def gif(frames: int) -> bytes:
    pictures = [Image.new("P", (32, 32), number % 255) for number in range(frames)]
    return encode(pictures[0], format="GIF", save_all=True, append_images=pictures[1:])


def animated(format_name: str) -> bytes:
    pictures = [Image.new("RGB", (32, 32), (number * 20, 0, 0)) for number in range(5)]
    return encode(pictures[0], format=format_name, save_all=True, append_images=pictures[1:])


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED: dict[str, tuple[Callable[[], bytes], MediaProblem]] = {
    "empty": (lambda: b"", MediaProblem.BROKEN),
    "one byte": (lambda: b"\xff", MediaProblem.UNSUPPORTED_TYPE),
    "svg as jpg": (lambda: SVG, MediaProblem.UNSUPPORTED_TYPE),
    "html as png": (lambda: b"<!doctype html><script>alert(1)</script>", MediaProblem.UNSUPPORTED_TYPE),
    "gif of 300 pictures": (lambda: gif(300), MediaProblem.UNSUPPORTED_TYPE),
    "tiff": (lambda: encode(Image.new("RGB", (9, 9)), format="TIFF"), MediaProblem.UNSUPPORTED_TYPE),
    "bmp": (lambda: encode(Image.new("RGB", (9, 9)), format="BMP"), MediaProblem.UNSUPPORTED_TYPE),
    "postscript": (lambda: encode(Image.new("RGB", (9, 9)), format="EPS"), MediaProblem.UNSUPPORTED_TYPE),
    "moving png": (lambda: animated("PNG"), MediaProblem.ANIMATED),
    "moving webp": (lambda: animated("WEBP"), MediaProblem.ANIMATED),
    "16-bit grey png": (lambda: encode(Image.new("I;16", (9, 9)), format="PNG"), MediaProblem.UNSUPPORTED_TYPE),
    "jpeg cut in half": (lambda: photo()[:2000], MediaProblem.BROKEN),
    "png cut in half": (lambda: encode(Image.effect_noise((99, 99), 9), format="PNG")[:3000], MediaProblem.BROKEN),
    "webp cut in half": (lambda: encode(Image.open(io.BytesIO(photo())), format="WEBP")[:600], MediaProblem.BROKEN),
    "jpeg header only": (lambda: b"\xff\xd8\xff\xe0" + bytes(20), MediaProblem.BROKEN),
    "html after a png header": (lambda: b"\x89PNG\r\n\x1a\n" + SVG, MediaProblem.BROKEN),
    "a film said to be a photo": (lambda: make_clip(1), MediaProblem.NOT_AS_DECLARED),
    "eleven megabytes": (lambda: photo() + bytes(11 * 1024 * 1024), MediaProblem.TOO_LARGE),
}
