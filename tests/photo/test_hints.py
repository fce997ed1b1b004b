from __future__ import annotations

import re

import pytest
from skimage.color import rgb2lab

from colorizer.inference.types import Hint
from colorizer.photo.hints import PixelHint, ab_of, parse_hint, place_hints

BRICK = (200, 85, 61)


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("120,80,#c8553d", PixelHint(120, 80, BRICK)),
            ("120,80,#C8553D", PixelHint(120, 80, BRICK)),
            ("120,80,c8553d", PixelHint(120, 80, BRICK)),
            (" 120,80,#c8553d\n", PixelHint(120, 80, BRICK)),
            ("0,0,#000000", PixelHint(0, 0, (0, 0, 0))),
            ("007,999999,#ffffff", PixelHint(7, 999_999, (255, 255, 255))),
            ("1,2,#010203", PixelHint(1, 2, (1, 2, 3))),
        ],
    )
    def test_gives_pixel_and_colour(self, text: str, expected: PixelHint) -> None:
        assert parse_hint(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "120,80",
            "120,80,",
            "#c8553d",
            "120,80,red",
            "120,80,#c8553",
            "120,80,#c8553d0",
            "120,80,#c8553g",
            "120,80,##c8553d",
            "-1,80,#c8553d",
            "120,-80,#c8553d",
            "1.5,80,#c8553d",
            "1e3,80,#c8553d",
            "120 80 #c8553d",
            "120, 80, #c8553d",
            "120;80;#c8553d",
            "120,80,#c8553d,#c8553d",
            "120,80,#c8553d 130,80,#c8553d",
            "1000000,80,#c8553d",
            "x,y,#rrggbb",
        ],
    )
    def test_names_what_is_written_otherwise(self, text: str) -> None:
        message = f"must be X,Y,#RRGGBB, such as 120,80,#c8553d, got {text!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            parse_hint(text)


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255), BRICK])
def test_colour_is_that_of_cielab(rgb: tuple[int, int, int]) -> None:
    _, a, b = rgb2lab([[[channel / 255 for channel in rgb]]])[0, 0]
    assert ab_of(rgb) == pytest.approx((a, b), abs=0.05)


class TestPlacing:
    def test_is_in_the_middle_of_the_pixel(self) -> None:
        hints = [PixelHint(0, 0, BRICK), PixelHint(9, 3, (0, 0, 255)), PixelHint(2, 1, BRICK)]
        assert place_hints(hints, (10, 4)) == [
            Hint(0.05, 0.125, ab_of(BRICK)),
            Hint(0.95, 0.875, ab_of((0, 0, 255))),
            Hint(0.25, 0.375, ab_of(BRICK)),
        ]

    def test_of_none_is_none(self) -> None:
        assert place_hints([], (10, 4)) == []

    @pytest.mark.parametrize(("x", "y"), [(10, 0), (0, 4), (10, 4), (3, 9), (999_999, 0)])
    def test_outside_is_refused_and_the_size_named(self, x: int, y: int) -> None:
        message = (
            f"the hint at {x},{y} lies outside: the upright photograph is 10 x 4 pixels, and the "
            "first is 0,0"
        )
        with pytest.raises(ValueError, match=f"^{message}$"):
            place_hints([PixelHint(1, 1, BRICK), PixelHint(x, y, BRICK)], (10, 4))
