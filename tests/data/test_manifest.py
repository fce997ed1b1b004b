from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.data.manifest import photographs_in, read_manifest, write_manifest
from tests.data_helpers import tree


def touch(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode("utf-8", "surrogateescape"))


def names_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in photographs_in(folder)]


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.JPEG", "a.jpe", "a.Png", "a.webp", "a.tif", "a.tiff", "a.gif", "a.bmp"]
)
def test_photographs_are_known_by_their_suffix(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)

    assert names_in(tmp_path) == [name]


@pytest.mark.parametrize(
    "name", ["a.txt", "jpg", "a.jpg.part", ".a.jpg", ".jpg", ".trash/a.jpg", "b/.c/d/a.jpg"]
)
def test_other_and_hidden_files_are_none(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)

    assert names_in(tmp_path) == []


def test_folders_and_dead_links_are_no_photographs(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere")

    assert names_in(tmp_path) == []


def test_photographs_of_all_folders_are_sorted(tmp_path: Path) -> None:
    touch(tmp_path, "b/z.jpg", "b/a.jpg", "c.jpg", "a/x/y.jpg")

    assert names_in(tmp_path) == ["a/x/y.jpg", "b/a.jpg", "b/z.jpg", "c.jpg"]


def test_manifest_lists_path_size_and_hash(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "a/ü, 1.png", "notes.txt")

    count = write_manifest(tmp_path)

    names = ["a/ü, 1.png", "b.jpg"]
    manifest = read_manifest(tmp_path)
    assert count == 2
    assert list(manifest.columns) == ["path", "bytes", "sha256"]
    assert list(manifest["path"]) == names
    assert list(manifest["bytes"]) == [len(name.encode()) for name in names]
    assert list(manifest["sha256"]) == [hashlib.sha256(n.encode()).hexdigest() for n in names]


def test_manifest_is_sorted_by_the_text_of_the_path(tmp_path: Path) -> None:
    touch(tmp_path, "a/b.jpg", "a b.jpg", "a-b.jpg")

    write_manifest(tmp_path)

    assert list(read_manifest(tmp_path)["path"]) == ["a b.jpg", "a-b.jpg", "a/b.jpg"]


def test_writing_it_again_gives_the_same_bytes(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "a.jpg")
    write_manifest(tmp_path)
    before = tree(tmp_path)

    write_manifest(tmp_path)

    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["NA.jpg", "1.bmp", "None.png", '"a".jpg', "a b\u202f.jpg"])
def test_odd_names_survive(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)

    write_manifest(tmp_path)

    assert list(read_manifest(tmp_path)["path"]) == [name]


@pytest.mark.parametrize("name", ["a\r.jpg", "a\n.jpg", "\udce9.jpg"])
def test_names_that_no_csv_can_hold_are_refused(tmp_path: Path, name: str) -> None:
    try:
        touch(tmp_path, name)
    except OSError:
        pytest.skip("this file system refuses the name itself")

    with pytest.raises(UserError) as raised:
        write_manifest(tmp_path)

    assert str(raised.value).startswith(f"the photograph {name!r} must have a name in UTF-8")
    assert not (tmp_path / "manifest.csv").exists()


def test_folder_without_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        read_manifest(tmp_path)

    assert str(raised.value) == (
        f"{tmp_path / 'manifest.csv'} not found; fetch photographs with: dvc repro fetch"
    )
