from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from colorizer.color.icc import color_space_of
from tests.data_helpers import colorful
from tests.images.test_square import with_swapped_primaries
from tests.photo_helpers import SRGB, cmyk_profile, grey_profile

SWAPPED = with_swapped_primaries(SRGB)


def difference(one: Image.Image, other: Image.Image) -> int:
    return int(abs(np.asarray(one).astype(int) - np.asarray(other)).max())


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", None),
        ("RGB", b""),
        ("RGB", b"no profile"),
        ("RGB", SRGB[:200]),
        ("RGB", grey_profile(2.2)),
        ("P", grey_profile(2.2)),
        ("L", cmyk_profile()),
        ("CMYK", SRGB),
    ],
)
def test_without_a_profile_that_fits_pixels_are_srgb(mode: str, profile: bytes | None) -> None:
    space = color_space_of(mode, profile)
    image = Image.new(mode, (2, 2), 0)

    assert (space.written, space.mode, space.writes_srgb) == (None, "", True)
    assert difference(space.to_srgb(image), image.convert("RGB")) == 0


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16"])
def test_srgb_is_kept_and_changes_nothing(mode: str) -> None:
    space = color_space_of(mode, SRGB)

    image = colorful(1)
    assert space.written == SRGB
    assert space.writes_srgb
    assert difference(space.to_srgb(image), image) == 0
    assert difference(space.from_srgb(image), image) == 0


def test_another_rgb_is_kept_and_converted_there_and_back() -> None:
    space = color_space_of("RGB", SWAPPED)

    image = colorful(1)
    red, green, blue = image.split()
    seen = space.to_srgb(image)
    assert space.written == SWAPPED
    assert not space.writes_srgb
    assert difference(seen, Image.merge("RGB", [blue, green, red])) <= 1
    assert difference(space.from_srgb(seen), image) <= 2


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1"])
def test_profile_of_greys_is_followed_and_srgb_written(mode: str) -> None:
    space = color_space_of(mode, grey_profile(1.0))

    seen = space.to_srgb(Image.new("L", (1, 1), 55)).getpixel((0, 0))
    assert seen == (128, 128, 128)  # 0.216 in linear light
    assert space.writes_srgb
    assert space.written is not None
    assert color_space_of("RGB", space.written).writes_srgb


def test_profile_of_cmyk_is_followed_and_srgb_written() -> None:
    space = color_space_of("CMYK", cmyk_profile())

    seen = np.asarray(space.to_srgb(Image.new("CMYK", (2, 2), (255, 0, 0, 128)))).astype(int)
    assert np.ptp(seen) <= 2
    assert abs(seen.mean() - 119) < 3  # L = 50
    assert space.writes_srgb
    assert space.written is not None
