from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from colorizer.evaluation.lite_features import FEATURES, LiteFeatures
from colorizer.networks.efficientnet_lite import EfficientNetLite0
from tests.network_helpers import flat, noise


@pytest.fixture(scope="module")
def features() -> LiteFeatures:
    return LiteFeatures(torch.device("cpu"))


def test_they_are_the_means_of_the_last_tap(features: LiteFeatures) -> None:
    photographs = noise(2, 64)
    encoder = EfficientNetLite0()
    encoder.load_imagenet_weights()
    scaled = (torch.from_numpy(photographs).movedim(-1, 1).float() - 127) / 128
    with torch.inference_mode():
        expected = encoder.eval()(scaled)[-1].mean(dim=(2, 3))

    found = features.of(photographs)

    assert found.shape == (2, FEATURES) == (2, 320)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "resized"),
    [((64, 70), (64, 64)), ((40, 90), (32, 96)), ((16, 16), (32, 32)), ((100, 64), (96, 64))],
)
def test_odd_sizes_are_resized_to_the_nearest_multiple(
    features: LiteFeatures, size: tuple[int, int], resized: tuple[int, int]
) -> None:
    height, width = size
    photographs = noise(2, 100)[:, :height, :width]
    image = torch.from_numpy(photographs).movedim(-1, 1).float()
    other = F.interpolate(image, resized, mode="bilinear", align_corners=False, antialias=True)
    # Bytes round to half a step, so that features differ a little.
    expected = features.of(other.round().byte().movedim(1, -1).numpy())

    np.testing.assert_allclose(features.of(photographs), expected, atol=0.05)


def test_they_tell_colours_apart(features: LiteFeatures) -> None:
    red, green, grey = features.of(flat((200, 40, 40), (40, 200, 40), (120, 120, 120)))
    assert min(np.abs(red - green).max(), np.abs(red - grey).max()) > 0.1


def test_batches_do_not_matter(features: LiteFeatures) -> None:
    photographs = noise(3, 32)
    alone = np.concatenate([features.of(photographs[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(features.of(photographs), alone, atol=1e-4)
