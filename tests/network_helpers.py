"""What the tests of the network side share: tiny photographs, recipes and networks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.aging import AgingParams
from colorizer.data.dataset import LabPhotographs
from colorizer.data.shards import Shards
from colorizer.data.shards import write_shards as write_split
from colorizer.networks.base import Colorizer
from colorizer.networks.devices import make_repeatable
from colorizer.networks.hint_head import DOUBT, HintHead
from colorizer.networks.hinted import Encoding, HintedColorizer
from colorizer.networks.recipe import Recipe
from colorizer.networks.unet import UNetRecipe

Photographs = npt.NDArray[np.uint8]

PLAIN = Recipe(
    optimizer="adam",
    lr=0.001,
    weight_decay=0.0,
    schedule="constant",
    chroma_weight=0.0,
    loss="l1",
    batch_size=2,
    ema=0.0,
    flip=False,
    min_crop=1.0,
    crop_scale=1.0,
    gamma=0.0,
    scale=1.0,
)


def plain_recipe(**changes: Any) -> Recipe:
    """Return a recipe without augmentation, but for ``changes``."""
    return PLAIN.replace(**changes)


NO_AGING = AgingParams(**dict.fromkeys(AgingParams.model_fields, 0.0))


def unet_recipe(**changes: Any) -> UNetRecipe:
    """Return a recipe without augmentation for an encoder without pretraining."""
    encoder = {
        "start": "random",
        "encoder_lr": 0.1,
        "frozen_blocks": 0,
        "dropout": 0.0,
        "batch_statistics": False,
        "learns": "all",
        "hints": True,
        "likely_colors": True,
        "aging": NO_AGING,
    }
    return UNetRecipe(**{**vars(PLAIN), **encoder, **changes})


def vividness_of(saturation: float = 1.0) -> pd.DataFrame:
    """Return figures by which ``saturation``, one of 1, 1.25 and 1.5, is chosen without doubt."""
    psnr = {value: 20.0 - abs(value - saturation) for value in (1.0, 1.25, 1.5)}
    return pd.DataFrame(
        {"saturation": list(psnr), "psnr": list(psnr.values()), "colorfulness": [0.5, 0.6, 0.7]}
    ).assign(photographs=10**6)


def noise(count: int, size: int, seed: int = 0) -> Photographs:
    """Return photographs of independent random pixels, (count, size, size, 3)."""
    numbers = np.random.default_rng(seed).integers(0, 256, (count, size, size, 3))
    return numbers.astype(np.uint8)


def flat(*colors: tuple[int, int, int], size: int = 32) -> Photographs:
    """Return a photograph of one colour all over for each of ``colors``."""
    return np.array(colors, dtype=np.uint8)[:, None, None].repeat(size, 1).repeat(size, 2)


def ramps(size: int = 32) -> Photographs:
    """Return two photographs whose colour can be learnt from lightness: orange, and blue-ish."""
    light = np.linspace(40, 200, size)[None, :].repeat(size, 0)
    orange = np.stack([light * 1.25, light, light * 0.5], axis=-1)
    blue = np.stack([light.T * 0.6, light.T, light.T * 1.25], axis=-1)
    return np.stack([orange, blue]).round().astype(np.uint8)


def write_shards(folder: Path, photographs: Photographs, split: str = "train") -> Shards:
    """Write photographs as the shards of a split and open them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_split(folder, split, iter(photographs), len(photographs), photographs.shape[1])
    return Shards(folder, split)


def lab_photographs(folder: Path, photographs: Photographs) -> LabPhotographs:
    """Return photographs as :class:`LabPhotographs`, by way of shards in ``folder``."""
    return LabPhotographs(write_shards(folder, photographs))


def lightness_of(photographs: Photographs) -> Tensor:
    """Return L of photographs (n, H, W, 3) as (n, 1, H, W)."""
    return lab_from_bytes(photographs)[:, :1]


class Painter(Colorizer):
    """The smallest network that learns: a convolution, so that a test takes no time."""

    size_multiple = 4

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 2, 3, padding=1)
        numbers = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=numbers))

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        ab: Tensor = self.layer(lightness / 100).tanh() / 4
        return ab


class HintedPainter(HintedColorizer):
    """The smallest network that learns and takes hints; it paints at half of the resolution.

    ``doubt`` is how much it weighs against a hint at first, as in the hint head.
    """

    size_multiple = 4

    def __init__(self, seed: int = 0, doubt: float = DOUBT) -> None:
        super().__init__()
        self.layer = Painter(seed).layer
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.hint_head = HintHead(3)
        assert self.hint_head.doubt.bias is not None
        nn.init.constant_(self.hint_head.doubt.bias, doubt)

    def encode(self, lightness: Tensor) -> Encoding:
        small = F.avg_pool2d(lightness, 2)
        ab: Tensor = self.layer(small / 100).tanh() / 4
        return Encoding(ab, torch.cat([small / 20, 4 * ab], dim=1))

    def full_size(self, ab: Tensor) -> Tensor:
        return F.interpolate(ab, scale_factor=2, mode="bilinear")

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return self.full_size(self.encode(lightness).ab)


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Run a block under :func:`make_repeatable`, and leave torch as it was."""
    mode = torch.get_deterministic_debug_mode()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    benchmark = torch.backends.cudnn.benchmark
    threads = torch.get_num_threads()
    with torch.random.fork_rng():
        try:
            make_repeatable(seed)
            yield
        finally:
            torch.set_deterministic_debug_mode(mode)
            torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
            torch.backends.cudnn.benchmark = benchmark
            torch.set_num_threads(threads)
