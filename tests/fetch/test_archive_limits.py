"""Archives that unpack to too much, or whose headers would cost too much to read."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch import archives
from colorizer.fetch.archives import ArchiveLimits, extract_photographs
from tests.data_helpers import write_tar, write_zip
from tests.hostile_archives import (
    TAR_END,
    list_of_holes,
    noise,
    overlapping_zip,
    sparse_member,
    tar_header,
    tar_member,
    write_deflated_zip,
    write_gzip,
    zip_end,
)
from tests.memory_helpers import needs_linux, peak_growth

LIMITS = ArchiveLimits(max_unpacked_bytes=50 * 10**9, max_expansion=100)
BLANK = 12_000_000  # bytes, more than what is harmless
ONE_MB = bytes(1 << 20)
WRITERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {"zip": write_zip, "tar": write_tar}


def extract(archive: Path, limits: ArchiveLimits = LIMITS) -> int:
    return extract_photographs(archive, archive.parent / "out", "ARCHIVE", limits)


def error_of(archive: Path, limits: ArchiveLimits = LIMITS) -> str:
    with pytest.raises(UserError) as raised:
        extract(archive, limits)
    return str(raised.value)


def assert_nothing_written(archive: Path) -> None:
    assert list(archive.parent.iterdir()) == [archive]


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize(("most", "taken"), [(400, True), (399, False)])
def test_photographs_may_come_to_so_much(
    tmp_path: Path, most: int, taken: bool, format_: str
) -> None:
    entries = {"a.jpg": bytes(100), "b.jpg": bytes(300), "notes.txt": bytes(10_000)}
    archive = WRITERS[format_](tmp_path / "archive", entries)
    limits = ArchiveLimits(max_unpacked_bytes=most, max_expansion=100)

    if taken:
        assert extract(archive, limits) == 2
        return
    assert error_of(archive, limits) == (
        "the photographs of archive ARCHIVE unpack to more than fetch.max_unpacked_gb=3.99e-07 "
        "(10^9 bytes); nothing was extracted. If the disk has room for them, set it higher"
    )
    assert_nothing_written(archive)


def test_entry_of_a_zip_may_expand_so_much(tmp_path: Path) -> None:
    content = {"a.jpg": noise(1000) + bytes(BLANK), "b.jpg": noise(300_000)}
    archive = write_deflated_zip(tmp_path / "archive", content)
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo("a.jpg")
    expansion = info.file_size / info.compress_size

    assert error_of(archive, ArchiveLimits(10**9, expansion * 0.99)) == (
        f"archive ARCHIVE is not safe: its entry 'a.jpg' unpacks from {info.compress_size} bytes "
        f"to {info.file_size}, which is more than fetch.max_expansion={expansion * 0.99:g} "
        "allows; nothing was extracted. If you trust it, set that higher"
    )
    assert_nothing_written(archive)
    assert extract(archive, ArchiveLimits(10**9, expansion * 1.01)) == 2


def test_archive_as_a_whole_may_expand_so_much(tmp_path: Path) -> None:
    # Each entry is harmless by itself.
    blank = bytes(archives.HARMLESS_BYTES // 2)
    archive = write_deflated_zip(tmp_path / "archive", {f"{n}.jpg": blank for n in range(3)})

    assert f"its {archive.stat().st_size} bytes unpack to more than 10000000" in error_of(archive)
    assert_nothing_written(archive)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_blank_pictures_that_do_no_harm_are_taken(tmp_path: Path, name: str) -> None:
    blank = {"blank.bmp": bytes(archives.HARMLESS_BYTES - 10 * 1024)}
    if name == "a.zip":
        archive = write_deflated_zip(tmp_path / name, blank)
    else:
        archive = write_tar(tmp_path / name, blank, "w:gz")
    assert archive.stat().st_size < 20_000

    assert extract(archive) == 1


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
@pytest.mark.parametrize("name", ["a.jpg", "notes.txt"])
def test_packed_tar_may_expand_so_much(
    tmp_path: Path, name: str, mode: Literal["w:gz", "w:xz"]
) -> None:
    archive = write_tar(tmp_path / "archive", {name: bytes(BLANK)}, mode)

    assert error_of(archive).startswith(
        f"archive ARCHIVE is not safe: its {archive.stat().st_size} bytes unpack to more than "
        "10000000, which is more than fetch.max_expansion=100 allows; nothing was extracted"
    )
    assert_nothing_written(archive)
    assert extract(archive, ArchiveLimits(10**9, max_expansion=10**5)) == (name == "a.jpg")


def test_zip_that_claims_less_than_it_unpacks_to(tmp_path: Path) -> None:
    archive = write_deflated_zip(tmp_path / "archive", {"a.jpg": bytes(BLANK)})
    content = archive.read_bytes().replace(struct.pack("<L", BLANK), struct.pack("<L", 1000))
    archive.write_bytes(content)

    assert "cannot be read: Bad CRC-32 for file 'a.jpg'" in error_of(archive)
    assert (tmp_path / "out" / "a.jpg").stat().st_size <= 1000


def test_zip_that_claims_more_than_it_holds(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", {"a.jpg": b"x" * 1000})
    content = archive.read_bytes().replace(struct.pack("<L", 1000), struct.pack("<L", 2000))
    archive.write_bytes(content)

    assert "archive ARCHIVE cannot be read: " in error_of(archive)


def test_zip_that_claims_more_and_has_the_checksum_of_what_it_holds(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", {"a.jpg": b"x" * 1000})
    listed = archive.read_bytes().index(b"PK\1\2")
    content = bytearray(archive.read_bytes())
    content[listed + 24 : listed + 28] = struct.pack("<L", 2000)
    archive.write_bytes(content)

    assert "cannot be read: a.jpg ends 1000 bytes early" in error_of(archive)


def test_zip_whose_entries_overlap(tmp_path: Path) -> None:
    archive = overlapping_zip(tmp_path / "archive", bytes(9_000_000), 200)

    assert "bytes unpack to more than 10000000" in error_of(archive)
    assert_nothing_written(archive)


def test_tar_with_holes(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(sparse_member(8 * 10**9) + TAR_END)

    assert error_of(archive) == (
        "archive ARCHIVE cannot be extracted: its entry 's.bmp' is stored with holes; unpack it "
        "by hand and use dataset=folder"
    )
    assert_nothing_written(archive)


@pytest.mark.parametrize("format_", WRITERS)
def test_number_of_entries_is_bounded(
    tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    few = WRITERS[format_](tmp_path / "few", {f"{n}.txt": b"" for n in range(3)})
    many = WRITERS[format_](tmp_path / "many", {f"{n}.txt": b"" for n in range(4)})

    assert extract(few) == 0
    assert error_of(many).startswith("archive ARCHIVE has more than 3 entries, too many to handle")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            tar_header(kind=tarfile.XHDTYPE, size=8**11 - 1) + tar_header(), id="extended header"
        ),
        pytest.param(tar_header(kind=tarfile.GNUTYPE_LONGNAME, size=10**8), id="long name"),
        pytest.param(
            b"".join(tar_member(b"x" * 20_000, kind=tarfile.GNUTYPE_LONGNAME) for _ in range(2)),
            id="two long names",
        ),
        pytest.param(list_of_holes(100), id="list of holes"),
    ],
)
def test_tar_with_a_huge_header(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(tar_member(b"first") + content + TAR_END)

    assert "is implausibly long" in error_of(archive)
    assert_nothing_written(archive)


def below_zero(size: int) -> bytes:
    """Return the field of a header that says -size."""
    return (2**96 - size).to_bytes(12, "big")


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(b"9" * 1000, id="one long number"),
        pytest.param(b"1011 a=" + b"9" * 1003 + b"\n", id="long number in a value"),
        pytest.param(b"2 " * 500 + b"=", id="records that overlap"),
        pytest.param(b"0 a=b\n" * 100, id="records of no length"),
        pytest.param(b"-9 a=b\n" * 100, id="records of negative length"),
        pytest.param(b"999 a=b\n" + b"x" * 800, id="record beyond the end"),
    ],
)
def test_tar_whose_extended_header_is_no_list_of_records(tmp_path: Path, records: bytes) -> None:
    archive = tmp_path / "archive"
    header = tar_member(records, kind=tarfile.XHDTYPE)
    archive.write_bytes(tar_member(b"first") + header + tar_member(b"x", b"b.jpg") + TAR_END)

    assert "cannot be read: damaged extended header before byte" in error_of(archive)
    assert_nothing_written(archive)


def test_tar_with_very_many_global_headers(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    members = [
        tar_member(b"14 key%03d=abc\n" % number, kind=tarfile.XGLTYPE)
        + tar_member(b"x", b"%d.jpg" % number)
        for number in range(120)
    ]
    archive.write_bytes(b"".join(members) + TAR_END)

    assert "cannot be read: damaged header at byte" in error_of(archive)


@pytest.mark.parametrize(
    ("second", "place"),
    [
        pytest.param(tar_header(b"b.txt", below_zero(1024)), 1024, id="in base 256"),
        pytest.param(
            tar_member(b"17 size=-9999999\n", kind=tarfile.XHDTYPE) + tar_header(b"b.jpg"),
            1024,
            id="in an extended header",
        ),
        pytest.param(  # the member before it is read again, and so on
            tar_member(b"x", b"b.jpg")
            + tar_header(b"c", below_zero(1536), tarfile.GNUTYPE_SPARSE, {483: b"%011o\0" % 1}),
            1024,
            id="before holes",
        ),
    ],
)
def test_tar_with_a_size_below_zero_ends(tmp_path: Path, second: bytes, place: int) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(tar_member(b"hello") + second + TAR_END)

    assert f"cannot be read: damaged header at byte {place};" in error_of(archive)


def write_xz_with_dictionary(path: Path, code: int) -> Path:
    """Write a tar.xz that asks for a dictionary of the size that ``code`` stands for."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
    content = tar_member(b"x" * 1000) + TAR_END
    packed = bytearray(lzma.compress(content, check=lzma.CHECK_NONE, filters=filters))
    block = 12  # behind the header of the stream; its own header ends with a checksum
    size = 4 * (packed[block] + 1)
    packed[packed.index(b"\x21\x01", block) + 2] = code
    check = zlib.crc32(packed[block : block + size - 4])
    packed[block + size - 4 : block + size] = struct.pack("<L", check)
    path.write_bytes(packed)
    return path


