from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest

from colorizer.fetch.bounded_files import BoundedFile, ExpansionError, unpacked
from tests.hostile_archives import noise

CONTENT = noise(100_000)


def as_lzma(content: bytes) -> bytes:
    return lzma.compress(content, format=lzma.FORMAT_ALONE)


PACKERS = [bytes, gzip.compress, bz2.compress, lzma.compress, as_lzma]


@pytest.mark.parametrize("pack", PACKERS)
def test_all_that_was_packed_comes_out(pack: Callable[[bytes], bytes]) -> None:
    file = unpacked(io.BytesIO(pack(CONTENT)))

    assert file.read(10) == CONTENT[:10]
    assert file.read() == CONTENT[10:]
    assert file.read(1) == b""


@pytest.mark.parametrize("pack", PACKERS)
def test_positions_may_be_chosen(pack: Callable[[bytes], bytes]) -> None:
    file = unpacked(io.BytesIO(pack(CONTENT)))

    for place in (0, 70_000, 10, 99_990, 99_999, 100_000, 5):
        assert file.seek(place) == place
        assert file.tell() == place
        assert file.read(20) == CONTENT[place : place + 20]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, as_lzma])
def test_what_is_cut_off_is_an_error(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(EOFError):
        unpacked(io.BytesIO(pack(CONTENT)[:-1000])).read()


@pytest.mark.parametrize("between", [b"", bytes(4), bytes(200_000)], ids=["none", "some", "much"])
def test_xz_streams_in_a_row_are_one(between: bytes) -> None:
    packed = lzma.compress(CONTENT[:60_000]) + between + lzma.compress(CONTENT[60_000:]) + between
    file = unpacked(io.BytesIO(packed))

    assert file.read() == CONTENT
    assert file.seek(59_990) == 59_990
    assert file.read(20) == CONTENT[59_990:60_010]


def test_xz_with_something_else_behind_it_is_an_error() -> None:
    with pytest.raises(lzma.LZMAError):
        unpacked(io.BytesIO(lzma.compress(CONTENT) + b"something")).read()


def test_end_is_not_passed() -> None:
    file = BoundedFile(io.BytesIO(CONTENT), end=1000)

    assert file.read(1000) == CONTENT[:1000]
    assert file.seek(1000) == 1000
    with pytest.raises(ExpansionError):
        file.read(1)
    with pytest.raises(ExpansionError):
        file.seek(1001)


def test_end_of_a_shorter_file_is_no_error() -> None:
    file = BoundedFile(io.BytesIO(b"short"), end=1000)

    assert file.read(2000) == b"short"


def test_budget_is_not_passed() -> None:
    file = BoundedFile(io.BytesIO(CONTENT))
    file.budget = 100

    assert file.read(60) == CONTENT[:60]
    with pytest.raises(ValueError, match="a header at byte 60 is implausibly long"):
        file.read(41)
    assert file.read(40) == CONTENT[60:100]
    assert file.read(0) == b""
    file.budget = None
    assert file.read() == CONTENT[100:]


def test_all_that_is_left_is_no_more_than_the_budget() -> None:
    file = BoundedFile(io.BytesIO(CONTENT))
    file.budget = 100

    assert file.read() == CONTENT[:100]
    assert file.budget == 0
