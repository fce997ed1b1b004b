from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch.colorsurvey import CATEGORIES, arrange
from tests.data_helpers import tree

EACH = 25


def names(each: int = EACH, top: str = "ColorfulOriginal") -> list[str]:
    """Return names as in the archive, ``each`` in every category."""
    return [f"{top}/{name}/{name}{n}.jpg" for name in CATEGORIES for n in range(each)]


def write(folder: Path, paths: Iterable[str]) -> None:
    """Write photographs that hold their own names."""
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode())


def arranged(tmp_path: Path) -> dict[str, bytes]:
    """Return the places and contents of what was written to ``unpacked``."""
    (tmp_path / "raw").mkdir()
    arrange(tmp_path / "unpacked", tmp_path / "raw")
    return tree(tmp_path / "raw")


def error_of(tmp_path: Path) -> str:
    with pytest.raises(UserError) as raised:
        arranged(tmp_path)
    assert tree(tmp_path / "raw") == {}
    return str(raised.value)


def test_twenty_categories_are_known() -> None:
    assert len(CATEGORIES) == 20
    assert sorted(CATEGORIES) == list(CATEGORIES)


@pytest.mark.parametrize("each", [25, 40])
def test_names_are_put_in_small_letters(tmp_path: Path, each: int) -> None:
    write(tmp_path / "unpacked", names(each))

    assert arranged(tmp_path) == {
        f"ColorfulOriginal/{name}/{name.lower()}{n}.jpg": (
            f"ColorfulOriginal/{name}/{name}{n}.jpg".encode()
        )
        for name in CATEGORIES
        for n in range(each)
    }


def test_copies_that_differ_in_case_give_the_same_names(tmp_path: Path) -> None:
    write(tmp_path / "one" / "unpacked", names())
    write(tmp_path / "two" / "unpacked", [name.upper() for name in names()])

    one, two = arranged(tmp_path / "one"), arranged(tmp_path / "two")

    assert list(one) == list(two)
    assert [content.upper() for content in one.values()] == list(two.values())


def test_photographs_elsewhere_are_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = ["all.jpg", "ColorfulOriginal/a.jpg", "ColorfulOriginal/Fig/fig1.jpg"]
    write(tmp_path / "unpacked", [*names(), *elsewhere, "ColorfulOriginal/Apple/more/a.jpg"])

    assert len(arranged(tmp_path)) == len(names())
    assert capsys.readouterr().out == (
        "left out: 4 (such as 'ColorfulOriginal/Apple/more/a.jpg') that lie in none of "
        "ColorSurvey's categories\n"
    )


def test_nothing_is_told_of_an_archive_as_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "unpacked", names())
    arranged(tmp_path)

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (names(24), "it holds 480 there"),
        (names(41), "it holds 820 there"),
        (
            [name for name in names(30) if "/Pear/" not in name or name.endswith("7.jpg")],
            "it holds 573 there, only 3 of Pear",
        ),
        (
            names(40)[: 15 * 40],
            "it holds 600 there, only 0 of Plum, 0 of Pomegranate, 0 of Potato and 2 more",
        ),
        (
            names(30, top="GrayScale"),
            "it holds 0 there, and 600 (such as 'GrayScale/Apple/Apple0.jpg') elsewhere",
        ),
    ],
)
def test_archive_with_other_content_is_told(tmp_path: Path, paths: list[str], found: str) -> None:
    write(tmp_path / "unpacked", paths)

    assert error_of(tmp_path) == (
        "ColorSurvey's archive must hold 500 to 800 photographs in ColorfulOriginal/<category>/, "
        f"10 or more for each of 20 categories; {found}. See "
        "https://github.com/saeed-anwar/ColorSurvey for what has changed, or take the archive as "
        "it is: download it by hand and run with -S dataset=archive -S fetch.archive=PATH"
    )
