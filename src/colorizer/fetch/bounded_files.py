"""Files for parsers that believe what a header claims, and decompressors with bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
from typing import IO, TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 1 << 16
# xz -9 asks for 65 MiB; an archive may ask for 4 GiB.
XZ_MEMORY = 512 << 20
XZ, LZMA = b"\xfd7zXZ\x00", b"\x5d\x00\x00"


class ExpansionError(Exception):
    """A file that unpacks to more than is allowed."""


class BoundedFile:
    """A readable file that lets a parser take neither too much in all nor too much at once.

    Parameters
    ----------
    file : file
        What to read.
    end : float
        Position, in bytes, beyond which nothing is read.

    Attributes
    ----------
    budget : int or None
        How many more bytes may be read; None for no limit. Set it before a parser reads a header,
        which states its own length.

    Raises
    ------
    ExpansionError
        On reading or seeking beyond ``end``.
    ValueError
        If a read asks for more than the budget.
    """

    def __init__(self, file: IO[bytes], end: float = math.inf) -> None:
        self._file = file
        self._end = end
        self.budget: int | None = None

    def read(self, size: int = -1) -> bytes:
        """Read at most ``size`` bytes; if it is negative, all that the budget allows."""
        if self.budget is None:
            data = self._file.read(size)
        elif size > self.budget:
            raise ValueError(f"a header at byte {self.tell()} is implausibly long")
        else:
            data = self._file.read(self.budget if size < 0 else size)
            self.budget -= len(data)
        self._check(self.tell())
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position in bytes, and return it."""
        if whence == io.SEEK_SET:
            self._check(offset)
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True."""
        return True

    def _check(self, position: int) -> None:
        if position > self._end:
            raise ExpansionError


def unpacked(file: BinaryIO) -> IO[bytes]:
    """Return the file unpacked from gzip, bzip2 or xz; the file itself if it is none of these."""
    head = file.read(len(XZ))
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if head.startswith((XZ, LZMA)):
        return io.BufferedReader(_XzFile(file), BLOCK)
    return file


class _XzFile(io.RawIOBase):
    """Like lzma.LZMAFile, but within XZ_MEMORY: a file sets how much memory unpacking takes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._restart()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._read(len(view))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        position = offset + (self._position if whence == io.SEEK_CUR else 0)
        if position < self._position:
            self._restart()
        while self._position < position and self._read(min(BLOCK, position - self._position)):
            pass
        return self._position

    def _restart(self) -> None:
        self._file.seek(0)
        self._position = 0
        self._stream = lzma.LZMADecompressor(memlimit=XZ_MEMORY)

    def _read(self, size: int) -> bytes:
        data = b""
        while not data:
            packed = b""
            if self._stream.eof:
                packed = self._stream.unused_data or self._file.read(BLOCK)
                while packed and not (packed := packed.lstrip(b"\0")):  # between two streams
                    packed = self._file.read(BLOCK)
                if not packed:
                    break
                self._stream = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
            elif self._stream.needs_input and not (packed := self._file.read(BLOCK)):
                raise EOFError("it was cut off")
            data = self._stream.decompress(packed, size)
        self._position += len(data)
        return data
