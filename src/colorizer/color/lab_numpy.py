"""8-bit sRGB -> CIELAB in NumPy, for code that needs no gradients and must start without torch.

Standards: IEC 61966-2-1 (sRGB) and CIE 15 (L*a*b*), illuminant D65, 2 degree observer; the same
constants as scikit-image, so that the two agree. :mod:`colorizer.color.lab_torch` has the
differentiable conversions, both ways, with the same constants.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_XYZ_FROM_RGB = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
# The white point is folded into the matrices: RGB <-> XYZ / white in one product.
RELATIVE_XYZ_FROM_RGB = _XYZ_FROM_RGB / _WHITE[:, None]
RGB_FROM_RELATIVE_XYZ = np.linalg.inv(_XYZ_FROM_RGB) * _WHITE[None, :]

EPSILON = 0.008856  # CIE: below this a line replaces the cube root
KAPPA = 7.787
OFFSET = 16.0 / 116.0

_VALUES = np.arange(256) / 255
# sRGB's gamma, computed once for each value of a byte.
_LINEAR = np.where(_VALUES > 0.04045, ((_VALUES + 0.055) / 1.055) ** 2.4, _VALUES / 12.92).astype(
    np.float32
)
_MATRIX = RELATIVE_XYZ_FROM_RGB.astype(np.float32)


def lab_from_bytes(photographs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Convert 8-bit sRGB photographs (..., H, W, 3) to float32 CIELAB (..., 3, H, W).

    L in [0, 100], a and b in about [-128, 127].

    Raises
    ------
    TypeError
        If ``photographs`` is not uint8.
    ValueError
        If the last axis does not hold three channels.
    """
    if photographs.dtype != np.uint8:
        raise TypeError(f"photographs must be uint8, got {photographs.dtype}")
    if photographs.ndim < 3 or photographs.shape[-1] != 3:
        raise ValueError(f"photographs must have shape (..., H, W, 3), got {photographs.shape}")
    relative = _MATRIX @ np.take(_LINEAR, photographs).reshape(-1, 3).T
    f = np.cbrt(relative)
    dark = relative <= EPSILON
    f[dark] = np.float32(KAPPA) * relative[dark] + np.float32(OFFSET)
    fx, fy, fz = f
    lab = np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])
    channels_first = np.moveaxis(lab.reshape(3, *photographs.shape[:-1]), 0, -3)
    contiguous: npt.NDArray[np.float32] = np.ascontiguousarray(channels_first)
    return contiguous


def mean_chroma(lab: npt.NDArray[np.float32]) -> float:
    """Return the mean chroma sqrt(a^2 + b^2) of CIELAB (3, H, W), in CIELAB units."""
    a, b = lab[1], lab[2]
    return float(np.sqrt(a * a + b * b).mean(dtype=np.float64))
