"""What old lenses and films make of lightness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.data.old_film import (
    Lightness,
    characteristic_curve,
    grain,
    lens_blur,
    lightness_of,
    spectral_response,
    vignette,
)
from colorizer.data.old_prints import compression, halftone, scratches

Step = Callable[[Lightness, np.random.Generator], Lightness]
STEPS = (lens_blur, vignette, characteristic_curve, grain, scratches, halftone, compression)
SEEDS = range(20)


def scene() -> Lightness:
    """Return a smooth scene with an edge, (48, 64), of all tones."""
    x = np.linspace(0, 100, 64, dtype=np.float32)
    lightness = np.tile(x, (48, 1))
    lightness[:24] = lightness[:24, ::-1]
    return lightness


def of_color(red: int, green: int, blue: int) -> np.ndarray:
    return lab_from_bytes(np.full((8, 8, 3), (red, green, blue), dtype=np.uint8))


@pytest.mark.parametrize("step", STEPS)
class TestEveryStep:
    def test_keeps_shape_type_and_range(self, step: Step) -> None:
        for seed in SEEDS:
            aged = step(scene(), np.random.default_rng(seed))
            assert aged.shape == (48, 64)
            assert aged.dtype == np.float32
            assert aged.min() >= 0
            assert aged.max() <= 100.001

    def test_leaves_what_it_was_given_as_it_was(self, step: Step) -> None:
        given = scene()
        step(given, np.random.default_rng(1))
        assert np.array_equal(given, scene())

    def test_seed_decides(self, step: Step) -> None:
        first, again, other = (step(scene(), np.random.default_rng(s)) for s in (3, 3, 4))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_changes_something_but_leaves_the_scene_recognisable(self, step: Step) -> None:
        likeness = [
            np.corrcoef(step(scene(), np.random.default_rng(s)).ravel(), scene().ravel())[0, 1]
            for s in SEEDS
        ]
        assert min(likeness) > 0.6
        assert min(likeness) < 0.9999


class TestSpectralResponse:
    def test_luminance_of_the_eye_gives_lightness_back(self) -> None:
        lab = lab_from_bytes(np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8))
        rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8) / 255
        linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
        seen = lightness_of(
            np.moveaxis(linear, -1, 0).astype(np.float32), np.array([0.212671, 0.71516, 0.072169])
        )
        assert seen == pytest.approx(lab[0], abs=0.02)

    def test_greys_stay_what_they_are(self) -> None:
        for seed in SEEDS:
            grey = of_color(119, 119, 119)
            seen = spectral_response(grey, np.random.default_rng(seed))
            assert seen == pytest.approx(grey[0], abs=0.1)

    def test_film_until_the_twenties_is_blind_to_red_and_sees_blue_as_light(self) -> None:
        red, blue = of_color(200, 30, 30), of_color(40, 60, 220)
        darker = lighter = 0
        for seed in range(200):
            darker += spectral_response(red, np.random.default_rng(seed))[0, 0] < red[0, 0, 0] - 8
            lighter += (
                spectral_response(blue, np.random.default_rng(seed))[0, 0] > blue[0, 0, 0] + 10
            )
        # Emulsions that see blue alone, or no red, are 60 % of those drawn.
        assert 100 <= darker <= 160
        assert lighter >= 100

    def test_colours_that_srgb_cannot_show_do_no_harm(self) -> None:
        lab = np.stack([np.full((4, 4), v, dtype=np.float32) for v in (50.0, 120.0, -120.0)])
        seen = spectral_response(lab, np.random.default_rng(0))
        assert np.isfinite(seen).all()


def test_characteristic_curve_keeps_the_order_of_tones() -> None:
    ramp = np.linspace(0, 100, 101, dtype=np.float32)[None]
    for seed in SEEDS:
        curved = characteristic_curve(ramp, np.random.default_rng(seed))[0]
        assert (np.diff(curved) > -1e-4).all()
        assert 0 <= curved[0] <= 20  # a faded black
        assert 80 <= curved[-1] <= 100


def test_lens_blur_is_as_strong_at_any_size() -> None:
    small = lens_blur(scene(), np.random.default_rng(5))
    large = lens_blur(scene().repeat(4, 0).repeat(4, 1), np.random.default_rng(5))
    shrunk = large.reshape(48, 4, 64, 4).mean(axis=(1, 3))
    assert np.abs(shrunk - small)[2:-2, 2:-2].mean() < 1.5


def test_vignette_darkens_corners_most() -> None:
    for seed in SEEDS:
        seen = vignette(np.full((40, 60), 70, dtype=np.float32), np.random.default_rng(seed))
        corners = seen[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.max() < seen[20, 30]
        assert seen[20, 30] > 66
        assert corners.min() > 25


def test_grain_is_strongest_in_middle_tones() -> None:
    noise = [
        np.mean(
            [
                grain(np.full((64, 64), tone, dtype=np.float32), np.random.default_rng(s)).std()
                for s in SEEDS
            ]
        )
        for tone in (3, 50, 97)
    ]
    assert noise[1] > 1.3 * noise[0]
    assert noise[1] > 1.3 * noise[2]
