"""Archives that no honest program writes."""

from __future__ import annotations

import gzip
import random
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

TAR_END = bytes(2 * tarfile.BLOCKSIZE)


def noise(count: int) -> bytes:
    """Return bytes that cannot be packed."""
    return random.Random(1).randbytes(count)  # noqa: S311  no secret


def tar_header(
    name: bytes = b"a.jpg",
    size: int | bytes = 0,
    kind: bytes = tarfile.REGTYPE,
    fields: Mapping[int, bytes] | None = None,
) -> bytes:
    """Return the header of a tar's member.

    ``size`` may be the twelve bytes that stand for it; ``fields`` are what stands elsewhere, by
    its place.
    """
    header = bytearray(tarfile.BLOCKSIZE)
    everything = {
        0: name,
        100: b"0000644\0",
        124: size if isinstance(size, bytes) else b"%011o\0" % size,
        148: b" " * 8,
        156: kind,
        257: b"ustar\x0000",
        **(fields or {}),
    }
    for place, value in everything.items():
        header[place : place + len(value)] = value
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def tar_member(content: bytes, name: bytes = b"a.jpg", kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a member of a tar with its content."""
    return tar_header(name, len(content), kind) + content + bytes(-len(content) % 512)


def sparse_member(size: int) -> bytes:
    """Return a member that claims ``size`` bytes, of which the archive holds 512."""
    fields = {386: b"%011o\0%011o\0" % (0, 512), 483: b"%011o\0" % size}
    return tar_header(b"s.bmp", 512, tarfile.GNUTYPE_SPARSE, fields) + bytes(512)


def list_of_holes(blocks: int) -> bytes:
    """Return the start of a member whose list of holes fills so many blocks, and goes on."""
    block = (b"%011o\0" % 1) * 42 + b"\1" + bytes(7)
    return tar_header(b"s.bmp", kind=tarfile.GNUTYPE_SPARSE, fields={482: b"\1"}) + block * blocks


def write_gzip(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write what ``pieces`` come to, packed; without having all of it in memory."""
    with gzip.open(path, "wb") as file:
        file.writelines(pieces)
    return path


def write_deflated_zip(path: Path, entries: dict[str, bytes]) -> Path:
    """Write a packed zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def zip_end(listed: int) -> bytes:
    """Return the end of a zip whose list of entries is all that comes before, ``listed`` bytes."""
    many, much = 0xFFFF, 0xFFFFFFFF
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, listed, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, listed, 1)
    return end_64 + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, many, many, much, much, 0)


def overlapping_zip(path: Path, packed_once: bytes, count: int) -> Path:
    """Write a zip with ``count`` entries that all share the same packed bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", packed_once)
        first = archive.infolist()[0]
        archive.filelist += [first] * (count - 1)
    return path
