from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorizer.figures.panels import (
    CAPTION,
    GAP,
    TILE,
    Coloring,
    panel,
    panel_names,
    save_picture,
    sheet,
)
from tests.network_helpers import flat, noise

RED, GREEN, PAPER = (255, 0, 0), (0, 160, 0), (255, 255, 255)
PANEL = (3 * TILE + 2 * GAP, CAPTION + TILE)
TITLED = (PANEL[0], PANEL[1] + CAPTION)
TWO_CATEGORIES = ["objects/birds/hen.jpg", "scenes/landscape/dune.jpg"]


def coloring(name: str = "birds/hen.jpg", size: int = 16, psnr: float = 23.456) -> Coloring:
    """Return a photograph that is red, and was coloured green."""
    true, predicted = flat(RED, GREEN, size=size)
    return Coloring(name, predicted, true, psnr)


def middles(picture: Image.Image, left: int = 0, top: int = CAPTION) -> list[object]:
    """Return the colours in the middle of the three tiles of a panel."""
    columns = [left + number * (TILE + GAP) + TILE // 2 for number in range(3)]
    return [picture.getpixel((column, top + TILE // 2)) for column in columns]


def ink(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Tell whether anything is drawn in a part of a picture."""
    return bool((np.asarray(picture.crop(box)) != 255).any())


class TestPanel:
    @pytest.mark.parametrize("size", [16, 256, 300])
    def test_has_the_same_size_whatever_the_photograph(self, size: int) -> None:
        picture = panel(coloring(size=size))
        assert picture.size == PANEL
        assert picture.mode == "RGB"

    def test_shows_grey_then_predicted_then_true(self) -> None:
        grey, predicted, true = middles(panel(coloring()))
        assert grey == (127, 127, 127)  # as light as red
        assert predicted == GREEN
        assert true == RED

    def test_every_picture_has_its_caption(self) -> None:
        picture = panel(coloring())
        for left in (0, TILE + GAP, 2 * (TILE + GAP)):
            assert ink(picture, (left, 0, left + TILE, CAPTION))

    def test_pictures_stand_apart(self) -> None:
        picture = panel(coloring())
        for left in (TILE, 2 * TILE + GAP):
            assert not ink(picture, (left, 0, left + GAP, picture.height))

    def test_caption_tells_the_psnr(self) -> None:
        captions = [
            panel(coloring(psnr=psnr)).crop((TILE, 0, 2 * TILE, CAPTION))
            for psnr in (20, 20.04, 30)
        ]
        assert captions[0] == captions[1]
        assert captions[0] != captions[2]

    def test_photographs_are_left_alone(self) -> None:
        (true,) = noise(1, 16)
        true.setflags(write=False)
        panel(Coloring("a.jpg", true, true, 100.0))
        np.testing.assert_array_equal(true, noise(1, 16)[0])

    def test_same_photographs_same_picture(self) -> None:
        true, predicted = noise(2, 16)
        first, again = (panel(Coloring("a.jpg", predicted, true, 9.0)) for _ in range(2))
        assert first == again


class TestSheet:
    @pytest.mark.parametrize(
        ("count", "columns", "rows"),
        [(1, 2, 1), (2, 2, 1), (3, 2, 2), (10, 2, 5), (3, 1, 3), (5, 3, 2)],
    )
    def test_holds_all_in_as_few_rows_as_it_takes(
        self, count: int, columns: int, rows: int
    ) -> None:
        picture = sheet([coloring()] * count, columns)
        width = columns * TITLED[0] + (columns - 1) * 3 * GAP
        height = rows * TITLED[1] + (rows - 1) * 2 * GAP
        assert picture.size == (width, height)

    def test_goes_row_by_row(self) -> None:
        colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
        pictures = flat(*colors, size=8)
        colorings = [Coloring("x", picture, picture, 9.0) for picture in pictures]
        picture = sheet(colorings)
        right, below = TITLED[0] + 3 * GAP, TITLED[1] + 2 * GAP
        corners = [(0, 0), (right, 0), (0, below)]
        shown = [middles(picture, left, top + 2 * CAPTION)[2] for left, top in corners]
        assert shown == colors
        assert not ink(picture, (right, below, *picture.size))

    def test_names_every_photograph(self) -> None:
        picture = sheet([coloring("a"), coloring("b")])
        right = TITLED[0] + 3 * GAP
        first = picture.crop((0, 0, TITLED[0], CAPTION))
        second = picture.crop((right, 0, right + TITLED[0], CAPTION))
        assert ink(first, (0, 0, *first.size))
        assert ink(second, (0, 0, *second.size))
        assert first != second

    @pytest.mark.parametrize(
        "name",
        ["", " ", "x" * 500, "vögel/grüne ärä.jpg", "鳥/鶏.jpg", "🐔.jpg", "two\nlines.jpg"],
    )
    def test_takes_any_name(self, name: str) -> None:
        assert sheet([coloring(name)], columns=1).size == TITLED


class TestPanelNames:
    def test_spell_the_path(self) -> None:
        assert panel_names(TWO_CATEGORIES) == [
            "objects--birds--hen.png",
            "scenes--landscape--dune.png",
        ]

    def test_of_none_are_none(self) -> None:
        assert panel_names([]) == []

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("a.jpg", "a.png"),
            ("a.jpg", "a.jpeg"),
            ("a.jpg", "a.JPG"),
            ("a.jpg", "a.png.jpg"),
            ("a.png", "a.png.jpg"),
            ("a.jpg", "a.jpg.jpg"),
            ("a/b.jpg", "a--b.jpg"),
            ("a--b/c.jpg", "a/b--c.jpg"),
            ("a--b/c.jpg", "a/b/c.jpg"),
            ("a-/b.jpg", "a/-b.jpg"),
            ("a-/-b.jpg", "a--/b.jpg"),
            ("a/b.jpg", "a/b-.jpg"),
            ("a b.jpg", "a-b.jpg"),
        ],
    )
    def test_of_two_photographs_differ(self, first: str, second: str) -> None:
        one, other = panel_names([first, second])
        assert one != other

    @given(
        st.lists(
            st.lists(st.text("ab-. ", min_size=1, max_size=4), min_size=1, max_size=3)
            .filter(lambda parts: not any(part.strip(".") == "" for part in parts))
            .flatmap(lambda parts: st.sampled_from([".jpg", ".png"]).map("/".join(parts).__add__)),
            unique=True,
            max_size=30,
        )
    )
    @settings(deadline=None)
    def test_are_all_different_file_names(self, files: list[str]) -> None:
        names = panel_names(files)
        assert len(set(names)) == len(files)
        assert all("/" not in name and name.endswith(".png") for name in names)

    @pytest.mark.parametrize("file", ["a/b.jpg", "a/b.png", "a--b.jpg", "a/b--c.JPG"])
    def test_do_not_depend_on_other_photographs(self, file: str) -> None:
        (alone,) = panel_names([file])
        among = panel_names(["a/b.tif", file, "a--b--c.jpg", "a.jpg"])[1]
        assert among == alone

    def test_tell_the_suffix_unless_it_is_the_usual_one(self) -> None:
        assert panel_names(["a/b.png", "a/b.jpg"]) == ["a--b.png.png", "a--b.png"]

    def test_stay_the_same_for_ever(self) -> None:
        assert panel_names(["a--b/c.jpg"]) == ["a--b--c-aad8a760.png"]


class TestSaving:
    def test_picture_is_saved_as_it_is(self, tmp_path: Path) -> None:
        picture = panel(coloring())
        path = tmp_path / "new" / "panel.png"
        save_picture(path, picture)
        with Image.open(path) as saved:
            assert saved.format == "PNG"
            assert saved.convert("RGB") == picture
        assert list(path.parent.iterdir()) == [path]

    def test_same_picture_same_bytes(self, tmp_path: Path) -> None:
        for name in ("first.png", "again.png"):
            save_picture(tmp_path / name, panel(coloring()))
        assert (tmp_path / "first.png").read_bytes() == (tmp_path / "again.png").read_bytes()

    def test_suffix_chooses_the_format(self, tmp_path: Path) -> None:
        save_picture(tmp_path / "panel.jpg", panel(coloring()))
        with Image.open(tmp_path / "panel.jpg") as saved:
            assert saved.format == "JPEG"

    def test_unknown_format_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="unknown file extension"):
            save_picture(tmp_path / "panel.xyz", panel(coloring()))
        assert list(tmp_path.iterdir()) == []

    def test_failure_keeps_the_old_file_and_leaves_nothing_beside_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: object, file: Path, **__: object) -> None:
            Path(file).write_bytes(b"half")
            raise OSError("No space left on device")

        path = tmp_path / "old.png"
        path.write_bytes(b"old")
        monkeypatch.setattr(Image.Image, "save", full)
        with pytest.raises(OSError, match="No space left"):
            save_picture(path, panel(coloring()))
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]
