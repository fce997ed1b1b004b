from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from PIL import Image

from colorizer.common.errors import UserError
from colorizer.data.shards import write_shards
from colorizer.data.splits import SPLITS
from colorizer.figures.charts import save_figure
from colorizer.figures.dataset import COLORS, GAP, TILE, dataset_figure
from tests.network_helpers import flat

SIZE = 8
FEW = {"train": 5, "val": 2, "test": 3}
REASONS = ("near-colourless", "too large", "too small", "unreadable", "vertical")


def prepared(
    folder: Path, counts: Mapping[str, int] = FEW, categories: Sequence[str] = ("hills", "towns")
) -> pd.DataFrame:
    """Write photographs of one colour each, and return their index; none is left out."""
    rows = []
    for split, count in counts.items():
        colors = [((37 * number) % 256, 99, 200) for number in range(count)]
        write_shards(folder, split, iter(flat(*colors, size=SIZE)), count, SIZE)
        rows += [
            {
                "category": categories[number % len(categories)],
                "split": split,
                "width": 300 + 10 * number,
                "height": 200,
                "chroma": 5.0 + number % 40,
                "reason": "",
            }
            for number in range(count)
        ]
    return pd.DataFrame(rows)


def left_out(*reasons: str, **values: Any) -> pd.DataFrame:
    """Return the rows of photographs that were left out for these reasons."""
    rows = [
        {
            "category": "x",
            "split": "",
            "width": 100,
            "height": 900,
            "chroma": 0.0,
            "reason": reason,
        }
        | values
        for reason in reasons
    ]
    return pd.DataFrame(rows)


def axes_of(figure: Figure) -> tuple[list[Axes], Axes, Axes, Axes]:
    """Return the axes of the sheets, chroma, sizes and categories."""
    *sheets, chroma, sizes, categories = figure.axes
    return sheets, chroma, sizes, categories


def sheet(axes: Axes) -> Any:
    (image,) = axes.get_images()
    return image.get_array()


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def dots(axes: Axes) -> dict[str, list[list[float]]]:
    """Return the coordinates of the dots by the first word of their label."""
    return {
        str(some.get_label()).split()[0]: np.asarray(some.get_offsets()).tolist()
        for some in axes.collections
    }


def bars(axes: Axes) -> dict[str, list[float]]:
    """Return the lengths of the bars of every category, from the top down, end to end."""
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert axes.yaxis_inverted()
    found = {}
    for row, name in enumerate(names):
        parts = [bar.patches[row] for bar in bars_of(axes)]
        found[name] = [part.get_width() for part in parts]
        assert [part.get_x() for part in parts] == [0, *np.cumsum(found[name])[:-1]]
    return found


def bars_of(axes: Axes) -> list[BarContainer]:
    return [container for container in axes.containers if isinstance(container, BarContainer)]


class TestPicture:
    def test_is_written_with_the_same_bits_twice(self, tmp_path: Path) -> None:
        index = pd.concat([prepared(tmp_path, categories=["鳥", "馬"]), left_out(*REASONS)])
        for name in ("first.png", "again.png"):
            save_figure(tmp_path / name, dataset_figure(tmp_path, index))
        assert (tmp_path / "first.png").read_bytes() == (tmp_path / "again.png").read_bytes()
        with Image.open(tmp_path / "first.png") as picture:
            assert picture.format == "PNG"
            assert picture.width == 13 * 120

    @pytest.mark.parametrize(
        ("counts", "categories", "out"),
        [
            pytest.param(dict.fromkeys(SPLITS, 1), ["only"], None, id="one of each"),
            pytest.param(
                {"train": 70, "val": 17, "test": 16},
                ["", "$x_{$", "ä", "two\nlines", "_", "a" * 300],
                left_out("vertical", width=150, height=600),
                id="any names",
            ),
            pytest.param(
                {"train": 120, "val": 2, "test": 3},
                [f"a category with a long name, {number}" for number in range(60)],
                left_out(*REASONS, width=9000, height=20),
                id="many categories",
            ),
        ],
    )
    def test_is_drawn_with_no_label_over_another(
        self,
        tmp_path: Path,
        counts: dict[str, int],
        categories: list[str],
        out: pd.DataFrame | None,
    ) -> None:
        index = prepared(tmp_path, counts, categories)
        figure = dataset_figure(tmp_path, index if out is None else pd.concat([index, out]))
        save_figure(tmp_path / "figure.png", figure)

        sheets, *charts = axes_of(figure)
        for axes in charts:
            for axis in (axes.xaxis, axes.yaxis):
                labels = [text for text in axis.get_ticklabels(which="both") if text.get_text()]
                boxes = [text.get_window_extent() for text in labels]
                assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
            key = axes.get_legend()
            if key is not None:
                assert not key.get_window_extent().overlaps(axes.bbox)
        for one, other in zip(sheets, [*sheets[1:], charts[0]], strict=True):
            upper, lower = one.get_tightbbox(), other.get_tightbbox()
            assert upper is not None
            assert lower is not None
            assert upper.y0 >= lower.y1
        assert all(tick == int(tick) for tick in charts[-1].get_xticks())
        left, middle, right = (axes.get_tightbbox() for axes in charts)
        assert left is not None
        assert middle is not None
        assert right is not None
        hair = 0.05 * figure.dpi  # what the layout leaves to rounding
        assert left.x1 <= middle.x0 + hair <= middle.x1 <= right.x0 + hair
        assert right.x1 <= 13 * figure.dpi

    def test_needs_photographs_of_every_split(self, tmp_path: Path) -> None:
        index = prepared(tmp_path, {"train": 5, "test": 3})
        with pytest.raises(UserError, match="no val photographs"):
            dataset_figure(tmp_path, index)

    def test_index_is_left_alone(self, tmp_path: Path) -> None:
        index = pd.concat([prepared(tmp_path), left_out("vertical")], ignore_index=True)
        before = index.copy()
        dataset_figure(tmp_path, index)
        pd.testing.assert_frame_equal(index, before)


