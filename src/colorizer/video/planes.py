"""Take luma from decoded frames of any format, and put planes into frames to encode."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from colorizer.video.luma import Coding, Samples

# FFmpeg's numbers: matrices of ITU-T H.273, and ranges.
BT709, BT601 = 1, 6
LIMITED_RANGE, FULL_RANGE = 1, 2
# The shares of R' and B' in luma, by matrix.
MATRICES = {
    BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),
    BT601: (0.299, 0.114),
    7: (0.212, 0.087),  # SMPTE 240M
}
# Formats whose first plane is luma only, in the lower bits of each sample; and in the upper bits.
_PLANAR = ("yuv4", "yuvj4", "yuva4", "gray", "nv")
_PLANAR_UPPER_BITS = "p0"


def rows_of(plane: VideoPlane, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return a plane's samples, (H, at least W), sharing its memory."""
    buffer = cast("memoryview", plane)  # as NumPy treats it
    return np.frombuffer(buffer, dtype).reshape(plane.height, -1)


def frame_like(frame: VideoFrame, format_: str) -> VideoFrame:
    """Return a new frame of a pixel format that says the same of its fields as another one.

    Encoders ask each frame which field comes first, and PyAV cannot set that; but a converted
    frame has it from its original. A frame of the same format would not be converted.
    """
    if frame.format.name == format_:
        frame = frame.reformat(format="yuv444p16le")
    return frame.reformat(format=format_)


def luma_of(frame: VideoFrame, coding: Coding) -> Samples:
    """Return a frame's luma with the bits of ``coding``, (H, W) uint8 or uint16.

    If the frame has luma and the same number of bits, it is returned unchanged.
    """
    if not _has_luma(frame):
        is_709 = (coding.red, coding.blue) == MATRICES[BT709]
        frame = frame.reformat(
            format="yuv444p" if coding.bits == 8 else "yuv444p10le",
            dst_colorspace=BT709 if is_709 else BT601,
            dst_color_range=FULL_RANGE if coding.is_full_range else LIMITED_RANGE,
        )
    bits = frame.format.components[0].bits
    if frame.format.name.startswith(_PLANAR_UPPER_BITS):
        bits = 16
    luma = rows_of(frame.planes[0], np.uint8 if bits == 8 else np.dtype("<u2"))[:, : frame.width]
    return _in_bits(luma, bits, coding)


def _has_luma(frame: VideoFrame) -> bool:
    name = frame.format.name
    return name.startswith((*_PLANAR, _PLANAR_UPPER_BITS)) and not (
        frame.format.is_big_endian or "f" in name
    )


def _in_bits(luma: Samples, bits: int, coding: Coding) -> Samples:
    """Return samples of ``bits`` converted to the bits of ``coding``."""
    if bits == coding.bits:
        return luma
    if bits < coding.bits:
        return np.left_shift(luma, coding.bits - bits, dtype=coding.dtype)
    shift = bits - coding.bits
    rounded = (luma.astype(np.uint32) + (1 << (shift - 1))) >> shift
    return rounded.clip(0, (1 << coding.bits) - 1).astype(coding.dtype)
