from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageEnhance, ImageOps

from colorizer.color.lab_numpy import lab_from_bytes, mean_chroma
from colorizer.common.params import Params
from colorizer.images.square import SquareRule, load_square
from colorizer.prepare.duplicates import group_duplicates
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.perceptual_hash import Fingerprint, Fingerprints, correlation, fingerprint
from tests.conftest import SAMPLE
from tests.data_helpers import encoded

RULE = SquareRule(64, orientation="any", crop="center", min_side=1, max_megapixels=10)
DISTANCE, SIMILARITY = 10, 0.95


def square_of(content: bytes) -> npt.NDArray[np.uint8]:
    return load_square(BytesIO(content), RULE).pixels


def describe(content: bytes) -> Fingerprint:
    pixels = square_of(content)
    return fingerprint(pixels, lab_from_bytes(pixels))


def scaled(image: Image.Image, divisor: int) -> Image.Image:
    size = (image.width // divisor, image.height // divisor)
    return image.resize(size, Image.Resampling.LANCZOS)


def brighter(image: Image.Image, by: int) -> Image.Image:
    return image.point(lambda value: min(255, max(0, value + by)))


def gamma(image: Image.Image, power: float) -> Image.Image:
    return image.point([round(255 * (value / 255) ** power) for value in range(256)] * 3)


def cropped(image: Image.Image, share: float) -> Image.Image:
    across, down = round(image.width * share / 2), round(image.height * share / 2)
    return image.crop((across, down, image.width - across, image.height - down))


def turned(image: Image.Image, hue: int) -> Image.Image:
    """Return the same structure in other hues, turned by ``hue`` of 256."""
    angle, saturation, value = image.convert("HSV").split()
    angle = angle.point(lambda number: (number + hue) % 256)
    return Image.merge("HSV", (angle, saturation, value)).convert("RGB")


def forged(
    phash: int, mirrored: int = 0xAAAA_5555_AAAA_5555, thumbnail: npt.ArrayLike = (1.0,)
) -> Fingerprint:
    """Return a fingerprint whose thumbnail starts with these numbers, at unit length."""
    numbers = np.zeros(3 * 8 * 8)
    numbers[: np.size(thumbnail)] = thumbnail
    numbers /= np.linalg.norm(numbers)
    return Fingerprint(phash, mirrored, numbers.reshape(3, 8, 8).astype(np.float16))


def groups_of(*fingerprints: Fingerprint) -> list[int]:
    groups: list[int] = group_duplicates(fingerprints, DISTANCE, SIMILARITY).tolist()
    return groups


def partition(groups: Sequence[int], names: Sequence[int]) -> set[frozenset[int]]:
    members: dict[int, set[int]] = {}
    for group, name in zip(groups, names, strict=True):
        members.setdefault(group, set()).add(name)
    return {frozenset(some) for some in members.values()}


@pytest.fixture(scope="module")
def photographs() -> list[Image.Image]:
    """The coloured photographs of the sample, none of which is a copy of another."""
    images = [Image.open(file).convert("RGB") for file in sorted(SAMPLE.rglob("*.jpg"))]
    return [
        image
        for image in images
        if mean_chroma(lab_from_bytes(square_of(encoded(image, "BMP")))) > 1.5
    ]


@pytest.fixture(scope="module")
def originals(photographs: list[Image.Image]) -> list[Fingerprint]:
    return [describe(encoded(image, "BMP")) for image in photographs]


def test_shipped_parameters_are_those_tested_here(params: Params) -> None:
    rules = PrepareParams.parse(params.prepare)
    assert (rules.duplicate_distance, rules.duplicate_similarity) == (DISTANCE, SIMILARITY)


def test_unrelated_photographs_are_no_copies(originals: list[Fingerprint]) -> None:
    assert len(originals) > 270
    assert groups_of(*originals) == list(range(len(originals)))


# How a copy is made, and how many in a hundred may be missed.
COPIES: dict[str, tuple[Callable[[Image.Image], bytes], float]] = {
    "same pixels": (lambda image: encoded(image, "BMP"), 0),
    "half the size": (lambda image: encoded(scaled(image, 2), "BMP"), 0),
    "a third of the size": (lambda image: encoded(scaled(image, 3), "BMP"), 0),
    "recompressed": (lambda image: encoded(image, "JPEG", quality=60), 0),
    "recompressed strongly": (lambda image: encoded(image, "JPEG", quality=30), 0),
    "brighter": (lambda image: encoded(brighter(image, 10), "BMP"), 0),
    "darker": (lambda image: encoded(brighter(image, -10), "BMP"), 0),
    "less contrast": (lambda image: encoded(ImageEnhance.Contrast(image).enhance(0.8), "BMP"), 0),
    "more contrast": (lambda image: encoded(ImageEnhance.Contrast(image).enhance(1.2), "BMP"), 0),
    "lighter by gamma": (lambda image: encoded(gamma(image, 0.8), "BMP"), 0),
    "darker by gamma": (lambda image: encoded(gamma(image, 1.25), "BMP"), 0),
    "mirrored": (lambda image: encoded(ImageOps.mirror(image), "BMP"), 0),
    "mirrored, half the size, recompressed": (
        lambda image: encoded(ImageOps.mirror(scaled(image, 2)), "JPEG", quality=60),
        0,
    ),
    # From here on, pixels are lost: to white, to the blocks of a tiny JPEG, or at the edges.
    "brighter by a fifth, clipped": (
        lambda image: encoded(ImageEnhance.Brightness(image).enhance(1.2), "BMP"),
        3,
    ),
    "mirrored, a third of the size, recompressed strongly, brighter": (
        lambda image: encoded(brighter(ImageOps.mirror(scaled(image, 3)), 10), "JPEG", quality=30),
        3,
    ),
    "cropped by a twentieth": (lambda image: encoded(cropped(image, 0.05), "BMP"), 5),
}


@pytest.mark.parametrize("kind", COPIES)
def test_copies_are_grouped_with_their_originals_and_with_no_other(
    photographs: list[Image.Image], originals: list[Fingerprint], kind: str
) -> None:
    make, percent = COPIES[kind]
    copies = [describe(make(image)) for image in photographs[::3]]

    groups = groups_of(*originals, *copies)

    before, after = groups[: len(originals)], groups[len(originals) :]
    assert before == list(range(len(originals)))
    missed = [number for number, group in enumerate(after) if group != 3 * number]
    assert len(missed) <= percent / 100 * len(copies)
    assert all(after[number] >= len(originals) for number in missed)  # alone, not with another


def test_same_structure_in_other_hues_is_no_copy(photographs: list[Image.Image]) -> None:
    colourful = [
        image
        for image in photographs[::3]
        if mean_chroma(lab_from_bytes(square_of(encoded(image, "BMP")))) > 20
    ]
    found = [describe(encoded(image, "BMP")) for image in colourful]
    others = [describe(encoded(turned(image, 60), "BMP")) for image in colourful]

    alike = [one.phash ^ other.phash for one, other in zip(found, others, strict=True)]
    assert np.mean([bits.bit_count() <= DISTANCE for bits in alike]) > 0.9
    assert len(colourful) > 20
    assert len(set(groups_of(*found, *others))) == 2 * len(colourful)


def test_order_does_not_matter(
    photographs: list[Image.Image], originals: list[Fingerprint]
) -> None:
    make, _ = COPIES["brighter by a fifth, clipped"]
    copies = [describe(make(image)) for image in photographs[30:90]]
    every = [*originals[:60], *copies, *originals[40:70]]
    numbers = list(range(len(every)))
    expected = partition(groups_of(*every), numbers)
    assert 80 <= len(expected) < len(every)

    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(every)).tolist()
        groups = groups_of(*(every[number] for number in order))

        assert partition(groups, order) == expected


