from __future__ import annotations

import numpy as np
import torch

from colorizer.guided import LEAST_VARIANCE, RADIUS, guide


def test_is_the_guided_filter() -> None:
    generator = torch.Generator().manual_seed(0)
    lightness = torch.rand(1, 1, 12, 15, generator=generator) * 100
    ab = torch.randn(1, 2, 12, 15, generator=generator) * 20

    found = torch.cat(guide(ab, lightness), dim=1)[0]

    # A line is fitted to every window, and a pixel takes the mean of all lines that reach it.
    lines = np.zeros((4, 12, 15))
    for row, column in np.ndindex(12, 15):
        known = _window(lightness[0].numpy(), row, column)[0]
        for channel, values in enumerate(_window(ab[0].numpy(), row, column)):
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
    np.testing.assert_allclose(found.movedim(0, -1).numpy(), expected, atol=1e-2)


def test_of_flat_lightness_it_is_a_mean() -> None:
    ab = torch.full((2, 2, 8, 10), 7.0)

    slope, offset = guide(ab, torch.full((2, 1, 8, 10), 100.0))

    torch.testing.assert_close(slope, torch.zeros_like(ab), atol=1e-3, rtol=0)
    torch.testing.assert_close(offset + 100 * slope, ab)


def _window(image: np.ndarray, row: int, column: int) -> np.ndarray:
    top, left = max(0, row - RADIUS), max(0, column - RADIUS)
    return image[:, top : row + RADIUS + 1, left : column + RADIUS + 1]
