from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from colorizer.inference.reach import decode_within_reach
from colorizer.inference.types import Chroma, Hint

Floats = npt.NDArray[np.float32]
HEIGHT, WIDTH = 40, 80
OWN = (12.0, -8.0)
RED, GREEN = (60.0, 40.0), (-50.0, 50.0)


def decode(hints: Sequence[Hint]) -> Chroma[Floats]:
    """Paint all in the colour of the last hint, if there is one."""
    painted = [np.zeros((2, HEIGHT, WIDTH), np.float32) for _ in range(2)]
    painted[bool(hints)][:] = np.reshape(hints[-1].ab if hints else OWN, (2, 1, 1))
    return Chroma(*painted)


def painted(*hints: Hint) -> Floats:
    return decode_within_reach(decode, hints).at(1.0)


def distances(hint: Hint) -> Floats:
    """Return how far each pixel is from a hint, in shares of the shorter side."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    found: Floats = np.hypot(x - hint.x * WIDTH, y - hint.y * HEIGHT) / HEIGHT
    return found


def test_hints_without_a_reach_are_decoded_as_they_are() -> None:
    hint = Hint(0.5, 0.5, RED)
    assert np.array_equal(painted(hint), decode([hint]).at(1.0))
    assert np.array_equal(painted(), decode([]).at(1.0))


@pytest.mark.parametrize("reach", [0.1, 0.25, 0.5])
def test_hint_counts_near_its_place_and_not_beyond(reach: float) -> None:
    hint = Hint(0.25, 0.5, RED, reach)
    ab, far = painted(hint), distances(hint)
    inside, beyond = far < 0.75 * reach, far > 1.25 * reach
    assert inside.any()
    assert beyond.any()
    np.testing.assert_allclose(ab[:, inside], np.tile(RED, (inside.sum(), 1)).T, atol=1e-4)
    np.testing.assert_allclose(ab[:, beyond], np.tile(OWN, (beyond.sum(), 1)).T, atol=1e-4)


def test_it_fades_evenly_in_between() -> None:
    hint = Hint(0.5, 0.5, RED, 0.4)
    a, far = painted(hint)[0], distances(hint)
    share = (a - OWN[0]) / (RED[0] - OWN[0])
    between = (far > 0.31) & (far < 0.49)
    assert share[between] == pytest.approx((0.5 - far[between]) / 0.2, abs=1e-4)


def test_beyond_its_reach_others_count() -> None:
    everywhere, near = Hint(0.9, 0.9, GREEN), Hint(0.1, 0.5, RED, 0.2)
    ab = painted(everywhere, near)
    assert ab[:, 0, -1] == pytest.approx(GREEN)
    assert ab[:, 20, 8] == pytest.approx(RED)


def test_saturation_is_still_for_the_networks_own_part() -> None:
    chroma = decode_within_reach(decode, [Hint(0.1, 0.5, RED, 0.2)])
    assert chroma.at(2.0)[:, 0, -1] == pytest.approx(2 * np.array(OWN))
    assert chroma.at(2.0)[:, 20, 8] == pytest.approx(RED)
