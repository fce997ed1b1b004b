from __future__ import annotations

from itertools import pairwise

import imagehash
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.prepare.perceptual_hash import (
    HASH_BITS,
    Fingerprint,
    Fingerprints,
    correlation,
    fingerprint,
)
from tests.data_helpers import colorful

SIZE = 64
Lab = npt.NDArray[np.float32]
Thumbnails = npt.NDArray[np.float16]


def describe(image: Image.Image) -> Fingerprint:
    pixels = np.asarray(image)
    return fingerprint(pixels, lab_from_bytes(pixels))


def thumbnail(lab: Lab) -> npt.NDArray[np.float32]:
    """Return the thumbnail of these colours, whatever the pixels are, to calculate with."""
    side = lab.shape[-1]
    return fingerprint(np.zeros((side, side, 3), np.uint8), lab).thumbnail.astype(np.float32)


def bits(one: int, other: int) -> int:
    """Return in how many bits two hashes differ."""
    return (one ^ other).bit_count()


def between(one: Fingerprint, other: Fingerprint) -> float:
    return float(correlation(one.thumbnail[None], other.thumbnail[None])[0])


class TestHash:
    @pytest.mark.parametrize("seed", range(8))
    def test_is_that_of_imagehash(self, seed: int) -> None:
        image = colorful(seed, SIZE, SIZE)
        assert f"{describe(image).phash:016x}" == str(imagehash.phash(image))

    def test_of_the_mirror_image_is_kept_beside_it(self) -> None:
        image = colorful(1, SIZE, SIZE)
        straight, mirrored = describe(image), describe(ImageOps.mirror(image))
        assert straight.mirrored == mirrored.phash
        assert straight.phash == mirrored.mirrored
        assert straight.phash != straight.mirrored

    def test_has_64_bits(self) -> None:
        found = [describe(colorful(seed, SIZE, SIZE)) for seed in range(40)]
        every = np.bitwise_or.reduce([np.uint64(one.phash) for one in found])
        assert HASH_BITS == 64
        assert int(every) == 2**64 - 1

    def test_hardly_depends_on_the_size(self) -> None:
        small, large = (describe(colorful(1, side, side)) for side in (48, 256))
        assert bits(small.phash, large.phash) <= 4

    def test_sees_structure_where_thumbnails_see_nothing_but_colour(self) -> None:
        lab = lab_from_bytes(np.asarray(colorful(1, SIZE, SIZE)))
        one, other = (fingerprint(np.asarray(colorful(seed, SIZE, SIZE)), lab) for seed in (1, 2))
        assert bits(one.phash, other.phash) > 10
        np.testing.assert_array_equal(one.thumbnail, other.thumbnail)


class TestThumbnail:
    @pytest.mark.parametrize("side", [8, 11, 16, 37, 128])
    def test_is_small_and_of_unit_length(self, side: int) -> None:
        small = describe(colorful(1, side, side)).thumbnail
        assert small.shape == (3, 8, 8)
        assert small.dtype == np.float16
        assert np.linalg.norm(small.astype(float)) == pytest.approx(1, abs=2e-3)

    def test_of_eight_pixels_is_the_photograph_itself(self) -> None:
        lab = lab_from_bytes(np.asarray(colorful(1, 8, 8)))
        centred = lab.copy()
        centred[0] -= lab[0].mean()
        np.testing.assert_allclose(thumbnail(lab), centred / np.linalg.norm(centred), atol=1e-3)

    @pytest.mark.parametrize("across", [True, False], ids=["columns", "rows"])
    def test_holds_means_of_blocks_of_unequal_size(self, across: bool) -> None:
        lab = np.zeros((3, 12, 12), dtype=np.float32)
        ramp = np.arange(1, 13)  # blocks of one and of two columns in turn
        lab[1] = ramp if across else ramp[:, None]
        small = thumbnail(lab)[1]
        edges = np.linspace(0, 12, 9).astype(int)
        means = np.array([ramp[start:stop].mean() for start, stop in pairwise(edges)])
        line = small[5] if across else small[:, 5]
        np.testing.assert_allclose(line / line[-1], means / means[-1], rtol=1e-2)

    def test_does_not_depend_on_brightness(self) -> None:
        lab = lab_from_bytes(np.asarray(colorful(1, SIZE, SIZE)))
        brighter = lab + np.array([20, 0, 0], dtype=np.float32)[:, None, None]
        np.testing.assert_allclose(thumbnail(brighter), thumbnail(lab), atol=1e-3)

    def test_does_not_depend_on_contrast_and_saturation_together(self) -> None:
        lab = lab_from_bytes(np.asarray(colorful(1, SIZE, SIZE)))
        np.testing.assert_allclose(thumbnail(0.6 * lab), thumbnail(lab), atol=1e-3)

    def test_keeps_the_mean_colour(self) -> None:
        lab = np.zeros((3, SIZE, SIZE), dtype=np.float32)
        lab[0], lab[1], lab[2] = 50, 30, -40
        lightness, a, b = thumbnail(lab)
        np.testing.assert_array_equal(lightness, np.zeros((8, 8)))
        np.testing.assert_allclose(a / 30, b / -40, rtol=1e-2)

    def test_of_nothing_but_grey_is_zero(self) -> None:
        lab = np.zeros((3, SIZE, SIZE), dtype=np.float32)
        lab[0] = 50
        np.testing.assert_array_equal(thumbnail(lab), np.zeros((3, 8, 8)))

    def test_photograph_is_left_alone(self) -> None:
        pixels = np.asarray(colorful(1, SIZE, SIZE)).copy()
        lab = lab_from_bytes(pixels)
        before = pixels.copy(), lab.copy()
        pixels.setflags(write=False)
        lab.setflags(write=False)
        fingerprint(pixels, lab)
        np.testing.assert_array_equal(pixels, before[0])
        np.testing.assert_array_equal(lab, before[1])


