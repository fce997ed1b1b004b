from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from colorizer.models.unet import UNet
from tests.network_helpers import lightness_of, noise, repeatable


@pytest.fixture
def lightness() -> Tensor:
    return lightness_of(noise(2, 32))


@pytest.fixture
def model() -> UNet:
    with repeatable(0):
        return UNet()


def batch_norms(module: nn.Module) -> list[nn.BatchNorm2d]:
    return [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


@pytest.mark.parametrize("training", [False, True])
def test_untrained_network_predicts_exactly_grey(
    model: UNet, lightness: Tensor, training: bool
) -> None:
    ab = model.train(training)(lightness)
    assert torch.equal(ab, torch.zeros(2, 2, 32, 32))


def test_encoder_is_in_evaluation_mode_from_the_start(model: UNet) -> None:
    assert not any(module.training for module in model.encoder.modules())


def test_training_mode_leaves_the_encoder_in_evaluation_mode(model: UNet) -> None:
    assert model.train() is model
    assert {norm.training for norm in batch_norms(model.encoder)} == {False}
    assert {norm.training for norm in batch_norms(model.decoder)} == {True}


def test_evaluation_mode_is_for_all(model: UNet) -> None:
    assert model.train().eval() is model
    assert not any(module.training for module in model.modules())


def test_only_the_decoder_gathers_statistics(model: UNet, lightness: Tensor) -> None:
    before = {key: value.clone() for key, value in model.named_buffers()}
    model.train()(lightness)
    changed = {key for key, value in model.named_buffers() if not torch.equal(value, before[key])}
    assert changed == {key for key in before if key.startswith("decoder.")}


def test_encoder_learns_at_its_share_of_the_learning_rate() -> None:
    model = UNet(encoder_lr=0.1)
    decoder, encoder = model.parameter_groups(0.003)
    assert decoder["lr"] == 0.003
    assert encoder["lr"] == pytest.approx(0.0003)
    assert encoder["params"] == list(model.encoder.parameters())
    assert decoder["params"] == [*model.decoder.parameters(), *model.to_ab.parameters()]


def test_encoder_of_learning_rate_zero_is_frozen(lightness: Tensor) -> None:
    model = UNet(encoder_lr=0.0)
    (decoder,) = model.parameter_groups(0.003)
    assert decoder["params"] == [*model.decoder.parameters(), *model.to_ab.parameters()]
    nn.init.ones_(model.to_ab.weight)
    model.train()(lightness).sum().backward()
    assert all(parameter.grad is None for parameter in model.encoder.parameters())
    assert all(parameter.grad is not None for parameter in model.decoder.parameters())


def test_encoder_sees_a_grey_picture_as_its_authors_scale_it(model: UNet) -> None:
    seen: list[Tensor] = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    lightness = torch.linspace(0, 100, 32 * 32).view(1, 1, 32, 32)
    model(lightness)
    (picture,) = seen
    grey = torch.linspace(0, 255, 32 * 32).view(1, 1, 32, 32)
    torch.testing.assert_close(picture, ((grey - 127) / 128).repeat(1, 3, 1, 1))


def test_chroma_comes_at_half_the_resolution(model: UNet, lightness: Tensor) -> None:
    shapes: list[tuple[int, ...]] = []
    model.to_ab.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape)))
    model(lightness)
    assert shapes == [(2, 2, 16, 16)]


def test_chroma_is_upsampled_bilinearly_and_unshifted(model: UNet) -> None:
    # Mirroring commutes with an unshifted upsampling, whose means stay the same.
    halves: list[Tensor] = []
    model.to_ab.register_forward_hook(lambda _, __, output: halves.append(output))
    with torch.no_grad():
        nn.init.normal_(model.to_ab.weight)
        ab = model.eval()(lightness_of(noise(1, 64))) / 128
    (half,) = halves
    expected = half[..., 1:].mul(0.25) + half[..., :-1].mul(0.75)  # right of each column's middle
    expected = expected[..., 1:, :].mul(0.25) + expected[..., :-1, :].mul(0.75)
    torch.testing.assert_close(ab[..., 1:-1:2, 1:-1:2], expected)


@pytest.mark.parametrize("number", range(4))
def test_every_skip_connection_is_used(model: UNet, number: int) -> None:
    lightness = lightness_of(noise(1, 64))
    with torch.no_grad():
        nn.init.normal_(model.to_ab.weight)
        ab = model.eval()(lightness)

        def raised(_: nn.Module, __: object, taps: list[Tensor]) -> list[Tensor]:
            return [tap + 1 if i == number else tap for i, tap in enumerate(taps)]

        model.encoder.register_forward_hook(raised)
        assert not torch.allclose(model(lightness), ab)
