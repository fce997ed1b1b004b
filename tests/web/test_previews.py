from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from colorizer.web.previews import SRGB, data_url, grey, small
from tests.photo_helpers import HALF_STEP_OF_LIGHTNESS, greys, lab_of, sepia


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [((4000, 1000), 1000, (1000, 250)), ((1, 5000), 100, (1, 100)), ((30, 20), 100, (30, 20))],
)
def test_pictures_become_smaller_and_never_larger(
    size: tuple[int, int], longest: int, expected: tuple[int, int]
) -> None:
    made = small(greys(*size), SRGB, longest)

    assert (made.size, made.mode) == (expected, "RGB")


def test_greys_have_the_lightness_of_a_tinted_picture() -> None:
    tinted = sepia(greys())

    made = grey(tinted)

    assert made.mode == "L"
    assert np.abs(lab_of(made)[0] - lab_of(tinted)[0]).max() < HALF_STEP_OF_LIGHTNESS


def test_address_holds_the_picture() -> None:
    head, content = data_url(greys(60, 40)).split(",")

    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (60, 40)
