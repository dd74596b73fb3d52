"""What a stranger uploads as a film keeps its pictures and sound and nothing else, or is refused with a reason."""

import struct
import time
from pathlib import Path

import av
import pytest
from PIL import Image

from app.pictures import make_clip
from domain.media import MediaProblem, MediaType
from integrations.media import sanitiser
from tests.integrations.media_sample import CANARY, JAKARTA, Desk, film, kept


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


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
