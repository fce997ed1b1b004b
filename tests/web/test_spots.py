from __future__ import annotations

import math

import pytest
from PIL import Image

from colorizer.web.limits import RefusedError
from colorizer.web.spots import Spot
from tests.photo_helpers import lab_of


def test_spot_is_a_hint_of_its_color() -> None:
    hint = Spot(0.25, 1, "#a8482f").as_hint()

    assert (hint.x, hint.y) == (0.25, 1)
    expected = lab_of(Image.new("RGB", (1, 1), (0xA8, 0x48, 0x2F)))[1:, 0, 0]
    assert hint.ab == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "wrong", [(-0.1, 0, "#000000"), (0, math.nan, "#000000"), (0, 0, "red"), (0, 0, "#00000g")]
)
def test_what_is_no_place_or_no_color_is_refused(wrong: tuple[float, float, str]) -> None:
    with pytest.raises(RefusedError):
        Spot(*wrong)
