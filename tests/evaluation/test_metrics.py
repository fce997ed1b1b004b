from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from colorizer.evaluation.metrics import (
    HIGHEST_PSNR,
    METRICS,
    ciede2000,
    colorfulness,
    measure,
    measure_all,
    mse,
    per_category,
    psnr_from_mse,
    ssim,
    summarize,
)
from tests.network_helpers import flat, noise

Photograph = npt.NDArray[np.uint8]


@pytest.fixture
def pair() -> tuple[Photograph, Photograph]:
    """A photograph, and the same with some noise."""
    true = noise(1, 24)[0]
    noisy = true + np.random.default_rng(1).normal(0, 20, true.shape)
    return noisy.clip(0, 255).astype(np.uint8), true


class TestAgainstScikitImage:
    def test_mse(self, pair: tuple[Photograph, Photograph]) -> None:
        predicted, true = (photograph / 255 for photograph in pair)
        assert mse(*pair) == pytest.approx(mean_squared_error(true, predicted), rel=1e-12)

    def test_psnr(self, pair: tuple[Photograph, Photograph]) -> None:
        predicted, true = pair
        expected = peak_signal_noise_ratio(  # type: ignore[no-untyped-call]
            true, predicted, data_range=255
        )
        assert psnr_from_mse(mse(*pair)) == pytest.approx(expected, rel=1e-12)

    def test_ssim(self, pair: tuple[Photograph, Photograph]) -> None:
        predicted, true = pair
        channels = [
            structural_similarity(  # type: ignore[no-untyped-call]
                true[..., c] / 255, predicted[..., c] / 255, data_range=1
            )
            for c in range(3)
        ]
        assert ssim(*pair) == pytest.approx(np.mean(channels), rel=1e-6)

    def test_ciede2000(self, pair: tuple[Photograph, Photograph]) -> None:
        predicted, true = (rgb2lab(photograph) for photograph in pair)
        expected = deltaE_ciede2000(true, predicted)  # type: ignore[no-untyped-call]
        assert ciede2000(*pair) == pytest.approx(expected.mean(), abs=1e-3)


class TestByHand:
    def test_mse_does_not_wrap_around(self) -> None:
        dark, light = flat((10, 10, 10), (250, 250, 250), size=8)
        assert mse(dark, light) == pytest.approx((240 / 255) ** 2)
        assert mse(light, dark) == pytest.approx((240 / 255) ** 2)

    @pytest.mark.parametrize(
        ("error", "psnr"), [(1.0, 0.0), (0.1, 10.0), (0.01, 20.0), ((1 / 255) ** 2, 48.1308)]
    )
    def test_psnr(self, error: float, psnr: float) -> None:
        assert psnr_from_mse(error) == pytest.approx(psnr, abs=1e-4)

    @pytest.mark.parametrize("error", [0.0, 5e-324, 1e-11])
    def test_psnr_is_at_most_100(self, error: float) -> None:
        assert psnr_from_mse(error) == HIGHEST_PSNR == 100

    def test_ciede2000_of_black_and_white(self) -> None:
        black, white = flat((0, 0, 0), (255, 255, 255), size=8)
        assert ciede2000(black, white) == pytest.approx(100, abs=1e-2)

    def test_ssim_of_inverted_noise_is_negative(self) -> None:
        (photograph,) = noise(1, 24)
        assert -1 <= ssim(255 - photograph, photograph) < 0

    @pytest.mark.parametrize("level", [0, 1, 128, 255])
    def test_grey_has_no_colourfulness(self, level: int) -> None:
        assert colorfulness(flat((level, level, level), size=8)[0]) == 0

    def test_greys_of_all_kinds_have_no_colourfulness(self) -> None:
        grey = noise(1, 8)[0, :, :, :1].repeat(3, axis=-1)
        assert colorfulness(grey) == 0

    def test_colourfulness_of_one_colour_is_its_offset(self) -> None:
        # Red: rg = 255, yb = 127.5, nothing spreads.
        expected = 0.3 * math.hypot(255, 127.5)
        assert colorfulness(flat((255, 0, 0), size=8)[0]) == pytest.approx(expected)

    def test_colourfulness_of_red_beside_blue(self) -> None:
        # rg is 255 and 0, yb is 127.5 and -255: means 127.5 and -63.75, deviations 127.5 and
        # 191.25; 229.854 + 0.3 * 142.549.
        photograph = np.array([[[255, 0, 0], [0, 0, 255]]], dtype=np.uint8)
        assert colorfulness(photograph) == pytest.approx(272.619, abs=1e-3)


