from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from colorizer.networks.base import Colorizer
from tests.onnx_helpers import painting_graph, save_graph

from colorizer.predictors.onnx_check import Differences, compare  # isort: skip


class LightnessAndLeft(Colorizer):
    """Predicts what :func:`tests.onnx_helpers.painting_graph` does."""

    size_multiple = 4

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        left = torch.nn.functional.pad(lightness, (1, 0))[..., :-1]
        return torch.cat([lightness, left], dim=1) / 128


@pytest.mark.parametrize(
    ("weight", "difference"), [(1.0, 0), (1.01, 1), (0.5, 50), (math.nan, math.inf)]
)
def test_greatest_difference_is_found(tmp_path: Path, weight: float, difference: float) -> None:
    file = save_graph(tmp_path / "net.onnx", painting_graph(weight))

    found = compare(LightnessAndLeft().eval(), file, side=48)

    assert found.plain == pytest.approx(difference, rel=0.05, abs=1e-4)
    assert found.hinted == 0
    assert found.are_small == (difference == 0)


@pytest.mark.parametrize(
    ("differences", "small", "told"),
    [
        ((9e-4, 9e-3, 0), True, "to within 0.0009, with colour hints to within 0.009"),
        ((1e-3, 0, 0), False, "to within 0.001"),
        ((0, 1e-2, 0), False, "to within 0, with colour hints to within 0.01"),
        ((0, 0, 9e-5), True, "to within 0, likelihoods to within 9e-05"),
        ((0, 0, 1e-4), False, "to within 0, likelihoods to within 0.0001"),
        ((math.inf, 0, 0), False, "to within inf"),
    ],
)
def test_what_is_small_and_how_it_is_told(
    differences: tuple[float, float, float], small: bool, told: str
) -> None:
    found = Differences(*differences)

    assert found.are_small is small
    assert str(found) == told
