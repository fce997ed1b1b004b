"""What all networks share: lightness in, chroma out, in CIELAB units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.color.lab_torch import AB_SCALE
from colorizer.networks.recipe import Recipe


class Colorizer(nn.Module):
    """A network that predicts the a and b channels from L.

    Height and width must be multiples of ``size_multiple``. Subclasses set it and implement
    :meth:`scaled_ab`. One whose training needs more than a :class:`Recipe` sets ``recipe_type``
    and implements :meth:`from_recipe` and :meth:`load_start`.

    ``trains_in_shares`` says that training may have several threads call the network at once, each
    with a share of the batch: its layers must treat shares as they treat a whole batch, and draw
    random numbers for it only as :mod:`colorizer.networks.sync_layers` do.

    ``only_heads_learn`` says that training changes nothing of what :meth:`forward` predicts.

    ``scale`` is part of the network's state: the factor by which it enlarges its input. In
    training, enlarged crops show things larger than whole photographs do (Touvron et al. 2019,
    "Fixing the train-test resolution discrepancy").
    """

    size_multiple = 1
    trains_in_shares = False
    only_heads_learn = False
    recipe_type: ClassVar[type[Recipe]] = Recipe
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(()))

    def forward(self, lightness: Tensor) -> Tensor:
        """Predict chroma.

        Parameters
        ----------
        lightness : Tensor
            (B, 1, H, W) floating point, L in [0, 100]; H and W multiples of ``size_multiple``.

        Returns
        -------
        Tensor
            (B, 2, H, W), a and b in CIELAB units, about [-128, 127].

        Raises
        ------
        ValueError
            If the shape is wrong.
        """
        if lightness.ndim != 4 or lightness.shape[1] != 1:
            raise ValueError(f"lightness must be (B, 1, H, W), got {tuple(lightness.shape)}")
        check_size(lightness.shape[-2:], self.size_multiple)
        return self.scaled_ab(lightness) * AB_SCALE

    def predict(self, lightness: Tensor) -> Tensor:
        """Predict chroma as :meth:`forward` does, but from the input enlarged by ``scale``."""
        return resize(self.forward(self.enlarge(lightness)), lightness.shape[-2:])

    def enlarge(self, lightness: Tensor) -> Tensor:
        """Return L, (B, 1, H, W), at the size from which :meth:`predict` predicts."""
        scale, size = float(self.scale), lightness.shape[-2:]
        if scale == 1:  # a size that the network cannot handle is the caller's mistake
            return lightness
        return resize(lightness, [self.nearest_side(side * scale) for side in size])

    def nearest_side(self, side: float) -> int:
        """Return the height or width nearest to ``side`` that the network accepts, in pixels."""
        return nearest_multiple(side, self.size_multiple)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        """Return ab / 128, (B, 2, H, W), for L in [0, 100], (B, 1, H, W)."""
        raise NotImplementedError

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> Self:  # noqa: ARG003
        """Build the network for training by its recipe, a ``recipe_type``."""
        return cls()

    def load_start(self, recipe: Recipe) -> None:
        """Load the weights that the recipe starts from, if any."""

    def parameter_groups(self, lr: float) -> list[dict[str, object]]:
        """Return the optimiser's parameter groups, each with its learning rate."""
        return [{"params": list(self.parameters()), "lr": lr}]


def nearest_multiple(side: float, multiple: int) -> int:
    """Return the multiple of ``multiple`` nearest to ``side``, in pixels, at least one."""
    return max(multiple, round(side / multiple) * multiple)


def resize(image: Tensor, size: Sequence[int]) -> Tensor:
    """Resize (B, C, H, W) to ``size``, (height, width); antialiasing matters when shrinking."""
    if list(image.shape[-2:]) == list(size):
        return image
    return F.interpolate(
        image, size=list(size), mode="bilinear", align_corners=False, antialias=True
    )


def check_size(size: torch.Size, multiple: int) -> None:
    """Raise ``ValueError``, naming the nearest valid sizes, unless ``size`` divides evenly."""
    for side in size:
        if side % multiple or side == 0:
            smaller = max(multiple, side // multiple * multiple)
            larger = max(multiple, -(-side // multiple) * multiple)
            nearest = " or ".join(str(s) for s in sorted({smaller, larger}))
            raise ValueError(
                f"height and width must be multiples of {multiple}, got {tuple(size)}; the "
                f"nearest size that works is {nearest}"
            )