class TestMeasure:
    def test_identical_pictures(self) -> None:
        (photograph,) = noise(1, 16)
        figures = measure(photograph, photograph.copy())
        vivid = colorfulness(photograph)
        assert figures == {
            "mse": 0,
            "psnr": 100,
            "ssim": pytest.approx(1),
            "ciede2000": 0,
            "colorfulness": vivid,
            "colorfulness_truth": vivid,
        }

    def test_gives_every_metric_in_order(self, pair: tuple[Photograph, Photograph]) -> None:
        figures = measure(*pair)
        assert list(figures) == list(METRICS)
        assert all(type(value) is float for value in figures.values())
        assert figures["mse"] == mse(*pair)
        assert figures["psnr"] == psnr_from_mse(figures["mse"])
        assert figures["ssim"] == ssim(*pair)
        assert figures["ciede2000"] == ciede2000(*pair)

    def test_knows_predicted_from_true(self) -> None:
        grey, red = flat((90, 90, 90), (255, 0, 0), size=8)
        figures = measure(predicted=grey, true=red)
        assert figures["colorfulness"] == 0
        assert figures["colorfulness_truth"] > 80

    @pytest.mark.parametrize("shape", [(8, 9, 3), (9, 8, 3), (8, 8, 1), (8, 8)])
    def test_other_shapes_are_refused(self, shape: tuple[int, ...]) -> None:
        message = re.escape(f"shapes must be equal, got {shape} and (8, 8, 3)")
        with pytest.raises(ValueError, match=f"^{message}$"):
            measure(np.zeros(shape, np.uint8), np.zeros((8, 8, 3), np.uint8))

    def test_pictures_are_left_alone(self, pair: tuple[Photograph, Photograph]) -> None:
        before = [photograph.copy() for photograph in pair]
        for photograph in pair:
            photograph.setflags(write=False)
        measure(*pair)
        assert all(np.array_equal(*both) for both in zip(pair, before, strict=True))


class TestMeasureAll:
    def test_has_a_row_for_each_pair_in_their_order(self) -> None:
        photographs = noise(40, 16)
        true = photographs[0]
        table = measure_all((photograph, true) for photograph in photographs)
        expected = pd.DataFrame([measure(photograph, true) for photograph in photographs])
        pd.testing.assert_frame_equal(table, expected)
        assert list(table.columns) == list(METRICS)
        assert table["psnr"].is_unique

    def test_takes_pairs_as_they_are_needed(self) -> None:
        taken = 0

        def pairs() -> Iterator[tuple[Photograph, Photograph]]:
            nonlocal taken
            for photograph in noise(3, 16):
                taken += 1
                yield photograph, photograph
            raise RuntimeError("the source broke")

        with pytest.raises(RuntimeError, match="the source broke"):
            measure_all(pairs())
        assert taken == 3

    def test_no_pairs_give_an_empty_table(self) -> None:
        table = measure_all([])
        assert len(table) == 0
        assert list(table.columns) == list(METRICS)

    def test_a_wrong_pair_is_an_error(self) -> None:
        good, small = noise(1, 16)[0], noise(1, 8)[0]
        with pytest.raises(ValueError, match="shapes must be equal"):
            measure_all([(good, good), (small, good)])


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image": ["b/1.jpg", "a/1.jpg", "b/2.jpg"],
            "category": ["birds", "apples", "birds"],
            "split": "test",
            "mse": [0.01, 0.001, 0.02],
            "psnr": [20.0, 40.0, 30.0],
            "ssim": [0.8, 0.9, 1.0],
            "ciede2000": [10.0, 2.0, 6.0],
            "colorfulness": [1.0, 2.0, 6.0],
            "colorfulness_truth": [30.0, 30.0, 60.0],
        }
    )


class TestSummarize:
    def test_by_hand(self, table: pd.DataFrame) -> None:
        assert summarize(table) == {
            "images": 3,
            "mse": 0.010333,
            "psnr": 30.0,
            "ssim": 0.9,
            "ciede2000": 6.0,
            "colorfulness": 3.0,
            "colorfulness_truth": 40.0,
            "psnr_category_mean": 32.5,  # of 25 and 40
        }

    def test_categories_count_alike_whatever_their_size(self, table: pd.DataFrame) -> None:
        many = pd.concat([table, *[table[table["category"] == "birds"]] * 5])
        assert summarize(many)["psnr_category_mean"] == 32.5
        assert summarize(many)["psnr"] != 30

    def test_numbers_are_those_of_json(self, table: pd.DataFrame) -> None:
        summary = summarize(table)
        assert type(summary.pop("images")) is int
        assert {type(value) for value in summary.values()} == {float}

    def test_one_photograph(self, table: pd.DataFrame) -> None:
        summary = summarize(table[:1])
        assert summary["psnr"] == summary["psnr_category_mean"] == 20


class TestPerCategory:
    def test_by_hand(self, table: pd.DataFrame) -> None:
        expected = pd.DataFrame(
            {
                "category": ["apples", "birds"],
                "images": [1, 2],
                "mse": [0.001, 0.015],
                "psnr": [40.0, 25.0],
                "ssim": [0.9, 0.9],
                "ciede2000": [2.0, 8.0],
                "colorfulness": [2.0, 3.5],
                "colorfulness_truth": [30.0, 45.0],
            }
        )
        pd.testing.assert_frame_equal(per_category(table), expected)

    def test_order_of_the_photographs_does_not_matter(self, table: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(per_category(table[::-1]), per_category(table))
