"""What a stranger uploads as a photo comes out harmless, or is refused with a reason, and leaves nothing behind."""

import io
import struct
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from app.pictures import make_photo
from domain.media import MediaProblem, MediaType, look_distance
from tests.integrations.media_bad import BOMBS, REFUSED
from tests.integrations.media_sample import CANARY, Desk, encode, exif_with_place, kept, photo

MAX_BOMB_S = 2.0


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


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


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_before_it_is_decoded(desk: Desk, bomb: str) -> None:
    content = BOMBS[bomb]()
    started = time.perf_counter()
    assert await desk.problem(content) is MediaProblem.TOO_MANY_PIXELS
    assert time.perf_counter() - started < MAX_BOMB_S


@pytest.mark.parametrize("what", REFUSED)
async def test_a_wrong_or_broken_photo_is_refused(desk: Desk, what: str) -> None:
    make, expected = REFUSED[what]
    assert await desk.problem(make()) is expected
