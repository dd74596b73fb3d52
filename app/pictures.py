"""Photos and clips of animals drawn by program, for the demo world: nobody's pet, nobody's rights."""

import io
import random
from typing import Any

import av
from PIL import Image, ImageDraw, ImageFont

PHOTO_SIZE_PX = (1280, 960)
CLIP_SIZE_PX = (640, 480)
CLIP_PICTURES_A_SECOND = 15
CLIP_DURATION_S = 2
_JPEG_QUALITY = 82
_CAPTION_EDGE_PARTS = 24  # letters are one 24th of the picture's height
_MAX_CAPTION_CHARACTERS = 60

_COATS = ("#c68642", "#8d5524", "#f1c27d", "#5c4033", "#e8e0d5", "#3b3b3b", "#d2691e", "#a9a9a9")
_SKIES = ("#bfe3ff", "#ffe3c2", "#d9f2d9", "#f5d6e8", "#e6e0ff")
_GROUNDS = ("#7fb069", "#c9b27c", "#8ab6a9", "#b5838d", "#9aa5b1")


def make_photo(seed: int, caption: str) -> bytes:
    """A JPEG of a dog- or cat-like figure with a caption; the same seed and caption give the same bytes."""
    width, height = PHOTO_SIZE_PX
    picture = _animal(random.Random(seed), PHOTO_SIZE_PX, tail_up=0.5)
    draw = ImageDraw.Draw(picture)
    letters = height // _CAPTION_EDGE_PARTS
    draw.rectangle((0, height - 2 * letters, width, height), fill="#20303c")
    text = caption[:_MAX_CAPTION_CHARACTERS]
    draw.text((letters, height - letters), text, fill="white", anchor="lm", font=ImageFont.load_default(letters))
    target = io.BytesIO()
    picture.save(target, format="JPEG", quality=_JPEG_QUALITY)
    return target.getvalue()


def make_clip(seed: int) -> bytes:
    """Two seconds of an animal wagging its tail: H.264 in MP4, without sound; the same seed gives the same bytes."""
    target = io.BytesIO()
    pictures = CLIP_PICTURES_A_SECOND * CLIP_DURATION_S
    with av.open(target, "w", format="mp4") as clip:
        # One thread and no clock: the encoder then makes the same bytes every time.
        film: Any = clip.add_stream("libx264", rate=CLIP_PICTURES_A_SECOND, options={"preset": "veryfast"})
        film.width, film.height = CLIP_SIZE_PX
        film.pix_fmt = "yuv420p"
        film.codec_context.thread_count = 1
        for number in range(pictures):
            wag = abs(number % CLIP_PICTURES_A_SECOND - CLIP_PICTURES_A_SECOND / 2) / (CLIP_PICTURES_A_SECOND / 2)
            picture = _animal(random.Random(seed), CLIP_SIZE_PX, tail_up=wag)
            frame: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            frame.pts = number
            clip.mux(film.encode(frame))
        clip.mux(film.encode(None))
    return target.getvalue()


def _animal(chance: random.Random, size: tuple[int, int], tail_up: float) -> Image.Image:
    """One animal on a meadow. `tail_up` is 0 (hanging) to 1; it draws nothing by chance, so that a clip holds still."""
    width, height = size
    picture = Image.new("RGB", size, chance.choice(_SKIES))
    draw = ImageDraw.Draw(picture)
    horizon = height * chance.uniform(0.55, 0.7)
    draw.rectangle((0, horizon, width, height), fill=chance.choice(_GROUNDS))
    _spots(draw, chance, size, horizon)
    coat, is_cat = chance.choice(_COATS), chance.random() < 0.4
    unit = height / 12
    x, y = width * chance.uniform(0.38, 0.55), height * 0.62
    tail_tip = (x - 4.6 * unit, y - (0.2 + 2.4 * tail_up) * unit)
    draw.line(((x - 2.4 * unit, y), tail_tip), fill=coat, width=round(unit * (0.3 if is_cat else 0.5)))
    for leg in (-2.0, -1.2, 1.0, 1.8):
        draw.rectangle((x + leg * unit, y + 0.6 * unit, x + (leg + 0.5) * unit, y + 2.8 * unit), fill=coat)
    draw.ellipse((x - 2.8 * unit, y - 1.3 * unit, x + 2.8 * unit, y + 1.4 * unit), fill=coat)
    _head(draw, (x + 2.9 * unit, y - 1.7 * unit), unit, coat, is_cat)
    return picture


def _spots(draw: ImageDraw.ImageDraw, chance: random.Random, size: tuple[int, int], horizon: float) -> None:
    """A sun and some flowers, so that no two photos look alike."""
    width, height = size
    x, y, edge = chance.uniform(0, width), chance.uniform(0, horizon / 2), height * chance.uniform(0.05, 0.12)
    draw.ellipse((x - edge, y - edge, x + edge, y + edge), fill="#ffd54f")
    for _ in range(chance.randint(6, 18)):
        x, y, edge = chance.uniform(0, width), chance.uniform(horizon, height), height * chance.uniform(0.006, 0.02)
        colour = chance.choice(("#ffffff", "#ff8a80", "#fff176", "#b388ff"))
        draw.ellipse((x - edge, y - edge, x + edge, y + edge), fill=colour)


def _head(draw: ImageDraw.ImageDraw, middle: tuple[float, float], unit: float, coat: str, is_cat: bool) -> None:
    """Pointed ears for a cat; hanging ears and a muzzle for a dog."""
    x, y = middle
    draw.ellipse((x - 1.4 * unit, y - 1.3 * unit, x + 1.4 * unit, y + 1.3 * unit), fill=coat)
    for side in (-1, 1):
        if is_cat:
            tip = (x + side * 1.1 * unit, y - 2.1 * unit)
            draw.polygon((tip, (x + side * 1.3 * unit, y - 0.5 * unit), (x + side * 0.3 * unit, y - unit)), fill=coat)
        else:
            ear = (x + side * 1.3 * unit, y - 0.2 * unit)
            box = (ear[0] - 0.4 * unit, ear[1] - unit, ear[0] + 0.4 * unit, ear[1] + unit)
            draw.ellipse(box, fill="#2f2019")
        eye = (x + side * 0.5 * unit, y - 0.2 * unit)
        draw.ellipse(
            (eye[0] - 0.17 * unit, eye[1] - 0.17 * unit, eye[0] + 0.17 * unit, eye[1] + 0.17 * unit), "#101010"
        )
    if not is_cat:
        draw.ellipse((x - 0.7 * unit, y + 0.2 * unit, x + 0.7 * unit, y + 1.2 * unit), fill="#efe4d6")
    draw.ellipse((x - 0.25 * unit, y + 0.3 * unit, x + 0.25 * unit, y + 0.6 * unit), fill="#2b1b17")
