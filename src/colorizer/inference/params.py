"""The ``predict`` block of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from colorizer.common.blocks import Block, Whole


class PredictParams(Block):
    """How photographs are coloured, and how many panels are drawn.

    Attributes
    ----------
    device : str
        Where the network computes: auto, cpu, cuda, cuda:1 ...
    batch_size : int
        Photographs per step.
    mirror : bool
        Average with the prediction for the mirror image.
    saturation : float or str
        Factor of the predicted chroma, or ``auto`` for the one that the validation photographs
        allow.
    saturation_cost : float
        PSNR on the validation photographs that ``auto`` may give up, in dB.
    scheduler : str
        The address of a Dask cluster; empty for ``device``.
    panels : int
        Panels to draw, of each of the test and the training photographs.
    """

    block_name: ClassVar[str] = "predict"

    device: str = "auto"
    batch_size: Annotated[Whole, Ge(1)] = 32
    mirror: bool = True
    saturation: Annotated[float, Ge(0), Le(10)] | Literal["auto"] = "auto"
    saturation_cost: Annotated[float, Ge(0)] = 0.2
    scheduler: str = ""
    panels: Annotated[Whole, Ge(0)] = 10
