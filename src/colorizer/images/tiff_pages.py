"""The pages of a TIFF, found without decoding any: previews, masks, tables of tags."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+")
MOST_PAGES = 10_000
_BIG_TIFF = ord("+")
_BYTE_TYPES = (1, 2, 6, 7)  # BYTE, ASCII, SBYTE and UNDEFINED stay as they are
# Tags of TIFF 6.0, and of Adobe's DNG.
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _DNG_VERSION = 254, 255, 50706
# NewSubfileType's bits, and SubfileType's value, for previews; a mask says what is transparent.
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2


class Page(NamedTuple):
    """A page of a TIFF.

    Attributes
    ----------
    is_photograph : bool
        False for previews and transparency masks.
    is_raw : bool
        Whether it is the first page of a raw photograph (DNG).
    values : int
        How many values its tags hold, not counting those kept as bytes.
    """

    is_photograph: bool
    is_raw: bool
    values: int


def pages_of(file: BinaryIO) -> list[Page]:
    """Return the pages of a TIFF in their order, as far as they can be read.

    Parameters
    ----------
    file : file
        Open for reading; read from its start.
    """
    file.seek(0)
    head = file.read(16)
    if head[:4] not in TIFF_STARTS:
        return []
    layout = _Layout("<" if head.startswith(b"II") else ">", _BIG_TIFF in head[2:4])
    pages: list[Page] = []
    seen: set[int] = set()
    try:  # what is too broken for this is not decoded either
        (place,) = struct.unpack_from(layout.order + layout.first, head)
        while place and place not in seen and len(pages) < MOST_PAGES:
            seen.add(place)
            page, place = _page_at(file, place, layout)
            pages.append(page)
    except (struct.error, OSError, OverflowError):
        pass
    return pages


class _Layout:
    def __init__(self, order: str, is_big: bool) -> None:
        self.order = order
        self.first, self.count, self.tag, self.next = (
            ("8xQ", "Q", "HHQ8s", "Q") if is_big else ("4xL", "H", "HHL4s", "L")
        )


def _page_at(file: BinaryIO, place: int, layout: _Layout) -> tuple[Page, int]:
    """Return a page, and the place of the next one; 0 if there is none."""
    file.seek(place)
    (count,) = _read(file, layout.order + layout.count)
    size = struct.calcsize(layout.order + layout.tag)
    tags = file.read(size * min(count, 1 << 16))
    values, types = 0, {}
    for tag, kind, number, value in struct.iter_unpack(
        layout.order + layout.tag, tags[: len(tags) // size * size]
    ):
        values += number if kind not in _BYTE_TYPES else 0
        if tag in (_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _DNG_VERSION):
            # A SHORT lies at the start of the field, whatever the order of bytes.
            (types[tag],) = struct.unpack_from(layout.order + ("H" if kind == 3 else "L"), value)
    use = types.get(_NEW_SUBFILE_TYPE, 0)
    is_extra = use & (_REDUCED | _MASK) or types.get(_SUBFILE_TYPE) == _OLD_REDUCED
    page = Page(not is_extra, _DNG_VERSION in types, values)
    try:
        file.seek(place + struct.calcsize(layout.order + layout.count) + size * count)
        (following,) = _read(file, layout.order + layout.next)
    except (struct.error, OSError, OverflowError):
        following = 0
    return page, following


def _read(file: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
