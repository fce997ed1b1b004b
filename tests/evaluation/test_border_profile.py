from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from colorizer.color.lab_torch import bytes_from_lab
from colorizer.evaluation.border_profile import (
    RINGS,
    BorderProfile,
    profile_against_truth,
    profile_of_crops,
    rings_of,
)
from colorizer.networks.base import Colorizer
from tests.network_helpers import Photographs, flat, noise, write_shards

CPU = torch.device("cpu")
SIDE = 64


class FromLightness(Colorizer):
    """Predicts a chroma in proportion to lightness, of the pixel itself: nothing can fade."""

    size_multiple = 4

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return lightness.expand(-1, 2, -1, -1) / 400


class Blurring(FromLightness):
    """The same of a mean around each pixel, in which zeros lie beyond the border, or its copy."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        padded = F.pad(lightness, (4, 4, 4, 4), mode=self.mode)
        return super().scaled_ab(F.avg_pool2d(padded, 9, stride=1))


class Fading(FromLightness):
    """Half of the chroma in the outermost twentieth."""

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return super().scaled_ab(lightness) * (1 - 0.5 * (rings_of(lightness.shape[-1]) < 2))


def framed() -> Photographs:
    """Return photographs that are duller and darker in the outermost tenth, as photographs are."""
    lab = torch.tensor([[75.0, 20, 35], [65, 25, -20]])[:, :, None, None]
    return bytes_from_lab(lab * torch.where(rings_of(SIDE) < 3, 0.4, 1.0))


def of_truth(model: Colorizer, photographs: Photographs, batch_size: int = 2) -> pd.DataFrame:
    return profile_against_truth(model, photographs, batch_size, CPU)


def of_crops(
    model: Colorizer, photographs: Photographs, batch_size: int = 2, seed: int = 0
) -> pd.DataFrame:
    return profile_of_crops(model, photographs, batch_size, seed, CPU)


class TestRings:
    @pytest.mark.parametrize("side", [40, 64, 129])
    def test_they_are_those_of_the_distance_from_the_nearest_border(self, side: int) -> None:
        expected = np.zeros((side, side))
        for y in range(side):
            for x in range(side):
                distance = min(y + 0.5, x + 0.5, side - y - 0.5, side - x - 0.5) / side
                expected[y, x] = sum(distance >= start for start in RINGS[1:])
        assert rings_of(side).tolist() == expected.tolist()

    def test_each_has_pixels_or_squares_are_too_small(self) -> None:
        with pytest.raises(ValueError, match="squares of 16 pixels a side are too small for ri"):
            BorderProfile(16)
        assert BorderProfile(40).table()["from"].tolist() == list(RINGS)


class TestTable:
    def test_chroma_is_the_mean_over_pixels_and_photographs(self) -> None:
        rings = rings_of(SIDE)
        reference = torch.stack([3.0 * (rings + 1), 4.0 * (rings + 1)])  # chroma 5, 10, ... 25
        predicted = reference * torch.where(rings == 0, 0.25, 0.5)
        profile = BorderProfile(SIDE)
        profile.add(torch.stack([predicted, 3 * predicted]), torch.stack([reference, reference]))
        profile.add(2 * predicted[None], reference[None])

        table = profile.table()

        assert list(table) == ["from", "to", "predicted", "reference", "ratio", "relative"]
        assert table["to"].tolist() == [*RINGS[1:], 0.5]
        np.testing.assert_allclose(table["reference"], [5, 10, 15, 20, 25], rtol=1e-6)
        np.testing.assert_allclose(table["predicted"], [2.5, 10, 15, 20, 25], rtol=1e-6)
        np.testing.assert_allclose(table["ratio"], [0.5, 1, 1, 1, 1], rtol=1e-6)
        np.testing.assert_allclose(table["relative"], table["ratio"], rtol=1e-6)

    def test_relative_is_1_in_the_middle(self) -> None:
        profile = BorderProfile(SIDE)
        profile.add(torch.full((1, 2, SIDE, SIDE), 7.0), torch.full((1, 2, SIDE, SIDE), 10.0))
        table = profile.table()
        np.testing.assert_allclose(table["ratio"], 0.7, rtol=1e-6)
        np.testing.assert_allclose(table["relative"], 1, rtol=1e-6)

    def test_no_chroma_gives_nan(self) -> None:
        profile = BorderProfile(SIDE)
        profile.add(torch.zeros(1, 2, SIDE, SIDE), torch.zeros(1, 2, SIDE, SIDE))
        assert profile.table()[["ratio", "relative"]].isna().all(axis=None)


class TestAgainstTruth:
    def test_uniform_network_has_1_everywhere(self) -> None:
        table = of_truth(FromLightness(), flat((200, 120, 60), (60, 120, 200), size=SIDE))
        np.testing.assert_allclose(table["relative"], 1, rtol=1e-4)

    def test_fading_is_found(self) -> None:
        table = of_truth(Fading(), flat((200, 120, 60), size=SIDE))
        np.testing.assert_allclose(table["relative"], [0.5, 0.5, 1, 1, 1], rtol=1e-4)

    def test_what_photographs_do_drops_out(self) -> None:
        photographs = framed()
        uniform, fading = (of_truth(model, photographs) for model in (FromLightness(), Fading()))
        assert uniform["reference"].iloc[0] < 0.6 * uniform["reference"].iloc[-1]
        assert uniform["predicted"].iloc[0] < 0.6 * uniform["predicted"].iloc[-1]
        np.testing.assert_allclose(uniform["relative"], 1, atol=0.03)  # bytes are rounded
        np.testing.assert_allclose(fading["relative"] / uniform["relative"], [0.5, 0.5, 1, 1, 1])

    def test_batches_do_not_matter(self, tmp_path: Path) -> None:
        photographs = noise(5, SIDE)
        expected = of_truth(FromLightness(), photographs, 5)
        np.testing.assert_allclose(of_truth(FromLightness(), photographs, 2), expected)
        shards = write_shards(tmp_path, photographs)
        np.testing.assert_allclose(
            profile_against_truth(FromLightness(), shards, 3, CPU), expected
        )


class TestCrops:
    @pytest.mark.parametrize("scale", [1.0, 1.5])
    def test_network_that_sees_no_border_has_1_everywhere(self, scale: float) -> None:
        model = FromLightness()
        model.scale.fill_(scale)
        table = of_crops(model, noise(3, SIDE))
        np.testing.assert_allclose(table["predicted"], table["reference"], rtol=1e-5)
        np.testing.assert_allclose(table["relative"], 1, rtol=1e-5)

    def test_fading_is_found_whatever_photographs_do(self) -> None:
        for photographs in (noise(4, SIDE), framed()):
            table = of_crops(Fading(), photographs)
            np.testing.assert_allclose(table["relative"].iloc[:2], 0.5, atol=0.05)
            np.testing.assert_allclose(table["relative"].iloc[2:], 1, atol=0.02)

    def test_padding_shows(self) -> None:
        photographs = noise(4, SIDE)
        zeros, copies = (
            of_crops(Blurring(mode), photographs) for mode in ("constant", "replicate")
        )
        assert zeros["relative"].iloc[0] < 0.7
        assert zeros["relative"].is_monotonic_increasing
        np.testing.assert_allclose(copies["relative"], 1, atol=0.03)
        np.testing.assert_allclose(zeros["reference"], copies["reference"], rtol=1e-3)

    def test_places_follow_the_seed(self) -> None:
        photographs = noise(4, SIDE)
        first, again, other = (
            of_crops(FromLightness(), photographs, size, seed)
            for size, seed in ((2, 0), (4, 0), (4, 1))
        )
        np.testing.assert_allclose(first, again)
        assert not np.allclose(first["reference"], other["reference"])

    def test_crops_stay_away_from_the_border(self) -> None:
        # A frame as wide as the margin, in a colour that any crop of it would show.
        photographs = flat((255, 255, 255), size=SIDE)
        photographs[:, 3:-3, 3:-3] = 0
        assert of_crops(FromLightness(), photographs.repeat(20, axis=0))["reference"].max() == 0

    def test_squares_may_be_too_small(self) -> None:
        model = FromLightness()
        model.size_multiple = 64
        with pytest.raises(ValueError, match="squares of 64 pixels a side are too small for cro"):
            of_crops(model, noise(1, 64))
        with pytest.raises(ValueError, match="no photographs to crop"):
            of_crops(model, noise(0, 64))
