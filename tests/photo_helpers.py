"""What the tests of photographs at full size share."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageCms
from torch import Tensor, nn

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_head import DOUBT, HintHead
from colorizer.networks.hinted import Encoding, HintedColorizer
from colorizer.photo.colorist import PhotoColorist
from colorizer.predictors.torch_predictor import TorchPredictor

Floats = npt.NDArray[np.float32]

CPU = torch.device("cpu")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# L of a pixel whose channels are all rounded by half a step; the largest is in dark greys.
HALF_STEP_OF_LIGHTNESS = 0.3


class OneColor(Colorizer):
    """Predicts the same chroma for whatever it sees."""

    size_multiple = 4

    def __init__(self, a: float = 12.0, b: float = -8.0) -> None:
        super().__init__()
        self.register_buffer("ab", torch.tensor([a, b]))

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        ab: Tensor = self.get_buffer("ab")[None, :, None, None]
        return ab.expand(len(lightness), 2, *lightness.shape[2:]) / 128


class Follower(HintedColorizer):
    """Predicts the same chroma for whatever it sees, but for what hints say.

    ``doubt`` is how much it weighs against a hint, as in the hint head.
    """

    size_multiple = 4

    def __init__(self, doubt: float = DOUBT) -> None:
        super().__init__()
        self.painter = OneColor()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.hint_head = HintHead(1)
        assert self.hint_head.doubt.bias is not None
        nn.init.constant_(self.hint_head.doubt.bias, doubt)

    def encode(self, lightness: Tensor) -> Encoding:
        return Encoding(self.painter.scaled_ab(lightness), lightness / 20)

    def full_size(self, ab: Tensor) -> Tensor:
        return ab

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return self.encode(lightness).ab


def network(model: Colorizer | None = None, side: int = 32) -> TorchPredictor:
    """Return a network that sees little."""
    return TorchPredictor((model or OneColor()).eval(), CPU, side, mirror=True)


def colorist(
    model: Colorizer | None = None, side_by_side: bool = False, saturation: float = 1.0
) -> PhotoColorist:
    """Return what colours as the network says."""
    return PhotoColorist(network(model), saturation, quality=95, side_by_side=side_by_side)


def greys(width: int = 300, height: int = 260) -> Image.Image:
    """Return soft random greys of all levels, more than a strip of them."""
    noise = np.random.default_rng(0).integers(0, 256, (5, 6), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def sepia(image: Image.Image) -> Image.Image:
    """Return greys, mode L, tinted."""
    return Image.merge(
        "RGB", [image, image.point(lambda v: v * 0.9), image.point(lambda v: v * 0.7)]
    )


def lab_of(image: Image.Image) -> Floats:
    """Return CIELAB (3, H, W) of sRGB, without alpha."""
    lab: Floats = lab_from_bytes(np.asarray(image.convert("RGB"))).numpy()
    return lab


def opened(path: Path) -> Image.Image:
    """Return a file's image, decoded, and close the file."""
    with Image.open(path) as image:
        image.load()
        return image


def grey_profile(gamma: float) -> bytes:
    """Return an ICC profile of greys with this gamma."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _WHITE, b"kTRC": curve})


def cmyk_profile() -> bytes:
    """Return an ICC profile of CMYK in which K alone makes dark, and nothing makes colour."""
    lightness = [0 if corner % 2 else 255 for corner in range(16)]
    corners = b"".join(bytes([value, 128, 128]) for value in lightness)
    identity = struct.pack(">9i", *(65536 if n % 4 == 0 else 0 for n in range(9)))
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + corners + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _WHITE, b"A2B0": table})


def scanner_profile() -> bytes:
    """Return an ICC profile of RGB that leads to Lab alone: L is the mean of the channels."""
    corners = b"".join(
        bytes([round(255 * sum(map(int, f"{corner:03b}")) / 3), 128, 128]) for corner in range(8)
    )
    identity = struct.pack(">9i", *(65536 if n % 4 == 0 else 0 for n in range(9)))
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([3, 3, 2, 0]) + identity + ramp * 3 + corners + ramp * 3
    return _profile(b"scnr", b"RGB ", b"Lab ", {b"wtpt": _WHITE, b"A2B0": table})


_WHITE = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    listed, content, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        padded = tag + bytes(-len(tag) % 4)
        listed += name + struct.pack(">II", at + len(content), len(tag))
        content += padded
    body = struct.pack(">I", len(tags)) + listed + content
    header = struct.pack(
        ">I4sI4s4s4s", 128 + len(body), bytes(4), 0x02400000, kind, space, connection
    )
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + body
