"""What a stranger uploads comes out harmless, or is refused with a reason, and leaves nothing behind."""

import asyncio
import io
import os
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from app.pictures import make_clip, make_photo
from domain.media import MediaNotAccepted, MediaProblem, MediaType, look_distance, sniff
from domain.refusals import Language
from integrations.media import sanitiser, worker
from integrations.media.sanitiser import Media, MediaRefused, sanitise

CANARY = b"CANARY-SECRET"
JAKARTA = "-06.2088+106.8456/"
MAX_BOMB_S = 2.0


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


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def kept(media: Media) -> bytes:
    return media.path.read_bytes() + media.thumbnail_path.read_bytes()


# --- photos ---


async def test_a_photo_becomes_a_jpeg_and_a_thumbnail(desk: Desk) -> None:
    media = await desk.clean(photo((4000, 3000)))
    assert (media.kind, media.content_type, media.width, media.height) == ("photo", "image/jpeg", 2560, 1920)
    assert (media.duration_s, media.byte_size) == (None, media.path.stat().st_size)
    with Image.open(media.path) as picture, Image.open(media.thumbnail_path) as thumbnail:
        assert (picture.format, picture.size) == ("JPEG", (2560, 1920))
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (320, 240))


async def test_what_is_kept_is_private_and_nothing_else_is(desk: Desk) -> None:
    media = await desk.clean(photo())
    assert sorted(desk.target.iterdir()) == sorted([media.path, media.thumbnail_path])
    assert {path.stat().st_mode & 0o777 for path in desk.target.iterdir()} == {0o600}
    assert desk.source.exists()


async def test_place_and_every_other_metadata_of_a_jpeg_are_gone(desk: Desk) -> None:
    xmp = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    dirty = photo(exif=exif_with_place(), xmp=xmp, comment=CANARY, icc_profile=b"\0" * 40 + CANARY)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(CANARY)) + CANARY
    dirty = dirty[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + dirty[2:]
    assert dirty.count(CANARY) >= 7
    media = await desk.clean(dirty)
    assert CANARY not in kept(media)
    for path in (media.path, media.thumbnail_path):
        with Image.open(path) as picture:
            assert not picture.getexif()
            assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & picture.info.keys()


async def test_metadata_of_png_and_webp_are_gone(desk: Desk) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", CANARY.decode())
    picture = Image.open(io.BytesIO(photo()))
    png = encode(picture, format="PNG", pnginfo=text, exif=exif_with_place())
    webp = encode(picture, format="WEBP", exif=exif_with_place(), xmp=CANARY)
    for content in (png, webp):
        assert CANARY in content
        assert CANARY not in kept(await desk.clean(content, MediaType.PNG))


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_is_turned_upright(desk: Desk, orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # numbers of Image.Transpose that undo each orientation
    upright = Image.open(io.BytesIO(photo()))
    lying = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    media = await desk.clean(encode(lying, format="JPEG", quality=95, exif=exif_with_place(orientation)))
    with Image.open(media.path) as picture:
        assert picture.size == (640, 480)
        red, blue = picture.getpixel((50, 50)), picture.getpixel((600, 450))
    assert isinstance(red, tuple) and red[0] > 200
    assert isinstance(blue, tuple) and blue[2] > 200


@pytest.mark.parametrize("tail", [b"<html><script>alert(1)</script>" + CANARY, b"%PDF-1.4 " + CANARY, b"zip"])
async def test_a_polyglot_loses_its_tail(desk: Desk, tail: bytes) -> None:
    if tail == b"zip":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr("run.sh", CANARY)
        tail = archive.getvalue()
    media = await desk.clean(photo() + tail)
    content = kept(media)
    assert CANARY not in content and b"PK\x03\x04" not in content and b"<html" not in content


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGBA", (64, 64), (255, 0, 0, 0)),
        Image.new("LA", (64, 64), (0, 0)),
        Image.new("P", (64, 64), 0),
        Image.new("1", (64, 64), 1),
        Image.new("L", (64, 64), 200),
    ],
    ids=lambda picture: picture.mode,
)
async def test_every_common_colour_mode_is_taken(desk: Desk, picture: Image.Image) -> None:
    media = await desk.clean(encode(picture, format="PNG"), MediaType.PNG)
    with Image.open(media.path) as kept_picture:
        assert (kept_picture.mode, kept_picture.size) == ("RGB", (64, 64))
        if picture.mode in ("RGBA", "LA"):
            assert kept_picture.getpixel((9, 9)) == (255, 255, 255)  # what is see-through becomes white