def test_fingerprints_come_one_by_one_or_together(originals: list[Fingerprint]) -> None:
    every = [*originals[:9], *originals[5:20]]
    together = group_duplicates(Fingerprints.of(every), DISTANCE, SIMILARITY)

    assert together.tolist() == groups_of(*every) == [*range(9), *range(5, 20)]


def test_groups_are_numbered_by_first_appearance() -> None:
    a, b, c = forged(0), forged(0xFFFF_FFFF), forged(0xFFFF_0000_FFFF_0000)

    assert groups_of(c, a, c, b, a, b, c) == [0, 1, 0, 2, 1, 2, 0]


@pytest.mark.parametrize(("bits", "groups"), [(9, [0, 0]), (10, [0, 0]), (11, [0, 1])])
def test_hashes_may_differ_by_the_distance_and_no_more(bits: int, groups: list[int]) -> None:
    assert groups_of(forged(0), forged(2**bits - 1)) == groups


@pytest.mark.parametrize(("cosine", "groups"), [(0.97, [0, 0]), (0.955, [0, 0]), (0.94, [0, 1])])
def test_thumbnails_must_correlate_by_the_similarity(cosine: float, groups: list[int]) -> None:
    sine = (1 - cosine**2) ** 0.5

    assert groups_of(forged(0), forged(0, thumbnail=(cosine, sine))) == groups


