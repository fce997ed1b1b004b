"""What is known about a clip before its frames are coloured, and which clips are refused."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from colorizer.common.errors import UserError
from colorizer.video.luma import Coding
from colorizer.video.planes import (
    BT601,
    BT709,
    FULL_RANGE,
    LIMITED_RANGE,
    MATRICES,
    frame_like,
    rows_of,
)

UNKNOWN = (0, 2, 3)  # 0 stands for RGB
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
BT2020_PRIMARIES, BT2020_MATRICES = 9, (9, 10)
# A clip that does not name its matrix has that of its time: BT.709 came with larger frames.
HIGH_DEFINITION = (1280, 720)
# FFmpeg's field orders, by which field is shown first: TT and BT, BB and TB.
TOP_FIRST, BOTTOM_FIRST = (2, 5), (3, 4)
MAX_MEGAPIXELS = 64
WITHOUT_TIMES = ("avi",)
WITH_ALPHA = ("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya8", "ya16")  # pixel formats


@dataclass(frozen=True)
class Clip:
    """A clip's properties.

    Attributes
    ----------
    path : Path
        Its file.
    size : tuple of int
        Width and height in pixels, as stored.
    pixel_aspect : Fraction
        A pixel's width divided by its height.
    display_matrix : tuple of int
        FFmpeg's nine numbers that tell a player how to rotate it; empty for no rotation.
    quarter_turns : int
        Counterclockwise turns that set it upright, 0 to 3.
    coding : Coding
        How its luma is coded.
    color : tuple of int
        Primaries, transfer and matrix, as in ITU-T H.273.
    is_interlaced, is_top_first : bool
        Whether frames consist of two fields, and whether the top one is shown first.
    has_alpha : bool
        Whether it has transparency, which is not written.
    has_times : bool
        Whether the file says when frames are shown; an AVI only says when they are decoded.
    start : int
        When its video starts, in units of its stream's time base.
    rate : Fraction or None
        Average frames per second; None if unknown.
    frames : int
        Number of frames, as far as can be known without decoding.
    """

    path: Path
    size: tuple[int, int]
    pixel_aspect: Fraction
    display_matrix: tuple[int, ...]
    quarter_turns: int
    coding: Coding
    color: tuple[int, int, int]
    is_interlaced: bool
    is_top_first: bool
    has_alpha: bool
    has_times: bool
    start: int
    rate: Fraction | None
    frames: int

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height as shown, in square pixels."""
        width, height = max(1, round(self.size[0] * self.pixel_aspect)), self.size[1]
        return (height, width) if self.quarter_turns % 2 else (width, height)


def describe(path: Path, stream: VideoStream, first: VideoFrame, frames: int) -> Clip:
    """Describe a clip from its stream, its first frame and its number of frames.

    Raises
    ------
    UserError
        If it cannot be coloured correctly: too large, HDR, or with an unknown matrix.
    """
    if first.width * first.height > MAX_MEGAPIXELS * 1e6:
        raise UserError(f"{path}: frames of more than {MAX_MEGAPIXELS} megapixels")
    _refuse_hdr(path, first)
    coding, matrix = _coding(path, first)
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    order = stream.codec_context.field_order
    return Clip(
        path,
        (first.width, first.height),
        aspect if aspect and aspect > 0 else Fraction(1),
        _display_matrix(first),
        round(first.rotation / 90) % 4,
        coding,
        (first.color_primaries, first.color_trc, matrix),
        first.interlaced_frame or order in (*TOP_FIRST, *BOTTOM_FIRST),
        _is_top_first(stream, first),
        first.format.name.startswith(WITH_ALPHA),
        stream.container.format.name not in WITHOUT_TIMES,
        stream.start_time or 0,
        stream.average_rate or stream.guessed_rate,
        frames,
    )


def _is_top_first(stream: VideoStream, frame: VideoFrame) -> bool:
    """Tell which field of a frame comes first: what frames say counts more than the container.

    PyAV does not tell, but FFmpeg's filter changes only frames whose bottom field comes first.
    """
    if not frame.interlaced_frame:
        return stream.codec_context.field_order not in BOTTOM_FIRST
    # A copy that says the same, with rows that can be told apart.
    marked = frame_like(frame, "yuv444p")
    rows = np.arange(marked.height, dtype=np.uint8)[:, None]
    rows_of(marked.planes[0], np.uint8)[:] = rows
    graph = Graph()
    source = graph.add_buffer(
        width=marked.width,
        height=marked.height,
        format=marked.format,
        time_base=stream.time_base or Fraction(1, 25),
    )
    fields, sink = graph.add("fieldorder", "order=tff"), graph.add("buffersink")
    source.link_to(fields)
    fields.link_to(sink)
    graph.configure()
    graph.push(marked)
    filtered = graph.pull()
    assert isinstance(filtered, VideoFrame)
    return bool((rows_of(filtered.planes[0], np.uint8)[:, : marked.width] == rows).all())


def _refuse_hdr(path: Path, frame: VideoFrame) -> None:
    kind = HDR_TRANSFERS.get(frame.color_trc, "")
    if frame.color_primaries == BT2020_PRIMARIES or frame.colorspace in BT2020_MATRICES:
        kind = kind or "BT.2020"
    if kind:
        raise UserError(
            f"{path} has a high dynamic range or wide gamut ({kind}), and its colours would come "
            "out wrong; convert it to BT.709 first"
        )


def _coding(path: Path, frame: VideoFrame) -> tuple[Coding, int]:
    """Return the coding of samples, and the number of the matrix."""
    name = frame.format.name
    is_rgb = frame.format.is_rgb or frame.format.has_palette
    matrix = UNKNOWN[0] if is_rgb else frame.colorspace
    if matrix in UNKNOWN:
        is_large = frame.width >= HIGH_DEFINITION[0] or frame.height >= HIGH_DEFINITION[1]
        matrix = BT709 if is_large else BT601
    if matrix not in MATRICES:
        raise UserError(
            f"{path}: its colours are coded by matrix {matrix} of ITU-T H.273, which is not "
            "supported; convert it to BT.709 first"
        )
    is_full = not is_rgb and (
        frame.color_range == FULL_RANGE
        or name.startswith("yuvj")
        or (name.startswith("gray") and frame.color_range != LIMITED_RANGE)
    )
    bits = 8 if frame.format.components[0].bits <= 8 else 10
    return Coding(bits, is_full, *MATRICES[matrix]), matrix


def _display_matrix(frame: VideoFrame) -> tuple[int, ...]:
    try:
        found = list(frame.side_data)
    except ValueError:  # PyAV gives none if it does not know one's type, such as EXIF
        return ()
    for data in found:
        if getattr(data, "type", None) == Type.DISPLAYMATRIX:
            numbers = np.frombuffer(cast("memoryview", data), np.int32)
            return tuple(int(number) for number in numbers)
    return ()
