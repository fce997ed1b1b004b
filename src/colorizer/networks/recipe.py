"""How a network is trained: the parameters that every network's block under ``train`` has."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from colorizer.common.blocks import Whole
from colorizer.data.augment import Augmentation


class Recipe(Augmentation):
    """Optimiser, schedule, loss, batches and augmentation; a network may add its own.

    Attributes
    ----------
    optimizer, schedule, loss : str
        Their names in :mod:`colorizer.training.learner` and :mod:`colorizer.training.losses`.
    lr : float
        The highest learning rate, above 0.
    weight_decay : float
        The optimiser's weight decay, at least 0.
    chroma_weight : float
        An error at a pixel of chroma 100 is taken for 1 + this times as large; at least 0.
    batch_size : int
        Photographs per step, at least 1.
    ema : float
        The decay per step of the moving average of the weights, in [0, 1); 0 for none.
    scale : float
        How much photographs are enlarged for the trained network, 0.25 to 4; see
        :class:`colorizer.networks.base.Colorizer`.
    """

    optimizer: Literal["adam", "adamw"]
    lr: Annotated[float, Gt(0)]
    weight_decay: Annotated[float, Ge(0)]
    schedule: Literal["constant", "one_cycle"]
    loss: Literal["l1", "sqrt_l1", "smooth_l1", "mse"]
    chroma_weight: Annotated[float, Ge(0)]
    batch_size: Annotated[Whole, Ge(1)]
    ema: Annotated[float, Ge(0), Lt(1)]
    scale: Annotated[float, Ge(0.25), Le(4)]

    @property
    def starts_trained(self) -> bool:
        """Whether the network can colour photographs before training."""
        return False
