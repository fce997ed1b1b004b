"""The ``prepare`` block of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from annotated_types import Ge, Gt, Le, Lt
from pydantic import model_validator

from colorizer.common.blocks import Block, Whole


class PrepareParams(Block):
    """How photographs are filtered, cropped, resized and split.

    Attributes
    ----------
    size : int
        Side of the prepared squares, 16 to 4096 pixels.
    orientation : str
        "landscape" drops photographs that are taller than wide; "any" keeps them.
    crop : str
        How photographs become squares: "center" crops to the middle, "stretch" distorts.
    min_side : int
        Photographs with a shorter side are dropped, in pixels.
    max_megapixels : float
        Larger photographs are dropped undecoded, in 10^6 pixels.
    min_chroma : float
        Photographs of a lower mean chroma are dropped, in CIELAB units.
    duplicate_distance : int
        The most bits, of 64, in which the perceptual hashes of near-duplicates differ; 0 to 16.
    duplicate_similarity : float
        The least correlation of the thumbnails of near-duplicates, in (0, 1].
    val, test : float
        The share of the photographs in each of these splits; together in (0, 1).
    limit : int
        The number of photographs to train on; 0 for all.
    scheduler : str
        The address of a Dask cluster; empty for this machine.
    workspace : str
        An fsspec URL that the cluster shares; empty for the result's folder.
    """

    block_name: ClassVar[str] = "prepare"

    size: Annotated[Whole, Ge(16), Le(4096)] = 128
    orientation: Literal["landscape", "any"] = "landscape"
    crop: Literal["center", "stretch"] = "center"
    min_side: Annotated[Whole, Ge(1)] = 32
    max_megapixels: Annotated[float, Gt(0)] = 250.0
    min_chroma: Annotated[float, Ge(0)] = 1.5
    duplicate_distance: Annotated[Whole, Ge(0), Le(16)] = 10
    duplicate_similarity: Annotated[float, Gt(0), Le(1)] = 0.95
    val: Annotated[float, Gt(0), Lt(1)] = 0.1
    test: Annotated[float, Gt(0), Lt(1)] = 0.2
    limit: Annotated[Whole, Ge(0)] = 0
    scheduler: str = ""
    workspace: str = ""

    @model_validator(mode="after")
    def _leave_some_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(
                "prepare.val + prepare.test must be < 1, to leave photographs to train on, "
                f"got {self.val:g} + {self.test:g}"
            )
        return self
