"""Files that strangers send: bombs, two things in one, secrets inside, and what is no photo. All are made here."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.integrations.media_bad import BOMBS, REFUSED, SVG
from tests.integrations.media_sample import CANARY, JAKARTA, encode, exif_with_place, film, photo

TAKEN, REFUSED_ = (200,), (413, 415, 422)
JPEG, PNG, WEBP, MP4 = "image/jpeg", "image/png", "image/webp", "video/mp4"
SCRIPT = b"<html><script>" + CANARY + b"</script></html>"
ZEROS = 20_000_000  # bytes that a bomb of compressed text unfolds to


@dataclass(frozen=True)
class File:
    """A file by the name of what is odd about it, what it is said to be, and the statuses that are right."""

    name: str
    content: bytes
    type: str
    right: tuple[int, ...]


def png(picture: Image.Image | None = None, **options: object) -> bytes:
    return encode(picture or Image.new("RGB", (64, 64), "red"), format="PNG", **options)


def webp(**options: object) -> bytes:
    return encode(Image.new("RGB", (64, 64), "red"), format="WEBP", **options)


def chunk(name: bytes, content: bytes) -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunks(*chunks: bytes) -> bytes:
    """A good PNG with these parts behind its head."""
    whole = png()
    return whole[:33] + b"".join(chunks) + whole[33:]


def segment(marker: int, content: bytes) -> bytes:
    """One part of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def with_segments(*segments: bytes) -> bytes:
    """A good JPEG with these parts at its beginning."""
    whole = photo()
    return whole[:2] + b"".join(segments) + whole[2:]


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("run.sh", CANARY)
    return target.getvalue()


def zip_bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(ZEROS))
    return target.getvalue()


def gif_of(frames: int) -> bytes:
    """A GIF whose one small picture comes again and again."""
    target = io.BytesIO()
    Image.new("P", (2, 2), 0).save(target, format="GIF")
    whole = target.getvalue()
    start = whole.index(b"\x2c")
    return whole[:start] + whole[start:-1] * frames + b";"


def big_webp() -> bytes:
    """An extended WebP whose canvas is 16 million pixels wide and high."""
    size = (2**24 - 1).to_bytes(3, "little")
    head = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size + size
    return b"RIFF" + struct.pack("<I", len(head) + 4) + b"WEBP" + head


