"""Classes of colours: the cells of a grid over a and b in which sRGB shows any colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from colorizer.color.gamut import is_shown, linear_rgb

# In CIELAB units; Zhang et al. 2016, "Colorful Image Colorization", section 2.1.
STEP = 10
# sRGB's most vivid colours have a and b within these.
HIGHEST = 110
# Values of L at which to look whether sRGB shows a colour.
_LEVELS = np.arange(1, 100, dtype=np.float32)


def ab_classes() -> npt.NDArray[np.float32]:
    """Return the middle of each class, (Q, 2) float32, a and b in CIELAB units.

    Ordered by a, then by b. A class is there if sRGB shows its middle at some lightness.
    """
    axis = np.arange(-HIGHEST, HIGHEST + 1, STEP, dtype=np.float32)
    middles = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    shape = (len(middles), len(_LEVELS))
    ab = np.broadcast_to(middles.T[:, :, None], (2, *shape))
    shown = is_shown(linear_rgb(np.broadcast_to(_LEVELS, shape), ab))
    classes: npt.NDArray[np.float32] = middles[shown.any(axis=1)]
    return classes
