from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image, ImageFilter
from scipy.linalg import sqrtm

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.evaluation import frechet
from colorizer.evaluation.frechet import (
    FRECHET,
    FrechetReference,
    Gaussian,
    Moments,
    frechet_distance,
)
from tests.conftest import SAMPLE
from tests.network_helpers import Photographs, noise

Floats = npt.NDArray[np.float64]

CPU = torch.device("cpu")
SIDE = 64
COUNT = 40


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frechet, "FEWEST_PHOTOGRAPHS", 2)


@pytest.fixture(scope="module")
def photographs() -> Photographs:
    """Squares of photographs of the sample, of all kinds."""
    files = sorted(SAMPLE.rglob("*.jpg"))
    squares = []
    for file in files[:: len(files) // COUNT][:COUNT]:
        with Image.open(file) as image:
            squares.append(np.asarray(image.convert("RGB").resize((SIDE, SIDE))))
    return np.stack(squares)


@pytest.fixture
def reference(photographs: Photographs, few_are_enough: None) -> FrechetReference:
    return FrechetReference(photographs, CPU)


def spd(generator: np.random.Generator, dimensions: int) -> Floats:
    """Return a random symmetric positive definite matrix."""
    vectors = generator.standard_normal((dimensions, 2 * dimensions))
    return vectors @ vectors.T / dimensions


def blurred(photographs: Photographs, radius: float) -> Iterator[Photographs]:
    blur = ImageFilter.GaussianBlur(radius)
    return (np.asarray(Image.fromarray(one).filter(blur)) for one in photographs)


def with_saturation(photographs: Photographs, factor: float) -> Photographs:
    lab = lab_from_bytes(photographs)
    lab[:, 1:] *= factor
    return bytes_from_lab(lab)


class TestMoments:
    @pytest.mark.parametrize("sizes", [[50], [1] * 50, [7, 30, 1, 12]], ids=str)
    @pytest.mark.parametrize("offset", [0.0, 1e5])
    def test_batch_by_batch_is_all_at_once(self, sizes: list[int], offset: float) -> None:
        vectors = offset + np.random.default_rng(0).standard_normal((50, 6))
        moments = Moments(6)
        for batch in np.split(vectors, np.cumsum(sizes)[:-1]):
            moments.add(batch)

        gaussian = moments.gaussian()

        assert moments.count == 50
        np.testing.assert_allclose(gaussian.mean, vectors.mean(axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gaussian.covariance, np.cov(vectors.T), atol=1e-9)

    @pytest.mark.parametrize("count", [0, 1])
    def test_one_vector_has_no_covariance(self, count: int) -> None:
        moments = Moments(3)
        for vector in np.ones((count, 1, 3)):
            moments.add(vector)
        with pytest.raises(ValueError, match=f"needs two vectors or more, got {count}$"):
            moments.gaussian()

    def test_what_was_returned_stays_as_it_was(self) -> None:
        moments = Moments(2)
        moments.add(np.array([[0.0, 1.0], [2.0, 5.0]]))
        gaussian = moments.gaussian()
        moments.add(np.full((3, 2), 9.0))
        np.testing.assert_allclose(gaussian.mean, [1, 3])
        np.testing.assert_allclose(gaussian.covariance, [[2, 4], [4, 8]])


class TestDistance:
    def test_of_diagonal_covariances_is_that_of_means_and_deviations(self) -> None:
        generator = np.random.default_rng(0)
        means = generator.standard_normal((2, 20))
        deviations = generator.uniform(0, 3, (2, 20))
        first, second = (
            Gaussian(mean, np.diag(deviation**2))
            for mean, deviation in zip(means, deviations, strict=True)
        )
        expected = np.sum((means[0] - means[1]) ** 2 + (deviations[0] - deviations[1]) ** 2)
        assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("seed", range(5))
    def test_is_that_of_the_formula(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        first, second = (Gaussian(generator.standard_normal(12), spd(generator, 12)) for _ in "12")
        root = sqrtm(first.covariance @ second.covariance).real
        expected = np.sum((first.mean - second.mean) ** 2) + np.trace(
            first.covariance + second.covariance - 2 * root
        )
        assert expected > 1
        assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)
        assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("rank", [1, 200])
    def test_of_a_distribution_to_itself_is_0_whatever_its_rank(self, rank: int) -> None:
        generator = np.random.default_rng(rank)
        factor = generator.standard_normal((320, rank)) * generator.uniform(0, 30, (320, 1))
        itself = Gaussian(generator.standard_normal(320), factor @ factor.T)
        assert 0 <= frechet_distance(itself, itself) < 1e-9 * np.trace(itself.covariance)


@pytest.mark.usefixtures("few_are_enough")
class TestPhotographs:
    def test_the_true_ones_are_no_way_off_in_any_order(
        self, reference: FrechetReference, photographs: Photographs
    ) -> None:
        # 1e-3 is less than a millionth of the variance of all features together.
        order = np.random.default_rng(0).permutation(COUNT)
        assert reference.figures(photographs) == {FRECHET: pytest.approx(0, abs=1e-3)}
        assert reference.figures(photographs[order]) == {FRECHET: pytest.approx(0, abs=1e-3)}

    def test_order_does_not_matter(
        self, reference: FrechetReference, photographs: Photographs
    ) -> None:
        grey = with_saturation(photographs, 0)
        distance = reference.figures(grey)[FRECHET]
        assert distance > 0.01
        assert reference.figures(grey[::-1])[FRECHET] == pytest.approx(distance, rel=1e-4)

    def test_more_blur_is_further_off(
        self, reference: FrechetReference, photographs: Photographs
    ) -> None:
        none, *some = (
            reference.figures(blurred(photographs, radius))[FRECHET]
            for radius in (0, 0.6, 1.2, 2.4)
        )
        assert none < 1e-3
        assert none < some[0] < some[1] < some[2]

    def test_less_colour_is_further_off(
        self, reference: FrechetReference, photographs: Photographs
    ) -> None:
        some = [
            reference.figures(with_saturation(photographs, factor))[FRECHET]
            for factor in (0.75, 0.5, 0)
        ]
        assert 0 < some[0] < some[1] < some[2]

    def test_batches_do_not_matter(
        self, photographs: Photographs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        distances = []
        for number in (7, COUNT):
            monkeypatch.setattr(frechet, "PHOTOGRAPHS_AT_ONCE", number)
            reference = FrechetReference(photographs[:20], CPU)
            distances.append(reference.figures(photographs[20:])[FRECHET])
        assert distances[0] == pytest.approx(distances[1], rel=1e-4)

    @pytest.mark.parametrize("count", [3, 5])
    def test_sets_must_be_of_one_number(self, count: int) -> None:
        reference = FrechetReference(noise(4, 32), CPU)
        with pytest.raises(ValueError, match=f"sets must hold 4 photographs, got {count}$"):
            reference.figures(noise(count, 32))

    def test_progress_is_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        FrechetReference(noise(4, 32), CPU)
        err = capsys.readouterr().err
        assert "features: 100%" in err
        assert "4/4" in err


def test_too_few_have_no_distance_and_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert frechet.FEWEST_PHOTOGRAPHS == 500
    monkeypatch.setattr(frechet, "FEWEST_PHOTOGRAPHS", 5)
    monkeypatch.setattr(frechet, "LiteFeatures", None)
    assert FrechetReference(noise(4, 32), CPU).figures(iter(())) == {}


def test_enough_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frechet, "FEWEST_PHOTOGRAPHS", 4)
    assert FrechetReference(noise(4, 32), CPU).figures(noise(4, 32, seed=1))[FRECHET] > 0
