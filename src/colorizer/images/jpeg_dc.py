"""Progressive JPEGs, stripped of the detail that decoding at an eighth of the size never uses.

At that scale a block of 8x8 pixels becomes one pixel, its mean: the DC coefficient. Decoders still
read all the others, which takes most of the time. The format (ITU-T T.81, annex G) sends DC and
AC coefficients in separate scans, so the AC scans can be left out without touching the rest.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DC_SCALE = 8  # the reduction at which only DC coefficients count

SOI, EOI, SOS, DRI = b"\xff\xd8", 0xD9, 0xDA, b"\xff\xdd\x00\x04\x00\x00"
PROGRESSIVE_FRAME = 0xC2
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # start of frame, of any kind of JPEG
# Within a scan, FF is followed by a zero or by a restart marker; anything else ends it.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7]")
# A Huffman table with one code: "0" means 2^14 blocks without AC coefficients, plus the number
# in the 14 bits that follow.
_TABLE = b"\xff\xc4\x00\x14\x10\x01" + bytes(15) + b"\xe0"
_BLOCKS_A_RUN = 2**15 - 1


class _Frame(NamedTuple):
    blocks: int  # of 8x8 pixels, in a component that is not subsampled
    components: frozenset[int]  # those that are not subsampled


def strip_detail(jpeg: bytes) -> bytes | None:
    """Leave out the AC coefficients of a progressive JPEG's components at full resolution.

    Decoded at an eighth of its size (or less, if a decoder can), the result is identical to the
    bit. Subsampled chroma stays whole, as a decoder may take it at a quarter.

    Parameters
    ----------
    jpeg : bytes
        The whole file.

    Returns
    -------
    bytes or None
        A JPEG file; None if ``jpeg`` is not progressive, is incomplete, or has anything else that
        this function does not know for sure.
    """
    try:
        return _without_detail(jpeg)
    except (IndexError, ValueError):  # a segment that ends before its fields do
        return None


def _without_detail(jpeg: bytes) -> bytes | None:
    if not jpeg.startswith(SOI):
        return None
    kept, position, frame = [SOI], len(SOI), None
    while jpeg[position] == 0xFF:
        marker = jpeg[position + 1]
        if marker == 0xFF:  # markers may be preceded by any number of these
            position += 1
            continue
        if marker == EOI:
            return b"".join([*kept, _no_detail(frame), b"\xff\xd9"]) if frame else None
        end = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
        segment = jpeg[position:end]
        if marker in FRAMES:
            if marker != PROGRESSIVE_FRAME or frame is not None:
                return None
            frame = _read_frame(segment)
        if marker != SOS:
            kept.append(segment)
        else:
            found = _SCAN_END.search(jpeg, end)
            if frame is None or found is None:
                return None
            end = found.start()
            if _is_needed(segment, frame):
                kept.append(jpeg[position:end])
        position = end
    return None


def _read_frame(segment: bytes) -> _Frame:
    height, width = (int.from_bytes(segment[at : at + 2], "big") for at in (5, 7))
    fields = segment[10 : 10 + 3 * segment[9]]
    sampling = dict(zip(fields[0::3], fields[1::3], strict=True))
    highest = (
        max(factor >> 4 for factor in sampling.values()),
        max(factor & 15 for factor in sampling.values()),
    )
    full = (name for name, factor in sampling.items() if (factor >> 4, factor & 15) == highest)
    return _Frame(-(-width // 8) * -(-height // 8), frozenset(full))


def _is_needed(scan: bytes, frame: _Frame) -> bool:
    count = scan[4]
    components, first_coefficient = scan[5 : 5 + 2 * count : 2], scan[5 + 2 * count]
    return first_coefficient == 0 or not frame.components.issuperset(components)


def _no_detail(frame: _Frame) -> bytes:
    """Return scans that say: no AC coefficients. Decoders guess them where they are missing."""
    runs = -(-frame.blocks // _BLOCKS_A_RUN)
    bits = ("0" + "1" * 14) * runs
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    scans = [
        b"\xff\xda\x00\x08\x01" + bytes([component, 0, 1, 63, 0]) + data
        for component in sorted(frame.components)
    ]
    return DRI + _TABLE + b"".join(scans)
