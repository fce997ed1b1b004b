"""sRGB <-> CIELAB, the one pair of functions that everything else uses.

Standards: IEC 61966-2-1 (sRGB) and CIE 15 (L*a*b*), illuminant D65, 2 degree observer; the same
constants as scikit-image, so that the two agree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LAB_CHANNELS = 3
# ab divided by this lies in [-1, 1): the scale in which networks and losses work.
AB_SCALE = 128.0

_XYZ_FROM_RGB = torch.tensor(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ],
    dtype=torch.float64,
)
_WHITE = torch.tensor([0.95047, 1.0, 1.08883], dtype=torch.float64)
# The white point is folded into the matrices: RGB <-> XYZ / white in one product.
_RELATIVE_XYZ_FROM_RGB = _XYZ_FROM_RGB / _WHITE[:, None]
_RGB_FROM_RELATIVE_XYZ = torch.linalg.inv(_XYZ_FROM_RGB) * _WHITE[None, :]

_EPSILON = 0.008856  # CIE: below it the cube root gives way to a line
_KAPPA = 7.787
_OFFSET = 16.0 / 116.0


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Convert sRGB to CIELAB.

    Parameters
    ----------
    rgb : Tensor
        (..., 3, H, W), floating point, gamma-encoded sRGB in [0, 1].

    Returns
    -------
    Tensor
        (..., 3, H, W), same dtype and device: L in [0, 100], a and b in about [-128, 127].
        Differentiable.

    Raises
    ------
    TypeError
        If ``rgb`` is not floating point.
    ValueError
        If ``rgb`` has no axis of three channels before height and width.
    """
    _check(rgb, "rgb")
    linear = torch.where(
        rgb > 0.04045, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92
    )
    xyz = _mix(linear, _RELATIVE_XYZ_FROM_RGB)
    # The clamp keeps the unused branch's gradient finite: infinity times zero is NaN.
    f = torch.where(xyz > _EPSILON, xyz.clamp(min=_EPSILON) ** (1 / 3), _KAPPA * xyz + _OFFSET)
    fx, fy, fz = f.unbind(dim=-3)
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], dim=-3)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Convert CIELAB to sRGB; colours that sRGB cannot show are clipped channel by channel.

    Parameters
    ----------
    lab : Tensor
        (..., 3, H, W), floating point: L in [0, 100], a and b in about [-128, 127].

    Returns
    -------
    Tensor
        (..., 3, H, W), same dtype and device, gamma-encoded sRGB in [0, 1]. Differentiable.

    Raises
    ------
    TypeError
        If ``lab`` is not floating point.
    ValueError
        If ``lab`` has no axis of three channels before height and width.
    """
    _check(lab, "lab")
    lightness, a, b = lab.unbind(dim=-3)
    fy = (lightness + 16) / 116
    # XYZ has no negative values; chroma far outside the gamut would ask for them.
    f = torch.stack([fy + a / 500, fy, (fy - b / 200).clamp(min=0)], dim=-3)
    knee = _KAPPA * _EPSILON + _OFFSET
    xyz = torch.where(f > knee, f**3, (f - _OFFSET) / _KAPPA)
    linear = _mix(xyz, _RGB_FROM_RELATIVE_XYZ)
    rgb = torch.where(
        linear > 0.0031308,
        1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055,
        12.92 * linear,
    )
    return rgb.clamp(0, 1)


def lab_from_bytes(photographs: npt.NDArray[np.uint8]) -> Tensor:
    """Convert 8-bit sRGB photographs (..., H, W, 3) to float32 CIELAB (..., 3, H, W)."""
    # A copy, for the photographs may be a read-only view of a file, which torch has no notion of.
    rgb = torch.from_numpy(np.array(photographs, dtype=np.float32)).movedim(-1, -3)
    return rgb_to_lab(rgb / 255)


def bytes_from_lab(lab: Tensor) -> npt.NDArray[np.uint8]:
    """Convert CIELAB (..., 3, H, W) to 8-bit sRGB photographs (..., H, W, 3), rounded."""
    rgb = (lab_to_rgb(lab) * 255).round().to(torch.uint8)
    array: npt.NDArray[np.uint8] = rgb.movedim(-3, -1).contiguous().cpu().numpy()
    return array


def _mix(image: Tensor, matrix: Tensor) -> Tensor:
    matrix = matrix.to(dtype=image.dtype, device=image.device)
    return torch.einsum("ij,...jhw->...ihw", matrix, image)


def _check(image: Tensor, name: str) -> None:
    if not image.is_floating_point():
        raise TypeError(f"{name} must be floating point, got {image.dtype}")
    if image.ndim < 3 or image.shape[-3] != LAB_CHANNELS:
        raise ValueError(f"{name} must have shape (..., 3, H, W), got {tuple(image.shape)}")
