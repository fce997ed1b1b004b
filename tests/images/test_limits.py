from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import pytest

from colorizer.images.limits import (
    JPEG_HEAD_BYTES,
    MAX_GIF_BYTES,
    MAX_SCANS,
    MAX_SEGMENTS,
    MAX_TAG_VALUES,
    UnreasonableFileError,
    require_reasonable,
)
from tests.data_helpers import colorful, encoded

COMMENT = b"\xff\xfe\0\2"
PROGRESSIVE = encoded(colorful(1), "JPEG", progressive=True)
BASELINE = encoded(colorful(1), "JPEG")
BYTE, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 1, 3, 4, 5, 7, 16


class Sized(io.BytesIO):
    """A file that says it is larger than what it holds."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        place = super().seek(offset, whence)
        return self._size if whence == io.SEEK_END else place


def check(content: bytes) -> None:
    require_reasonable(io.BytesIO(content), max_megapixels=250)


def with_scans(count: int) -> bytes:
    """Return a progressive JPEG with so many scans: its last one, time and again."""
    last = PROGRESSIVE.rindex(b"\xff\xda")
    own = PROGRESSIVE.count(b"\xff\xda")
    return PROGRESSIVE[:-2] + PROGRESSIVE[last:-2] * (count - own) + PROGRESSIVE[-2:]


def with_segments(jpeg: bytes, count: int, at: int = 2) -> bytes:
    return jpeg[:at] + COMMENT * count + jpeg[at:]


def tiff(tags: Sequence[tuple[int, int]], order: str = "<") -> bytes:
    """Return the head of a TIFF with tags of these types and numbers of values."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "LH", 8, len(tags))
    return start + b"".join(
        struct.pack(order + "HHLL", 1000 + number, kind, count, 0)
        for number, (kind, count) in enumerate(tags)
    )


def big_tiff(tags: Sequence[tuple[int, int]]) -> bytes:
    return struct.pack("<4sHHQQ", b"II+\0", 8, 0, 16, len(tags)) + b"".join(
        struct.pack("<HHQQ", 1000 + number, kind, count, 0)
        for number, (kind, count) in enumerate(tags)
    )


@pytest.mark.parametrize("megapixels", [1, 250])
def test_file_may_be_as_large_as_such_a_photograph(megapixels: float) -> None:
    most = int(megapixels * 8_000_000) + 256_000_000

    require_reasonable(Sized(b"BM", most), megapixels)
    with pytest.raises(
        UnreasonableFileError, match=rf"^{most + 1} bytes, more than a photograph "
    ):
        require_reasonable(Sized(b"BM", most + 1), megapixels)


def test_gif_may_be_so_large() -> None:
    require_reasonable(Sized(b"GIF89a", MAX_GIF_BYTES), 250)
    with pytest.raises(UnreasonableFileError, match=r"^a GIF of more than 100000000 bytes$"):
        require_reasonable(Sized(b"GIF89a", MAX_GIF_BYTES + 1), 250)


def test_jpeg_may_have_so_many_scans() -> None:
    check(with_scans(MAX_SCANS))
    with pytest.raises(UnreasonableFileError, match=r"^a JPEG of more than 100 scans$"):
        check(with_scans(MAX_SCANS + 1))


def test_scans_far_behind_are_counted() -> None:
    last = PROGRESSIVE.rindex(b"\xff\xda")
    long = PROGRESSIVE[:-2] + b"\0" * JPEG_HEAD_BYTES + PROGRESSIVE[last:-2] * MAX_SCANS

    with pytest.raises(UnreasonableFileError, match="scans"):
        check(long)


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param(b"\xff\xd9", id="behind an end before the first scan"),
        pytest.param(b"\xff\xf0\xff\xff", id="behind a segment that is none"),
        pytest.param(b"\xff\x01\xff\xff", id="behind another"),
        pytest.param(b"\xff\xff\xff\xff", id="behind fill bytes"),
        pytest.param(b"\xff\xd0\xff\xd7", id="behind restarts"),
        pytest.param(b"\xff\xfe\0\0", id="behind a length of zero"),
    ],
)
def test_scans_cannot_be_hidden(hidden: bytes) -> None:
    jpeg = with_scans(MAX_SCANS + 1)
    scan = jpeg.index(b"\xff\xda")
    frame = jpeg.index(b"\xff\xc2")

    for at in (2, frame) if hidden == b"\xff\xd9" else (2, frame, scan, scan + 20):
        with pytest.raises(UnreasonableFileError, match="scans"):
            check(jpeg[:at] + hidden + jpeg[at:])


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(with_scans(MAX_SCANS + 1), id="another photograph"),
        pytest.param(b"\xff\xda" * 1000, id="a film"),
    ],
)
@pytest.mark.parametrize("jpeg", [BASELINE, PROGRESSIVE])
def test_what_lies_behind_a_photograph_does_not_count(jpeg: bytes, behind: bytes) -> None:
    check(jpeg + behind)


def test_thumbnail_does_not_count() -> None:
    thumbnail = b"\xff\xda" * 1000

    check(
        BASELINE[:2]
        + b"\xff\xe1"
        + struct.pack(">H", len(thumbnail) + 2)
        + thumbnail
        + BASELINE[2:]
    )


@pytest.mark.parametrize("jpeg", [BASELINE, PROGRESSIVE])
def test_jpeg_may_have_so_many_segments(jpeg: bytes) -> None:
    scan = jpeg.index(b"\xff\xda")
    for at in (2, scan):
        check(with_segments(jpeg, MAX_SEGMENTS - 200, at))
        with pytest.raises(UnreasonableFileError, match=r"^a JPEG of more than 10000 segments$"):
            check(with_segments(jpeg, MAX_SEGMENTS, at))


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param([(SHORT, MAX_TAG_VALUES)], id="short"),
        pytest.param([(LONG, MAX_TAG_VALUES - 5), (RATIONAL, 5)], id="sum"),
        pytest.param([(BYTE, 2**31), (UNDEFINED, 2**31), (LONG, MAX_TAG_VALUES)], id="bytes"),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_may_have_so_many_values(tags: list[tuple[int, int]], order: str) -> None:
    check(tiff(tags, order))
    check(big_tiff(tags))
    for content in (tiff([*tags, (LONG, 1)], order), big_tiff([*tags, (LONG8, 1)])):
        with pytest.raises(UnreasonableFileError, match=r"^a TIFF of more than 1048576 values "):
            check(content)


@pytest.mark.parametrize("length", range(4, 40))
def test_tiff_that_is_cut_off_is_left_to_the_decoder(length: int) -> None:
    check(tiff([(LONG, 1), (LONG, 1)])[:length])
    check(big_tiff([(LONG, 1)])[:length])


@pytest.mark.parametrize("offset", [2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_tiff_whose_directory_is_nowhere_is_left_to_the_decoder(offset: int) -> None:
    check(struct.pack("<4sL", b"II*\0", offset % 2**32))
    check(struct.pack("<4sHHQ", b"II+\0", 8, 0, offset))


@pytest.mark.parametrize("content", [b"", b"G", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"\x89PNG"])
def test_almost_nothing_is_left_to_the_decoder(content: bytes) -> None:
    check(content)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_photographs_are_reasonable(format_: str) -> None:
    check(encoded(colorful(1, 400, 300), format_))


def test_head_of_a_baseline_jpeg_is_all_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    head = BASELINE.index(b"\xff\xda") + 20
    monkeypatch.setattr("colorizer.images.limits.JPEG_HEAD_BYTES", head)
    file = io.BytesIO(BASELINE)

    require_reasonable(file, 250)

    assert file.tell() == head
