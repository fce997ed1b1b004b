from __future__ import annotations

import numpy as np

from colorizer.color.ab_classes import HIGHEST, STEP, ab_classes
from colorizer.color.lab_numpy import lab_from_bytes


def test_every_colour_of_srgb_is_within_a_class_of_one() -> None:
    levels = np.linspace(0, 255, 18).round().astype(np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    ab = lab_from_bytes(colors)[1:, 0].T  # (n, 2)
    distances = np.linalg.norm(ab[:, None] - ab_classes(), axis=-1).min(axis=1)
    # The tips, such as the purest green, are in cells that sRGB only touches.
    assert distances.max() < 1.5 * STEP
    assert np.quantile(distances, 0.99) < STEP
    assert np.median(distances) < STEP / 2
    assert np.abs(ab).max() <= HIGHEST


def test_lie_on_a_grid_with_grey_and_without_what_nothing_shows() -> None:
    classes = ab_classes()
    assert classes.dtype == np.float32
    assert np.array_equal(classes % STEP, np.zeros_like(classes))
    rows = {tuple(row) for row in classes.tolist()}
    assert len(rows) == len(classes)
    assert (0, 0) in rows
    assert (100, -60) not in rows  # more vivid than any pink
    assert list(map(tuple, classes.tolist())) == sorted(rows)
