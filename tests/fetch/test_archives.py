from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch.archives import ArchiveLimits, extract_photographs
from tests.data_helpers import tree, write_tar, write_zip
from tests.hostile_archives import TAR_END, tar_member

PHOTOGRAPHS = {"hills/a.jpg": b"first" * 200, "b.PNG": b"second" * 200}
OTHERS = {
    "readme.txt": b"text",
    "script.jpg.exe": b"x",
    "jpg": b"x",
    ".hidden.jpg": b"x",
    ".thumbnails/a.jpg": b"x",
    "__MACOSX/hills/a.jpg": b"x",
}
LIMITS = ArchiveLimits(max_unpacked_bytes=10**8, max_expansion=100)
UNSAFE_NAMES = {
    "../x.jpg": "climbs out of the archive",
    "hills/../../x.jpg": "climbs out of the archive",
    "hills\\..\\..\\x.jpg": "climbs out of the archive",
    "../x.txt": "climbs out of the archive",
    "/tmp/x.jpg": "has an absolute path",  # noqa: S108
    "\\x.jpg": "has an absolute path",
    "C:\\x.jpg": "has an absolute path",
    "C:x.jpg": "has an absolute path",
}
WRITERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {"zip": write_zip, "tar": write_tar}


def extract(archive: Path, folder: Path) -> int:
    return extract_photographs(archive, folder, str(archive), LIMITS)


def error_of(archive: Path, folder: Path) -> str:
    with pytest.raises(UserError) as raised:
        extract(archive, folder)
    return str(raised.value)


def encrypted_zip(path: Path) -> Path:
    """Write a zip whose one entry claims to be encrypted."""
    content = bytearray(write_zip(path, {"a.jpg": b"secret"}).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    path.write_bytes(content)
    return path


def zip_with_link(path: Path, name: str) -> Path:
    info = zipfile.ZipInfo(name)
    info.create_system = 3  # Unix
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"content")
        archive.writestr(info, "/etc/passwd")
    return path


def tar_with_link(path: Path, name: str, kind: bytes) -> Path:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "a.jpg"
    with tarfile.open(write_tar(path, {"a.jpg": b"content"}), "a") as archive:
        archive.addfile(info)
    return path


def as_lzma(content: bytes) -> bytes:
    return lzma.compress(content, format=lzma.FORMAT_ALONE)