def test_hash_of_the_mirror_image_is_enough() -> None:
    one, other = forged(0, 0xFFFF_FFFF), forged(0xFFFF_FFFF, 0)

    assert groups_of(one, other) == [0, 0]
    assert groups_of(one, forged(0xFFFF_FFFF_0000, 0xFFFF_0000_FFFF)) == [0, 1]


def test_groups_link_by_a_chain_of_hashes() -> None:
    chain = [forged(2 ** (8 * number) - 1) for number in range(5)]

    assert groups_of(*chain) == [0] * 5
    assert groups_of(chain[0], chain[1], chain[3], chain[4]) == [0, 0, 1, 1]


def test_groups_link_by_a_chain_of_thumbnails() -> None:
    angles = np.arange(6) * np.arccos(0.96)
    chain = [forged(0, thumbnail=(np.cos(angle), np.sin(angle))) for angle in angles]

    assert groups_of(*chain) == [0] * 6
    assert groups_of(chain[0], chain[1], chain[4], chain[5]) == [0, 0, 1, 1]


def test_chains_of_chains_are_one_group() -> None:
    # Pairs first, then what links the pairs: the order of the links must not matter.
    chain = [forged(2 ** (6 * number) - 1) for number in range(10)]
    order = [0, 9, 4, 5, 2, 7, 1, 8, 3, 6]

    assert groups_of(*(chain[number] for number in order)) == [0] * 10


@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_groups_do_not_depend_on_how_many_are_confirmed_at_once(
    monkeypatch: pytest.MonkeyPatch, originals: list[Fingerprint], at_once: int
) -> None:
    every = [*originals[:20], *originals[10:30], *(forged(2**bits - 1) for bits in range(40))]
    expected = groups_of(*every)
    monkeypatch.setattr("colorizer.prepare.duplicates.CONFIRM_AT_ONCE", at_once)
    monkeypatch.setattr("colorizer.prepare.hash_index.BLOCK", at_once)

    assert groups_of(*every) == expected
    assert len(set(expected)) == 31


def test_thousands_of_exact_copies_are_told_without_comparing_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copies, other = [forged(7)] * 5000, forged(0xFFFF_FFFF)
    compared = []

    def pairs(*arguments: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
        compared.append(len(arguments[0]))
        return np.zeros(len(arguments[0]), dtype=np.float32)

    monkeypatch.setattr("colorizer.prepare.duplicates.correlation", pairs)
    tracemalloc.start()
    groups = groups_of(*copies, other)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert groups == [0] * 5000 + [1]
    assert sum(compared) == 0
    assert peak < 30e6


def test_a_thousand_frames_of_one_scene_are_linked_and_not_all_their_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def pairs(*arguments: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
        compared.append(len(arguments[0]))
        return correlation(*arguments)

    monkeypatch.setattr("colorizer.prepare.duplicates.correlation", pairs)
    monkeypatch.setattr("colorizer.prepare.hash_index.BLOCK", 1 << 14)
    numbers = np.random.default_rng(0).normal(1, 0.01, (1000, 50))
    frames = [forged(1 << bit % 64, thumbnail=row) for bit, row in enumerate(numbers)]
    tracemalloc.start()
    groups = groups_of(*frames)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert groups == [0] * 1000
    assert sum(compared) < 100_000  # of 8 million: a million pairs, close in most of the bands
    assert peak < 60e6


def test_no_photographs_make_no_groups() -> None:
    none = group_duplicates([], DISTANCE, SIMILARITY)

    assert none.shape == (0,)
    assert none.dtype == np.int64


def test_one_photograph_is_a_group() -> None:
    groups = group_duplicates([forged(1)], DISTANCE, SIMILARITY)

    assert groups.tolist() == [0]
    assert groups.dtype == np.int64


def test_fingerprints_are_left_alone(originals: list[Fingerprint]) -> None:
    every = Fingerprints.of([*originals[:9], *originals[5:20]])
    for array in every:
        array.setflags(write=False)

    assert len(set(group_duplicates(every, DISTANCE, SIMILARITY).tolist())) == 20


@pytest.mark.parametrize("distance", [0, 16])
def test_exact_copies_are_found_however_strict_the_rules_are(
    originals: list[Fingerprint], distance: int
) -> None:
    groups = group_duplicates([*originals[:9], *originals[:9]], distance, 1.0)

    assert groups.tolist() == [*range(9), *range(9)]
