"""The losses that a recipe may name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

# What is added under the root of sqrt_l1, a quarter of a CIELAB unit: its slope at 0 is infinite.
LEAST_ERROR = 0.002


def sqrt_l1_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Return the mean over photographs of the square root of each one's mean absolute error.

    Where nothing in grey tells the colour, as of a red or a green apple, errors are large, and the
    way to make them smaller is to paint what lies between: dull. The root lets such photographs
    pull less, and those more that can be coloured well, as PSNR in dB does, a logarithm.
    """
    errors = (predicted - true).abs().flatten(start_dim=1).mean(dim=1)  # (B,)
    return (errors + LEAST_ERROR).sqrt().mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": F.l1_loss,
    "sqrt_l1": sqrt_l1_loss,
    # Quadratic below a difference of 6 in ab, linear above.
    "smooth_l1": lambda predicted, true: F.smooth_l1_loss(predicted, true, beta=0.05),
    "mse": F.mse_loss,
}
