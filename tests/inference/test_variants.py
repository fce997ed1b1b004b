from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from colorizer.inference.types import Chroma, Hint, LikelyColors
from colorizer.inference.variants import propose_variants

Floats = npt.NDArray[np.float32]
# Of the left half, the network is sure; the right half may be red, green or blue.
SURE = (20.0, 30.0)
RED, GREEN, BLUE = (60.0, 40.0), (-50.0, 50.0), (10.0, -60.0)
CLASSES = np.array([SURE, RED, GREEN, BLUE], np.float32)
LEFT, RIGHT = (1.0, 0.0, 0.0, 0.0), (0.0, 0.5, 0.3, 0.2)


@dataclass(frozen=True)
class Halves:
    """An encoded photograph of two halves, each of which takes on the mean of its hints."""

    left: tuple[float, ...] = LEFT
    right: tuple[float, ...] = RIGHT
    height: int = 64
    width: int = 128

    def decode(self, hints: Sequence[Hint]) -> Chroma[Floats]:
        own = np.zeros((2, self.height, self.width), np.float32)
        given = own.copy()
        for shares, columns in self.halves():
            there = [hint.ab for hint in hints if int(hint.x * self.width) in columns]
            where = slice(columns.start, columns.stop)
            if there:
                given[..., where] = np.mean(there, axis=0)[:, None, None]
            else:
                own[..., where] = np.dot(shares, CLASSES)[:, None, None]
        return Chroma(own, given)

    def likely_colors(self, places: Floats) -> LikelyColors:
        shares = [self.right if x > 0.5 else self.left for x, _ in places.tolist()]
        return LikelyColors(CLASSES, np.array(shares, np.float32))

    def halves(self) -> list[tuple[tuple[float, ...], range]]:
        middle = self.width // 2
        return [(self.left, range(middle)), (self.right, range(middle, self.width))]


def colors(variants: Sequence[Sequence[Hint]]) -> list[tuple[int, int]]:
    """Return the rounded colours of the variants' only dots."""
    return [(round(dot.ab[0]), round(dot.ab[1])) for (dot,) in variants]


def test_first_is_what_the_network_predicts() -> None:
    assert propose_variants(Halves())[0] == ()


def test_only_what_is_in_doubt_gets_other_colours_each_of_the_likely_ones() -> None:
    _, *others = propose_variants(Halves(), 4)
    assert all(dot.x > 0.5 for (dot,) in others)
    assert sorted(colors(others)) == sorted([RED, GREEN, BLUE])


def test_the_dot_is_amid_what_is_in_doubt() -> None:
    _, (dot,) = propose_variants(Halves(), 2)
    assert dot.x == pytest.approx(0.75, abs=0.15)
    assert dot.y == pytest.approx(0.5, abs=0.2)


def test_several_places_each_have_their_own_colours() -> None:
    _, *others = propose_variants(Halves(left=(0, 0.4, 0, 0.6)), 3)
    for dots in others:
        assert sorted(dot.x > 0.5 for dot in dots) == [False, True]
    of_left = {round(dot.ab[0]) for dots in others for dot in dots if dot.x < 0.5}
    assert of_left == {round(RED[0]), round(BLUE[0])}


def test_network_that_is_sure_has_no_other_colourings() -> None:
    assert propose_variants(Halves(right=LEFT), 4) == [(), (), (), ()]


def test_colours_come_again_where_there_are_not_so_many() -> None:
    _, *others = propose_variants(Halves(right=(0, 0.6, 0.4, 0)), 5)
    assert sorted(colors(others)) == sorted([RED, RED, GREEN, GREEN])


def test_colour_that_is_hardly_likely_is_not_taken() -> None:
    _, *others = propose_variants(Halves(right=(0, 0.6, 0.38, 0.02)), 4)
    assert BLUE not in colors(others)


def test_what_the_user_knows_is_part_of_all_and_no_longer_in_doubt() -> None:
    known = Hint(0.9, 0.1, GREEN)
    assert propose_variants(Halves(), 3, [known]) == [(known,)] * 3
    elsewhere = Hint(0.1, 0.1, GREEN)
    for dots in propose_variants(Halves(), 3, [elsewhere])[1:]:
        assert dots[0] == elsewhere
        assert [dot.x > 0.5 for dot in dots[1:]] == [True]


def test_one_colouring_is_the_networks_own() -> None:
    assert propose_variants(Halves(), 1) == [()]
