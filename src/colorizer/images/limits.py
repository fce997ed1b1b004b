"""What a photograph's file claims, checked before a decoder spends memory or time on it."""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from colorizer.images.tiff_pages import TIFF_STARTS, pages_of

# In an uncompressed photograph with 16 bits in each of four channels.
BYTES_A_PIXEL = 8
# Besides the pixels: thumbnails, further pages, a video.
OTHER_BYTES = 256_000_000
# Pillow keeps a GIF's comments in pieces that take up to forty times their size in memory.
MAX_GIF_BYTES = 100_000_000
# Pillow keeps all segments before the first scan: a photograph has some tens, one with a video or
# a depth map some hundreds.
MAX_SEGMENTS = 10_000
# Each scan passes over the whole photograph, though it may take only a few bytes. Encoders make
# about ten; libtiff, too, stops at a hundred.
MAX_SCANS = 100
# Pillow makes Python objects of them, up to 300 bytes each. Strips are listed by such values.
MAX_TAG_VALUES = 1 << 20

GIF_START = b"GIF8"
JPEG_START = b"\xff\xd8\xff"
JPEG_HEAD_BYTES = 1 << 17
# All that have a length, and the end. Others do not stop decoders in damaged data.
_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")
# Their scans spend bits on every block.
_BASELINE_FRAMES = (0xC0, 0xC1)
_SCAN, _END = 0xDA, 0xD9


class UnreasonableFileError(Exception):
    """A file that would cost more to decode than any photograph; the message says why."""


def require_reasonable(file: BinaryIO, max_megapixels: float) -> None:
    """Check an image file of any format.

    Parameters
    ----------
    file : file
        Open for reading; read from its start.
    max_megapixels : float
        The size of the largest photograph allowed, in 10^6 pixels.

    Raises
    ------
    UnreasonableFileError
        If it is larger than any such photograph, or if a JPEG has too many segments or scans, or
        a TIFF too many values in its tags.
    """
    size = file.seek(0, io.SEEK_END)
    if size > BYTES_A_PIXEL * max_megapixels * 1e6 + OTHER_BYTES:
        raise UnreasonableFileError(
            f"{size} bytes, more than a photograph of {max_megapixels:g} megapixels has"
        )
    file.seek(0)
    start = file.read(4)
    if start == GIF_START and size > MAX_GIF_BYTES:
        raise UnreasonableFileError(f"a GIF of more than {MAX_GIF_BYTES} bytes")
    if start.startswith(JPEG_START):
        _require_few_segments(file)
    if (
        start in TIFF_STARTS
        and max((page.values for page in pages_of(file)), default=0) > MAX_TAG_VALUES
    ):
        raise UnreasonableFileError(f"a TIFF of more than {MAX_TAG_VALUES} values in its tags")


def _require_few_segments(file: BinaryIO) -> None:
    file.seek(0)
    head = file.read(JPEG_HEAD_BYTES)
    # As a rule, everything in a baseline JPEG that matters here is in its head.
    if not _ends_within(head):
        _ends_within(head + file.read())


def _ends_within(jpeg: bytes) -> bool:
    """Tell whether the end of the file is found, or the first scan if the JPEG is baseline."""
    segments, scans, is_baseline = 0, 0, False
    position = len(JPEG_START) - 1
    while marker := _MARKER.search(jpeg, position):
        kind, position = jpeg[marker.end() - 1], marker.end()
        if kind != _END:
            position += int.from_bytes(jpeg[position : position + 2], "big")
        is_baseline |= kind in _BASELINE_FRAMES
        segments += 1
        scans += kind == _SCAN
        if segments > MAX_SEGMENTS:
            raise UnreasonableFileError(f"a JPEG of more than {MAX_SEGMENTS} segments")
        if scans > MAX_SCANS:
            raise UnreasonableFileError(f"a JPEG of more than {MAX_SCANS} scans")
        if scans and (is_baseline or kind == _END):
            return True
    return False