async def test_a_print_shop_jpeg_is_taken(desk: Desk) -> None:
    media = await desk.clean(encode(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), format="JPEG"))
    assert media.width == 64


async def test_a_phone_photo_with_a_second_picture_keeps_the_first(desk: Desk) -> None:
    second = Image.new("RGB", (640, 480), "white")
    content = encode(Image.open(io.BytesIO(photo())), format="MPO", save_all=True, append_images=[second])
    media = await desk.clean(content)
    with Image.open(media.path) as picture:
        assert picture.format == "JPEG" and picture.getpixel((50, 50)) != (255, 255, 255)


async def test_the_same_photo_with_other_metadata_has_the_same_content_hash(desk: Desk) -> None:
    first = await desk.clean(photo())
    again = await desk.clean(photo(exif=exif_with_place(), comment=CANARY) + b"tail")
    assert again.content_hash == first.content_hash
    assert again.look_hash == first.look_hash


async def test_another_photo_has_another_hash(desk: Desk) -> None:
    first = await desk.clean(make_photo(1, "Mochi"))
    other = await desk.clean(make_photo(2, "Kopi"))
    assert other.content_hash != first.content_hash
    assert look_distance(other.look_hash, first.look_hash) > 6


async def test_a_photo_encoded_again_still_looks_the_same(desk: Desk) -> None:
    content = make_photo(5, "Mochi")
    first = await desk.clean(content)
    again = await desk.clean(encode(Image.open(io.BytesIO(content)).resize((800, 600)), format="JPEG", quality=40))
    assert again.content_hash != first.content_hash
    assert look_distance(again.look_hash, first.look_hash) <= 6


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
async def test_the_largest_legal_photo_fits_into_the_memory(desk: Desk, kind: str) -> None:
    if kind == "jpeg":  # progressive: the decoder holds every coefficient
        content = encode(Image.new("CMYK", (8640, 5760)), format="JPEG", progressive=True)
    else:
        content = encode(Image.new("RGBA", (8640, 5760), (9, 9, 9, 99)), format="WEBP", lossless=True, method=0)
    assert (await desk.clean(content)).width == 2560


# --- refusals of photos ---


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


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_before_it_is_decoded(desk: Desk, bomb: str) -> None:
    content = BOMBS[bomb]()
    started = time.perf_counter()
    assert await desk.problem(content) is MediaProblem.TOO_MANY_PIXELS
    assert time.perf_counter() - started < MAX_BOMB_S


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


@pytest.mark.parametrize("what", REFUSED)
async def test_a_wrong_or_broken_photo_is_refused(desk: Desk, what: str) -> None:
    make, expected = REFUSED[what]
    assert await desk.problem(make()) is expected


# --- videos ---


async def test_a_clip_is_kept_with_its_length_size_and_first_picture(desk: Desk, tmp_path: Path) -> None:
    media = await desk.clean(film(tmp_path), MediaType.MP4)
    assert (media.kind, media.content_type, media.width, media.height) == ("video", "video/mp4", 320, 180)
    assert media.duration_s == pytest.approx(2.0, abs=0.1)
    assert media.byte_size == media.path.stat().st_size
    with Image.open(media.thumbnail_path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (320, 180))
    with av.open(str(media.path)) as clean:
        assert sum(1 for _ in clean.decode(video=0)) == 20


async def test_place_title_chapters_and_subtitles_of_a_clip_are_gone(desk: Desk, tmp_path: Path) -> None:
    metadata = {
        "title": CANARY.decode(),
        "location": JAKARTA,
        "com.apple.quicktime.location.ISO6709": JAKARTA,
        "com.apple.quicktime.model": CANARY.decode(),
        "comment": CANARY.decode(),
        "creation_time": "2026-03-01T09:00:00Z",
    }
    dirty = film(tmp_path, metadata=metadata, subtitles=True, chapters=True)
    dirty += struct.pack(">I", 8 + len(CANARY)) + b"udta" + CANARY + b"<html>" + CANARY
    assert dirty.count(CANARY) >= 6 and JAKARTA.encode() in dirty
    media = await desk.clean(dirty, MediaType.MP4)
    content = kept(media)
    for secret in (CANARY, JAKARTA.encode(), b"x264", b"Lavf", b"quicktime", b"<html", b"\xa9xyz"):
        assert secret not in content
    assert content.count(b"udta") == 1 and b"\0\0\0\x08ilst" in content  # the muxer's own list of tags, empty
    with av.open(str(media.path)) as clean:
        assert [stream.type for stream in clean.streams] == ["video", "audio"]
        assert clean.chapters() == []
        assert "creation_time" not in clean.metadata


