"""What happens to photographs after they were taken. What holds for all: test_old_film.py."""

from __future__ import annotations

import numpy as np

from colorizer.data.old_film import Lightness
from colorizer.data.old_prints import compression, halftone, paper_border, scratches

SEEDS = range(20)


def flat(tone: float) -> Lightness:
    return np.full((96, 128), tone, dtype=np.float32)


def test_scratches_and_dust_touch_little_and_much_there() -> None:
    for seed in SEEDS:
        change = np.abs(scratches(flat(50), np.random.default_rng(seed)) - 50)
        assert (change > 1).mean() < 0.15
        assert change.max() > 14 or not change.any()


def test_halftone_leaves_paper_and_ink_alone() -> None:
    for tone in (0, 100):
        assert np.array_equal(halftone(flat(tone), np.random.default_rng(0)), flat(tone))
    dots = halftone(flat(50), np.random.default_rng(0))
    assert dots.std() > 2
    assert abs(dots.mean() - 50) < 1


def test_compression_keeps_flat_parts_and_not_noise() -> None:
    assert np.abs(compression(flat(40), np.random.default_rng(0)) - 40).max() < 1
    noise = np.random.default_rng(1).uniform(0, 100, (96, 128)).astype(np.float32)
    assert np.abs(compression(noise, np.random.default_rng(0)) - noise).mean() > 2


def test_border_is_narrow_and_of_one_tone() -> None:
    for seed in SEEDS:
        bordered, paper = paper_border(flat(50), np.random.default_rng(seed))
        assert bordered.dtype == np.float32
        assert not paper[6:-6, 6:-6].any()  # 6 % of 96
        assert np.array_equal(bordered[~paper], flat(50)[~paper])
        assert len(np.unique(bordered[paper])) <= 1
