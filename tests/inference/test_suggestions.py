from __future__ import annotations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from colorizer.inference.suggestions import ALIKE, difference, suggest_colors
from colorizer.inference.types import LikelyColors

GREY, RED, DARKER_RED, GREEN, BLUE = (0, 0), (60, 40), (50, 40), (-50, 50), (10, -60)
CLASSES = np.array([GREY, RED, DARKER_RED, GREEN, BLUE], np.float32)


def likely(*shares: list[float]) -> LikelyColors:
    return LikelyColors(CLASSES, np.array(shares, np.float32))


def test_colours_that_are_alike_are_one_suggestion_at_their_mean() -> None:
    colors, shares = suggest_colors(likely([0.1, 0.2, 0.2, 0.3, 0.2]), 4)
    assert shares[0].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert colors[0] == pytest.approx(np.array([(55, 40), GREEN, BLUE, GREY]))


def test_each_place_has_its_own() -> None:
    colors, shares = suggest_colors(likely([1, 0, 0, 0, 0], [0, 0, 0, 0.4, 0.6]), 2)
    assert colors[:, 0] == pytest.approx(np.array([GREY, BLUE]))
    assert shares == pytest.approx(np.array([[1, 0], [0.6, 0.4]]))


def test_where_there_are_fewer_colours_the_share_of_others_is_zero() -> None:
    colors, shares = suggest_colors(likely([0, 0, 0, 1, 0]), 3)
    assert shares[0].tolist() == [1, 0, 0]
    assert np.isfinite(colors).all()


def test_likelihoods_are_not_changed() -> None:
    given = likely([0.1, 0.2, 0.2, 0.3, 0.2])
    before = given.shares.copy()
    suggest_colors(given)
    assert np.array_equal(given.shares, before)


def test_difference_is_nearly_ciede2000() -> None:
    generator = np.random.default_rng(0)
    one = generator.uniform(-60, 60, (2000, 2)).astype(np.float32)
    other = one + generator.normal(0, 8, one.shape).astype(np.float32)
    level = np.full((2000, 1), 60, np.float32)
    pair = np.hstack([level, one]), np.hstack([level, other])
    true = deltaE_ciede2000(*pair)  # type: ignore[no-untyped-call]
    found = difference(one, other)
    assert np.corrcoef(found, true)[0, 1] > 0.95
    assert found.mean() == pytest.approx(true.mean(), rel=0.1)
    assert ((found <= ALIKE) == (true <= ALIKE)).mean() > 0.9


def test_difference_is_symmetric_and_none_from_itself() -> None:
    pairs = difference(CLASSES[:, None], CLASSES)
    assert np.array_equal(pairs, pairs.T)
    assert np.array_equal(np.diag(pairs), np.zeros(len(CLASSES)))
