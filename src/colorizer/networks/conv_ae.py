"""The ancestor: a plain convolutional auto-encoder of 11 million parameters."""

from __future__ import annotations

from torch import Tensor, nn

from colorizer.networks.base import Colorizer


class ConvAE(Colorizer):
    """Convolutions down to a quarter of the side and 512 channels, then back up.

    Architecture: ``Colorization_ConvAE`` from the project that this one grew out of. Weights start
    Xavier-normal (Glorot and Bengio 2010), biases at zero.
    """

    size_multiple = 4
    trains_in_shares = True

    def __init__(self) -> None:
        super().__init__()
        down = [
            nn.Conv2d(1, 64, kernel_size=3, padding=1),
            nn.Conv2d(64, 128, kernel_size=4, stride=2, padding=1),
            nn.Conv2d(128, 256, kernel_size=4, stride=2, padding=1),
            nn.Conv2d(256, 512, kernel_size=3, padding=1),
            nn.Conv2d(512, 512, kernel_size=3, padding=1),
            nn.Conv2d(512, 512, kernel_size=3, padding=1),
            nn.Conv2d(512, 512, kernel_size=3, padding=1),
        ]
        up = [
            nn.ConvTranspose2d(512, 256, kernel_size=4, stride=2, padding=1),
            nn.ConvTranspose2d(256, 2, kernel_size=4, stride=2, padding=1),
        ]
        layers: list[nn.Module] = []
        for convolution in [*down, *up]:
            nn.init.xavier_normal_(convolution.weight)
            assert convolution.bias is not None
            nn.init.zeros_(convolution.bias)
            layers += [convolution, nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers[:-1])  # no ReLU at the end: chroma has both signs

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        """Return ab / 128; see :meth:`Colorizer.scaled_ab`."""
        ab: Tensor = self.layers(lightness / 100)
        return ab
