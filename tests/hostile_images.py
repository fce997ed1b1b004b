"""Images that no camera and few programs write, and what is none at all."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image

from tests.data_helpers import colorful, encoded

# What is no photograph, or only a part of one.
BROKEN = [
    pytest.param(b"", id="empty"),
    pytest.param(b"this is no photograph", id="text"),
    pytest.param(encoded(colorful(1), "JPEG")[:300], id="JPEG truncated in its head"),
    pytest.param(encoded(colorful(1), "JPEG")[:-99], id="JPEG truncated in its pixels"),
    pytest.param(encoded(colorful(1, 200, 200), "PNG")[:3000], id="truncated PNG"),
    pytest.param(encoded(colorful(1, 200, 200), "WEBP")[:300], id="truncated WebP"),
    pytest.param(encoded(colorful(1, 200, 200), "TIFF")[:3000], id="truncated TIFF"),
    pytest.param(encoded(colorful(1, 200, 200), "BMP")[:3000], id="truncated BMP"),
    pytest.param(encoded(colorful(1, 200, 200), "GIF")[:3000], id="truncated GIF"),
    pytest.param(encoded(colorful(1), "PPM"), id="another format"),
]


def gif(width: int, height: int, disposal: int = 2) -> bytes:
    """Return a GIF whose screen is tiny and whose first frame is not."""
    control = b"!\xf9\4" + bytes([disposal << 2 | 1]) + bytes(4)
    frame = b"," + struct.pack("<4HB", 0, 0, width, height, 0) + b"\2\2\x4c\1\0"
    screen = b"GIF89a" + struct.pack("<2H", 1, 1) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    return screen + control + frame + b";"


def webp(side: int) -> bytes:
    """Return a WebP with a frame of 16x16 pixels on a large canvas."""
    still = encoded(Image.new("RGB", (16, 16), "red"), "WEBP", lossless=True)[12:]
    size = (side - 1).to_bytes(3, "little") * 2
    frame = bytes(6) + (15).to_bytes(3, "little") * 2 + bytes(4) + still
    body = b"WEBP" + b"".join(
        name + struct.pack("<L", len(content)) + content
        for name, content in ((b"VP8X", b"\2\0\0\0" + size), (b"ANIM", bytes(6)), (b"ANMF", frame))
    )
    return b"RIFF" + struct.pack("<L", len(body)) + body


def run_length_coded(width: int, height: int) -> bytes:
    """Return a BMP whose rows are runs of one colour, the last two in other ways."""
    five_right_and_one_up, four_as_they_are = b"\0\2\5\1", b"\0\4\1\0\1\0"
    rows = bytes([width, 1, 0, 0]) * (height - 2) + five_right_and_one_up + four_as_they_are
    rows += bytes([width - 9, 1, 0, 1])
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(rows), 0, 0, 2, 0)
    start = struct.pack("<2sIII", b"BM", 62 + len(rows), 0, 62)
    return start + header + bytes(4) + b"\0\0\xff\0" + rows


def tiled_tiff(width: int, height: int, tile: int, kind_of_width: int = 4) -> bytes:
    """Return a TIFF of one deflated tile, which may be larger than the image.

    ``kind_of_width`` is the type of the tag that has the tile's width.
    """
    packed = zlib.compress(bytes(3 * tile * tile))
    tags = {
        256: (4, width),
        257: (4, height),
        258: (3, 8),
        259: (3, 8),  # deflate
        262: (3, 2),  # RGB
        277: (3, 3),
        322: (kind_of_width, tile),
        323: (4, tile),
        324: (4, 8),  # where the tile is
        325: (4, len(packed)),
    }
    listed = b"".join(struct.pack("<HHLL", tag, kind, 1, n) for tag, (kind, n) in tags.items())
    directory = struct.pack("<H", len(tags)) + listed + bytes(4)
    return struct.pack("<4sL", b"II*\0", 8 + len(packed)) + packed + directory