class TestSheets:
    def test_show_photographs_row_by_row_and_tell_how_many(self, tmp_path: Path) -> None:
        counts = {"train": 100, "val": 18, "test": 2}
        sheets, *_ = axes_of(dataset_figure(tmp_path, prepared(tmp_path, counts)))
        assert [axes.get_title(loc="left") for axes in sheets] == [
            "train: 48 of 100 photographs",
            "val: 18 of 18 photographs",
            "test: 2 of 2 photographs",
        ]
        assert [sheet(axes).shape[0] for axes in sheets] == [
            rows * (TILE + GAP) - GAP for rows in (3, 2, 1)
        ]
        val = sheet(sheets[1])
        middles = val[TILE // 2 :: TILE + GAP, TILE // 2 :: TILE + GAP].reshape(-1, 3)
        shown = [((37 * number) % 256, 99, 200) for number in range(18)]
        assert (val[TILE : TILE + GAP] == 255).all()
        assert (val[:, TILE : TILE + GAP] == 255).all()
        assert middles.tolist() == [*map(list, shown), *([[255] * 3] * 14)]

    def test_read_no_more_than_they_show(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index = prepared(tmp_path, {"train": 60, "val": 1, "test": 1})
        read = []
        load = np.load

        def counted(file: Path, **options: Any) -> Any:
            read.append(Path(file).name)
            return load(file, **options)

        monkeypatch.setattr(np, "load", counted)
        dataset_figure(tmp_path, index)
        assert read.count("train-00000.npy") == 1 + 48  # once for the shape

    def test_are_as_small_for_large_photographs(self, tmp_path: Path) -> None:
        index = prepared(tmp_path)
        write_shards(tmp_path, "val", iter(flat((9, 8, 7), size=1000)), 1, 1000)
        sheets, *_ = axes_of(dataset_figure(tmp_path, index))
        assert sheet(sheets[1]).shape[:2] == (TILE, 16 * (TILE + GAP) - GAP)


class TestChroma:
    def test_is_shown_in_percent_of_every_split_with_the_means(self, tmp_path: Path) -> None:
        _, chroma, _, _ = axes_of(dataset_figure(tmp_path, prepared(tmp_path)))
        # A step histogram is an outline: its corners come in pairs, left and right of a step.
        for patch in chroma.patches:
            corners = patch.get_path().vertices
            assert np.asarray(corners)[1:-1:2, 1].sum() == pytest.approx(100)
        assert legend(chroma) == ["train, mean 7.0", "val, mean 5.5", "test, mean 6.0"]

    def test_may_be_zero_everywhere(self, tmp_path: Path) -> None:
        index = prepared(tmp_path).assign(chroma=0.0)
        _, chroma, _, _ = axes_of(dataset_figure(tmp_path, index))
        assert legend(chroma)[0] == "train, mean 0.0"

    def test_of_those_left_out_does_not_count(self, tmp_path: Path) -> None:
        index = pd.concat([prepared(tmp_path), left_out("vertical", chroma=900.0)])
        _, chroma, _, _ = axes_of(dataset_figure(tmp_path, index))
        assert chroma.get_xlim()[1] < 20


class TestSizes:
    def test_are_dots_by_split_and_grey_ones_left_out(self, tmp_path: Path) -> None:
        index = pd.concat([prepared(tmp_path), left_out("vertical", "too small", "vertical")])
        _, _, sizes, _ = axes_of(dataset_figure(tmp_path, index))
        assert dots(sizes) == {
            "train": [[300 + 10 * number, 200] for number in range(5)],
            "val": [[300, 200], [310, 200]],
            "test": [[300, 200], [310, 200], [320, 200]],
            "left": [[100, 900]],  # the same three times
        }
        assert legend(sizes) == [*SPLITS, "left out:\n  1 too small\n  2 vertical"]

    def test_of_the_unreadable_are_not_known_but_counted(self, tmp_path: Path) -> None:
        index = pd.concat([prepared(tmp_path), left_out("unreadable", width=0, height=0)])
        _, _, sizes, _ = axes_of(dataset_figure(tmp_path, index))
        assert dots(sizes)["left"] == []
        assert legend(sizes)[-1] == "left out:\n  1 unreadable"

    def test_nothing_left_out_is_told(self, tmp_path: Path) -> None:
        _, _, sizes, _ = axes_of(dataset_figure(tmp_path, prepared(tmp_path)))
        assert legend(sizes)[-1] == "left out:\n  none"

    def test_shapes_are_counted(self, tmp_path: Path) -> None:
        out = [left_out("vertical", "vertical"), left_out("too small", width=9, height=9)]
        index = pd.concat([prepared(tmp_path), *out])
        _, _, sizes, _ = axes_of(dataset_figure(tmp_path, index))
        assert sizes.get_title() == "10 landscape, 1 square, 2 portrait"

    @pytest.mark.parametrize(("side", "scale"), [(200, "linear"), (799, "linear"), (800, "log")])
    def test_are_logarithmic_where_they_differ_much(
        self, tmp_path: Path, side: int, scale: str
    ) -> None:
        index = prepared(tmp_path).assign(width=side)
        _, _, sizes, _ = axes_of(dataset_figure(tmp_path, index))
        assert (sizes.get_xscale(), sizes.get_yscale()) == (scale, scale)


class TestCategories:
    def test_are_bars_by_split_the_largest_on_top(self, tmp_path: Path) -> None:
        index = prepared(tmp_path, categories=["b", "c", "a", "b"])
        _, _, _, categories = axes_of(dataset_figure(tmp_path, index))
        assert categories.get_title() == "3 categories"
        colors = [bar.patches[0].get_facecolor() for bar in bars_of(categories)]
        assert colors == [to_rgba(COLORS[split]) for split in SPLITS]
        assert bars(categories) == {"b": [3, 1, 1], "c": [1, 1, 1], "a": [1, 0, 1]}

    def test_of_the_same_size_follow_the_alphabet(self, tmp_path: Path) -> None:
        index = prepared(tmp_path, {"train": 4, "val": 4, "test": 4}, ["d", "b", "c", "a"])
        _, _, _, categories = axes_of(dataset_figure(tmp_path, index))
        assert list(bars(categories)) == ["a", "b", "c", "d"]

    def test_of_photographs_left_out_are_not_shown(self, tmp_path: Path) -> None:
        index = pd.concat([prepared(tmp_path), left_out("vertical", category="elsewhere")])
        _, _, _, categories = axes_of(dataset_figure(tmp_path, index))
        assert set(bars(categories)) == {"hills", "towns"}

    def test_beyond_forty_are_cut_and_counted(self, tmp_path: Path) -> None:
        names = [f"{number:02d}" for number in range(50)]
        index = prepared(tmp_path, {"train": 45 + 50, "val": 50, "test": 50}, names)
        _, _, _, categories = axes_of(dataset_figure(tmp_path, index))
        assert categories.get_title() == "The largest 40 of 50 categories"
        assert list(bars(categories)) == names[:40]

    def test_one_is_told_as_one(self, tmp_path: Path) -> None:
        index = prepared(tmp_path, categories=["only"])
        _, _, _, categories = axes_of(dataset_figure(tmp_path, index))
        assert categories.get_title() == "1 category"
        assert bars(categories) == {"only": [5, 2, 3]}

    def test_names_stay_readable(self, tmp_path: Path) -> None:
        names = {"": "(none)", "007": "007", "x" * 32: "x" * 32, "x" * 33: "x" * 31 + "…"}
        index = prepared(tmp_path, dict.fromkeys(SPLITS, 4), sorted(names))
        _, _, _, categories = axes_of(dataset_figure(tmp_path, index))
        assert list(bars(categories)) == list(names.values())
