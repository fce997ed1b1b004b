"""Every mode, depth, profile and container, against ImageMagick where it is installed.

The references of test_photographs.py are formulas. Here ImageMagick writes each file from a ramp,
reads it again, converts it to sRGB by its profile and says what it shows, to 16 bits.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, features
from skimage.color import rgb2lab

from colorizer.color.gamma_profile import gamma_profile
from colorizer.photo.colorist import PhotoColorist
from tests.photo_helpers import SRGB, colorist, grey_profile

WIDTH, HEIGHT = 61, 40
TOLERANCE = 0.5
# What is written in 8 bits of linear light is off by up to half of a step of 1/255, in L.
LINEAR_TOLERANCE = 2.0
# ImageMagick's options that make the mode of a ramp of greys, and the profiles that suit it.
GREY, COLOR = ("none", "linear grey", "grey of gamma 1.8"), ("none", "sRGB", "wide", "linear")
MODES: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "1 bit": (["-type", "bilevel"], ("none",)),
    "8 bits": (["-type", "grayscale", "-depth", "8"], GREY),
    "16 bits": (["-type", "grayscale", "-depth", "16"], GREY),
    "palette": (["-type", "palette", "-depth", "8"], COLOR[:2]),
    "RGB": (["-tint", "0", "-type", "truecolor", "-depth", "8"], COLOR),
    "sepia": (["-sepia-tone", "80%", "-type", "truecolor", "-depth", "8"], COLOR),
    "RGB of 16 bits": (["-sepia-tone", "80%", "-type", "truecolor", "-depth", "16"], COLOR),
}
# Containers, their further options, and the modes that they hold.
EIGHT = ("8 bits", "RGB", "sepia")
CONTAINERS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "png": ([], tuple(MODES)),
    "tif": ([], tuple(MODES)),
    "lzw.tif": (["-compress", "lzw"], tuple(MODES)),
    "zip.tif": (["-compress", "zip"], tuple(MODES)),
    "big-endian.tif": (["-endian", "msb"], tuple(MODES)),
    "jpg": (["-quality", "100", "-sampling-factor", "1x1"], EIGHT),
    "webp": (["-define", "webp:lossless=true"], ("RGB", "sepia")),
    "jp2": (["-quality", "100"], EIGHT),
    "gif": ([], ("1 bit", "palette")),
    "bmp": ([], ("1 bit", "RGB", "sepia")),
}
PROFILES = {
    "sRGB": SRGB,
    "linear grey": grey_profile(1.0),
    "grey of gamma 1.8": grey_profile(1.8),
    # Adobe RGB's primaries and gamma
    "wide": gamma_profile(
        563 / 256, (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06), is_grey=False
    ),
    "linear": gamma_profile(1.0, is_grey=False),
}
WITHOUT_PROFILES = ("gif", "bmp")
# ImageMagick 6 takes greys of a linear profile in a PNG, and only there, for sRGB.
WRONG = [("png", "8 bits", "linear grey"), ("png", "16 bits", "linear grey")]
CASES = [
    (container, mode, profile)
    for container, (_, modes) in CONTAINERS.items()
    for mode in modes
    for profile in MODES[mode][1]
    if (profile == "none" or container not in WITHOUT_PROFILES)
    and (container, mode, profile) not in WRONG
]


@cache
def imagemagick() -> str:
    """Return the command of ImageMagick, 6 or 7; "" if it is not installed."""
    for name in ("magick", "convert"):  # Windows has another program called convert
        if shutil.which(name) and _output(name, "-version").startswith(b"Version: ImageMagick"):
            return name
    return ""


def _output(*command: str) -> bytes:
    return subprocess.run(command, capture_output=True, check=False).stdout


@pytest.fixture(scope="module", autouse=True)
def _needs_imagemagick() -> None:
    if not imagemagick():
        pytest.skip("needs ImageMagick: apt-get install imagemagick")


@pytest.fixture(scope="module")
def painter() -> PhotoColorist:
    return colorist(saturation=0.0)


def shown(file: Path, srgb: Path) -> npt.NDArray[np.float64]:
    """Return the L that ImageMagick shows of a file by its profile, if it has one, (H, W)."""
    with Image.open(file) as image:
        conversion = ["-profile", str(srgb)] if "icc_profile" in image.info else []
    pixels = _output(
        imagemagick(), str(file), *conversion, "-colorspace", "sRGB", "-depth", "16", "rgb:-"
    )
    rgb = np.frombuffer(pixels, dtype=np.uint16).reshape(HEIGHT, WIDTH, 3)
    lightness: npt.NDArray[np.float64] = rgb2lab(rgb / 65535)[..., 0]
    return lightness


@pytest.mark.parametrize(("container", "mode", "profile"), CASES)
def test_lightness_is_what_imagemagick_shows(
    tmp_path: Path, painter: PhotoColorist, container: str, mode: str, profile: str
) -> None:
    if container == "webp" and not features.check("webp"):
        pytest.skip("Pillow has no WebP here")
    (tmp_path / "srgb.icc").write_bytes(SRGB)
    own = None
    if profile != "none":
        own = tmp_path / "own.icc"
        own.write_bytes(PROFILES[profile])
    file = tmp_path / f"old.{container}"
    given = [] if own is None else ["+profile", "*", "-profile", str(own)]
    ramp = ["-size", f"{HEIGHT}x{WIDTH}", "gradient:white-black", "-rotate", "90", "+repage"]
    subprocess.run(
        [imagemagick(), *ramp, *MODES[mode][0], *given, *CONTAINERS[container][0], str(file)],
        check=True,
    )

    painter.colorize(file, tmp_path / "new.png", "png")

    expected = shown(file, tmp_path / "srgb.icc")
    assert expected.max() - expected.min() > 60
    found = shown(tmp_path / "new.png", tmp_path / "srgb.icc")
    tolerance = LINEAR_TOLERANCE if profile == "linear" else TOLERANCE
    if mode == "RGB of 16 bits":  # of which Pillow reads the upper 8
        tolerance += TOLERANCE
    assert abs(found - expected).max() <= tolerance
