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
        Photographs per step, at least 1.
    mirror : bool
        Average with the prediction for the mirror image.
    saturation : float or str
        Factor for the predicted chroma, 0 to 10, or ``auto`` for the one that the validation
        photographs allow.
    saturation_cost : float
        PSNR on the validation photographs that ``auto`` may give up, in dB, at least 0.
    scheduler : str
        The address of a Dask cluster; empty to use ``device`` on this machine.
    panels : int
        Panels to draw for each of the test and training splits, at least 0.
    """

    block_name: ClassVar[str] = "predict"

    device: str = "auto"
    batch_size: Annotated[Whole, Ge(1)] = 32
    mirror: bool = True
    saturation: Annotated[float, Ge(0), Le(10)] | Literal["auto"] = "auto"
    saturation_cost: Annotated[float, Ge(0)] = 0.2
    scheduler: str = ""
    panels: Annotated[Whole, Ge(0)] = 10