class TestFingerprints:
    def test_hold_those_of_many_by_position(self) -> None:
        found = [describe(colorful(seed, SIZE, SIZE)) for seed in range(3)]
        together = Fingerprints.of(found)
        assert together.phashes.tolist() == [one.phash for one in found]
        assert together.mirrored.tolist() == [one.mirrored for one in found]
        np.testing.assert_array_equal(together.thumbnails, [one.thumbnail for one in found])

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_are_arrays_of_known_shapes_and_types(self, count: int) -> None:
        phashes, mirrored, thumbnails = Fingerprints.of([describe(colorful(1, 8, 8))] * count)
        assert phashes.shape == mirrored.shape == (count,)
        assert phashes.dtype == mirrored.dtype == np.uint64
        assert thumbnails.shape == (count, 3, 8, 8)
        assert thumbnails.dtype == np.float16


class TestCorrelation:
    @given(st.integers(0, 2**32))
    @settings(deadline=None, max_examples=25)
    def test_of_a_copy_or_a_mirror_image_is_one(self, seed: int) -> None:
        image = colorful(seed, 32, 32)
        one, mirrored = describe(image), describe(ImageOps.mirror(image))
        assert between(one, one) == pytest.approx(1, abs=4e-3)
        assert between(one, mirrored) == pytest.approx(1, abs=4e-3)

    def test_of_pairs_is_taken_by_position(self) -> None:
        found = [describe(colorful(seed, SIZE, SIZE)) for seed in range(4)]
        stack = np.stack([one.thumbnail for one in found])
        together = correlation(stack, stack[::-1])
        alone = [between(one, other) for one, other in zip(found, found[::-1], strict=True)]
        np.testing.assert_allclose(together, alone, atol=1e-5)
        assert together.dtype == np.float32

    def test_is_the_same_both_ways(self) -> None:
        one, other = (describe(colorful(seed, SIZE, SIZE)) for seed in (1, 2))
        assert between(one, other) == pytest.approx(between(other, one), abs=1e-6)
        assert between(one, other) < 0.9

    def test_of_the_negative_is_not_one(self) -> None:
        image = colorful(1, SIZE, SIZE)
        assert between(describe(image), describe(ImageOps.invert(image))) < 0

    def test_of_no_pairs_is_empty(self) -> None:
        none: Thumbnails = np.zeros((0, 3, 8, 8), dtype=np.float16)
        assert correlation(none, none).shape == (0,)

    def test_with_nothing_but_grey_is_zero(self) -> None:
        grey = np.zeros((1, 3, 8, 8), dtype=np.float16)
        assert correlation(grey, grey) == 0

    def test_tells_hues_of_the_same_structure_apart(self) -> None:
        image = colorful(1, SIZE, SIZE)
        red, green, blue = image.split()
        other = Image.merge("RGB", (green, blue, red))
        assert between(describe(image), describe(other)) < 0.9
