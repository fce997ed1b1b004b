"""The losses that a recipe may name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

# Added under the root in sqrt_l1, whose slope at 0 is infinite: a quarter of a CIELAB unit.
LEAST_ERROR = 0.002


def sqrt_l1_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Return the mean over photographs of the square root of each one's mean absolute error.

    Where grey does not reveal the colour, as with a red or green apple, errors are large, and the
    way to reduce them is to paint something in between: dull. The root gives such photographs
    less weight and those that can be coloured well more, as PSNR, a logarithm, does.

    Parameters
    ----------
    predicted, true : Tensor
        (B, 2, H, W), ab / 128.
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
