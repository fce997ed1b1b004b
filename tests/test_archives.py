from __future__ import annotations

import random
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer.archives import extract_photographs
from colorizer.errors import UserError
from tests.data_helpers import tree, write_tar, write_zip

PHOTOGRAPHS = {"hills/a.jpg": b"first" * 200, "b.PNG": b"second" * 200}
OTHERS = {
    "readme.txt": b"text",
    "script.jpg.exe": b"x",
    "jpg": b"x",
    ".hidden.jpg": b"x",
    ".thumbnails/a.jpg": b"x",
    "__MACOSX/hills/a.jpg": b"x",
}
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
    return extract_photographs(archive, folder, str(archive))


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


def test_zip_gives_its_photographs_alone(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "archive", PHOTOGRAPHS | OTHERS)

    count = extract(archive, tmp_path / "out")

    assert count == 2
    assert tree(tmp_path / "out") == PHOTOGRAPHS


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_tar_gives_its_photographs_alone(
    tmp_path: Path, mode: Literal["w", "w:gz", "w:xz"]
) -> None:
    archive = write_tar(tmp_path / "archive", PHOTOGRAPHS | OTHERS, mode)

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


def test_device_in_a_tar_is_left_out(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "archive", PHOTOGRAPHS)
    device = tarfile.TarInfo("device.jpg")
    device.type = tarfile.CHRTYPE
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

    with pytest.raises(UserError, match=r"^archive http://photos\.example cannot be read: "):
        extract_photographs(archive, tmp_path / "out", "http://photos.example")


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    assert "encrypted" in error_of(encrypted_zip(tmp_path / "archive"), tmp_path / "out")


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

    assert str(archive) in error_of(archive, tmp_path / "out")


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


@pytest.mark.parametrize("format_", WRITERS)
def test_entry_that_is_both_file_and_folder_is_refused(tmp_path: Path, format_: str) -> None:
    archive = WRITERS[format_](tmp_path / "archive", {"a.jpg": b"x", "a.jpg/b.jpg": b"x"})

    assert "cannot be read" in error_of(archive, tmp_path / "out")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archives")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_any_damaged_archive_is_handled(folder: Path, data: st.DataObject) -> None:
    format_ = data.draw(st.sampled_from(sorted(WRITERS)))
    archive = WRITERS[format_](folder / "archive", {"a.jpg": b"x" * 20, "b.jpg": b"y"})
    content = bytearray(archive.read_bytes())
    # Past this, a tar is padded with zeros.
    places = st.integers(0, min(len(content), 1200) - 1)
    for place in data.draw(st.lists(places, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    archive.write_bytes(content)
    before = set(folder.parent.iterdir())

    try:
        count = extract(archive, folder / "out")
    except UserError:
        count = 0
    finally:
        written = tree(folder / "out") if (folder / "out").exists() else {}
        shutil.rmtree(folder / "out", ignore_errors=True)

    assert len(written) >= count
    assert set(folder.iterdir()) == {archive}
    assert set(folder.parent.iterdir()) == before