async def test_the_settings_inside_the_coded_film_are_gone(desk: Desk) -> None:
    dirty = make_clip(1)
    assert b"x264 - core" in dirty
    assert b"x264 - core" not in kept(await desk.clean(dirty, MediaType.MP4))


async def test_a_clip_filmed_upright_stays_upright(desk: Desk, tmp_path: Path) -> None:
    media = await desk.clean(film(tmp_path, turned=90), MediaType.MP4)
    assert (media.width, media.height) == (180, 320)
    with av.open(str(media.path)) as clean:
        assert next(clean.decode(video=0)).rotation == 90
    with Image.open(media.thumbnail_path) as picture:
        left, right = picture.getpixel((20, 160)), picture.getpixel((160, 160))
    # Turned a quarter to the left, what was above is on the left.
    assert isinstance(left, tuple) and left[0] > 200
    assert isinstance(right, tuple) and right[2] > 60


async def test_the_same_clip_with_other_metadata_has_the_same_content_hash(desk: Desk, tmp_path: Path) -> None:
    first = await desk.clean(film(tmp_path), MediaType.MP4)
    again = await desk.clean(
        film(tmp_path, metadata={"title": "x", "location": JAKARTA}, faststart=True), MediaType.MP4
    )
    cleaned_twice = await desk.clean(first.path.read_bytes(), MediaType.MP4)
    assert first.content_hash == again.content_hash == cleaned_twice.content_hash
    other = await desk.clean(make_clip(4), MediaType.MP4)
    assert other.content_hash != first.content_hash


@pytest.mark.parametrize("faststart", [False, True])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
async def test_a_cut_clip_is_refused(desk: Desk, tmp_path: Path, faststart: bool, part: float) -> None:
    content = film(tmp_path, faststart=faststart)
    assert await desk.problem(content[: int(len(content) * part)], MediaType.MP4) is MediaProblem.BROKEN


async def test_a_clip_of_a_newer_telephone_is_kept_in_the_spelling_that_telephones_play(
    desk: Desk, tmp_path: Path
) -> None:
    media = await desk.clean(film(tmp_path, codec="libx265"), MediaType.MP4)
    with av.open(str(media.path)) as clean:
        track = clean.streams.video[0]
        assert (track.codec_context.name, track.codec_context.codec_tag) == ("hevc", "hvc1")
        assert sum(1 for _ in clean.decode(video=0)) == 20


async def test_a_film_of_another_kind_is_refused(desk: Desk, tmp_path: Path) -> None:
    assert await desk.problem(film(tmp_path, codec="mpeg4"), MediaType.MP4) is MediaProblem.UNSUPPORTED_TYPE


async def test_sound_of_another_kind_is_refused(desk: Desk, tmp_path: Path) -> None:
    content = film(tmp_path, sound="alac")
    assert await desk.problem(content, MediaType.MP4) is MediaProblem.UNSUPPORTED_TYPE


async def test_a_playlist_that_points_elsewhere_is_no_film(desk: Desk) -> None:
    playlist = b"\0\0\0\x18ftypisom\0\0\0\0isom\n#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n"
    assert await desk.problem(playlist, MediaType.MP4) is MediaProblem.BROKEN


def film_that_says(content: bytes, box: bytes, offset: int, number: int) -> bytes:
    """The film with one number of its header replaced."""
    place = content.index(box) + 4 + offset
    return content[:place] + struct.pack(">I", number) + content[place + 4 :]


async def test_a_film_longer_than_ten_minutes_is_refused(desk: Desk) -> None:
    # The first entry of the table of durations: each picture now stays for a minute and more.
    content = make_clip(1)
    ticks = struct.unpack_from(">I", content, content.index(b"mdhd") + 16)[0]
    slow = film_that_says(content, b"stts", 12, ticks * 60)
    assert await desk.problem(slow, MediaType.MP4) is MediaProblem.TOO_LONG


