"""What the tests of clips share: small ones, with sound, and what comes out of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

av = pytest.importorskip("av", reason="needs the extra: pip install -e '.[video]'")

from colorizer.video.planes import rows_of  # noqa: E402  what needs PyAV comes after the skip

Luma = npt.NDArray[np.uint8]
SIZE = (64, 48)
WIDE_SIZE = (96, 64)  # of clips of fields
RATE = 25
SOUND_RATE = 48000
TIME_BASE = Fraction(1, 12800)
LOSSLESS = {"crf": "0"}


def grain(count: int = 1, size: tuple[int, int] = SIZE, seed: int = 0) -> list[Luma]:
    """Return frames of soft patterns, each another, within the range of luma."""
    generator = np.random.default_rng(seed)
    rows, columns = -(-size[1] // 8), -(-size[0] // 8)
    coarse = generator.integers(40, 210, (count, rows, columns))
    soft = coarse.repeat(8, 1).repeat(8, 2)[:, : size[1], : size[0]]
    return list(soft.astype(np.uint8))


def write_clip(
    path: Path,
    frames: Sequence[npt.NDArray[Any]],
    *,
    codec: str = "libx264",
    format_: str = "yuv420p",
    times: Sequence[int] | None = None,
    sounds: Sequence[str] = (),
    rotation: float | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    color: dict[str, int] | None = None,
) -> None:
    """Write a clip whose frames have this luma, (H, W), and neutral or no chroma.

    ``times`` count frames of 25 a second, by default one after the other; ``sounds`` are codecs of
    audio tracks of a second each. H.264 is lossless unless ``options`` say otherwise.
    """
    height, width = frames[0].shape
    with av.open(str(path), "w") as container:
        if options is None:
            options = LOSSLESS if codec == "libx264" else {}
        video = container.add_stream(codec, rate=RATE, options=options)
        video.width, video.height, video.pix_fmt = width, height, format_
        video.time_base = video.codec_context.time_base = TIME_BASE
        for name, value in (color or {}).items():
            setattr(video.codec_context, name, value)
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            video.set_display_rotation(rotation)
        tracks = [container.add_stream(sound, rate=SOUND_RATE) for sound in sounds]
        for number, luma in enumerate(frames):
            frame = av.VideoFrame(width, height, format_)
            bits = frame.format.components[0].bits
            for plane, samples in zip(frame.planes, [luma] + [1 << (bits - 1)] * 2, strict=False):
                dtype = np.uint8 if bits == 8 else np.uint16
                rows_of(plane, dtype)[:, : plane.width] = samples
            time = times[number] if times else number
            frame.pts = time * int(1 / TIME_BASE) // RATE
            frame.time_base = TIME_BASE
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for pitch, track in enumerate(tracks):
            _write_sound(container, track, 220 * (pitch + 1))


def moving(count: int) -> list[Luma]:
    """Return frames of a pattern that moves by three pixels a frame."""
    wide = np.hstack(grain(2, (WIDE_SIZE[0] * 4, WIDE_SIZE[1])))
    return [np.ascontiguousarray(wide[:, 3 * n : 3 * n + WIDE_SIZE[0]]) for n in range(count)]


def filtered(frames: list[Any], name: str, options: str) -> list[Any]:
    """Return what FFmpeg's filter makes of frames."""
    graph = av.filter.Graph()
    first = frames[0]
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base
    )
    middle, sink = graph.add(name, options), graph.add("buffersink")
    source.link_to(middle)
    middle.link_to(sink)
    graph.configure()
    made = []
    for frame in [*frames, None]:
        graph.push(frame)
        while True:
            try:
                made.append(graph.pull())
            except (av.BlockingIOError, av.EOFError):
                break
    return made


def write_fields(path: Path, codec: str, first: str, is_black: bool = False) -> None:
    """Write an interlaced clip of 12 frames, whose top ("tff") or bottom field comes first."""
    fields, frames = moving(24), []
    for number in range(12):
        earlier, later = fields[2 * number], fields[2 * number + 1]
        top, bottom = (earlier, later) if first == "tff" else (later, earlier)
        woven = top.copy()
        woven[1::2] = bottom[1::2]
        if is_black:
            woven[:] = 16
        frame = av.VideoFrame.from_ndarray(woven, "gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        frames.append(frame)
    # Only FFmpeg itself can mark a frame as interlaced.
    frames = filtered(frames, "setfield", f"mode={first}")
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = *WIDE_SIZE, "yuv420p"
        video.codec_context.flags |= (
            av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me
        )
        if codec == "libx264":
            video.options = {"crf": "0"}
        else:
            video.bit_rate = 20_000_000
        for number, frame in enumerate(frames):
            frame.pts = number
            frame.time_base = Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode())


def _write_sound(container: Any, track: Any, pitch: float) -> None:
    samples = track.codec_context.frame_size or 1024
    for start in range(0, SOUND_RATE, samples):
        wave = np.sin(2 * np.pi * pitch * np.arange(start, start + samples) / SOUND_RATE)
        name, layout = track.codec_context.format.name, track.codec_context.layout.name
        channels = len(track.codec_context.layout.channels)
        values = (wave * 8000).astype(np.int16)
        sound: npt.NDArray[Any] = values.repeat(channels)[None]
        if name == "fltp":
            sound = np.tile((wave / 4).astype(np.float32), (channels, 1))
        frame = av.AudioFrame.from_ndarray(sound, name, layout)
        frame.sample_rate, frame.pts = SOUND_RATE, start
        container.mux(track.encode(frame))
    container.mux(track.encode())


def frames_in(path: Path) -> list[Any]:
    """Return the frames of a clip, decoded."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def times_in(path: Path) -> list[float]:
    """Return when frames are shown, in seconds."""
    return [round(frame.time, 4) for frame in frames_in(path)]


def planes_of(frame: Any) -> list[npt.NDArray[np.int64]]:
    """Return the samples of a frame, plane by plane."""
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    return [rows_of(plane, dtype)[:, : plane.width].astype(int) for plane in frame.planes]


def luma_in(path: Path) -> npt.NDArray[np.int64]:
    """Return the luma of all frames, (n, H, W)."""
    return np.stack([planes_of(frame)[0] for frame in frames_in(path)])


def chroma_in(path: Path) -> npt.NDArray[np.int64]:
    """Return Cb and Cr of all frames less their middle, (n, 2, H, W)."""
    frames = frames_in(path)
    middle = 1 << (frames[0].format.components[0].bits - 1)
    chroma: npt.NDArray[np.int64] = np.stack([planes_of(frame)[1:3] for frame in frames]) - middle
    return chroma


def packets_in(path: Path, kind: str = "audio") -> list[list[tuple[float, bytes]]]:
    """Return time in seconds and content of the packets of each track."""
    with av.open(str(path)) as container:
        tracks: dict[int, list[tuple[float, bytes]]] = {
            stream.index: [] for stream in container.streams if stream.type == kind
        }
        for packet in container.demux():
            if packet.stream_index in tracks and packet.size:
                time = round(float(packet.pts * packet.time_base), 4)
                tracks[packet.stream_index].append((time, bytes(packet)))
    return list(tracks.values())
