"""The smallest network: an auto-encoder whose decoder undoes the encoder's max-pooling."""

from __future__ import annotations

from torch import Tensor, nn

from colorizer.models.base import Colorizer


class SimpleAE(Colorizer):
    """Two convolutions with max-pooling; unpooling puts values back where the maxima were.

    Architecture: ``Simple_ConvAE`` of the project that this one grew from; unpooling by indices
    as in SegNet (Badrinarayanan et al. 2017). The bottleneck has 8 channels.
    """

    size_multiple = 8

    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1)
        self.pool1 = nn.MaxPool2d(2, return_indices=True)
        self.down2 = nn.Conv2d(16, 8, kernel_size=3, stride=2, padding=1)
        self.pool2 = nn.MaxPool2d(2, stride=1, return_indices=True)
        self.unpool2 = nn.MaxUnpool2d(2, stride=1)
        self.up2 = nn.ConvTranspose2d(8, 16, kernel_size=4, stride=2, padding=1)
        self.unpool1 = nn.MaxUnpool2d(2)
        self.up1 = nn.ConvTranspose2d(16, 2, kernel_size=4, stride=2, padding=1)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        """Return ab / 128; see :meth:`Colorizer.scaled_ab`."""
        wide = self.down1(lightness / 100).relu()  # (B, 16, H/2, W/2)
        pooled, where1 = self.pool1(wide)  # (B, 16, H/4, W/4)
        narrow = self.down2(pooled).relu()  # (B, 8, H/8, W/8)
        code, where2 = self.pool2(narrow)  # (B, 8, H/8 - 1, W/8 - 1)
        ab = self.up2(self.unpool2(code, where2, output_size=narrow.shape[-2:])).relu()
        ab = self.up1(self.unpool1(ab, where1, output_size=wide.shape[-2:]))
        scaled: Tensor = ab.tanh()  # (B, 2, H, W)
        return scaled
