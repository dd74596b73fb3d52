"""Photos and films with secrets in them, and the desk that takes them in: for the tests of media."""

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageDraw

from domain.media import MediaProblem, MediaType
from integrations.media.sanitiser import Media, MediaRefused, sanitise

CANARY = b"CANARY-SECRET"
JAKARTA = "-06.2088+106.8456/"


def photo(size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """A photo whose four corners have different colours, so that its orientation can be seen."""
    picture = Image.new("RGB", size, "grey")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, size[0] // 2, size[1] // 2), fill="red")
    draw.rectangle((size[0] // 2, size[1] // 2, *size), fill="blue")
    return encode(picture, **{"format": "JPEG", "quality": 90, **options})


def encode(picture: Image.Image, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, **options)
    return target.getvalue()


def exif_with_place(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 12.0, 31.68), 3: "E", 4: (106.0, 50.0, 44.16), 29: CANARY.decode()})
    exif.get_ifd(0x8769).update({0x927C: CANARY, 0x9286: CANARY})
    return exif


def film(folder: Path, *, metadata: dict[str, str] | None = None, subtitles: bool = False, **options: Any) -> bytes:
    """Two seconds of H.264 with sound; `codec`, `sound`, `turned`, `faststart`, `chapters` change it."""
    path = folder / "made.mp4"
    flags = "use_metadata_tags+faststart" if options.get("faststart") else "use_metadata_tags"
    with av.open(str(path), "w", format="mp4", options={"movflags": flags}) as out:
        out.metadata.update(metadata or {})
        quiet = {"x265-params": "log-level=none"} if options.get("codec") == "libx265" else {}
        track: Any = out.add_stream(options.get("codec", "libx264"), rate=10, options=quiet)
        track.width, track.height, track.pix_fmt = 320, 180, "yuv420p"
        if metadata:
            track.metadata["handler_name"] = CANARY.decode()
        if options.get("turned"):
            track.set_display_rotation(options["turned"])
        sound: Any = out.add_stream(options.get("sound", "aac"), rate=48000)
        sound.layout = "mono"
        words: Any = out.add_mux_stream("mov_text") if subtitles else None
        if options.get("chapters"):
            title = {"title": CANARY.decode()}
            out.set_chapters([{"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": title}])
        for number in range(20):
            picture = Image.new("RGB", (320, 180), "red")
            ImageDraw.Draw(picture).rectangle((0, 90, 320, 180), fill=(0, 0, 100 + number))
            frame: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            frame.pts = number
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
        for number in range(94):
            piece: Any = av.AudioFrame(format="s16" if "sound" in options else "fltp", layout="mono", samples=1024)
            piece.sample_rate, piece.pts = 48000, number * 1024
            for plane in piece.planes:
                plane.update(bytes(plane.buffer_size))
            out.mux(sound.encode(piece))
        out.mux(sound.encode(None))
        if words is not None:
            words.time_base = Fraction(1, 1000)
            text: Any = av.Packet(struct.pack(">H", len(CANARY)) + CANARY)
            text.stream, text.pts, text.dts, text.duration, text.time_base = words, 0, 0, 1000, Fraction(1, 1000)
            out.mux(text)
    return path.read_bytes()


class Desk:
    """One upload after another, in folders of their own."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = folder / "upload", folder / "clean"
        self.target.mkdir()

    async def clean(self, content: bytes, declared: MediaType = MediaType.JPEG) -> Media:
        self.source.write_bytes(content)
        return await sanitise(self.source, declared, self.target)

    async def problem(self, content: bytes, declared: MediaType = MediaType.JPEG) -> MediaProblem:
        """Why it was refused; whatever is refused must leave nothing behind."""
        with pytest.raises(MediaRefused) as refused:
            await self.clean(content, declared)
        assert list(self.target.iterdir()) == []
        return refused.value.problem


def kept(media: Media) -> bytes:
    return media.path.read_bytes() + media.thumbnail_path.read_bytes()
