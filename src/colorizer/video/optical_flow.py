"""Where the parts of a frame were in the previous frame: dense optical flow.

Pyramidal Lucas-Kanade (Bouguet 2001, "Pyramidal implementation of the Lucas Kanade feature
tracker"), for all pixels at once.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# The least shorter side of the pyramid's coarsest frames, in pixels.
COARSEST = 12
WINDOW = 9
ITERATIONS = 3
# The most that one iteration may change, in pixels of its level: the linear model holds no
# further.
LONGEST_STEP = 1.0
# Added to the squared gradients of L (per pixel): a window as flat as film grain says nothing, and
# the coarser frames' answer stands.
FLATNESS = 1.0


def estimate_motion(before: Tensor, after: Tensor) -> Tensor:
    """Estimate where each pixel of a frame comes from.

    Parameters
    ----------
    before, after : Tensor
        (1, 1, H, W) floating point, L in [0, 100], of two consecutive frames.

    Returns
    -------
    Tensor
        (1, 2, H, W): what is at (x, y) of ``after`` was at (x + flow[0, 0], y + flow[0, 1]) of
        ``before``, in pixels.
    """
    levels = [(before, after)]
    while min(levels[-1][1].shape[2:]) >= 2 * COARSEST:
        earlier, later = levels[-1]
        levels.append((F.avg_pool2d(earlier, 2), F.avg_pool2d(later, 2)))
    flow = torch.zeros_like(levels[-1][1]).expand(-1, 2, -1, -1)
    for earlier, later in reversed(levels):
        if flow.shape[2:] != later.shape[2:]:
            flow = enlarge(flow, later.shape[2:])
        flow = _refined(flow, earlier, later)
    return flow


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    """Return a picture (1, C, H, W) as moved by flow: at (x, y), what was at (x, y) + flow.

    What comes from beyond the border repeats the border; see :func:`is_inside`.
    """
    return F.grid_sample(
        picture,
        _normalized(flow).movedim(1, -1),
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )


def enlarge(flow: Tensor, size: torch.Size) -> Tensor:
    """Return flow (1, 2, H, W), in pixels, resized and rescaled for frames of another size."""
    height, width = flow.shape[2:]
    scale = torch.tensor([size[1] / width, size[0] / height], device=flow.device)[:, None, None]
    return scale * F.interpolate(flow, size=size, mode="bilinear")


def is_inside(flow: Tensor) -> Tensor:
    """Tell which pixels were inside the previous frame, (1, 1, H, W) bool."""
    return (_normalized(flow).abs() <= 1).all(dim=1, keepdim=True)


def _refined(flow: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Solve for the small displacement still missing, several times."""
    across, down = _gradients(after)
    xx, xy, yy = (_windowed(p) for p in (across * across, across * down, down * down))
    xx, yy = xx + FLATNESS, yy + FLATNESS
    scale = 1 / (xx * yy - xy * xy)
    for _ in range(ITERATIONS):
        change = after - warp(before, flow)
        # Light that changes everywhere is not motion.
        change = change - change.mean()
        x, y = _windowed(across * change), _windowed(down * change)
        step = torch.cat([(yy * x - xy * y) * scale, (xx * y - xy * x) * scale], dim=1)
        flow = flow + step.clamp(-LONGEST_STEP, LONGEST_STEP)
        flow = F.avg_pool2d(flow, 3, 1, 1, count_include_pad=False)
    return flow


def _gradients(frame: Tensor) -> tuple[Tensor, Tensor]:
    padded = F.pad(frame, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return across, down


def _windowed(picture: Tensor) -> Tensor:
    return F.avg_pool2d(picture, WINDOW, 1, WINDOW // 2, count_include_pad=False)


def _normalized(flow: Tensor) -> Tensor:
    """Return positions in the previous frame, -1 to 1 (the borders), as (1, 2, H, W)."""
    height, width = flow.shape[2:]
    x = (torch.arange(width, device=flow.device) + 0.5) * 2 / width - 1
    y = (torch.arange(height, device=flow.device) + 0.5) * 2 / height - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]
    scale = torch.tensor([2 / width, 2 / height], device=flow.device)[:, None, None]
    return grid + scale * flow
