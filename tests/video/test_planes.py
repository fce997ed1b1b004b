from __future__ import annotations

import numpy as np
import pytest

from colorizer.video.luma import Coding, greys_of
from tests.video_helpers import av, grain, planes_of

from colorizer.video.planes import luma_of, rows_of  # isort: skip

BT601, TEN_BITS = Coding(8, False, 0.299, 0.114), Coding(10, False, 0.299, 0.114)


def frame_of(format_: str, value: int | None = None) -> av.VideoFrame:
    """Return a frame whose first plane is a pattern, or of one value."""
    frame = av.VideoFrame(64, 48, format_)
    bits = frame.format.components[0].bits
    for plane in frame.planes:
        rows_of(plane, np.uint8)[:] = 128
    first = frame.planes[0]
    pattern = np.uint16(grain()[0]) << (bits - 8) if value is None else value
    rows_of(first, np.uint8 if bits == 8 else np.uint16)[:, : first.width] = pattern
    return frame


@pytest.mark.parametrize(
    "format_", ["yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuv411p", "nv12", "gray", "yuva420p"]
)
def test_luma_is_that_of_the_frame(format_: str) -> None:
    np.testing.assert_array_equal(luma_of(frame_of(format_), BT601), grain()[0])


@pytest.mark.parametrize("format_", ["yuv420p10le", "yuv422p10le", "yuv444p12le", "gray16le"])
def test_deep_luma_keeps_ten_bits(format_: str) -> None:
    luma = luma_of(frame_of(format_), TEN_BITS)

    assert luma.dtype == np.uint16
    np.testing.assert_array_equal(luma, grain()[0].astype(int) * 4)


def test_luma_in_the_upper_bits_is_found() -> None:
    frame = frame_of("yuv420p10le").reformat(format="p010le")

    np.testing.assert_array_equal(luma_of(frame, TEN_BITS), grain()[0].astype(int) * 4)


def test_fewer_bits_are_rounded() -> None:
    values = {0: 0, 5: 1, 6: 2, 1023: 255}
    for deep, shallow in values.items():
        assert luma_of(frame_of("yuv420p10le", deep), BT601).max() == shallow


def test_more_bits_are_shifted() -> None:
    np.testing.assert_array_equal(
        luma_of(frame_of("yuv420p"), TEN_BITS), grain()[0].astype(int) * 4
    )


@pytest.mark.parametrize("coding", [BT601, Coding(8, False, 0.2126, 0.0722)])
def test_rgb_becomes_luma(coding: Coding) -> None:
    grey = np.arange(256, dtype=np.uint8)[None].repeat(16, 0)
    frame = av.VideoFrame.from_ndarray(np.dstack([grey] * 3), "rgb24")

    greys = greys_of(luma_of(frame, coding), coding).astype(int)
    assert abs(greys - grey).max() <= 2
    red = av.VideoFrame.from_ndarray(np.full((16, 16, 3), (255, 0, 0), np.uint8), "rgb24")
    assert abs(int(luma_of(red, coding)[8, 8]) - (16 + 219 * coding.red)) < 2


def test_planes_can_be_written() -> None:
    frame = frame_of("yuv420p")
    rows_of(frame.planes[1], np.uint8)[:, : frame.planes[1].width] = 7

    assert (planes_of(frame)[1] == 7).all()
