"""Zip and tar archives behind one interface: entries, and the bytes of each."""

from __future__ import annotations

import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO, NamedTuple, Protocol, cast

from colorizer.fetch.bounded_files import BLOCK, BoundedFile, unpacked
from colorizer.fetch.entry_names import decode_name

# A zip's list of entries is read whole and takes nine times its size in memory: this much holds a
# million entries and takes a gigabyte.
LIST_BYTES = 128 << 20
# Python unpacks some others, too, but in one go, and a few bytes may make gigabytes.
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd"}
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# The most that may precede one member of a tar: a long name, times, attributes.
HEADER_BYTES = 32 << 10
GLOBAL_HEADERS = 100
PAX_TYPES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
PAX_RECORD = re.compile(rb"([1-9]\d{0,4}) [^=\n]+=")
LONG_NUMBER = re.compile(rb"\d{100}")


class Entry(NamedTuple):
    """What the headers of an archive claim about one entry.

    Attributes
    ----------
    name : str
        As the archive has it.
    size : int
        Size unpacked, in bytes.
    packed : int or None
        Size in the archive, in bytes; None if entries are packed together.
    is_file, is_link : bool
        What kind of entry it is; folders, devices and pipes are neither.
    fault : str
        Why it cannot be extracted even if it is a file; "" if it can.
    where : int
        Its position, as its own archive counts.
    """

    name: str
    size: int
    packed: int | None
    is_file: bool
    is_link: bool
    fault: str
    where: int


class Archive(Protocol):
    """An open archive."""

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, in order."""

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        """Yield the content of an entry piece by piece."""


def open_archive(file: BinaryIO, end: float) -> Archive | None:
    """Open an archive, recognised by its content; None if it is neither zip nor tar.

    Parameters
    ----------
    file : file
        The archive.
    end : float
        The most bytes that a packed tar may unpack to, all entries together.

    Raises
    ------
    Exception
        Of any kind, if the archive is broken, here or while its entries are read.
    """
    if file.read(4) in ZIP_MAGIC:
        return _Zip(file)
    file.seek(0)
    try:
        return _Tar(_TarFile(unpacked(file), end))
    except tarfile.ReadError:
        return _Zip(file) if zipfile.is_zipfile(file) else None  # with a program before it


class _Zip:
    def __init__(self, file: BinaryIO) -> None:
        bounded = BoundedFile(file)
        bounded.budget = LIST_BYTES
        self._zip = zipfile.ZipFile(bounded)
        bounded.budget = None
        self._list = self._zip.infolist()

    def entries(self) -> Iterator[Entry]:
        for where, info in enumerate(self._list):
            yield Entry(
                name=_zip_name(info),
                size=info.file_size,
                packed=info.compress_size,
                is_file=not info.filename.endswith("/"),
                is_link=stat.S_ISLNK(info.external_attr >> 16),
                fault=_zip_fault(info),
                where=where,
            )

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        with self._zip.open(self._list[entry.where]) as source:
            while block := source.read(BLOCK):
                yield block


def _zip_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    # Without this flag Python reads code page 437, yet many programs write UTF-8.
    try:
        return decode_name(info.filename.encode("cp437"))
    except UnicodeEncodeError:
        return info.filename


def _zip_fault(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type in ZIP_METHODS:
        return ""
    name = OTHER_METHODS.get(info.compress_type, f"method {info.compress_type}")
    return f"is packed with {name}, not with deflate"


class _TarFile(BoundedFile):
    """A tar file that keeps costly extended headers from Python's parser.

    Before 3.11.10, Python takes time or memory that grows with the square of a header's length
    if its records overlap or hold long numbers (CVE-2024-6232).
    """

    _kind = b""

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        if self.budget is None:
            return data
        if size == tarfile.BLOCKSIZE:
            self._kind = data[156:157]  # of the member whose header this may be
        elif self._kind in PAX_TYPES and not _are_records(data):
            raise tarfile.ReadError(f"damaged extended header before byte {self.tell()}")
        return data


def _are_records(data: bytes) -> bool:
    position = 0
    while position < len(data) and data[position]:
        record = PAX_RECORD.match(data, position)
        if not record:
            return False
        end = position + int(record[1])
        if data[end - 1 : end] != b"\n":
            return False
        position = end
    return not LONG_NUMBER.search(data)


class _Tar:
    def __init__(self, file: _TarFile) -> None:
        self._file = file
        self._file.budget = HEADER_BYTES
        self._tar = tarfile.TarFile(fileobj=cast(IO[bytes], file), encoding="utf-8")

    def entries(self) -> Iterator[Entry]:
        last = -1
        while True:
            self._file.budget = HEADER_BYTES
            info = self._tar.next()
            if info is None:
                break
            # Negative sizes would send the parser back, to read the same for ever.
            if info.offset <= last or info.size < 0 or len(self._tar.pax_headers) > GLOBAL_HEADERS:
                raise tarfile.ReadError(f"damaged header at byte {info.offset}")
            last = info.offset
            # It would keep them all, a kilobyte each.
            self._tar.members = []  # type: ignore[attr-defined]
            yield Entry(
                name=decode_name(info.name.encode("utf-8", "surrogateescape")),
                size=info.size,
                packed=None,
                is_file=info.isfile(),
                is_link=info.issym() or info.islnk(),
                fault="is stored with holes" if info.issparse() else "",
                where=info.offset_data,
            )
        self._require_end()

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        self._file.budget = None
        self._file.seek(entry.where)
        left = entry.size
        while block := self._file.read(min(BLOCK, left)):
            left -= len(block)
            yield block

    def _require_end(self) -> None:
        # tarfile takes a damaged header for the end, and never reads on to a gzip's checksum.
        self._file.budget = None
        self._file.seek(self._tar.offset)
        if any(self._file.read(tarfile.BLOCKSIZE)):
            raise tarfile.ReadError(f"damaged entry at byte {self._tar.offset}")
        while self._file.read(BLOCK):
            pass
