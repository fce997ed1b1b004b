"""sRGB <-> CIELAB in torch: batched, differentiable, on any device.

The standards and their constants are those of :mod:`colorizer.color.lab_numpy`, which converts
only bytes, in NumPy.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from colorizer.color import lab_numpy
from colorizer.color.lab_numpy import (
    EPSILON,
    KAPPA,
    OFFSET,
    RELATIVE_XYZ_FROM_RGB,
    RGB_FROM_RELATIVE_XYZ,
)

LAB_CHANNELS = 3
# ab divided by this is in [-1, 1): the scale that networks and losses use.
AB_SCALE = 128.0

_RELATIVE_XYZ_FROM_RGB = torch.from_numpy(RELATIVE_XYZ_FROM_RGB)
_RGB_FROM_RELATIVE_XYZ = torch.from_numpy(RGB_FROM_RELATIVE_XYZ)


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
    f = torch.where(xyz > EPSILON, xyz.clamp(min=EPSILON) ** (1 / 3), KAPPA * xyz + OFFSET)
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
    knee = KAPPA * EPSILON + OFFSET
    xyz = torch.where(f > knee, f**3, (f - OFFSET) / KAPPA)
    linear = _mix(xyz, _RGB_FROM_RELATIVE_XYZ)
    rgb = torch.where(
        linear > 0.0031308,
        1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055,
        12.92 * linear,
    )
    return rgb.clamp(0, 1)


def lab_from_bytes(photographs: npt.NDArray[np.uint8]) -> Tensor:
    """Convert 8-bit sRGB photographs (..., H, W, 3) to float32 CIELAB (..., 3, H, W).

    L in [0, 100], a and b in about [-128, 127].
    """
    return torch.from_numpy(lab_numpy.lab_from_bytes(photographs))


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
