from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from colorizer.figures.charts import save_figure
from colorizer.figures.curves import hints_figure, loss_figure, psnr_figure, vividness_figure


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
        assert true.get_label() == "as colourful as the truth"

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
