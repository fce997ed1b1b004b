from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from colorizer.cli.evaluate_folder import FolderEvaluation, evaluate_folder
from colorizer.cli.evaluate_own_size import evaluate_at_own_size
from colorizer.common.errors import UserError
from colorizer.evaluation.baselines import GREY, paint_uniformly
from colorizer.evaluation.metrics import METRICS, measure
from colorizer.images.orientation import ORIENTATION_TAG
from colorizer.photo.read import read_photo
from colorizer.prepare.params import PrepareParams
from tests.data_helpers import colorful, encoded, tree
from tests.images.test_square import with_swapped_primaries
from tests.network_helpers import Painter
from tests.photo_helpers import SRGB, colorist, opened
from tests.prepare_helpers import BAD

ROTATED = Image.Exif()
ROTATED[ORIENTATION_TAG] = 6
# Of odd sizes, some of more than one strip.
PHOTOGRAPHS = {
    "hills/rotated.jpg": encoded(colorful(1, 61, 97), "JPEG", exif=ROTATED),
    "hills/odd.png": encoded(colorful(2, 731, 363), "PNG"),
    "towns/wide.tif": encoded(colorful(3, 401, 35), "TIFF"),
    "towns/profile.png": encoded(
        colorful(4, 83, 57), "PNG", icc_profile=with_swapped_primaries(SRGB)
    ),
    "towns/transparent.png": encoded(colorful(5, 83, 57).convert("RGBA"), "PNG"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs above, and all that rules leave out."""
    folder = tmp_path_factory.mktemp("photographs")
    bad = {name: content for name, (content, _, _) in BAD.items()}
    for name, content in {**PHOTOGRAPHS, **bad}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    transparent = opened(folder / "towns/transparent.png")
    transparent.putalpha(Image.linear_gradient("L").resize(transparent.size))
    transparent.save(folder / "towns/transparent.png")
    return folder


@pytest.fixture(scope="module")
def evaluation(folder: Path, rules: PrepareParams) -> FolderEvaluation:
    before = tree(folder)
    evaluation = evaluate_at_own_size(folder, rules, colorist(Painter()))
    assert tree(folder) == before
    return evaluation


def in_srgb(image: Image.Image, is_swapped: bool) -> npt.NDArray[np.uint8]:
    """Return an image on white; the profile that the tests use swaps red and blue."""
    ground = Image.new("RGBA", image.size, "white")
    pixels = np.asarray(Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB"))
    return pixels[..., ::-1] if is_swapped else pixels


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_picture_is_what_would_be_written_to_the_last_bit(
    folder: Path, tmp_path: Path, name: str
) -> None:
    colors = colorist(Painter())

    colors.colorize(folder / name, tmp_path / "colored.png", "png")
    picture = colors.picture(read_photo(folder / name))

    written = opened(tmp_path / "colored.png")
    assert picture.mode == written.mode
    np.testing.assert_array_equal(np.asarray(picture), np.asarray(written))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_figures_are_those_of_what_is_written(
    folder: Path, evaluation: FolderEvaluation, tmp_path: Path, name: str
) -> None:
    colorist(Painter()).colorize(folder / name, tmp_path / "colored.png", "png")
    is_swapped = "profile" in name
    true = in_srgb(read_photo(folder / name).image, is_swapped)
    colored = in_srgb(opened(tmp_path / "colored.png"), is_swapped)
    (grey,) = paint_uniformly(true[None], GREY)

    # Little CMS rounds where the test swaps channels.
    tolerance = 0.02 if is_swapped else 1e-6
    for found, predicted in ((evaluation.per_image, colored), (evaluation.grey, grey)):
        row = found.set_index("image").loc[name, list(METRICS)].to_dict()
        assert row == pytest.approx(measure(predicted, true), rel=tolerance)


def test_photographs_are_those_that_are_measured_as_squares(
    folder: Path, evaluation: FolderEvaluation, rules: PrepareParams
) -> None:
    squares = evaluate_folder(folder, rules, iter)

    assert set(evaluation.per_image["image"]) == set(PHOTOGRAPHS)
    for name in ("image", "category"):
        pd.testing.assert_series_equal(evaluation.per_image[name], squares.per_image[name])
    pd.testing.assert_frame_equal(evaluation.left_out, squares.left_out)
    assert evaluation.size is None
    assert list(evaluation.grey.columns) == ["image", "category", *METRICS]


def test_grey_photographs_are_measured_where_the_rules_let_them(
    tmp_path: Path, rules: PrepareParams
) -> None:
    colorful(1, 57, 43).convert("L").save(tmp_path / "grey.png")

    found = evaluate_at_own_size(tmp_path, rules.replace(min_chroma=0.0), colorist())

    (grey,), (colored,) = found.grey.to_dict("records"), found.per_image.to_dict("records")
    assert (grey["psnr"], grey["colorfulness"], grey["colorfulness_truth"]) == (100.0, 0.0, 0.0)
    assert colored["colorfulness"] > 5
    assert colored["psnr"] < 40


def test_photograph_that_cannot_be_read_whole_is_left_out(
    tmp_path: Path, rules: PrepareParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    colorful(1).save(tmp_path / "small.png")
    colorful(2, 480, 320).save(tmp_path / "large.png")
    monkeypatch.setattr(read_photo, "__defaults__", (0.01,))

    found = evaluate_at_own_size(tmp_path, rules, colorist())

    assert list(found.per_image["image"]) == ["small.png"]
    assert found.left_out.to_dict("records") == [
        {"path": "large.png", "reason": "unreadable", "detail": "more than 0.01 megapixels"}
    ]

    (tmp_path / "small.png").unlink()
    with pytest.raises(UserError, match=r"^none of the 1 photographs in .*: 1 unreadable"):
        evaluate_at_own_size(tmp_path, rules, colorist())


def test_rules_that_let_too_small_photographs_in_are_told(
    tmp_path: Path, rules: PrepareParams
) -> None:
    with pytest.raises(UserError, match=r"^prepare\.min_side must be at least 7 .*, got 6: SSIM"):
        evaluate_at_own_size(tmp_path, rules.replace(min_side=6), colorist())


def test_folder_without_photographs_is_told(tmp_path: Path, rules: PrepareParams) -> None:
    with pytest.raises(UserError, match=r"^no photograph in "):
        evaluate_at_own_size(tmp_path, rules, colorist())
