from __future__ import annotations

import csv
import json
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from colorizer.common.errors import UserError
from colorizer.common.files import sha256_of
from colorizer.data.manifest import MANIFEST, read_manifest
from colorizer.fetch import colorsurvey, sources
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.provenance import SOURCE
from tests.conftest import REPOSITORY, SAMPLE
from tests.data_helpers import serving_folder, tree, write_tar, write_zip
from tests.fake_drive import QUOTA, Drive, serving_drive

NOTHING = FetchParams(folder="", archive="", sha256="", max_unpacked_gb=1, max_expansion=100)
PLACES = Places(downloads=Path("downloads"), records=Path("records.json"))
DRIVE_ID = "1k_UvYzdrHbphW4UcbDb9jWB0ZQIAGEAo"
DRIVE_URL = f"https://drive.google.com/uc?export=download&id={DRIVE_ID}"
OLD = {"old.jpg": b"old", MANIFEST: b"old"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address that serves the files of ``tmp_path``."""
    with serving_folder(tmp_path) as address:
        yield address


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep downloads and records out of the repository, and wait for nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def drive(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """A Google Drive with an archive of 25 photographs for each of ColorSurvey's categories."""
    entries = {
        f"ColorfulOriginal/{category}/{category}{number}.JPG": f"{category} {number}".encode()
        for category in colorsurvey.CATEGORIES
        for number in range(25)
    }
    drive = Drive(write_zip(tmp_path / "drive.zip", entries).read_bytes(), DRIVE_ID)
    with serving_drive(drive, monkeypatch):
        yield drive


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "raw"


@pytest.fixture
def old_target(target: Path) -> Path:
    """A target that holds what an earlier run fetched."""
    target.mkdir(parents=True)
    for name, content in OLD.items():
        (target / name).write_bytes(content)
    return target


def from_folder(folder: Path) -> FetchParams:
    return NOTHING.replace(folder=str(folder))


def from_archive(archive: Path | str, sha256: str = "") -> FetchParams:
    return NOTHING.replace(archive=str(archive), sha256=sha256)


def fetch(dataset: str, params: FetchParams, target: Path) -> int:
    return sources.fetch(dataset, params, target, PLACES)


def error_of(dataset: str, params: FetchParams, target: Path) -> str:
    with pytest.raises(UserError) as raised:
        fetch(dataset, params, target)
    return str(raised.value)


def photographs_of(folder: Path) -> dict[str, bytes]:
    return {name: text for name, text in tree(folder).items() if name not in (MANIFEST, SOURCE)}


def source_of(folder: Path) -> Any:
    return json.loads((folder / SOURCE).read_text())


def assert_untouched(target: Path) -> None:
    """Check that the old content is all there is, in and beside the target."""
    assert tree(target) == OLD
    assert list(target.parent.iterdir()) == [target]


def test_sample_is_fetched_whole(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    with (SAMPLE / "ATTRIBUTION.csv").open(encoding="utf-8", newline="") as file:
        attributed = sorted(row["file"] for row in csv.DictReader(file))

    count = fetch("sample", NOTHING, target)

    assert count == len(attributed)
    assert list(read_manifest(target)["path"]) == attributed


def test_sample_ignores_the_folder(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)

    assert fetch("sample", from_folder(Path("nowhere")), target) > 0


def test_folder_is_copied_with_its_subfolders(photographs: Path, target: Path) -> None:
    (photographs / "notes.txt").write_text("text")
    (photographs / ".hidden.jpg").write_text("hidden")
    (photographs / "towns" / "UPPER.JPG").write_bytes(b"upper")

    count = fetch("folder", from_folder(photographs), target)

    copied = photographs_of(target)
    assert count == 7
    assert sorted(copied) == [
        *("hills/0.jpg", "hills/2.jpg", "hills/4.jpg"),
        *("towns/1.jpg", "towns/3.jpg", "towns/5.jpg", "towns/UPPER.JPG"),
    ]
    assert copied.items() <= tree(photographs).items()


def test_manifest_agrees_with_the_files(photographs: Path, target: Path) -> None:
    fetch("folder", from_folder(photographs), target)

    manifest = read_manifest(target)
    assert list(manifest["path"]) == sorted(photographs_of(target))
    assert [sha256_of(target / path) for path in manifest["path"]] == list(manifest["sha256"])
    assert [(target / path).stat().st_size for path in manifest["path"]] == list(manifest["bytes"])


def test_two_fetches_give_the_same_bytes(photographs: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        fetch("folder", from_folder(photographs), tmp_path / name)

    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_fetch_replaces_what_was_there(photographs: Path, old_target: Path) -> None:
    fetch("folder", from_folder(photographs), old_target)

    assert photographs_of(old_target) == tree(photographs)


def test_home_is_found(photographs: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(photographs.parent))

    assert fetch("folder", from_folder(Path("~") / photographs.name), target) == 6


def _named(folder: Path, *names: bytes) -> Path:
    """Return a folder of files with these names, each its file's content."""
    folder.mkdir()
    for name in names:
        try:
            (folder / os.fsdecode(name)).write_bytes(name)
        except OSError:
            pytest.skip("this file system refuses the name itself")
    return folder


def test_names_in_a_folder_that_are_not_utf_8_are_read_as_those_in_archives(
    tmp_path: Path, target: Path
) -> None:
    old, new = b"caf\x82.jpg", "caf\u00e9 2.jpg".encode()

    assert fetch("folder", from_folder(_named(tmp_path / "own", old, new)), target) == 2

    assert photographs_of(target) == {"caf\u00e9.jpg": old, "caf\u00e9 2.jpg": new}
    assert set(read_manifest(target)["path"]) == {"caf\u00e9.jpg", "caf\u00e9 2.jpg"}


def test_names_in_a_folder_that_become_one_are_told(tmp_path: Path, old_target: Path) -> None:
    folder = _named(tmp_path / "own", b"caf\x82.jpg", "caf\u00e9.jpg".encode())

    with pytest.raises(
        UserError, match=r"two photographs that would both be named 'caf\u00e9.jpg'"
    ):
        fetch("folder", from_folder(folder), old_target)

    assert tree(old_target) == OLD


def test_names_in_a_folder_with_control_characters_are_counted(
    tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _named(tmp_path / "own", b"a\nb.jpg", b"c\rd.jpg", b"good.jpg")

    assert fetch("folder", from_folder(folder), target) == 1

    assert set(photographs_of(target)) == {"good.jpg"}
    assert "2 with control characters in the name; rename" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["", "nowhere", "~nobody-of-this-name/photographs"])
def test_missing_folder_is_told(old_target: Path, folder: str) -> None:
    with pytest.raises(UserError) as raised:
        fetch("folder", NOTHING.replace(folder=folder), old_target)

    assert str(raised.value) == (
        f"fetch.folder must be a folder of photographs, got {folder!r} (nothing there)"
    )
    assert_untouched(old_target)


def test_file_in_place_of_a_folder_is_told(tmp_path: Path, target: Path) -> None:
    file = tmp_path / "a.jpg"
    file.touch()

    with pytest.raises(UserError, match=r"^fetch\.folder must be a folder .* \(a file\)$"):
        fetch("folder", from_folder(file), target)


@pytest.mark.parametrize("names", [[], ["notes.txt", ".hidden.jpg"]])
def test_folder_without_photographs_is_told(
    tmp_path: Path, old_target: Path, names: list[str]
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    for name in names:
        (folder / name).touch()

    with pytest.raises(UserError) as raised:
        fetch("folder", from_folder(folder), old_target)

    assert str(raised.value).startswith(f"no photograph in {folder}: no file there ends in .jpg, ")
    assert_untouched(old_target)


def test_archive_is_unpacked(photographs: Path, tmp_path: Path, target: Path) -> None:
    archive = tmp_path / "photographs.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(photographs, arcname=".")

    count = fetch("archive", from_archive(archive), target)

    assert count == 6
    assert photographs_of(target) == tree(photographs)


@pytest.mark.parametrize("given", ["sha256", "SHA256 in capitals", "nothing"])
def test_archive_comes_by_url(
    photographs: Path, tmp_path: Path, target: Path, server: str, given: str
) -> None:
    archive = write_zip(tmp_path / "photographs.zip", tree(photographs))
    sha256 = {
        "sha256": sha256_of(archive),
        "SHA256 in capitals": f" {sha256_of(archive).upper()} ",
        "nothing": "",
    }[given]

    fetch("archive", from_archive(f"{server}/photographs.zip", sha256), target)

    assert photographs_of(target) == tree(photographs)


@pytest.mark.parametrize("archive", ["", "nowhere.zip", "ftp://photos.example/a.zip", "folder"])
def test_archive_that_is_none_is_told(tmp_path: Path, old_target: Path, archive: str) -> None:
    (tmp_path / "folder").mkdir()

    assert error_of("archive", from_archive(archive), old_target) == (
        f"fetch.archive must be the path or http(s) URL of a zip or tar file, got {archive!r} "
        f"({'a folder' if archive == 'folder' else 'nothing there'})"
    )
    assert_untouched(old_target)


@pytest.mark.parametrize("sha256", ["0" * 63, "0" * 65, "g" * 64, "md5"])
def test_checksum_that_is_none_is_told_before_the_download(
    drive: Drive, old_target: Path, sha256: str
) -> None:
    for dataset in ("archive", "colorsurvey"):
        params = from_archive("https://photos.example/a.zip", sha256)
        assert error_of(dataset, params, old_target) == (
            f"fetch.sha256 must be a SHA-256, 64 hexadecimal digits, or empty, got {sha256!r}"
        )
    assert drive.asked == []
    assert_untouched(old_target)


@pytest.mark.parametrize("by_url", [False, True])
def test_archive_with_another_checksum_is_refused(
    tmp_path: Path, old_target: Path, server: str, by_url: bool
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.jpg": b"x"})
    name = f"{server}/a.zip" if by_url else str(archive)

    with pytest.raises(UserError) as raised:
        fetch("archive", from_archive(name, "0" * 64), old_target)

    assert str(raised.value).startswith(
        f"the SHA-256 of {name} must be {'0' * 64} (fetch.sha256), got {sha256_of(archive)}: "
    )
    assert_untouched(old_target)


@pytest.mark.parametrize("by_url", [False, True])
@pytest.mark.parametrize("broken", ["unsafe", "truncated", "empty", "text", "damaged", "missing"])
def test_failed_archive_leaves_the_old_photographs(
    tmp_path: Path, old_target: Path, server: str, broken: str, by_url: bool
) -> None:
    archive = tmp_path / "a.zip"
    if broken == "unsafe":
        write_tar(archive, {"a.jpg": b"x", "../b.jpg": b"x"})
    elif broken == "damaged":  # found out only after the first photograph was written
        write_zip(archive, {"a.jpg": b"x", "b.jpg": b"content"})
        archive.write_bytes(archive.read_bytes().replace(b"content", b"damaged"))
    elif broken == "truncated":
        write_zip(archive, {"a.jpg": b"x" * 500})
        archive.write_bytes(archive.read_bytes()[:-100])
    elif broken == "empty":
        write_zip(archive, {"notes.txt": b"x"})
    elif broken == "text":
        archive.write_text("text")
    name = f"{server}/a.zip" if by_url else str(archive)

    with pytest.raises(UserError) as raised:
        fetch("archive", from_archive(name), old_target)

    assert name in str(raised.value)
    assert_untouched(old_target)


def test_url_that_answers_with_a_page_is_told(
    tmp_path: Path, old_target: Path, server: str
) -> None:
    (tmp_path / "a.zip").write_text("<html><title>Log in</title>")

    assert "a web page (Log in) came in place of an archive" in error_of(
        "archive", from_archive(f"{server}/a.zip"), old_target
    )
    assert_untouched(old_target)


def test_download_is_recorded_and_a_later_change_told(
    tmp_path: Path, target: Path, server: str
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.jpg": b"x"})
    url = f"{server}/a.zip"
    fetch("archive", from_archive(url), target)
    first = {"sha256": sha256_of(archive), "bytes": archive.stat().st_size}
    assert json.loads(PLACES.records.read_text()) == {url: first}

    fetch("archive", from_archive(url), target)
    before = photographs_of(target)
    write_zip(archive, {"a.jpg": b"y"})

    assert error_of("archive", from_archive(url), target) == (
        f"{url} has changed: its SHA-256 was {first['sha256']} when it was first downloaded "
        f"(records.json), now it is {sha256_of(archive)}; run again in case it was damaged on its "
        "way, or take it as it is now: set fetch.sha256 to the new one, or delete its record in "
        "that file"
    )
    assert photographs_of(target) == before
    assert json.loads(PLACES.records.read_text()) == {url: first}


@pytest.mark.parametrize("accepted", ["by fetch.sha256", "by deleting the record"])
def test_changed_download_can_be_accepted(
    tmp_path: Path, target: Path, server: str, accepted: str
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.jpg": b"x"})
    url = f"{server}/a.zip"
    fetch("archive", from_archive(url), target)
    write_zip(archive, {"a.jpg": b"y"})

    if accepted == "by fetch.sha256":
        fetch("archive", from_archive(url, sha256_of(archive)), target)
    else:
        PLACES.records.write_text("{}")
    fetch("archive", from_archive(url), target)

    assert photographs_of(target) == {"a.jpg": b"y"}
    assert json.loads(PLACES.records.read_text())[url]["sha256"] == sha256_of(archive)


@pytest.mark.parametrize("broken", ["text", "no photograph"])
def test_download_of_no_use_is_not_recorded(
    tmp_path: Path, target: Path, server: str, broken: str
) -> None:
    archive = tmp_path / "a.zip"
    if broken == "text":
        archive.write_text("text")
    else:
        write_zip(archive, {"notes.txt": b"x"})

    error_of("archive", from_archive(f"{server}/a.zip"), target)

    assert not PLACES.records.exists()
    assert [path.suffix for path in PLACES.downloads.iterdir()] == [".lock"]


def test_what_lies_on_this_machine_is_not_recorded(photographs: Path, target: Path) -> None:
    archive = write_zip(photographs.parent / "a.zip", {"a.jpg": b"x"})

    fetch("archive", from_archive(archive), target)
    fetch("folder", from_folder(photographs), target)

    assert not PLACES.records.exists()
    assert not PLACES.downloads.exists()


@pytest.mark.parametrize(
    ("max_unpacked_gb", "max_expansion", "named"),
    [(0.011, 1e6, "fetch.max_unpacked_gb"), (1, 100, "fetch.max_expansion"), (0.012, 1e6, "")],
)
@pytest.mark.parametrize("by_url", [False, True])
def test_archive_is_held_to_the_limits(
    tmp_path: Path,
    target: Path,
    server: str,
    max_unpacked_gb: float,
    max_expansion: float,
    named: str,
    by_url: bool,
) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.jpg", bytes(12_000_000))
    params = from_archive(f"{server}/a.zip" if by_url else archive).replace(
        max_unpacked_gb=max_unpacked_gb,
        max_expansion=max_expansion,
    )

    if named:
        assert named in error_of("archive", params, target)
    else:
        assert fetch("archive", params, target) == 1


def test_source_tells_where_photographs_come_from(
    photographs: Path, tmp_path: Path, target: Path, server: str
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.jpg": b"x"})
    digest = {"sha256": sha256_of(archive), "bytes": archive.stat().st_size}

    fetch("folder", from_folder(photographs), target)
    assert source_of(target) == {"dataset": "folder", "origin": "photographs"}
    fetch("archive", from_archive(archive), target)
    assert source_of(target) == {"dataset": "archive", "origin": "a.zip", "archive": digest}
    url = f"{server}/a.zip"
    fetch("archive", from_archive(url.replace("//", "//me:secret@")), target)
    assert source_of(target) == {"dataset": "archive", "origin": url, "archive": digest}


def test_colorsurvey_comes_from_drive(drive: Drive, target: Path) -> None:
    drive.file.cuts = [len(drive.file.content) // 2]

    count = fetch("colorsurvey", NOTHING, target)

    found = photographs_of(target)
    assert count == len(found) == 500
    assert found["ColorfulOriginal/LadyFinger/ladyfinger7.jpg"] == b"LadyFinger 7"
    assert {path.name for path in target.iterdir()} == {"ColorfulOriginal", MANIFEST, SOURCE}
    assert list(read_manifest(target)["path"]) == sorted(found)
    digest = json.loads(PLACES.records.read_text())[DRIVE_URL]
    assert digest["bytes"] == len(drive.file.content)
    assert source_of(target) == {
        "dataset": "colorsurvey",
        "origin": DRIVE_URL,
        "archive": digest,
    }
    assert [path.suffix for path in PLACES.downloads.iterdir()] == [".lock"]


def test_archive_by_hand_gives_the_same_photographs(
    drive: Drive, tmp_path: Path, target: Path
) -> None:
    fetch("archive", from_archive(tmp_path / "drive.zip"), target)
    by_hand = photographs_of(target)
    fetch("colorsurvey", NOTHING, target)

    assert {name.lower(): text for name, text in by_hand.items()} == {
        name.lower(): text for name, text in photographs_of(target).items()
    }


def test_colorsurvey_fetched_twice_gives_the_same_bytes(
    drive: Drive, target: Path, tmp_path: Path
) -> None:
    fetch("colorsurvey", NOTHING, target)
    fetch("colorsurvey", NOTHING, tmp_path / "again")

    assert tree(target) == tree(tmp_path / "again")


def test_colorsurvey_with_other_content_is_told(
    drive: Drive, old_target: Path, tmp_path: Path
) -> None:
    drive.file.content = write_zip(tmp_path / "other.zip", {"a/a.jpg": b"x"}).read_bytes()

    error = error_of("colorsurvey", NOTHING, old_target)

    assert error.startswith("ColorSurvey's archive must hold 500 to 800 photographs ")
    assert_untouched(old_target)
    assert not PLACES.records.exists()


def test_colorsurvey_with_two_names_that_become_one_is_told(
    drive: Drive, old_target: Path, tmp_path: Path
) -> None:
    names = ("ColorfulOriginal/Apple/PG1.jpg", "ColorfulOriginal/apple/pg1.JPG")
    archive = write_zip(tmp_path / "two.zip", dict.fromkeys(names, b"x"))
    drive.file.content = archive.read_bytes()

    error = error_of("colorsurvey", NOTHING, old_target)

    assert error.startswith(f"archive ColorSurvey holds {names[0]!r} and {names[1]!r}, ")
    assert_untouched(old_target)


def test_colorsurvey_with_another_checksum_is_told(drive: Drive, old_target: Path) -> None:
    error = error_of("colorsurvey", NOTHING.replace(sha256="0" * 64), old_target)

    assert error.startswith(f"the SHA-256 of ColorSurvey must be {'0' * 64} (fetch.sha256), got ")
    assert_untouched(old_target)


def test_colorsurvey_that_drive_refuses_leads_to_a_download_by_hand(
    drive: Drive, old_target: Path
) -> None:
    drive.page = (200, QUOTA)

    assert error_of("colorsurvey", NOTHING, old_target) == (
        "cannot download ColorSurvey: its download quota on Google Drive is used up; run again "
        'tomorrow, or download "Color Groundtruth" by hand from '
        "https://github.com/saeed-anwar/ColorSurvey and run with -S dataset=archive "
        "-S fetch.archive=PATH (the same photographs; keep its folders)"
    )
    assert_untouched(old_target)


@pytest.mark.parametrize("dataset", ["folder", "archive"])
def test_failed_first_fetch_leaves_nothing(tmp_path: Path, target: Path, dataset: str) -> None:
    with pytest.raises(UserError):
        fetch(dataset, NOTHING.replace(folder="nowhere", archive="nowhere"), target)

    assert tree(tmp_path) == {}
    assert list(target.parent.iterdir()) == []
