"""The default network: a pretrained encoder that knows things, a decoder that paints them."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.models.base import Colorizer
from colorizer.models.efficientnet_lite import TAP_CHANNELS, EfficientNetLite0

# Channels of the decoder at strides 16, 8, 4 and 2.
DECODER_CHANNELS = (192, 96, 64, 48)


class _Up(nn.Module):
    """Double the resolution, join the encoder's features of that resolution, and mix."""

    def __init__(self, channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.Conv2d(channels + skip_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        features = F.interpolate(features, scale_factor=2, mode="nearest")
        mixed: Tensor = self.mix(torch.cat([features, skip], dim=1))
        return mixed


class UNet(Colorizer):
    """U-Net (Ronneberger et al. 2015) on EfficientNet-Lite0.

    The decoder ends at half the resolution and ab is upsampled bilinearly: the eye, like JPEG,
    needs no finer chroma. The encoder's batch normalisation keeps the statistics of ImageNet:
    those of small batches of few photographs are worse.
    """

    size_multiple = 32

    def __init__(self, encoder_lr: float = 1.0) -> None:
        super().__init__()
        self.encoder_lr = encoder_lr
        self.encoder = EfficientNetLite0().eval()
        self.encoder.requires_grad_(encoder_lr > 0)
        skips = TAP_CHANNELS[-2::-1]  # strides 16, 8, 4, 2
        inputs = (TAP_CHANNELS[-1], *DECODER_CHANNELS[:-1])
        self.decoder = nn.ModuleList(
            _Up(channels, skip, out)
            for channels, skip, out in zip(inputs, skips, DECODER_CHANNELS, strict=True)
        )
        self.to_ab = nn.Conv2d(DECODER_CHANNELS[-1], 2, 1)
        # Training starts from grey, not from random colours.
        nn.init.zeros_(self.to_ab.weight)
        assert self.to_ab.bias is not None
        nn.init.zeros_(self.to_ab.bias)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        """Return ab / 128; see :meth:`Colorizer.scaled_ab`."""
        # L as a grey 8-bit picture, scaled as the encoder's authors do: (x - 127) / 128.
        grey = ((lightness * 2.55 - 127) / 128).expand(-1, 3, -1, -1)
        *skips, features = self.encoder(grey)
        for up, skip in zip(self.decoder, reversed(skips), strict=True):
            features = up(features, skip)
        return F.interpolate(
            self.to_ab(features), scale_factor=2, mode="bilinear", align_corners=False
        )

    def train(self, mode: bool = True) -> Self:
        """Set the mode of the decoder; the encoder stays in evaluation mode."""
        super().train(mode)
        self.encoder.eval()
        return self

    def parameter_groups(self, lr: float) -> list[dict[str, object]]:
        """Return a group for the decoder and, unless it is frozen, one for the encoder."""
        decoder = [*self.decoder.parameters(), *self.to_ab.parameters()]
        groups: list[dict[str, object]] = [{"params": decoder, "lr": lr}]
        if self.encoder_lr > 0:
            encoder = list(self.encoder.parameters())
            groups.append({"params": encoder, "lr": lr * self.encoder_lr})
        return groups
