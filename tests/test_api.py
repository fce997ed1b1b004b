"""``import colorizer``: the same colours as the commands'."""

from __future__ import annotations

import doctest
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import colorizer
import colorizer.api
from colorizer.cli.main import main
from colorizer.common.errors import UserError
from tests.photo_helpers import grey_profile, greys, lab_of, opened


@pytest.fixture(scope="module")
def colorist() -> colorizer.Colorist:
    return colorizer.load()


def test_general_network_is_the_default(colorist: colorizer.Colorist) -> None:
    assert colorist.network == "general (comes with colorizer)"
    assert colorist.takes_hints


def test_colors_are_those_of_the_command(
    colorist: colorizer.Colorist,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    signal_handlers: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    greys(90, 60).save("old.png")
    main(["photo", "old.png", "--hint", "30,20,#c8553d", "--saturation", "1.5"])

    for image in ("old.png", Path("old.png"), opened(Path("old.png"))):
        colored = colorist.colorize(image, hints=[(30, 20, "#c8553d")], saturation=1.5)
        np.testing.assert_array_equal(colored, opened(Path("old_color.png")))


def test_arrays_become_arrays(colorist: colorizer.Colorist) -> None:
    image = greys(90, 60)
    expected = np.asarray(colorist.colorize(image))
    grey = np.asarray(image)

    for array in (grey, np.dstack([grey] * 3), grey.astype(np.uint16) * 257):
        colored = colorist.colorize(array)
        assert colored.shape == (60, 90, 3)
        assert colored.dtype == np.uint8
        assert abs(colored.astype(int) - expected).max() <= 1


def test_orientation_profile_and_transparency_are_minded(
    colorist: colorizer.Colorist, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    greys(90, 60).save(file, "JPEG", exif=exif, icc_profile=grey_profile(1.0))
    stored = Image.open(file)

    colored = colorist.colorize(stored)

    assert colored.size == (60, 90)
    linear = np.asarray(stored).astype(float).T[:, ::-1] / 255
    lightness = 116 * np.cbrt(linear.clip(216 / 24389)) - 16
    seen = linear > 0.02
    assert abs(lab_of(colored)[0] - lightness)[seen].max() < 1
    srgb = ImageCms.ImageCmsProfile(io.BytesIO(colored.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(srgb)
    clear = greys(90, 60).convert("LA")
    assert colorist.colorize(clear).mode == "RGBA"


def test_saturation_of_nothing_is_grey(colorist: colorizer.Colorist) -> None:
    assert abs(lab_of(colorist.colorize(greys(90, 60), saturation=0))[1:]).max() < 1
    assert abs(lab_of(colorist.colorize(greys(90, 60), saturation=3))[1:]).max() > 3


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (7, TypeError, "image must be a Pillow image, a path or an array, got <class 'int'>"),
        (np.zeros((4, 4)), ValueError, r"an array must be .*, got \(4, 4\), float64"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, r"got \(4, 4, 4\), uint8"),
        (np.zeros((0, 4), np.uint8), ValueError, r"got \(0, 4\), uint8"),
        (Image.new("F", (4, 4)), ValueError, "pixels have no fixed range"),
    ],
)
def test_other_images_are_refused(
    colorist: colorizer.Colorist, image: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        colorist.colorize(image)  # type: ignore[call-overload]


def test_wrong_hints_and_saturations_are_refused(colorist: colorizer.Colorist) -> None:
    with pytest.raises(ValueError, match=r"the colour must be six hexadecimal digits, .* 'red'"):
        colorist.colorize(greys(90, 60), hints=[(1, 2, "red")])
    with pytest.raises(ValueError, match="the hint at 90,2 lies outside"):
        colorist.colorize(greys(90, 60), hints=[(90, 2, "#ff0000")])
    with pytest.raises(UserError, match="the saturation must be a number from 0 to 10, got 11"):
        colorist.colorize(greys(90, 60), saturation=11)


def test_missing_network_is_told() -> None:
    with pytest.raises(UserError, match=r"checkpoint none\.onnx not found"):
        colorizer.load("none.onnx")


def test_examples_in_the_docstrings_are_true() -> None:
    found = doctest.testmod(colorizer.api)

    assert found.attempted >= 4
    assert found.failed == 0


def test_importing_is_quick() -> None:
    code = "import sys, colorizer; print(*{'numpy', 'PIL', 'torch'} & set(sys.modules))"

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout == "\n"