def test_zip_gives_its_photographs_alone(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", PHOTOGRAPHS | OTHERS)

    count = extract(archive, tmp_path / "out")

    assert count == 2
    assert tree(tmp_path / "out") == PHOTOGRAPHS


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress, as_lzma])
def test_tar_gives_its_photographs_alone(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    archive = write_tar(tmp_path / "archive", PHOTOGRAPHS | OTHERS)
    archive.write_bytes(pack(archive.read_bytes()))

    count = extract(archive, tmp_path / "out")

    assert count == 2
    assert tree(tmp_path / "out") == PHOTOGRAPHS


@pytest.mark.parametrize("format_", WRITERS)
def test_backslashes_of_windows_separate_folders(tmp_path: Path, format_: str) -> None:
    archive = WRITERS[format_](tmp_path / "archive", {"hills\\a.jpg": b"x"})

    extract(archive, tmp_path / "out")

    assert tree(tmp_path / "out") == {"hills/a.jpg": b"x"}


@pytest.mark.parametrize("format_", WRITERS)
def test_archive_without_photographs_gives_none(tmp_path: Path, format_: str) -> None:
    assert extract(WRITERS[format_](tmp_path / "archive", OTHERS), tmp_path / "out") == 0


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize(("name", "reason"), UNSAFE_NAMES.items())
def test_unsafe_name_is_refused_before_anything_is_written(
    tmp_path: Path, name: str, reason: str, format_: str
) -> None:
    archive = WRITERS[format_](tmp_path / "archive", {"a.jpg": b"safe", name: b"unsafe"})
    before = tree(tmp_path)

    error = error_of(archive, tmp_path / "out" / "in")

    assert f"its entry {name!r} {reason}; nothing was extracted" in error
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["b.jpg", "folder"])
def test_link_in_a_zip_is_refused(tmp_path: Path, name: str) -> None:
    archive = zip_with_link(tmp_path / "archive", name)

    assert f"its entry {name!r} is a link" in error_of(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["b.jpg", "folder"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_link_in_a_tar_is_refused(tmp_path: Path, kind: bytes, name: str) -> None:
    archive = tar_with_link(tmp_path / "archive", name, kind)

    assert f"its entry {name!r} is a link" in error_of(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"])
def test_device_in_a_tar_is_left_out(tmp_path: Path, kind: bytes) -> None:
    archive = write_tar(tmp_path / "archive", PHOTOGRAPHS)
    device = tarfile.TarInfo("device.jpg")
    device.type = kind
    with tarfile.open(archive, "a") as opened:
        opened.addfile(device)

    extract(archive, tmp_path / "out")

    assert tree(tmp_path / "out") == PHOTOGRAPHS


def test_missing_archive_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"

    assert error_of(archive, tmp_path / "out") == (
        f"archive {archive} not found; set fetch.archive to a zip or tar file"
    )


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "archive.zip"
    archive.write_bytes(content)

    assert error_of(archive, tmp_path / "out").startswith(
        f"{archive} is neither a zip nor a tar archive (it holds {len(content)} bytes)"
    )


def test_message_calls_the_archive_what_the_user_calls_it(tmp_path: Path) -> None:
    archive = encrypted_zip(tmp_path / "temporary")

    with pytest.raises(UserError, match=r"^archive http://photos\.example cannot be extracted: "):
        extract_photographs(archive, tmp_path / "out", "http://photos.example", LIMITS)


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    assert error_of(encrypted_zip(tmp_path / "archive"), tmp_path / "out").endswith(
        "its entry 'a.jpg' is encrypted; unpack it by hand and use dataset=folder"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("method", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")]
)
def test_zip_packed_in_another_way_is_refused(tmp_path: Path, method: int, name: str) -> None:
    archive = tmp_path / "archive"
    with zipfile.ZipFile(archive, "w", method) as opened:
        opened.writestr("a.jpg", b"x" * 1000)

    assert f"its entry 'a.jpg' is packed with {name}, not with deflate; " in error_of(
        archive, tmp_path / "out"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("method", "name"), [(9, "deflate64"), (1234, "method 1234")])
def test_zip_packed_in_a_way_unknown_to_python_is_refused(
    tmp_path: Path, method: int, name: str
) -> None:
    archive = write_zip(tmp_path / "archive", {"a.jpg": b"x"})
    content = bytearray(archive.read_bytes())
    listed = content.index(b"PK\1\2")
    content[listed + 10 : listed + 12] = method.to_bytes(2, "little")
    archive.write_bytes(content)

    assert f"is packed with {name}, not with deflate" in error_of(archive, tmp_path / "out")


def test_what_is_no_photograph_may_be_packed_or_named_at_will(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.jpg", b"x")
        opened.writestr("notes.txt", b"x" * 1000, zipfile.ZIP_LZMA)
        opened.writestr("Notes.txt", b"x")
        opened.writestr("x" * 300 + ".txt", b"x")

    assert extract(archive, tmp_path / "out") == 1


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize("name", ["a.JPG", "a.jpg/b.jpg"])
def test_entries_that_want_the_same_place_are_refused(
    tmp_path: Path, name: str, format_: str
) -> None:
    archive = WRITERS[format_](tmp_path / "archive", {"a.jpg": b"x", name: b"y"})

    assert "of which some disks can hold only one" in error_of(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("format_", WRITERS)
def test_the_same_name_twice_is_refused(tmp_path: Path, format_: str) -> None:
    archive = WRITERS[format_](tmp_path / "archive", {"a.jpg": b"x"})
    if format_ == "zip":
        with zipfile.ZipFile(archive, "a") as zip_:
            zip_.writestr("a.jpg", b"y")
    else:
        with tarfile.open(archive, "a") as tar:
            tar.addfile(tarfile.TarInfo("a.jpg"))

    assert "holds two photographs named 'a.jpg'" in error_of(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format_", WRITERS)
def test_photographs_left_out_are_counted(
    tmp_path: Path, format_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["a.jpg", "b\n.jpg", "c\x7f.jpg", f"{'x' * 300}.jpg", "in.zip", "in.tar"]
    archive = WRITERS[format_](tmp_path / "archive", dict.fromkeys(names, b"x"))

    assert extract(archive, tmp_path / "out") == 1
    assert tree(tmp_path / "out") == {"a.jpg": b"x"}
    assert capsys.readouterr().out == (
        f"archive {archive}: 1 photograph with a name too long, 2 photographs with control "
        "characters in the name left out; archives inside not opened: 'in.zip', 'in.tar'\n"
    )


@pytest.mark.parametrize("format_", WRITERS)
def test_nothing_is_said_if_nothing_is_left_out(
    tmp_path: Path, format_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    extract(WRITERS[format_](tmp_path / "archive", PHOTOGRAPHS | OTHERS), tmp_path / "out")

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("format_", WRITERS)
def test_archive_whose_photographs_are_all_left_out_is_refused(
    tmp_path: Path, format_: str
) -> None:
    archive = WRITERS[format_](tmp_path / "archive", {"a\n.jpg": b"x", "b.txt": b"x"})

    assert error_of(archive, tmp_path / "out") == (
        f"archive {archive} holds no photograph that can be extracted: 1 photograph with control "
        "characters in the name; unpack it by hand and use dataset=folder"
    )


@pytest.mark.parametrize("format_", WRITERS)
def test_archive_of_archives_names_them(tmp_path: Path, format_: str) -> None:
    names = ["notes.txt", "1.zip", "hills/2.tar.gz", "3.7z", "4.rar", "5.tgz"]
    archive = WRITERS[format_](tmp_path / "archive", dict.fromkeys(names, b"x"))

    assert error_of(archive, tmp_path / "out") == (
        f"archive {archive} holds no photograph, but archives, which are not opened: '1.zip', "
        "'hills/2.tar.gz', '3.7z' and 2 more; unpack it by hand, then name one of them as "
        "fetch.archive or use dataset=folder"
    )


def test_zip_inside_a_tar_is_not_taken_for_the_archive(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner", {"inside.jpg": b"x"}).read_bytes()
    archive = write_tar(tmp_path / "archive", {"outside.jpg": b"y", "in.zip": inner})
    archive.write_bytes(archive.read_bytes()[:2560])  # so that the zip ends near the end
    assert zipfile.is_zipfile(archive)

    assert extract(archive, tmp_path / "out") == 1
    assert tree(tmp_path / "out") == {"outside.jpg": b"y"}


def test_zip_that_unpacks_itself_is_taken(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", PHOTOGRAPHS)
    archive.write_bytes(b"MZ the program\n" * 100 + archive.read_bytes())

    assert extract(archive, tmp_path / "out") == 2
    assert tree(tmp_path / "out") == PHOTOGRAPHS


def test_name_in_utf_8_that_looks_like_another_encoding_is_kept(tmp_path: Path) -> None:
    name = "├ñ.jpg"  # what a program shows that takes the UTF-8 of ä for code page 437
    archive = write_zip(tmp_path / "archive", {name: b"x"})

    extract(archive, tmp_path / "out")

    assert tree(tmp_path / "out") == {name: b"x"}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Hügel/ä.jpg".encode(), "Hügel/ä.jpg"),
        (b"H\x81gel/\x84.jpg", "Hügel/ä.jpg"),  # code page 437, as the first zips
        (b"\x8f\xe9/a.jpg", "ÅΘ/a.jpg"),  # Shift JIS
    ],
)
def test_names_in_other_encodings_are_kept(tmp_path: Path, raw: bytes, name: str) -> None:
    plain = b"x" * len(raw)
    tar = tmp_path / "tar"
    tar.write_bytes(tar_member(b"x", raw) + TAR_END)
    zip_ = write_zip(tmp_path / "zip", {plain.decode(): b"x"})
    zip_.write_bytes(zip_.read_bytes().replace(plain, raw))  # without the flag of UTF-8

    for archive, out in ((tar, tmp_path / "1"), (zip_, tmp_path / "2")):
        assert extract(archive, out) == 1
        assert list(tree(out)) == [name]


def test_zip_with_a_wrong_checksum_inside_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", {"a.jpg": b"content"})
    archive.write_bytes(archive.read_bytes().replace(b"content", b"damaged"))

    assert "Bad CRC-32 for file 'a.jpg'" in error_of(archive, tmp_path / "out")


def test_zip_with_damaged_compressed_bytes_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.jpg", bytes(range(256)))
    damaged = bytearray(archive.read_bytes())
    damaged[35:60] = b"\xff" * 25  # the local header, with the name, ends before
    archive.write_bytes(damaged)

    assert f"archive {archive} cannot be read: " in error_of(archive, tmp_path / "out")


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_tar_with_damaged_compressed_bytes_is_refused(
    tmp_path: Path, mode: Literal["w:gz", "w:xz"]
) -> None:
    noise = random.Random(1).randbytes(100_000)  # noqa: S311  no secret
    archive = write_tar(tmp_path / "archive", {"a.jpg": noise, "b.jpg": noise[::-1]}, mode)
    damaged = bytearray(archive.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 2000] = b"\xff" * 2000
    archive.write_bytes(damaged)

    assert f"archive {archive} cannot be read: " in error_of(archive, tmp_path / "out")


def test_truncated_zip_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", PHOTOGRAPHS)
    archive.write_bytes(archive.read_bytes()[:-200])

    assert f"archive {archive} cannot be read: File is not a zip file; fetch it anew" in error_of(
        archive, tmp_path / "out"
    )


def test_full_disk_is_not_taken_for_a_broken_archive(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", PHOTOGRAPHS)

    with (
        pytest.raises(OSError, match="No space left on device"),
        patch.object(Path, "mkdir", side_effect=OSError(errno.ENOSPC, "No space left on device")),
    ):
        extract(archive, tmp_path / "out")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_truncated_tar_is_refused(tmp_path: Path, mode: Literal["w", "w:gz", "w:xz"]) -> None:
    archive = write_tar(tmp_path / "archive", PHOTOGRAPHS, mode)
    content = archive.read_bytes()
    archive.write_bytes(content[: 700 if mode == "w" else len(content) // 2])

    assert f"archive {archive} cannot be read: " in error_of(archive, tmp_path / "out")


def test_tar_with_a_damaged_header_in_the_middle_is_refused(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "archive", {"a.jpg": b"x", "b.jpg": b"x", "c.jpg": b"x"})
    archive.write_bytes(archive.read_bytes().replace(b"b.jpg", b"B.jpg"))  # its checksum is wrong

    assert "cannot be read: damaged entry at byte 1024" in error_of(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", [0.1, 0.9])
def test_gzip_with_a_wrong_checksum_is_refused(tmp_path: Path, place: float) -> None:
    noise = random.Random(1).randbytes(100_000)  # noqa: S311  kept as it is: no secret
    archive = write_tar(tmp_path / "archive", {"a.jpg": noise}, "w:gz")
    damaged = bytearray(archive.read_bytes())
    damaged[int(place * len(damaged))] ^= 1
    archive.write_bytes(damaged)

    assert "cannot be read: CRC check failed" in error_of(archive, tmp_path / "out")


def test_tar_without_padding_is_taken(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "archive", {"a.jpg": b"x"})
    archive.write_bytes(archive.read_bytes()[:1024])

    assert extract(archive, tmp_path / "out") == 1
