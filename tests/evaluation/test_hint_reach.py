from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from colorizer.color.lab_torch import bytes_from_lab
from colorizer.common.errors import UserError
from colorizer.common.params import Params
from colorizer.evaluation.hint_reach import (
    COLUMNS,
    HINTS_A_PHOTOGRAPH,
    NEAR,
    PLACES,
    measure_reach,
)
from colorizer.inference.params import PredictParams
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_tensors import cells_of
from colorizer.networks.hinted import Encoding, HintedColorizer
from tests.network_helpers import HintedPainter, Painter, Photographs, noise

CPU = torch.device("cpu")
SIDE = 40


@pytest.fixture
def settings(params: Params) -> PredictParams:
    return PredictParams.parse(params.predict).replace(batch_size=4, mirror=False)


class Constructed(HintedColorizer):
    """Predicts grey; where a hint counts, it is taken over with a weight."""

    def weight(self, lightness: Tensor, hints: Tensor) -> Tensor:
        """Return (B, 1, H, W) for L, (B, 1, H, W), and one hint each, (B, 1, 4)."""
        raise NotImplementedError

    def encode(self, lightness: Tensor) -> Encoding:
        return Encoding(torch.zeros(len(lightness), 2, *lightness.shape[-2:]), lightness)

    def full_size(self, ab: Tensor) -> Tensor:
        return ab

    def decode(self, seen: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
        weight = self.weight(seen.features, hints)
        return seen.ab, weight * hints[:, 0, 2:, None, None]


class Everywhere(Constructed):
    def weight(self, lightness: Tensor, hints: Tensor) -> Tensor:
        return torch.full_like(lightness, 0.8)


class WhatIsAlike(Constructed):
    def weight(self, lightness: Tensor, hints: Tensor) -> Tensor:
        cell = cells_of(hints[..., :2], *lightness.shape[-2:])
        there = lightness.flatten(1).gather(1, cell)[..., None, None]
        return (0.8 * ((lightness - there).abs() < 5)).float()


class WhatIsNear(Constructed):
    def weight(self, lightness: Tensor, hints: Tensor) -> Tensor:
        height, width = lightness.shape[-2:]
        x, y = hints[:, :, 0, None, None], hints[:, :, 1, None, None]  # (B, 1, 1, 1)
        dx = (torch.arange(width) + 0.5) / width - x
        dy = (torch.arange(height)[:, None] + 0.5) / height - y
        return (0.8 * (torch.hypot(dx, dy) < 2 * NEAR)).float()


def halves(*colors: tuple[float, float, float]) -> Photographs:
    """Return photographs with the first Lab colour on the left and the second on the right."""
    left, right = (
        torch.tensor(color)[:, None, None].expand(3, SIDE, SIDE // 2) for color in colors
    )
    return bytes_from_lab(torch.cat([left, right], dim=2)[None]).repeat(12, axis=0)


ORANGE, BLUE, SAND = (65.0, 25.0, 40.0), (35.0, 5.0, -40.0), (65.0, 3.0, 12.0)


def reach(
    settings: PredictParams, model: Colorizer, photographs: Photographs, seed: int = 0
) -> pd.DataFrame:
    table = measure_reach(model, photographs, settings, seed, CPU)
    assert tuple(table) == COLUMNS
    assert tuple(table["place"]) == PLACES
    return table.set_index("place")


def at(table: pd.DataFrame, place: str, column: str) -> float:
    return float(table[column][place])


def test_what_changes_everything_alike_changes_what_is_unlike(settings: PredictParams) -> None:
    table = reach(settings, Everywhere(), halves(ORANGE, BLUE))

    # But for hints where both colours meet, whose mean is near grey.
    assert 40 < at(table, "near", "hints") <= 12 * HINTS_A_PHOTOGRAPH
    np.testing.assert_allclose(table["share"], 0.8, rtol=1e-3)
    # Both colours are about as far from grey.
    np.testing.assert_allclose(table["change"], 0.8 * 44, atol=3)


def test_what_changes_only_what_is_alike_leaves_the_rest(settings: PredictParams) -> None:
    table = reach(settings, WhatIsAlike(), halves(ORANGE, BLUE))

    assert at(table, "far, unlike", "hints") > 40
    # Some hints lie where both colours meet: those places are of neither.
    assert 0.7 < at(table, "near", "share") <= 0.801
    assert at(table, "far, alike", "share") == pytest.approx(0.8, rel=1e-3)
    assert at(table, "far, unlike", "share") < 0.05


def test_what_changes_only_what_is_near_leaves_all_that_is_far(settings: PredictParams) -> None:
    table = reach(settings, WhatIsNear(), halves(ORANGE, BLUE))
    assert at(table, "near", "share") == pytest.approx(0.8, rel=1e-3)
    assert at(table, "far, unlike", "change") == at(table, "far, alike", "change") == 0


def test_lightness_alone_makes_places_unlike(settings: PredictParams) -> None:
    dark = (30.0, *ORANGE[1:])
    table = reach(settings, WhatIsAlike(), halves(ORANGE, dark))
    assert at(table, "far, unlike", "hints") > 30
    assert at(table, "far, unlike", "share") < 0.05


def test_places_between_alike_and_unlike_count_for_neither(settings: PredictParams) -> None:
    near_by = (65.0, 12.0, 30.0)  # 16 away in ab
    table = reach(settings, WhatIsNear(), halves(ORANGE, near_by))
    assert at(table, "far, unlike", "hints") == 0
    assert np.isnan(at(table, "far, unlike", "change"))
    assert at(table, "far, alike", "hints") > 40


def test_hints_of_what_is_predicted_anyway_do_not_count(settings: PredictParams) -> None:
    nothing = reach(settings, Everywhere(), halves(SAND, SAND))
    assert nothing["hints"].tolist() == [0, 0, 0]
    assert nothing[["change", "share"]].isna().all(axis=None)

    half = reach(settings, Everywhere(), halves(SAND, BLUE))
    assert 10 < at(half, "near", "hints") < 40
    assert at(half, "near", "share") == pytest.approx(0.8, rel=1e-3)


def test_places_follow_the_seed_and_batches_do_not_matter(settings: PredictParams) -> None:
    photographs, model = noise(6, SIDE), HintedPainter(doubt=-20)
    first, again = (
        reach(settings.replace(batch_size=size, mirror=True), model, photographs)
        for size in (2, 5)
    )
    np.testing.assert_allclose(first, again, rtol=1e-4)
    assert at(first, "far, unlike", "change") > 0
    assert not reach(settings, model, photographs, seed=1).equals(first)


def test_networks_without_hints_are_refused(settings: PredictParams) -> None:
    with pytest.raises(UserError, match="takes no colour hints"):
        reach(settings, Painter(), noise(1, SIDE))
