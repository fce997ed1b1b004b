from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from colorizer.networks.conv_ae import ConvAE
from tests.network_helpers import repeatable


@pytest.fixture(scope="module")
def model() -> ConvAE:
    with repeatable(0):
        return ConvAE().eval()


def convolutions(model: ConvAE) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    return [layer for layer in model.layers if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]


def test_goes_down_to_a_quarter_of_the_side_and_512_channels(model: ConvAE) -> None:
    features = torch.zeros(1, 1, 32, 64)
    shapes = []
    with torch.inference_mode():
        for layer in model.layers:
            features = layer(features)
            if not isinstance(layer, nn.ReLU):
                shapes.append(tuple(features.shape[1:]))
    assert shapes == [
        (64, 32, 64),
        (128, 16, 32),
        (256, 8, 16),
        (512, 8, 16),
        (512, 8, 16),
        (512, 8, 16),
        (512, 8, 16),
        (256, 16, 32),
        (2, 32, 64),
    ]


def test_biases_start_at_zero(model: ConvAE) -> None:
    for layer in convolutions(model):
        assert layer.bias is not None
        assert not bool(layer.bias.any())


@pytest.mark.parametrize("number", range(9))
def test_weights_start_xavier_normal(model: ConvAE, number: int) -> None:
    weight = convolutions(model)[number].weight.detach()
    fans = (weight.shape[0] + weight.shape[1]) * weight.shape[2] * weight.shape[3]
    spread = math.sqrt(2 / fans)
    # Five standard errors of the standard deviation and of the mean of normal numbers.
    tolerance = 5 * spread / math.sqrt(2 * weight.numel())
    assert float(weight.std()) == pytest.approx(spread, abs=tolerance)
    assert float(weight.mean()) == pytest.approx(0, abs=5 * spread / math.sqrt(weight.numel()))
    beyond = float((weight.abs() > 2 * spread).float().mean())
    assert beyond == pytest.approx(0.0455, abs=0.02)  # a normal distribution's tails


def test_chroma_has_both_signs(model: ConvAE) -> None:
    numbers = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        ab = model(100 * torch.rand(2, 1, 32, 32, generator=numbers))
    assert float(ab.min()) < 0 < float(ab.max())


def test_black_has_no_chroma_before_training(model: ConvAE) -> None:
    with torch.inference_mode():
        assert not bool(model(torch.zeros(1, 1, 16, 16)).any())


def test_smallest_size_works(model: ConvAE) -> None:
    with torch.inference_mode():
        assert model(torch.zeros(1, 1, 4, 4)).shape == (1, 2, 4, 4)
