from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from colorizer.networks.simple_ae import SimpleAE
from tests.network_helpers import lightness_of, noise, repeatable


@pytest.fixture
def model() -> SimpleAE:
    with repeatable(0):
        return SimpleAE()


def with_torch_unpooling(model: SimpleAE, lightness: Tensor) -> Tensor:
    wide = model.down1(lightness / 100).relu()
    pooled, where1 = F.max_pool2d(wide, 2, return_indices=True)
    narrow = model.down2(pooled).relu()
    code, where2 = F.max_pool2d(narrow, 2, stride=1, return_indices=True)
    ab = F.max_unpool2d(code, where2, [2, 2], stride=[1, 1], output_size=list(narrow.shape[-2:]))
    ab = model.up2(ab).relu()
    ab = F.max_unpool2d(ab, where1, [2, 2], output_size=list(wide.shape[-2:]))
    scaled: Tensor = model.up1(ab).tanh()
    return 128 * scaled


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
def test_unpools_as_torch_does(model: SimpleAE, memory_format: torch.memory_format) -> None:
    lightness = lightness_of(noise(3, 64))[..., :32].contiguous(memory_format=memory_format)
    ab, expected = model(lightness), with_torch_unpooling(model, lightness)
    torch.testing.assert_close(ab, expected)
    parameters = list(model.parameters())
    weights = torch.randn(ab.shape, generator=torch.Generator().manual_seed(0))
    gradients = torch.autograd.grad((ab * weights).sum(), parameters)
    expected_gradients = torch.autograd.grad((expected * weights).sum(), parameters)
    torch.testing.assert_close(gradients, expected_gradients, atol=1e-3, rtol=1e-4)


def test_runs_forward_and_backward_in_deterministic_mode(model: SimpleAE) -> None:
    with repeatable(0):
        model(lightness_of(noise(1, 32))).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_bottleneck_has_eight_channels_at_an_eighth_of_the_side(model: SimpleAE) -> None:
    shapes = []
    model.up2.register_forward_pre_hook(lambda _, inputs: shapes.append(inputs[0].shape))
    model(torch.zeros(1, 1, 64, 32))
    assert shapes == [(1, 8, 8, 4)]


def test_chroma_stays_within_the_scale(model: SimpleAE) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(100)
        ab = model(lightness_of(noise(2, 32)))
    assert float(ab.abs().max()) == pytest.approx(128)


def test_smallest_size_works(model: SimpleAE) -> None:
    assert model(torch.zeros(1, 1, 16, 16)).shape == (1, 2, 16, 16)
