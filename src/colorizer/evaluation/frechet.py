"""How closely a set of coloured photographs resembles the set of true ones.

PSNR compares pixel with pixel and rewards dull colours: a network in doubt does best with the mean
of what it thinks possible. A Fréchet distance compares two sets, whichever photographs they hold,
in features by which a network tells things apart: Heusel et al. 2017, "GANs Trained by a Two
Time-Scale Update Rule Converge to a Local Nash Equilibrium", eq. 6.

Theirs, the FID, uses features from Inception, this one from EfficientNet-Lite0. So these figures
cannot be compared with an FID, and with each other only for the same number of photographs of the
same size: the fewer there are, the further apart two sets are by chance alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from colorizer.data.shards import Shards
from colorizer.evaluation.lite_features import FEATURES, LiteFeatures

FRECHET = "frechet_lite0"
# Fewer say little about a covariance of 320 features.
FEWEST_PHOTOGRAPHS = 500
PHOTOGRAPHS_AT_ONCE = 32
DIGITS = 6

Floats = npt.NDArray[np.float64]
Photographs = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Gaussian:
    """A normal distribution of vectors: ``mean`` (d,), ``covariance`` (d, d), both float64."""

    mean: Floats
    covariance: Floats


class Moments:
    """The mean and covariance of vectors that come batch by batch and are not kept.

    Means and products of deviations are merged as in Chan, Golub and LeVeque 1979, "Updating
    Formulae and a Pairwise Algorithm for Computing Sample Variances": sums of squares would lose
    digits where means are large.

    Parameters
    ----------
    dimensions : int
        Length of the vectors.
    """

    def __init__(self, dimensions: int) -> None:
        self.count = 0
        self._mean = np.zeros(dimensions)
        self._products = np.zeros((dimensions, dimensions))

    def add(self, vectors: Floats) -> None:
        """Add (n, d) vectors."""
        total = self.count + len(vectors)
        mean = vectors.mean(axis=0)
        centered, shift = vectors - mean, mean - self._mean
        between = np.outer(shift, shift) * (self.count * len(vectors) / total)
        self._products += centered.T @ centered + between
        self._mean = self._mean + shift * (len(vectors) / total)
        self.count = total

    def gaussian(self) -> Gaussian:
        """Return the normal distribution with this mean and sample covariance (n - 1).

        Raises
        ------
        ValueError
            If there are fewer than two vectors.
        """
        if self.count < 2:
            raise ValueError(f"a covariance needs two vectors or more, got {self.count}")
        return Gaussian(self._mean, self._products / (self.count - 1))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Return the squared Fréchet distance between two normal distributions, at least 0.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)): Dowson and Landau 1982, "The Fréchet Distance
    between Multivariate Normal Distributions".
    """
    shift = first.mean - second.mean
    # With S = F F^T, the eigenvalues of S1 S2 are the squared singular values of F1^T F2. The
    # roots of the eigenvalues of S1^(1/2) S2 S1^(1/2) would be the same, except for rounding: if
    # 0 comes out as 1e-16, its root is 1e-8.
    roots = np.linalg.svd(
        _factor(first.covariance).T @ _factor(second.covariance), compute_uv=False
    )
    spread = np.trace(first.covariance) + np.trace(second.covariance) - 2 * roots.sum()
    return max(0.0, float(shift @ shift + spread))


def _factor(covariance: Floats) -> Floats:
    """Return F, (d, d), with F F^T = S; eigenvalues that rounding made negative count as 0."""
    values, vectors = np.linalg.eigh(covariance)
    factor: Floats = vectors * np.sqrt(values.clip(min=0))
    return factor


class FrechetReference:
    """True photographs against which sets of coloured ones are measured.

    Memory use does not grow with the number of photographs.

    Parameters
    ----------
    true : Shards or ndarray
        (n, size, size, 3) uint8 sRGB.
    device : torch.device
        Where the features are computed.
    """

    def __init__(self, true: Shards | Photographs, device: torch.device) -> None:
        self._count = len(true)
        if self._count >= FEWEST_PHOTOGRAPHS:
            self._features = LiteFeatures(device)
            self._true = self._gaussian_of(true)

    def figures(self, colored: Iterable[Photographs]) -> dict[str, float]:
        """Measure coloured photographs.

        Parameters
        ----------
        colored : iterable of ndarray
            (size, size, 3) uint8 sRGB each, as many as there are true ones, in any order.

        Returns
        -------
        dict
            The distance under the name :data:`FRECHET`, at least 0 and 0 for the true photographs
            themselves; empty, and nothing is read, if there are fewer than
            :data:`FEWEST_PHOTOGRAPHS`.

        Raises
        ------
        ValueError
            If there are not as many as there are true ones.
        """
        if self._count < FEWEST_PHOTOGRAPHS:
            return {}
        return {FRECHET: round(frechet_distance(self._gaussian_of(colored), self._true), DIGITS)}

    def _gaussian_of(self, photographs: Iterable[Photographs]) -> Gaussian:
        moments = Moments(FEATURES)
        with tqdm(desc="features", total=self._count, unit="photograph") as bar:
            for batch in _batches(photographs):
                moments.add(self._features.of(batch))
                bar.update(len(batch))
        if moments.count != self._count:
            raise ValueError(f"sets must hold {self._count} photographs, got {moments.count}")
        return moments.gaussian()


def _batches(photographs: Iterable[Photographs]) -> Iterator[Photographs]:
    waiting: list[Photographs] = []
    for photograph in photographs:
        waiting.append(photograph)
        if len(waiting) == PHOTOGRAPHS_AT_ONCE:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)
