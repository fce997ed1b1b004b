from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from colorizer.figures.charts import save_figure
from colorizer.figures.curves import hints_figure, loss_figure, psnr_figure, vividness_figure
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


def history() -> pd.DataFrame:
    return pd.DataFrame(
        {"epoch": [1, 2, 3], "train": [0.3, 0.2, 0.1], "val": [0.4, 0.2, 0.3], "lr": 0.001}
    )


def vividness() -> pd.DataFrame:
    saturation = np.linspace(0, 2, 41).round(2)
    psnr = 25 - 4 * (saturation - 1) ** 2
    return pd.DataFrame({"saturation": saturation, "psnr": psnr, "colorfulness": saturation / 2})


def hints() -> pd.DataFrame:
    return pd.DataFrame({"hints": [0, 1, 5, 50], "psnr": [22.0, 23.456, 25.0, 27.0]})


def figures() -> dict[str, Figure]:
    psnr = pd.Series(np.random.default_rng(0).normal(24, 3, 50))
    return {
        "loss": loss_figure(history()),
        "psnr": psnr_figure(psnr, {"grey": 22.0, "mean_ab": 22.5}),
        "vividness": vividness_figure(vividness(), 1.25),
        "hints": hints_figure(hints()),
    }


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


class TestFigures:
    @pytest.mark.parametrize("kind", ["loss", "psnr", "vividness", "hints"])
    def test_same_numbers_same_picture_of_the_same_size(self, tmp_path: Path, kind: str) -> None:
        for name in ("first.png", "again.png"):
            save_figure(tmp_path / name, figures()[kind])
        assert (tmp_path / "first.png").read_bytes() == (tmp_path / "again.png").read_bytes()
        with Image.open(tmp_path / "first.png") as picture:
            assert picture.size == (840, 480)

    def test_loss_shows_both_curves_and_marks_the_best_epoch(self) -> None:
        (axes,) = loss_figure(history()).axes
        training, validation, best = axes.get_lines()
        assert training.get_ydata().tolist() == [0.3, 0.2, 0.1]  # type: ignore[union-attr]
        assert validation.get_ydata().tolist() == [0.4, 0.2, 0.3]  # type: ignore[union-attr]
        assert set(np.asarray(best.get_xdata()).tolist()) == {2}
        assert best.get_label() == "kept: 2"
        assert axes.get_ylim()[0] == 0

    def test_loss_of_a_single_epoch(self, tmp_path: Path) -> None:
        save_figure(tmp_path / "loss.png", loss_figure(history()[:1]))
        assert (tmp_path / "loss.png").is_file()

    def test_psnr_counts_every_photograph_and_marks_the_means(self) -> None:
        psnr = pd.Series([20.0, 22.0, 27.0])
        (axes,) = psnr_figure(psnr, {"grey": 21.0, "mean_ab": 21.5}).axes
        heights = [bar.get_height() for bar in axes.patches]  # type: ignore[attr-defined]
        assert sum(heights) == 3
        assert [line.get_label() for line in axes.get_lines()] == [
            "mean 23.00 dB",
            "grey 21.00 dB",
            "mean_ab 21.50 dB",
        ]
        assert [np.asarray(line.get_xdata())[0] for line in axes.get_lines()] == [23, 21, 21.5]

    @pytest.mark.parametrize("psnr", [[20.0], [20.0, 20.0], [100.0] * 3])
    def test_psnr_of_few_or_equal_photographs(self, tmp_path: Path, psnr: list[float]) -> None:
        figure = psnr_figure(pd.Series(psnr), {"grey": 20.0, "mean_ab": 20.0})
        save_figure(tmp_path / "psnr.png", figure)
        assert (tmp_path / "psnr.png").is_file()

    def test_vividness_shows_what_colourfulness_costs(self) -> None:
        (axes,) = vividness_figure(vividness(), 1.25).axes
        curve, _, true = axes.get_lines()
        np.testing.assert_array_equal(curve.get_xdata(), vividness()["colorfulness"])
        np.testing.assert_array_equal(curve.get_ydata(), vividness()["psnr"])
        assert set(np.asarray(true.get_xdata()).tolist()) == {1}
        assert true.get_label() == "as colourful as true"

    def test_vividness_names_some_saturations_where_they_lie(self) -> None:
        (axes,) = vividness_figure(vividness(), 1.25).axes
        places = {str(text.get_text()): text.xy for text in axes.texts}  # type: ignore[attr-defined]
        assert list(places) == [f"x {step / 5:g}" for step in range(11)]
        assert places["x 1"] == (0.5, 25)

    @pytest.mark.parametrize(
        ("chosen", "place", "label"),
        [
            (1.25, (0.625, 24.75), "used: x 1.25"),
            (0.0, (0, 21), "used: x 0"),
            (1.26, (0.625, 24.75), "used: x 1.26"),
            (10.0, (1, 21), "used: x 10"),
        ],
    )
    def test_vividness_marks_what_was_used(
        self, chosen: float, place: tuple[float, float], label: str
    ) -> None:
        (axes,) = vividness_figure(vividness(), chosen).axes
        _, mark, _ = axes.get_lines()
        (x,), (y,) = np.asarray(mark.get_xdata()), np.asarray(mark.get_ydata())
        assert (x, y) == pytest.approx(place)
        assert mark.get_label() == label

    def test_vividness_where_colours_make_no_difference(self, tmp_path: Path) -> None:
        same = vividness().assign(psnr=20.0, colorfulness=0.0)
        save_figure(tmp_path / "vividness.png", vividness_figure(same, 2.0))
        assert (tmp_path / "vividness.png").is_file()

    def test_hints_show_psnr_against_their_number(self) -> None:
        (axes,) = hints_figure(hints()).axes
        (curve,) = axes.get_lines()
        np.testing.assert_array_equal(curve.get_xdata(), hints()["hints"])
        np.testing.assert_array_equal(curve.get_ydata(), hints()["psnr"])
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "5", "50"]
        assert [text.get_text() for text in axes.texts] == ["22.00", "23.46", "25.00", "27.00"]

    def test_hints_have_room_for_none_and_for_many(self) -> None:
        figure = hints_figure(hints())
        (axes,) = figure.axes
        figure.canvas.draw()
        none, one, *_, most = axes.transData.transform([(n, 24) for n in hints()["hints"]])[:, 0]
        assert 0.1 < (one - none) / (most - none) < 0.5

    @pytest.mark.parametrize("psnr", [[20.0], [20.0, 20.0]])
    def test_hints_of_a_single_row_or_without_effect(
        self, tmp_path: Path, psnr: list[float]
    ) -> None:
        table = pd.DataFrame({"hints": range(len(psnr)), "psnr": psnr})
        save_figure(tmp_path / "hints.png", hints_figure(table))
        with Image.open(tmp_path / "hints.png") as picture:
            assert picture.size == (840, 480)
            assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10


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
