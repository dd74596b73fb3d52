"""A video keeps its coded pictures and sound and loses everything else: a remux, no transcode (in the subprocess)."""

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition
from PIL import Image

from domain.media import MAX_VIDEO_DURATION_S, MAX_VIDEO_FRAME_PIXELS, MediaProblem
from integrations.media.outcome import CONTENT_NAME, Facts, MediaRefused
from integrations.media.photo import look_hash, write_thumbnail

MAX_PACKETS = 300_000  # ten minutes at 240 pictures and 94 pieces of sound a second, and a half more
MAX_PACKETS_TO_FIRST_PICTURE = 64
MAX_TOP_BOXES = 100_000  # a fragmented file has two a fragment
MAX_STREAMS = 16

# Supplemental units (SEI) hold encoder settings, captions and, from some cameras, places; no decoder needs them here.
_FILTERS = {"h264": "filter_units=remove_types=6", "hevc": "filter_units=remove_types=39|40"}
_TAGS = {"h264": "avc1", "hevc": "hvc1"}  # the spellings that telephones play
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


@dataclass
class _Track:
    """One stream on its way through: what it loses, where it goes, what was seen of it."""

    target: Any
    filter: BitStreamFilterContext | None
    digest: Any = field(default_factory=hashlib.sha256)
    first_s: Fraction | None = None
    last_s: Fraction = Fraction(0)


def sanitise_video(source: Path, folder: Path) -> Facts:
    """Write the clean MP4 and a thumbnail into `folder`; raises MediaRefused, or whatever the demuxer raises."""
    _check_whole(source)
    target = folder / CONTENT_NAME
    # The MP4 demuxer alone: others follow references to further files and addresses.
    with av.open(f"file:{source}", format="mov", options={"protocol_whitelist": "file", "enable_drefs": "0"}) as entry:
        if entry.duration is not None and entry.duration > MAX_VIDEO_DURATION_S * av.time_base:
            raise MediaRefused(MediaProblem.TOO_LONG)
        # Bitexact: the muxer does not add a name and version of its own. Faststart: playing begins before the end.
        options = {"movflags": "faststart", "fflags": "+bitexact"}
        with av.open(f"file:{target}", "w", format="mp4", options=options) as out:
            tracks = _tracks(entry, out)
            _copy(entry, out, tracks)
    picture = _first_picture(target)
    write_thumbnail(picture, folder)
    seen = [track for track in tracks.values() if track.first_s is not None]
    duration_s = max(track.last_s for track in seen) - min(track.first_s or Fraction(0) for track in seen)
    content_hash = hashlib.sha256(b"".join(track.digest.digest() for track in tracks.values())).hexdigest()
    return Facts(picture.width, picture.height, round(float(duration_s), 3), content_hash, look_hash(picture))


def _check_whole(source: Path) -> None:
    """Walk the outermost boxes: one that ends beyond the file means that the rest was never sent."""
    size, place = source.stat().st_size, 0
    with source.open("rb") as file:
        for _ in range(MAX_TOP_BOXES):
            file.seek(place)
            head = file.read(16)
            # A tail that is no box is dropped by the remux, so it may stand (some cameras pad with zeros); one that
            # looks like a cut box may not.
            if len(head) < 8 or not head[4:8].isalnum():
                return
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length == 0:
                return
            if length < 8 or place + length > size:
                raise MediaRefused(MediaProblem.BROKEN, f"box {head[4:8]!r} ends beyond the file")
            place += length
    raise MediaRefused(MediaProblem.BROKEN, "too many boxes")


def _tracks(entry: InputContainer, out: OutputContainer) -> dict[int, _Track]:
    """The one film and the one sound that go on; subtitles, places, cover pictures and chapters do not."""
    if len(entry.streams) > MAX_STREAMS:
        raise MediaRefused(MediaProblem.BROKEN, f"{len(entry.streams)} streams")
    films = [stream for stream in entry.streams.video if not stream.disposition & Disposition.attached_pic]
    if len(films) != 1 or films[0].codec_context.name not in _FILTERS:
        raise MediaRefused(MediaProblem.UNSUPPORTED_TYPE, f"{[film.codec_context.name for film in films]}")
    film = films[0]
    pixels = film.codec_context.width * film.codec_context.height
    if pixels > MAX_VIDEO_FRAME_PIXELS:
        raise MediaRefused(MediaProblem.TOO_MANY_PIXELS)
    if pixels == 0:
        raise MediaRefused(MediaProblem.BROKEN, "a film without size")
    sounds = [stream for stream in entry.streams.audio if stream.codec_context.name == "aac"]
    if entry.streams.audio and not sounds:
        raise MediaRefused(MediaProblem.UNSUPPORTED_TYPE, "sound that is not AAC")
    target = out.add_stream_from_template(film, opaque=True)
    tracks = {film.index: _Track(target, BitStreamFilterContext(_FILTERS[film.codec_context.name], film, target))}
    target.codec_context.codec_tag = _TAGS[film.codec_context.name]  # after the filter, which copies the old one
    for sound in sounds[:1]:
        tracks[sound.index] = _Track(out.add_stream_from_template(sound, opaque=True), None)
    return tracks


def _copy(entry: InputContainer, out: OutputContainer, tracks: dict[int, _Track]) -> None:
    wanted = [stream for stream in entry.streams if stream.index in tracks]
    for number, packet in enumerate(entry.demux(*wanted)):
        if number > MAX_PACKETS:
            raise MediaRefused(MediaProblem.TOO_LONG)
        if packet.size == 0:  # the demuxer's farewell
            continue
        track = tracks[packet.stream_index]
        _note_time(track, packet)
        for piece in track.filter.filter(packet) if track.filter else [packet]:
            track.digest.update(bytes(piece))
            piece.stream = track.target
            out.mux(piece)


def _note_time(track: _Track, packet: "Packet[Any]") -> None:
    if packet.is_corrupt or packet.pts is None or packet.dts is None:
        raise MediaRefused(MediaProblem.BROKEN, "a cut packet")
    start_s = packet.pts * packet.time_base
    track.first_s = start_s if track.first_s is None else min(track.first_s, start_s)
    track.last_s = max(track.last_s, start_s + (packet.duration or 0) * packet.time_base)
    # The header's duration may lie; the packets' times are what a player follows.
    if track.last_s - track.first_s > MAX_VIDEO_DURATION_S:
        raise MediaRefused(MediaProblem.TOO_LONG)


def _first_picture(path: Path) -> Image.Image:
    """The first picture as it is seen, from the clean file; this also proves that the clean file opens."""
    with av.open(f"file:{path}", format="mov", options={"protocol_whitelist": "file"}) as clean:
        film = clean.streams.video[0]
        film.codec_context.thread_count = 1
        for number, packet in enumerate(clean.demux(film)):
            if number > MAX_PACKETS_TO_FIRST_PICTURE:
                break
            for frame in packet.decode():
                picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
                turn = _TURNS.get(frame.rotation % 360)
                return picture if turn is None else picture.transpose(turn)
    raise MediaRefused(MediaProblem.BROKEN, "no picture could be decoded")
