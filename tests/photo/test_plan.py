from __future__ import annotations

import os
from pathlib import Path

import pytest

from colorizer.data.manifest import SUFFIXES
from colorizer.photo.plan import SIDE_BY_SIDE, Wish, is_file_name, plan

ALBUM = (
    "album/a.jpg",
    "album/b.TIF",
    "album/notes.txt",
    "album/.hidden.jpg",
    "album/sub/c.png",
    "album/sub/deep/d.webp",
    "album/.trash/e.jpg",
    "scan.gif",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with an album and a scan beside it."""
    make(tmp_path, *ALBUM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def planned(wish: Wish, *inputs: str) -> dict[str, str]:
    found = plan([Path(name) for name in inputs], wish)
    assert found.refused == []
    assert found.already_there == []
    return {job.source.as_posix(): job.target.as_posix() for job in found.jobs}


def refused(wish: Wish, *inputs: str) -> dict[str, str]:
    found = plan([Path(name) for name in inputs], wish)
    return {path.as_posix(): reason for path, reason in found.refused}


def test_results_lie_beside_their_originals() -> None:
    assert planned(Wish(), "album", "scan.gif") == {
        "album/a.jpg": "album/a_color.jpg",
        "album/b.TIF": "album/b_color.TIF",
        "scan.gif": "scan_color.png",
    }


def test_sub_folders_are_taken_when_asked_and_keep_their_structure() -> None:
    assert planned(Wish(output=Path("out"), recursive=True), "album", "scan.gif") == {
        "album/a.jpg": "out/a_color.jpg",
        "album/b.TIF": "out/b_color.TIF",
        "album/sub/c.png": "out/sub/c_color.png",
        "album/sub/deep/d.webp": "out/sub/deep/d_color.webp",
        "scan.gif": "out/scan_color.png",
    }


@pytest.mark.parametrize(
    ("name", "format_", "suffix"),
    [
        *((f"a{suffix}", None, suffix) for suffix in SUFFIXES if suffix not in (".gif", ".bmp")),
        ("a.gif", None, ".png"),
        ("a.bmp", None, ".png"),
        ("a", None, ".png"),
        ("a.JPEG", "jpeg", ".JPEG"),
        ("a.tif", "jpeg", ".jpg"),
        ("a.jpg", "tiff", ".tif"),
        ("a.b.jpg", "webp", ".webp"),
    ],
)
def test_format_is_that_of_the_photograph_or_as_asked(
    folder: Path, name: str, format_: str | None, suffix: str
) -> None:
    make(folder, name)

    stem = Path(name).stem
    assert planned(Wish(format=format_), name) == {name: f"{stem}_color{suffix}"}


def test_output_may_name_one_file() -> None:
    wish = Wish(output=Path("new/result.tif"))

    found = plan([Path("scan.gif")], wish)
    assert [(job.target, job.format) for job in found.jobs] == [(Path("new/result.tif"), "tiff")]
    assert refused(wish, "scan.gif", "album/a.jpg") == {
        "album/a.jpg": "new/result.tif is written for scan.gif already"
    }


@pytest.mark.parametrize(
    ("name", "expected"), [("out", False), ("out.d", False), ("a.PNG", True), ("dir.png", False)]
)
def test_a_file_is_known_by_its_suffix(folder: Path, name: str, expected: bool) -> None:
    (folder / "dir.png").mkdir()

    assert is_file_name(Path(name)) == expected


def test_results_of_earlier_runs_are_not_colored_again(folder: Path) -> None:
    make(folder, "album/a_color.jpg", "album/a_before_after.jpg", "album/sky_color.jpg")
    overwrite = Wish(overwrite=True)

    assert set(planned(overwrite, "album")) == {
        "album/a.jpg",
        "album/b.TIF",
        "album/sky_color.jpg",
    }
    assert set(planned(overwrite, "album/a_color.jpg")) == {"album/a_color.jpg"}


def test_folder_that_is_written_to_is_not_read(folder: Path) -> None:
    make(folder, "album/out/a_color.jpg", "album/out/x.jpg")

    found = planned(Wish(output=Path("album/out"), recursive=True, overwrite=True), "album")
    assert not [source for source in found if source.startswith("album/out")]


def test_what_is_there_stays_unless_asked_otherwise(folder: Path) -> None:
    make(folder, "album/a_color.jpg")
    inputs = [Path("album")]

    found = plan(inputs, Wish())
    assert found.already_there == [Path("album/a_color.jpg")]
    assert [job.source.name for job in found.jobs] == ["b.TIF"]
    assert [job.source.name for job in plan(inputs, Wish(overwrite=True)).jobs] == [
        "a.jpg",
        "b.TIF",
    ]
    assert len(plan(inputs, Wish(mark=SIDE_BY_SIDE)).jobs) == 2


class TestVariants:
    def test_have_numbers(self) -> None:
        (job,) = plan([Path("album/a.jpg")], Wish(variants=3)).jobs
        assert job.target == Path("album/a_color.jpg")
        assert [target.name for target in job.targets] == [
            "a_color.jpg",
            "a_color_2.jpg",
            "a_color_3.jpg",
        ]

    def test_are_not_colored_again(self, folder: Path) -> None:
        make(folder, "album/a_color.jpg", "album/a_color_2.jpg", "album/a_color_7.jpg")
        assert set(planned(Wish(overwrite=True), "album")) == {
            "album/a.jpg",
            "album/b.TIF",
            "album/a_color_7.jpg",
        }

    def test_none_is_overwritten_unasked(self, folder: Path) -> None:
        make(folder, "album/a_color_2.jpg")
        inputs = [Path("album/a.jpg")]
        assert plan(inputs, Wish(variants=2)).already_there == [Path("album/a_color_2.jpg")]
        assert len(plan(inputs, Wish(variants=2, overwrite=True)).jobs) == 1
        assert len(plan(inputs, Wish()).jobs) == 1

    def test_none_is_written_over_the_original(self, folder: Path) -> None:
        make(folder, "a_2.jpg")
        wish = Wish(output=Path("a.jpg"), variants=2, overwrite=True)
        assert refused(wish, "a_2.jpg") == {"a_2.jpg": "it would be replaced by its coloured copy"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_original_is_never_replaced(overwrite: bool) -> None:
    wish = Wish(output=Path("album/../album/a.jpg"), overwrite=overwrite)

    assert refused(wish, "album/a.jpg") == {
        "album/a.jpg": "it would be replaced by its coloured copy"
    }


def test_no_two_photographs_are_written_to_one_file(folder: Path) -> None:
    make(folder, "album/a.png")

    assert refused(Wish(format="webp"), "album") == {
        "album/a.png": "album/a_color.webp is written for album/a.jpg already"
    }


def test_photograph_that_is_named_twice_is_colored_once() -> None:
    assert len(planned(Wish(), "album/a.jpg", "album", "./album/../album/a.jpg")) == 2


def test_what_is_not_there_is_named_and_the_rest_is_done(folder: Path) -> None:
    (folder / "empty").mkdir()
    inputs = [Path(name) for name in ("none.jpg", "empty", "scan.gif")]

    found = plan(inputs, Wish())

    assert [job.source for job in found.jobs] == [Path("scan.gif")]
    assert found.refused == [
        (Path("none.jpg"), "there is no such file"),
        (
            Path("empty"),
            "no photograph in this folder; --recursive takes those of its sub-folders",
        ),
    ]
    assert refused(Wish(recursive=True), "empty") == {"empty": "no photograph in this folder"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "album" / "sub").chmod(0)
    try:
        assert "album/sub" in refused(Wish(recursive=True), "album")
    finally:
        (folder / "album" / "sub").chmod(0o700)


@pytest.mark.parametrize("plugged_in", [False, True])
def test_heic_is_taken_with_its_plug_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, plugged_in: bool
) -> None:
    make(folder, "phone/a.heic", "phone/b.jpg")
    heic = (".heic",) if plugged_in else ()
    monkeypatch.setattr("colorizer.photo.plan.readable_suffixes", lambda: (*SUFFIXES, *heic))

    assert ("phone/a.heic" in planned(Wish(), "phone")) == plugged_in
    assert planned(Wish(), "phone/a.heic") == {"phone/a.heic": "phone/a_color.heic"}


def test_sub_folders_that_are_not_entered_are_known() -> None:
    (Path("album") / ".hidden").mkdir()

    assert plan([Path("album")], Wish()).folders == [Path("album/sub")]
    assert plan([Path("album")], Wish(output=Path("album/sub"))).folders == []
    assert plan([Path("album")], Wish(recursive=True)).folders == []
