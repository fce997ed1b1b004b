"""The default network: a pretrained encoder recognises things, a decoder paints them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import torch
from annotated_types import Ge, Le, Lt
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.common.blocks import Whole
from colorizer.common.errors import UserError
from colorizer.data.aging import AgingParams
from colorizer.networks.color_head import ColorHead
from colorizer.networks.efficientnet_lite import TAP_CHANNELS, EfficientNetLite0, SameConv2d
from colorizer.networks.files import GENERAL
from colorizer.networks.hint_head import HintHead
from colorizer.networks.hinted import Encoding, HintedColorizer, HintedRecipe
from colorizer.networks.recipe import Recipe
from colorizer.networks.sync_layers import SharedBatchNorm2d, SharedChannelDropout
from colorizer.networks.weights import load_weights

# Channels of the decoder at strides 16, 8 and 4.
DECODER_CHANNELS = (192, 96, 64)
STRIDE = 4
# Times the decoder's learning rate: its few weights, shared by all places, may move fast.
HINT_HEAD_LR = 10.0
COLOR_HEAD_LR = 2.0


class UNetRecipe(HintedRecipe):
    """A recipe, what the network starts from, and how much of its encoder is trained.

    Attributes
    ----------
    start : str
        The general network shipped with the code, the ImageNet encoder, or random weights.
    encoder_lr : float
        The encoder's learning rate, as a multiple of ``lr``, at least 0; 0 freezes it.
    frozen_blocks : int
        How many of the encoder's first blocks, 0 to 16, keep their weights, with the stem.
    learns : str
        All of the network, or its heads alone, which do not change what it predicts without hints.
    dropout : float
        The share of channels that each decoder stage drops in training, in [0, 1).
    batch_statistics : bool
        Whether the encoder, where not frozen, normalises by batch statistics in training.
    aging : AgingParams
        How photographs are aged in training.
    """

    start: Literal["general", "imagenet", "random"]
    encoder_lr: Annotated[float, Ge(0)]
    frozen_blocks: Annotated[Whole, Ge(0), Le(16)]
    learns: Literal["all", "heads"]
    dropout: Annotated[float, Ge(0), Lt(1)]
    batch_statistics: bool
    aging: AgingParams

    @property
    def starts_trained(self) -> bool:
        """Whether it starts from the general network."""
        return self.start == "general"


class _Up(nn.Module):
    """Double the resolution, join the encoder's features of that resolution, and mix."""

    def __init__(
        self, channels: int, skip_channels: int, out_channels: int, dropout: float
    ) -> None:
        super().__init__()
        self.drop = SharedChannelDropout(dropout)
        self.mix = nn.Sequential(
            _conv(channels + skip_channels, out_channels),
            SharedBatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            _conv(out_channels, out_channels),
            SharedBatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        features = F.interpolate(self.drop(features), scale_factor=2, mode="nearest")
        mixed: Tensor = self.mix(torch.cat([features, skip], dim=1))
        return mixed


def _conv(channels: int, out_channels: int) -> nn.Conv2d:
    conv = SameConv2d(channels, out_channels, 3, bias=False)
    # As in the encoder: with zeros, chroma fades at the border.
    conv.repeats_border = True
    return conv


class UNet(HintedColorizer):
    """U-Net (Ronneberger et al. 2015) on EfficientNet-Lite0.

    The decoder stops at a quarter of the resolution and ab is upsampled bilinearly: the eye needs
    no finer chroma, and a decoder that stops at half fits the training photographs better and
    others worse. By default, the encoder's batch normalisation keeps its initial statistics:
    those of small batches from few photographs are worse.

    For the parameters, see :class:`UNetRecipe`.
    """

    size_multiple = 32
    trains_in_shares = True
    recipe_type: ClassVar[type[Recipe]] = UNetRecipe
    color_head: ColorHead

    def __init__(
        self,
        encoder_lr: float = 1.0,
        frozen_blocks: int = 0,
        dropout: float = 0.0,
        batch_statistics: bool = False,
        learns: Literal["all", "heads"] = "all",
    ) -> None:
        super().__init__()
        self.encoder_lr = encoder_lr
        self.frozen_blocks = frozen_blocks
        self.only_heads_learn = learns == "heads"
        self.batch_statistics = batch_statistics and encoder_lr > 0
        self.encoder = EfficientNetLite0(repeats_border=True).eval()
        self.encoder.requires_grad_(encoder_lr > 0)
        self.encoder.freeze(frozen_blocks)
        skips = TAP_CHANNELS[-2:0:-1]  # strides 16, 8, 4
        inputs = (TAP_CHANNELS[-1], *DECODER_CHANNELS[:-1])
        self.decoder = nn.ModuleList(
            _Up(channels, skip, out, dropout)
            for channels, skip, out in zip(inputs, skips, DECODER_CHANNELS, strict=True)
        )
        self.to_ab = nn.Conv2d(DECODER_CHANNELS[-1], 2, 1)
        # Training starts from grey, not from random colours.
        nn.init.zeros_(self.to_ab.weight)
        assert self.to_ab.bias is not None
        nn.init.zeros_(self.to_ab.bias)
        # Last, so that all other layers draw the same random numbers as without them.
        features = DECODER_CHANNELS[-1] + TAP_CHANNELS[1] + 1
        self.hint_head = HintHead(features)
        self.color_head = ColorHead(features)
        if self.only_heads_learn:
            self._body.requires_grad_(False)

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> Self:
        """Build the network for a :class:`UNetRecipe`; see :meth:`Colorizer.from_recipe`.

        Raises
        ------
        UserError
            If only heads are to learn, and none of them is taught.
        """
        assert isinstance(recipe, UNetRecipe)
        if recipe.learns == "heads" and not (recipe.hints or recipe.likely_colors):
            raise UserError(
                "train.unet.learns=heads leaves nothing to learn: set train.unet.hints or "
                "train.unet.likely_colors to true"
            )
        return cls(
            recipe.encoder_lr,
            recipe.frozen_blocks,
            recipe.dropout,
            recipe.batch_statistics,
            recipe.learns,
        )

    def load_start(self, recipe: Recipe) -> None:
        """Load the general network or the ImageNet encoder; see :meth:`Colorizer.load_start`.

        Raises
        ------
        UserError
            If the general network's file is missing or broken.
        """
        assert isinstance(recipe, UNetRecipe)
        if recipe.start == "general":
            load_weights(self, GENERAL)
        elif recipe.start == "imagenet":
            self.encoder.load_imagenet_weights()

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        """Return ab / 128; see :meth:`Colorizer.scaled_ab`."""
        return self.full_size(self.to_ab(self.decoder_features(self.encoder_features(lightness))))

    def encode(self, lightness: Tensor) -> Encoding:
        """Encode photographs; see :meth:`HintedColorizer.encode`."""
        taps = self.encoder_features(lightness)
        decoded = self.decoder_features(taps)
        small = F.avg_pool2d(lightness, STRIDE)
        return Encoding(self.to_ab(decoded), torch.cat([decoded, taps[0], small], dim=1))

    def full_size(self, ab: Tensor) -> Tensor:
        """Return (B, 2, H, W) for (B, 2, H/4, W/4)."""
        return F.interpolate(ab, scale_factor=STRIDE, mode="bilinear", align_corners=False)

    def encoder_features(self, lightness: Tensor) -> list[Tensor]:
        """Return the encoder's features at strides 4, 8, 16 and 32 for L, (B, 1, H, W)."""
        # L as a grey 8-bit picture, scaled as the encoder's authors do: (x - 127) / 128.
        grey = ((lightness * 2.55 - 127) / 128).expand(-1, 3, -1, -1)
        features: list[Tensor] = self.encoder(grey)
        return features[1:]

    def decoder_features(self, taps: list[Tensor]) -> Tensor:
        """Return features at stride 4, (B, 64, H/4, W/4), from the encoder's."""
        *skips, features = taps
        for up, skip in zip(self.decoder, reversed(skips), strict=True):
            features = up(features, skip)
        return features

    def train(self, mode: bool = True) -> Self:
        """Set the mode of what learns; the encoder's changes only with ``batch_statistics``."""
        super().train(mode)
        self.encoder.eval()
        if self.only_heads_learn:
            self._body.eval()
        elif mode and self.batch_statistics:
            self.encoder.normalize_by_batches(self.frozen_blocks)
        return self

    def parameter_groups(self, lr: float) -> list[dict[str, object]]:
        """Return groups for the decoder, the encoder and the heads, for what is not frozen."""
        parts = (
            ((self.decoder, self.to_ab), 1.0),
            ((self.encoder,), self.encoder_lr),
            ((self.hint_head,), HINT_HEAD_LR),
            ((self.color_head,), COLOR_HEAD_LR),
        )
        groups: list[dict[str, object]] = []
        for modules, share in parts:
            weights = [p for part in modules for p in part.parameters() if p.requires_grad]
            if weights:
                groups.append({"params": weights, "lr": lr * share})
        return groups

    @property
    def _body(self) -> nn.ModuleList:
        """All but the heads."""
        return nn.ModuleList([self.encoder, self.decoder, self.to_ab])