async def test_a_header_that_promises_a_billion_samples_is_refused_within_bounds(desk: Desk) -> None:
    content = film_that_says(film_that_says(make_clip(1), b"stsz", 4, 1), b"stsz", 8, 2**30)
    content = film_that_says(film_that_says(content, b"stts", 8, 2**30), b"stsc", 12, 2**30)
    started = time.perf_counter()
    assert await desk.problem(content, MediaType.MP4) in {
        MediaProblem.BROKEN,
        MediaProblem.TIMEOUT,
        MediaProblem.TOO_LONG,
    }
    assert time.perf_counter() - started < sanitiser.TIME_LIMIT_S


async def test_noise_in_a_film_never_gets_further_than_a_refusal(desk: Desk, tmp_path: Path) -> None:
    content = bytearray(film(tmp_path, faststart=True))
    for place in range(700, len(content), 97):
        content[place] ^= 0x5A
    assert await desk.problem(bytes(content), MediaType.MP4) is MediaProblem.BROKEN


async def test_fifty_one_megabytes_are_refused(desk: Desk) -> None:
    assert await desk.problem(make_clip(1) + bytes(51 * 1024 * 1024), MediaType.MP4) is MediaProblem.TOO_LARGE


# --- the subprocess ---


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


async def test_a_slow_file_is_ended_and_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitiser, "TIME_LIMIT_S", 0.05)
    before = children()
    assert await desk.problem(photo((4000, 3000))) is MediaProblem.TIMEOUT
    assert children() <= before


async def test_a_cancelled_upload_leaves_nothing(desk: Desk) -> None:
    before = children()
    task = asyncio.create_task(desk.clean(photo((4000, 3000))))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(desk.target.iterdir()) == []
    assert children() <= before


async def test_two_at_a_time_and_the_rest_wait_their_turn(desk: Desk) -> None:
    desk.source.write_bytes(photo())
    before, most = children(), 0
    tasks = [asyncio.create_task(sanitise(desk.source, MediaType.JPEG, desk.target)) for _ in range(6)]
    while not all(task.done() for task in tasks):
        most = max(most, len(children() - before))
        await asyncio.sleep(0.01)
    assert 1 <= most <= sanitiser.MAX_AT_A_TIME
    assert len({task.result().content_hash for task in tasks}) == 1


async def test_too_many_waiting_are_told_to_come_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitiser, "MAX_WAITING", 1)
    desk.source.write_bytes(photo())
    tasks = [sanitise(desk.source, MediaType.JPEG, desk.target) for _ in range(8)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, MediaRefused)]
    assert busy and {outcome.problem for outcome in busy} == {MediaProblem.BUSY}
    assert any(isinstance(outcome, Media) for outcome in outcomes)


LIMITED = """
import resource
from integrations.media import worker
worker.limit()
print([resource.getrlimit(what) for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)])
try:
    bytearray(2 * worker.MEMORY_BYTES)
except MemoryError:
    print("bounded")
"""


async def test_the_subprocess_gives_up_memory_time_and_disk() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIMITED, stdout=asyncio.subprocess.PIPE, cwd=sanitiser._ROOT
    )
    told, _ = await process.communicate()
    limits = [(bound, bound) for bound in (worker.MEMORY_BYTES, worker.CPU_S, worker.FILE_BYTES)]
    assert told.decode().splitlines() == [str(limits), "bounded"]


# --- words ---


@pytest.mark.parametrize("problem", MediaProblem)
@pytest.mark.parametrize("language", Language)
def test_every_problem_is_a_sentence_in_both_languages(problem: MediaProblem, language: Language) -> None:
    refusal = MediaNotAccepted(problem)
    sentence = refusal.sentence(language)
    assert refusal.facts["reason"] == problem.value
    assert sentence.endswith(".") and "{" not in sentence and len(sentence) > 30


@pytest.mark.parametrize(
    "head, expected",
    [
        (b"\xff\xd8\xff\xe1", MediaType.JPEG),
        (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
        (b"RIFF\0\0\0\0WEBPVP8 ", MediaType.WEBP),
        (b"\0\0\0\x18ftypisom", MediaType.MP4),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_a_type_is_told_by_its_first_bytes(head: bytes, expected: MediaType | None) -> None:
    assert sniff(head) is expected


def test_looks_differ_by_bits_also_across_the_sign() -> None:
    assert [look_distance(*pair) for pair in ((5, 5), (-1, 0), (-1, -2), (2**63 - 1, -(2**63)))] == [0, 64, 1, 64]
