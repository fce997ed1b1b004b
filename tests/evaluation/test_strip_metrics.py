from __future__ import annotations

import numpy as np
import pytest

from colorizer.evaluation.metrics import Photograph, measure
from colorizer.evaluation.strip_metrics import STRIP_PIXELS, WINDOW, measure_in_strips
from tests.data_helpers import colorful
from tests.network_helpers import flat, noise


def pair(width: int, height: int) -> tuple[Photograph, Photograph]:
    """Return a photograph, and the same with other colours and some noise."""
    true = np.asarray(colorful(1, width, height))
    grain = np.random.default_rng(0).integers(-20, 21, true.shape)
    predicted = (np.asarray(colorful(2, width, height)) // 2 + true // 2 + grain).clip(0, 255)
    return predicted.astype(np.uint8), true


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (WINDOW, WINDOW),
        (41, 8),
        (1201, 467),
        (STRIP_PIXELS // 40, 161),
        (WINDOW, 3 * STRIP_PIXELS // WINDOW),
    ],
)
def test_figures_are_those_of_the_whole(width: int, height: int) -> None:
    predicted, true = pair(width, height)

    assert measure_in_strips(predicted, true) == pytest.approx(measure(predicted, true), rel=1e-6)


def test_equal_and_colorless_photographs_have_the_figures_that_they_should() -> None:
    (grey,) = flat((90, 90, 90))

    assert measure_in_strips(grey, grey) == {
        "mse": 0.0,
        "psnr": 100.0,
        "ssim": pytest.approx(1.0),
        "ciede2000": 0.0,
        "colorfulness": 0.0,
        "colorfulness_truth": 0.0,
    }


def test_photographs_of_two_shapes_and_tiny_ones_are_refused() -> None:
    (photograph,) = noise(1, 32)

    with pytest.raises(ValueError, match="shapes must be equal"):
        measure_in_strips(photograph[:-1], photograph)
    with pytest.raises(ValueError, match="sides must be at least 7 pixels, got 32 x 6"):
        measure_in_strips(photograph[:6], photograph[:6])