def test_xz_with_a_huge_dictionary(tmp_path: Path) -> None:
    sound = write_xz_with_dictionary(tmp_path / "sound", 28)  # 64 MiB, as xz -9
    hostile = write_xz_with_dictionary(tmp_path / "hostile", 40)  # 4 GiB

    assert extract(sound) == 1
    assert "cannot be read: Memory usage limit exceeded" in error_of(hostile)


def refuse(archive: Path) -> None:
    with pytest.raises(UserError):
        extract(archive)


def huge_header() -> Iterator[bytes]:
    yield tar_member(noise(3_000_000), b"notes.txt")  # or so small an archive may not unpack
    yield tar_header(size=200 << 20, kind=tarfile.XHDTYPE)
    yield from [ONE_MB] * 200


def very_many_holes() -> Iterator[bytes]:
    yield tar_member(noise(3_000_000), b"notes.txt")
    yield list_of_holes(1)
    yield from [list_of_holes(1000)[tarfile.BLOCKSIZE :]] * 100


@needs_linux
@pytest.mark.parametrize("pieces", [huge_header, very_many_holes])
def test_hostile_tar_takes_little_memory(
    tmp_path: Path, pieces: Callable[[], Iterator[bytes]]
) -> None:
    small = write_gzip(tmp_path / "small", [tar_member(b"x", b"../x.jpg")])
    large = write_gzip(tmp_path / "large", pieces())

    assert peak_growth(refuse, small, large) < 30


@needs_linux
def test_huge_list_of_a_zip_takes_little_memory(tmp_path: Path) -> None:
    size = 1 << 30
    small = write_zip(tmp_path / "small", {"../x.jpg": b"x"})
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.write(b"PK\3\4")
        file.seek(size)
        file.write(zip_end(size))

    assert "a header at byte 0 is implausibly long" in error_of(large)
    assert peak_growth(refuse, small, large) < 30
