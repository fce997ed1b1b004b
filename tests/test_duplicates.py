from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from colorizer.color import lab_from_bytes
from colorizer.duplicates import group_duplicates, thumbnail
from colorizer.images import SquareRule, load_square
from colorizer.params import Params
from tests.conftest import SAMPLE
from tests.data_helpers import colorful, encoded

SIZE = 64
Thumbnails = NDArray[np.float32]


def describe(path: Path, content: bytes) -> Thumbnails:
    path.write_bytes(content)
    rule = SquareRule(SIZE, orientation="any", crop="center", min_side=1, max_megapixels=10)
    return thumbnail(lab_from_bytes(load_square(path, rule).pixels).numpy())


def random_thumbnails(count: int) -> Thumbnails:
    labs = [lab_from_bytes(np.asarray(colorful(seed, SIZE, SIZE))) for seed in range(count)]
    return np.stack([thumbnail(lab.numpy()) for lab in labs])


def brightened(image: Image.Image, by: int) -> Image.Image:
    return image.point(lambda value: min(255, max(0, value + by)))


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def real() -> list[Image.Image]:
    """Some photographs of the sample, none of which is a copy of another."""
    return [Image.open(file).convert("RGB") for file in sorted(SAMPLE.rglob("*.jpg"))[::20]]


@pytest.fixture(scope="module")
def originals(real: list[Image.Image], tmp_path_factory: pytest.TempPathFactory) -> Thumbnails:
    file = tmp_path_factory.mktemp("originals") / "original"
    return np.stack([describe(file, encoded(image, "BMP")) for image in real])


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "same": lambda image: encoded(image, "BMP"),
    "half": lambda image: encoded(half(image), "BMP"),
    "recompressed": lambda image: encoded(image, "JPEG", quality=40),
    "brighter": lambda image: encoded(brightened(image, 10), "BMP"),
    "darker": lambda image: encoded(brightened(image, -10), "BMP"),
    "mirrored": lambda image: encoded(ImageOps.mirror(image), "BMP"),
    "mirrored, recompressed": lambda image: encoded(ImageOps.mirror(image), "JPEG", quality=60),
}


@pytest.mark.parametrize("kind", COPIES)
def test_every_copy_is_grouped_with_its_original_and_with_no_other(
    tmp_path: Path,
    params: Params,
    real: list[Image.Image],
    originals: Thumbnails,
    kind: str,
) -> None:
    copies = np.stack([describe(tmp_path / "copy", COPIES[kind](image)) for image in real])

    groups = group_duplicates(
        np.concatenate([originals, copies]), params.prepare.duplicate_similarity
    )

    assert list(groups[: len(real)]) == list(groups[len(real) :])
    assert len(set(groups)) == len(real)


@pytest.mark.parametrize("side", [16, 24, 37, 64])
def test_thumbnail_is_small_and_of_unit_length(side: int) -> None:
    small = thumbnail(lab_from_bytes(np.asarray(colorful(1, side, side))).numpy())

    assert small.shape == (3, 16, 16)
    assert small.dtype == np.float32
    assert np.linalg.norm(small) == pytest.approx(1, abs=1e-6)


def test_thumbnail_holds_means_of_blocks_of_unequal_size() -> None:
    lab = np.zeros((3, 24, 24), dtype=np.float32)
    lab[1] = np.arange(24)  # blocks of one and of two columns in turn

    small = thumbnail(lab)

    edges = np.linspace(0, 24, 17).astype(int)
    means = np.array([np.arange(start, stop).mean() for start, stop in pairwise(edges)])
    np.testing.assert_allclose(small[1, 5] / small[1, 5, -1], means / means[-1], rtol=1e-5)


def test_thumbnail_does_not_depend_on_brightness() -> None:
    lab = lab_from_bytes(np.asarray(colorful(1, SIZE, SIZE))).numpy()
    brighter = lab + np.array([20, 0, 0], dtype=np.float32)[:, None, None]

    np.testing.assert_allclose(thumbnail(brighter), thumbnail(lab), atol=1e-5)


def test_thumbnail_of_nothing_but_grey_is_zero() -> None:
    lab = np.zeros((3, SIZE, SIZE), dtype=np.float32)
    lab[0] = 50

    np.testing.assert_array_equal(thumbnail(lab), np.zeros((3, 16, 16)))


def test_featureless_photographs_are_no_copies_of_one_another() -> None:
    assert list(group_duplicates(np.zeros((3, 3, 16, 16), dtype=np.float32), 0.9)) == [0, 1, 2]


def test_groups_link_by_a_chain() -> None:
    one, other = random_thumbnails(2)
    between = one + other
    chain = np.stack([one, between / np.linalg.norm(between), other])

    correlation = float((chain[0] * chain[1]).sum())
    assert float((one * other).sum()) < correlation  # the ends alone would not be linked
    assert list(group_duplicates(chain, correlation - 0.01)) == [0, 0, 0]
    assert list(group_duplicates(chain[[0, 2]], correlation - 0.01)) == [0, 1]


def test_groups_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    thumbnails = random_thumbnails(11)
    thumbnails[9] = thumbnails[1, :, :, ::-1]
    thumbnails[10] = thumbnails[4]
    whole = group_duplicates(thumbnails, 0.98)
    monkeypatch.setattr("colorizer.duplicates.BLOCK", 4)

    assert list(group_duplicates(thumbnails, 0.98)) == list(whole)
    assert list(whole) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 4]


def test_no_photographs_make_no_groups() -> None:
    assert group_duplicates(np.zeros((0, 3, 16, 16), dtype=np.float32), 0.98).shape == (0,)
