"""Small sound files of every kind, to damage, and where their headers have numbers."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from PIL import Image, ImageCms

from tests.data_helpers import colorful, encoded
from tests.hostile_images import run_length_coded, tiled_tiff


class Field(NamedTuple):
    """A number in a header: its place and size in bytes."""

    offset: int
    size: int


class Seed(NamedTuple):
    """A sound file.

    Attributes
    ----------
    content : bytes
        The file, before it is packed.
    fields : list of Field
        Numbers in it that say how much follows, or where.
    repair : callable
        Makes the checksums fit again, so that a parser reads on.
    pack : callable
        Compresses it.
    """

    content: bytes
    fields: list[Field]
    repair: Callable[[bytes], bytes]
    pack: Callable[[bytes], bytes] = bytes


@cache
def image_seeds() -> dict[str, Seed]:
    """Return photographs of all formats, with and without what such files may hold beside."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "description"
    photograph = colorful(1, 40, 32)

    def animation(format_: str, **options: Any) -> bytes:
        # New each time: Pillow leaves settings of one format in what it has saved.
        first, *others = (colorful(seed, 24, 16) for seed in (2, 3, 4))
        return encoded(first, format_, save_all=True, append_images=others, **options)

    grey = photograph.convert("L")
    transparent = photograph.convert("RGBA")
    transparent.putalpha(grey)
    contents = {
        "jpeg": encoded(photograph, "JPEG", exif=exif, icc_profile=profile),
        "jpeg-progressive": encoded(photograph, "JPEG", progressive=True),
        "jpeg-cmyk": encoded(photograph.convert("CMYK"), "JPEG"),
        "jpeg-restarts": encoded(photograph, "JPEG", restart_marker_blocks=2),
        "jpeg-mpo": animation("MPO"),
        "png": encoded(photograph, "PNG", exif=exif, icc_profile=profile),
        "png-16": encoded(grey.convert("I;16"), "PNG"),
        "png-palette": encoded(photograph.quantize(16), "PNG", transparency=1),
        "png-animated": animation("PNG"),
        "webp": encoded(photograph, "WEBP", exif=exif, icc_profile=profile),
        "webp-lossless": encoded(transparent, "WEBP", lossless=True),
        "webp-animated": animation("WEBP"),
        "gif": encoded(photograph, "GIF", comment=b"comment"),
        "gif-animated": animation("GIF", disposal=2),
        "tiff": encoded(photograph, "TIFF", icc_profile=profile, tiffinfo={270: "text", 274: 6}),
        "tiff-lzw": encoded(photograph, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": encoded(grey.convert("I;16"), "TIFF", compression="tiff_adobe_deflate"),
        "tiff-jpeg": encoded(photograph, "TIFF", compression="jpeg"),
        "tiff-fax": encoded(grey.convert("1"), "TIFF", compression="group4"),
        "tiff-packbits": encoded(photograph.quantize(16), "TIFF", compression="packbits"),
        "tiff-tiled": tiled_tiff(40, 32, tile=64),
        "tiff-big": encoded(photograph, "TIFF", big_tiff=True),
        "tiff-pages": animation("TIFF"),
        "bmp": encoded(photograph, "BMP"),
        "bmp-rle": run_length_coded(40, 32),
    }
    return {
        name: Seed(content, list(_image_fields(name, content)), _with_png_checksums)
        for name, content in contents.items()
    }


@cache
def archive_seeds() -> dict[str, Seed]:
    """Return zips and tars with photographs and other files."""
    zips = {
        "zip": _zip(zipfile.ZIP_DEFLATED),
        "zip-stored": _zip(zipfile.ZIP_STORED),
        "zip-bzip2": _zip(zipfile.ZIP_BZIP2),
    }
    formats = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
    tars = {name: _tar(format_) for name, format_ in formats.items()}
    tars["sparse"] = _sparse_tar()
    packers: dict[str, Callable[[bytes], bytes]] = {
        "tar": bytes,
        "tar.gz": gzip.compress,
        "tar.bz2": bz2.compress,
        "tar.xz": lzma.compress,
    }
    seeds = {
        name: Seed(content, list(_zip_fields(content)), bytes) for name, content in zips.items()
    }
    for inner, content in tars.items():
        for outer, pack in packers.items():
            fields = list(_tar_fields(content))
            seeds[f"{outer}-{inner}"] = Seed(content, fields, _with_tar_checksums, pack)
    for outer, pack in packers.items():  # damaged after they were packed
        seeds[f"packed-{outer}"] = Seed(pack(tars["gnu"]), [], bytes)
    return seeds


def _image_fields(name: str, content: bytes) -> Iterator[Field]:
    kind = name.partition("-")[0]
    if kind == "jpeg":
        position = 2
        while content[position + 1] != 0xDA:
            yield Field(position + 2, 2)
            if 0xC0 <= content[position + 1] <= 0xC2:
                yield from (Field(position + 5, 2), Field(position + 7, 2), Field(position + 9, 1))
            position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    elif kind == "png":
        yield from (Field(16, 4), Field(20, 4), Field(24, 1), Field(25, 1))
        yield from (Field(position, 4) for position, _ in _png_chunks(content))
    elif kind == "webp":
        yield from (Field(4, 4), Field(16, 4), Field(24, 3), Field(27, 3), Field(26, 2))
    elif kind == "gif":
        yield from (Field(6, 2), Field(8, 2))
        frame = content.index(b",", 13 + 3 * 2 ** (1 + content[10] % 8))
        yield from (Field(frame + offset, 2) for offset in (1, 3, 5, 7))
    elif kind == "tiff":
        yield from _tiff_fields(content)
    else:
        yield from (Field(18, 4), Field(22, 4), Field(10, 4), Field(14, 4), Field(28, 2))


def _tiff_fields(content: bytes) -> Iterator[Field]:
    is_big = content[2] == ord("+")
    (directory,) = struct.unpack_from("<Q" if is_big else "<L", content, 8 if is_big else 4)
    (count,) = struct.unpack_from("<Q" if is_big else "<H", content, directory)
    first, length, value = (directory + 8, 20, 8) if is_big else (directory + 2, 12, 4)
    for tag in range(first, first + count * length, length):
        yield from (Field(tag, 2), Field(tag + 2, 2), Field(tag + 4, value))
        yield Field(tag + 4 + value, value)
        yield Field(tag + 4 + value, 2)
    yield Field(first + count * length, value)


def _png_chunks(content: bytes) -> Iterator[tuple[int, int]]:
    position = 8
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        yield position, length
        position += length + 12


def _with_png_checksums(content: bytes) -> bytes:
    if not content.startswith(b"\x89PNG"):
        return content
    repaired = bytearray(content)
    for position, length in _png_chunks(content):
        end = position + 8 + length
        if end + 4 <= len(content):
            check = zlib.crc32(content[position + 4 : end])
            repaired[end : end + 4] = check.to_bytes(4, "big")
    return bytes(repaired)


LONG = "folder" * 12 + "/" + "long" * 20 + ".jpg"  # more than the 100 bytes of a plain header
ENTRIES = {
    "hills/a.jpg": b"first" * 40,
    "B.PNG": bytes(range(256)),
    "notes.txt": b"text",
    "c.zip": b"PK\5\6" + bytes(18),
    LONG: b"x",
}


def _zip(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.comment = b"comment"
        for name, content in ENTRIES.items():
            archive.writestr(name, content)
    return file.getvalue()


def _zip_fields(content: bytes) -> Iterator[Field]:
    end = content.rindex(b"PK\5\6")
    yield from (Field(end + offset, 2) for offset in (8, 10, 20))
    yield from (Field(end + 12, 4), Field(end + 16, 4))
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        position = -1
        while (position := content.find(signature, position + 1)) >= 0:
            start = position + offset
            yield from (Field(start, 2), Field(start + 2, 2))  # flags, method
            yield from (Field(start + 8, 4), Field(start + 12, 4), Field(start + 16, 4))
            yield from (Field(start + 20, 2), Field(start + 22, 2))
            if signature == b"PK\1\2":
                yield from (Field(position + 32, 2), Field(position + 38, 4))
                yield Field(position + 42, 4)


def _tar(format_: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format_) as archive:
        for name, content in ENTRIES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if format_ == tarfile.PAX_FORMAT:
                info.pax_headers = {"mtime": "1.5", "comment": "ä"}
            archive.addfile(info, io.BytesIO(content))
        folder = tarfile.TarInfo("hills")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    return file.getvalue()


def _sparse_tar() -> bytes:
    header = bytearray(tarfile.TarInfo("s.dat").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"%011o\0" % 512
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[386:410] = b"%011o\0%011o\0" % (512, 512)
    header[482] = 1
    header[483:495] = b"%011o\0" % 2048
    more = (b"%011o\0%011o\0" % (2048, 0)).ljust(512, b"\0")
    return _with_tar_checksums(bytes(header)) + more + b"x" * 512 + _tar(tarfile.GNU_FORMAT)


def _tar_fields(content: bytes) -> Iterator[Field]:
    for block in range(0, len(content), 512):
        if content[block + 257 : block + 262] == b"ustar":
            yield from (Field(block, 100), Field(block + 124, 12), Field(block + 156, 1))
            yield from (Field(block + 257, 8), Field(block + 345, 155), Field(block + 482, 13))


def _with_tar_checksums(content: bytes) -> bytes:
    repaired = bytearray(content)
    for block in range(0, len(content) - 511, 512):
        if content[block + 257 : block + 262] == b"ustar":
            repaired[block + 148 : block + 156] = b" " * 8
            check = sum(repaired[block : block + 512])
            repaired[block + 148 : block + 156] = b"%06o\0 " % check
    return bytes(repaired)