def endless_scans() -> bytes:
    """A progressive JPEG whose last scan is there 20,000 times."""
    whole = encode(Image.effect_noise((64, 64), 50), format="JPEG", progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * (4_000_000 // len(scan)) + whole[-2:]


def with_thumbnail() -> bytes:
    """A JPEG whose EXIF data hold a second picture with a secret in it."""
    small = photo((80, 60), comment=CANARY)
    tags = struct.pack("<HHHII", 1, 0x0112, 3, 1, 1) + struct.pack("<I", 26)
    inside = struct.pack("<HHHIIHHII", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, len(small)) + bytes(4)
    return with_segments(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + tags + inside + small))


def bombs() -> Iterator[File]:
    """More than they seem."""
    for name, make in BOMBS.items():
        yield File(name, make(), WEBP if name.startswith("webp") else PNG if name.startswith("png") else JPEG, (422,))
    zeros = zlib.compress(bytes(ZEROS), 9)
    yield File("a PNG with 20 MB of text", with_chunks(chunk(b"zTXt", b"a\0\0" + zeros)), PNG, TAKEN + REFUSED_)
    yield File("a PNG with a profile of 20 MB", with_chunks(chunk(b"iCCP", b"a\0\0" + zeros)), PNG, TAKEN + REFUSED_)
    yield File("a PNG of 50,000 parts", with_chunks(*[chunk(b"tEXt", b"a\0" + CANARY)] * 50_000), PNG, TAKEN + REFUSED_)
    yield File("a PNG that unfolds to too much", with_chunks(chunk(b"IDAT", zeros)), PNG, TAKEN + REFUSED_)
    yield File("a GIF of 10,000 pictures", gif_of(10_000), JPEG, REFUSED_)
    yield File("a WebP of 16 million pixels across", big_webp(), WEBP, REFUSED_)
    yield File("a JPEG of endless scans", endless_scans(), JPEG, TAKEN + REFUSED_)
    yield File("a zip that unfolds to 20 MB", zip_bomb(), JPEG, REFUSED_)
    yield File("a gzip that unfolds to 20 MB", gzip.compress(bytes(ZEROS)), PNG, REFUSED_)
    yield File("65,500 lines of one pixel", encode(Image.new("L", (1, 65_500)), format="JPEG"), JPEG, TAKEN + REFUSED_)


def polyglots() -> Iterator[File]:
    """Two things in one; what is kept must be one."""
    tails = {"HTML": SCRIPT, "a zip": archive(), "PDF": b"%PDF-1.4\n" + CANARY, "PHP": b"<?php " + CANARY + b" ?>"}
    for name, tail in tails.items():
        yield File(f"a JPEG and {name}", photo() + tail, JPEG, TAKEN)
        yield File(f"a PNG and {name}", png() + tail, PNG, TAKEN)
    yield File("a WebP and HTML", webp() + SCRIPT, WEBP, TAKEN + REFUSED_)
    yield File("a page in a JPEG's comment", with_segments(segment(0xFE, SCRIPT)), JPEG, TAKEN)
    yield File("a script in a JPEG's table", with_segments(segment(0xE0, b"JFIF\0/*" + CANARY)), JPEG, TAKEN + REFUSED_)
    yield File("a page in a PNG's text", with_chunks(chunk(b"tEXt", b"a\0" + SCRIPT)), PNG, TAKEN)
    yield File("a page in an unknown part", with_chunks(chunk(b"prVt", SCRIPT)), PNG, TAKEN)
    yield File("a GIF and a script", b"GIF89a/*" + bytes(20) + b"*/" + SCRIPT, JPEG, REFUSED_)
    yield File("a PDF with a JPEG", b"%PDF-1.4\n" + photo(), JPEG, REFUSED_)
    yield File("a JPEG behind a blank", b" " + photo(), JPEG, REFUSED_)


def strangers() -> Iterator[File]:
    """What is no photo, whatever it is said to be."""
    for name, (make, problem) in REFUSED.items():
        content = make()
        right = (413,) if problem.value == "TOO_LARGE" else REFUSED_
        yield File(name, content, PNG if "png" in name else WEBP if "webp" in name else JPEG, right)
    heads = {
        "a program of Linux": b"\x7fELF" + bytes(60), "a program of Windows": b"MZ" + bytes(60),
        "a class of Java": b"\xca\xfe\xba\xbe" + bytes(60),
        "a drawing of ImageMagick": b"push graphic-context\nviewbox 0 0 9 9\n",
        "PostScript": b"%!PS\n(" + CANARY + b") print",
        "an entity of XML": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG,
        "a playlist": b"#EXTM3U\nfile:///etc/passwd\n", "a HEIC": b"\0\0\0\x18ftypheic" + bytes(40),
        "an AVIF": b"\0\0\0\x18ftypavif" + bytes(40), "a form of two files": b"--x\r\n" + photo() + b"\r\n--x--",
        "base64": b"/9j/4AAQSkZJRgABAQ", "JSON": b'{"a": 1}', "zeros": bytes(4_000), "ones": b"\xff" * 4_000,
    }  # fmt: skip
    for name, content in heads.items():
        for kind in (JPEG, PNG) if name in ("zeros", "ones") else (JPEG,):
            yield File(f"{name} as {kind}", content, kind, REFUSED_)
    for kind, content in ((PNG, photo()), (JPEG, png()), (WEBP, photo())):
        yield File(f"another type than {kind}", content, kind, TAKEN + REFUSED_)


def secrets(folder: Path) -> Iterator[File]:
    """Good files that tell where and by whom they were made."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", CANARY.decode())
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(CANARY)) + CANARY
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x>" + CANARY
    yield File("a place and a maker's note", photo(exif=exif_with_place()), JPEG, TAKEN)
    yield File("XMP", with_segments(segment(0xE1, xmp)), JPEG, TAKEN)
    yield File("IPTC", with_segments(segment(0xED, iptc)), JPEG, TAKEN)
    yield File("a profile with a secret", photo(icc_profile=bytes(40) + CANARY), JPEG, TAKEN)
    yield File("a second picture with a secret", with_thumbnail(), JPEG, TAKEN)
    yield File("a PNG with texts", png(pnginfo=text), PNG, TAKEN)
    yield File("a PNG with a place", png(exif=exif_with_place()), PNG, TAKEN)
    yield File("a WebP with a place", webp(exif=exif_with_place(), xmp=CANARY), WEBP, TAKEN)
    told = {"title": CANARY.decode(), "location": JAKARTA, "comment": CANARY.decode()}
    yield File("a film with a place", film(folder, metadata=told, chapters=True, subtitles=True), MP4, TAKEN)
    yield File("a film and HTML", film(folder) + SCRIPT, MP4, TAKEN + REFUSED_)
    yield File("half a film", film(folder)[:3_000], MP4, REFUSED_)
    yield File("no bytes of a film", b"", MP4, REFUSED_)


def corpus(folder: Path) -> list[File]:
    """All of them, made anew."""
    makers: tuple[Callable[[], Iterator[File]], ...] = (bombs, polyglots, strangers)
    return [*(each for make in makers for each in make()), *secrets(folder)]
