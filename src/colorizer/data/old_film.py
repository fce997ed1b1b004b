"""What old lenses and films make of a scene: lightness as they would have recorded it.

Every function takes lightness as (H, W) float32, L in [0, 100], or the Lab that it comes from, and
a generator, and returns a new (H, W) float32 in [0, 100]. Lengths are shares of the shorter side,
so that a photograph looks equally old at any size.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from colorizer.color.gamut import linear_rgb
from colorizer.color.lab_numpy import EPSILON, KAPPA, OFFSET

Lightness = npt.NDArray[np.float32]
Lab = npt.NDArray[np.float32]

# Kinds of emulsion: how often each is drawn, and the ranges of its response to red, green and blue
# light. Mees and James 1966, "The Theory of the Photographic Process", on spectral sensitising:
# silver halide itself sees only blue (glass plates, early film), orthochromatic dyes add green and
# leave red black (most film until the 1920s), panchromatic film sees all three, though seldom as
# the eye does.
EMULSIONS = (
    (0.15, ((0.0, 0.02), (0.0, 0.15), (0.8, 1.0))),  # sensitive to blue
    (0.45, ((0.0, 0.1), (0.35, 0.7), (0.25, 0.6))),  # orthochromatic
    (0.40, ((0.1, 0.6), (0.2, 0.8), (0.05, 0.5))),  # panchromatic
)


def spectral_response(lab: Lab, random: np.random.Generator) -> Lightness:
    """Return lightness as recorded by an emulsion whose sensitivity differs from the eye's.

    Luminance is a weighted sum of linear red, green and blue, with weights drawn for one of
    :data:`EMULSIONS`; greys do not change, as exposure is set for them.

    Parameters
    ----------
    lab : ndarray
        (3, H, W) float32 Lab.
    random : Generator
        Draws the emulsion and its weights.
    """
    shares = [share for share, _ in EMULSIONS]
    _, ranges = EMULSIONS[random.choice(len(EMULSIONS), p=shares)]
    weights = np.array([random.uniform(*limits) for limits in ranges])
    linear = linear_rgb(lab[0], lab[1:]).clip(0, 1)
    return lightness_of(linear, weights / weights.sum())


def lightness_of(linear: npt.NDArray[np.float32], weights: npt.NDArray[np.float64]) -> Lightness:
    """Return L, (H, W) in [0, 100], of linear RGB, (3, H, W) in [0, 1], with weights (3,)."""
    luminance = np.tensordot(weights.astype(np.float32), linear, axes=1)
    f = np.where(luminance > EPSILON, np.cbrt(luminance), KAPPA * luminance + OFFSET)
    return _in_range(116 * f - 16)


def characteristic_curve(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness after the curve of an emulsion, and fading.

    Hurter and Driffield (1890) drew density against the logarithm of exposure: a straight line
    between a toe, where shadows are lost, and a shoulder, where highlights are. Here it is a
    logistic function of L, whose slope is the contrast; at a low slope it is nearly straight.
    Fading then lifts black and dims white.
    """
    slope, middle = random.uniform(0.5, 9.0), random.uniform(0.3, 0.7)
    black, white = random.uniform(0, 20), random.uniform(80, 100)

    def logistic(share: npt.NDArray[np.floating] | float) -> npt.NDArray[np.floating]:
        return np.asarray(1 / (1 + np.exp(-slope * (share - middle))))

    low, high = logistic(0.0), logistic(1.0)
    curved = (logistic(lightness / np.float32(100)) - low) / (high - low)
    return _in_range(black + (white - black) * curved)


def lens_blur(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness as through a soft lens, out of focus or enlarged from a small print.

    A Gaussian point spread whose standard deviation is 0.3 to 1.2 % of the shorter side.
    """
    sigma = random.uniform(0.003, 0.012) * min(lightness.shape)
    return _in_range(gaussian_filter(lightness, sigma, mode="nearest"))


def vignette(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness that falls off towards the corners.

    Illumination falls with the fourth power of the cosine of the angle from the axis (Kingslake
    1992, "Optics in Photography"). That angle is 20 to 45 degrees in the corners, which costs them
    a quarter to three quarters of their light. L follows the cube root of illumination.
    """
    height, width = lightness.shape
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shift_x, shift_y = random.uniform(-0.15, 0.15, size=2)
    corner = np.tan(np.radians(random.uniform(20, 45)))
    squared = ((x - shift_x) ** 2 + (y - shift_y) ** 2) / 2 * corner**2  # tan^2 of the angle
    falloff = (1 / (1 + squared)) ** (2 / 3)  # cos^4 = 1 / (1 + tan^2)^2, and its cube root
    return _in_range((lightness + 16) * falloff.astype(np.float32) - 16)


def grain(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness with the grain of film.

    Gaussian noise (Selwyn 1935, "A theory of graininess"), smoothed a little, as grains are not
    points, and strongest in the mid-tones, where its standard deviation is 1 to 9 in L.
    """
    noise = random.standard_normal(lightness.shape, dtype=np.float32)
    sigma = random.uniform(0.0, 0.006) * min(lightness.shape)
    if sigma > 0.25:
        noise = gaussian_filter(noise, sigma, mode="nearest")
        noise /= max(float(noise.std()), 1e-6)
    share = lightness / 100
    strength = random.uniform(1, 9) * (0.4 + 2.4 * share * (1 - share))
    return _in_range(lightness + strength.astype(np.float32) * noise)


def _in_range(lightness: npt.NDArray[np.floating]) -> Lightness:
    return lightness.clip(0, 100).astype(np.float32, copy=False)
