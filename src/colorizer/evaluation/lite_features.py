"""What a network trained on ImageNet sees in photographs: a feature vector for each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from colorizer.networks.base import nearest_multiple, resize
from colorizer.networks.efficientnet_lite import TAP_CHANNELS, EfficientNetLite0

FEATURES = TAP_CHANNELS[-1]
# Height and width must be multiples of this.
MULTIPLE = 32


class LiteFeatures:
    """The last features of EfficientNet-Lite0 with ImageNet weights, averaged over the picture.

    Its convolutions pad with zeros, as published, unlike those in the U-Net's encoder.

    Parameters
    ----------
    device : torch.device
        Where the network computes.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        encoder = EfficientNetLite0()
        encoder.load_imagenet_weights()
        encoder.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._encoder = encoder.eval()

    def of(self, photographs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Return the features of photographs.

        Parameters
        ----------
        photographs : ndarray
            (B, H, W, 3) uint8 sRGB. If H or W is not a multiple of 32, they are resized to the
            nearest multiple, bilinearly and with antialiasing.

        Returns
        -------
        ndarray
            (B, 320) float64.
        """
        with torch.inference_mode():
            image = torch.from_numpy(photographs).to(self._device).movedim(-1, 1).float()
            image = resize(image, [nearest_multiple(side, MULTIPLE) for side in image.shape[-2:]])
            # The network's authors scale 8-bit pictures this way.
            last = self._encoder((image - 127) / 128)[-1]
            features: npt.NDArray[np.float64] = last.double().mean(dim=(-2, -1)).cpu().numpy()
        return features
