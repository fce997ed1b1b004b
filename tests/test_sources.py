from __future__ import annotations

import csv
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from colorizer import sources
from colorizer.errors import UserError
from colorizer.files import sha256_of
from colorizer.manifest import MANIFEST, read_manifest
from colorizer.params import FetchParams
from colorizer.sources import fetch
from tests.conftest import REPOSITORY, SAMPLE
from tests.data_helpers import serving, tree, write_tar, write_zip

NOTHING = FetchParams(folder="", archive="", sha256="")
OLD = {"old.jpg": b"old", MANIFEST: b"old"}


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address that serves the files of ``tmp_path``."""
    with serving(partial(Handler, directory=str(tmp_path))) as address:
        yield address


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
    return replace(NOTHING, folder=str(folder))


def from_archive(archive: Path | str, sha256: str = "") -> FetchParams:
    return replace(NOTHING, archive=str(archive), sha256=sha256)


def without_manifest(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in tree(folder).items() if name != MANIFEST}


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

    copied = without_manifest(target)
    assert count == 7
    assert sorted(copied) == [
        *("hills/0.jpg", "hills/2.jpg", "hills/4.jpg"),
        *("towns/1.jpg", "towns/3.jpg", "towns/5.jpg", "towns/UPPER.JPG"),
    ]
    assert copied.items() <= tree(photographs).items()


def test_manifest_agrees_with_the_files(photographs: Path, target: Path) -> None:
    fetch("folder", from_folder(photographs), target)

    manifest = read_manifest(target)
    assert list(manifest["path"]) == sorted(without_manifest(target))
    assert [sha256_of(target / path) for path in manifest["path"]] == list(manifest["sha256"])
    assert [(target / path).stat().st_size for path in manifest["path"]] == list(manifest["bytes"])


def test_two_fetches_give_the_same_bytes(photographs: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        fetch("folder", from_folder(photographs), tmp_path / name)

    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_fetch_replaces_what_was_there(photographs: Path, old_target: Path) -> None:
    fetch("folder", from_folder(photographs), old_target)

    assert without_manifest(old_target) == tree(photographs)


def test_home_is_found(photographs: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(photographs.parent))

    assert fetch("folder", from_folder(Path("~") / photographs.name), target) == 6


@pytest.mark.parametrize("folder", ["", "nowhere", "~nobody-of-this-name/photographs"])
def test_missing_folder_is_told(old_target: Path, folder: str) -> None:
    with pytest.raises(UserError) as raised:
        fetch("folder", replace(NOTHING, folder=folder), old_target)

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
    assert without_manifest(target) == tree(photographs)


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

    assert without_manifest(target) == tree(photographs)


def test_colorsurvey_comes_from_drive(
    photographs: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def give(file_id: str, archive: Path) -> None:
        asked.append(file_id)
        write_zip(archive, tree(photographs))

    monkeypatch.setattr(sources, "download_from_drive", give)

    fetch("colorsurvey", NOTHING, target)

    assert asked == [sources.COLORSURVEY_FILE_ID]
    assert without_manifest(target) == tree(photographs)


def test_archive_must_be_named(target: Path) -> None:
    with pytest.raises(UserError, match=r"^dataset=archive needs fetch\.archive: "):
        fetch("archive", NOTHING, target)


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


@pytest.mark.parametrize("dataset", ["folder", "archive"])
def test_failed_first_fetch_leaves_nothing(tmp_path: Path, target: Path, dataset: str) -> None:
    with pytest.raises(UserError):
        fetch(dataset, FetchParams(folder="nowhere", archive="nowhere", sha256=""), target)

    assert tree(tmp_path) == {}
    assert list(target.parent.iterdir()) == []
