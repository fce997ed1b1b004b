from __future__ import annotations

import re

import pytest
from skimage.color import rgb2lab

from colorizer.inference.types import Hint
from colorizer.photo.hints import PixelHint, ab_of, parse_hint, place_hints, rgb_of

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
            ("120,80,#c8553d,40", PixelHint(120, 80, BRICK, 40)),
            ("120,80,c8553d,1", PixelHint(120, 80, BRICK, 1)),
            ("120, 80, #c8553d, 40", PixelHint(120, 80, BRICK, 40)),
        ],
    )
    def test_gives_pixel_and_colour(self, text: str, expected: PixelHint) -> None:
        assert parse_hint(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "120,80",
            "#c8553d",
            "120 80 #c8553d",
            "120;80;#c8553d",
            "120,80,#c8553d,4,4",
            "120,80,#c8553d 130,80,#c8553d",
        ],
    )
    def test_shows_what_is_written_otherwise(self, text: str) -> None:
        message = (
            "must be X,Y,#RRGGBB, such as 120,80,#c8553d, or X,Y,#RRGGBB,REACH, such as "
            f"120,80,#c8553d,40, got {text!r}"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            parse_hint(text)

    @pytest.mark.parametrize("color", ["", "red", "#c8553", "#c8553d0", "#c8553g", "##c8553d"])
    def test_names_a_colour_that_is_none(self, color: str) -> None:
        message = f"the colour must be six hexadecimal digits, such as #c8553d, got {color!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            parse_hint(f"120,80,{color}")

    @pytest.mark.parametrize("number", ["", "-1", "1.5", "1e3", "1000000", "x", "\u0661", "1 2"])
    @pytest.mark.parametrize(
        ("name", "form", "least"),
        [("X", "{},2,#010203", 0), ("Y", "1,{},#010203", 0), ("REACH", "1,2,#010203,{}", 1)],
    )
    def test_names_a_number_that_is_none(
        self, name: str, form: str, least: int, number: str
    ) -> None:
        message = f"{name} must be a whole number of pixels from {least}, got {number!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            parse_hint(form.format(number))

    def test_names_a_reach_of_nothing(self) -> None:
        with pytest.raises(ValueError, match=r"REACH must be .* from 1, got '0'"):
            parse_hint("1,2,#010203,0")


@pytest.mark.parametrize("lightness", [0, 20, 50, 80, 100])
@pytest.mark.parametrize("ab", [(0, 0), (40, 20), (-30, 40), (10, -40), (5, 70)])
def test_colour_of_a_and_b_has_these(ab: tuple[float, float], lightness: float) -> None:
    rgb = rgb_of(ab, lightness)
    assert ab_of(rgb) == pytest.approx(ab, abs=2)


def test_colour_of_a_and_b_is_as_light_as_srgb_allows() -> None:
    def lightness_of(rgb: tuple[int, int, int]) -> float:
        return float(rgb2lab([[[channel / 255 for channel in rgb]]])[0, 0, 0])

    assert lightness_of(rgb_of((10, 10), 60)) == pytest.approx(60, abs=0.5)
    assert lightness_of(rgb_of((5, 70), 10)) > 30  # there is no dark yellow


def test_colour_that_srgb_never_shows_keeps_its_hue() -> None:
    a, b = ab_of(rgb_of((120, -120), 50))
    assert a > 30
    assert b == pytest.approx(-a, rel=0.05)


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

    def test_reach_is_a_share_of_the_shorter_side(self) -> None:
        (hint,) = place_hints([PixelHint(0, 0, BRICK, 2)], (10, 4))
        assert hint.reach == 0.5

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
