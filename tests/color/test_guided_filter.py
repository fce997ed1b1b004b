from __future__ import annotations

import numpy as np

from colorizer.color.guided_filter import LEAST_VARIANCE, RADIUS, fit_guide


def test_is_the_guided_filter() -> None:
    generator = np.random.default_rng(0)
    lightness = generator.uniform(0, 100, (1, 12, 15)).astype(np.float32)
    ab = generator.normal(0, 20, (2, 12, 15)).astype(np.float32)

    found = np.concatenate(fit_guide(ab, lightness))

    # A line is fitted to every window, and a pixel takes the mean of all lines that reach it.
    lines = np.zeros((4, 12, 15))
    for row, column in np.ndindex(12, 15):
        known = _window(lightness, row, column)[0]
        for channel, values in enumerate(_window(ab, row, column)):
            covariance = ((known - known.mean()) * (values - values.mean())).mean()
            slope = covariance / (known.var() + LEAST_VARIANCE)
            lines[channel, row, column] = slope
            lines[2 + channel, row, column] = values.mean() - slope * known.mean()
    expected = np.stack(
        [
            [_window(lines, row, column).mean(axis=(1, 2)) for column in range(15)]
            for row in range(12)
        ]
    )
    np.testing.assert_allclose(np.moveaxis(found, 0, -1), expected, atol=1e-4)


def test_of_flat_lightness_it_is_a_mean() -> None:
    ab = np.full((2, 8, 10), 7, np.float32)

    slope, offset = fit_guide(ab, np.full((1, 8, 10), 100, np.float32))

    np.testing.assert_allclose(slope, np.zeros_like(ab), atol=1e-6)
    np.testing.assert_allclose(offset, ab, atol=1e-4)


def _window(image: np.ndarray, row: int, column: int) -> np.ndarray:
    top, left = max(0, row - RADIUS), max(0, column - RADIUS)
    return image[:, top : row + RADIUS + 1, left : column + RADIUS + 1]
