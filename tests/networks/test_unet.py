from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from colorizer.networks.sync_layers import SharedBatchNorm2d, SharedChannelDropout
from colorizer.networks.unet import UNet
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


class TestBatchStatistics:
    """An encoder that is told to normalise by its batches."""

    @pytest.mark.parametrize("frozen_blocks", [0, 1, 5, 16])
    def test_are_those_of_blocks_that_learn(self, frozen_blocks: int, lightness: Tensor) -> None:
        model = UNet(frozen_blocks=frozen_blocks, batch_statistics=True)
        before = {key: value.clone() for key, value in model.encoder.named_buffers()}
        assert model.train() is model
        model(lightness)
        first = tuple(f"_blocks.{number}." for number in range(frozen_blocks))
        frozen = (*first, "_conv_stem.", "_bn0.") if frozen_blocks else ()
        for key, value in model.encoder.named_buffers():
            assert torch.equal(value, before[key]) is key.startswith(frozen), key

    def test_make_what_an_encoder_sees_of_a_batch_alike(self, lightness: Tensor) -> None:
        with repeatable(0):
            model = UNet(batch_statistics=True).train()
        outputs: list[Tensor] = []
        model.encoder._bn0.register_forward_hook(lambda _, __, out: outputs.append(out))
        model(lightness)
        (output,) = outputs
        means = output.mean(dim=(0, 2, 3))
        torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-4, rtol=0)

    def test_are_for_training_alone(self) -> None:
        model = UNet(batch_statistics=True)
        assert not any(part.training for part in model.encoder.modules())
        assert model.train().eval() is model
        assert not any(part.training for part in model.modules())

    def test_stay_as_they_are_where_the_encoder_learns_nothing(self) -> None:
        model = UNet(encoder_lr=0.0, batch_statistics=True).train()
        assert not any(part.training for part in model.encoder.modules())

    def test_are_shared_however_batches_are_divided(self) -> None:
        norms = batch_norms(UNet(batch_statistics=True).encoder)
        assert len(norms) == 1 + 2 + 15 * 3  # of the stem, the first block and the others
        assert all(isinstance(norm, SharedBatchNorm2d) for norm in norms)


def test_encoder_learns_at_its_share_of_the_learning_rate() -> None:
    model = UNet(encoder_lr=0.1)
    decoder, encoder, hint_head, color_head = model.parameter_groups(0.003)
    assert decoder["lr"] == 0.003
    assert encoder["lr"] == pytest.approx(0.0003)
    assert hint_head["lr"] == pytest.approx(0.03)
    assert hint_head["params"] == list(model.hint_head.parameters())
    assert color_head["lr"] == pytest.approx(0.006)
    assert color_head["params"] == list(model.color_head.parameters())
    assert encoder["params"] == list(model.encoder.parameters())
    assert decoder["params"] == [*model.decoder.parameters(), *model.to_ab.parameters()]


def test_frozen_blocks_are_in_no_group_and_get_no_gradients(lightness: Tensor) -> None:
    model = UNet(frozen_blocks=5)
    _, encoder, *_ = model.parameter_groups(0.003)
    assert encoder["params"] == list(model.encoder._blocks[5:].parameters())
    nn.init.ones_(model.to_ab.weight)
    model.train()(lightness).sum().backward()
    first = (*model.encoder._conv_stem.parameters(), *model.encoder._blocks[:5].parameters())
    assert all(parameter.grad is None for parameter in first)
    assert all(parameter.grad is not None for parameter in model.encoder._blocks[5:].parameters())


@pytest.mark.parametrize(("encoder_lr", "frozen_blocks"), [(0.1, 16), (0.0, 0), (0.0, 5)])
def test_encoder_that_learns_nothing_has_no_group(encoder_lr: float, frozen_blocks: int) -> None:
    groups = UNet(encoder_lr, frozen_blocks).parameter_groups(0.003)
    assert len(groups) == 3  # of the decoder and of the heads


def test_each_stage_of_the_decoder_drops_channels_in_training_only(lightness: Tensor) -> None:
    with repeatable(0):
        model = UNet(dropout=0.5)
    dropped: list[float] = []
    for up in model.decoder:
        assert isinstance(up.drop, SharedChannelDropout)
        up.drop.register_forward_hook(
            lambda _, inputs, output: dropped.append(
                float(((output == 0) & (inputs[0] != 0)).float().mean())
            )
        )
    with repeatable(0), torch.no_grad():
        model.train()(lightness)
        assert len(dropped) == 3
        assert all(share > 0.1 for share in dropped)
        model.eval()(lightness)
    assert dropped[3:] == [0, 0, 0]


def test_dropout_is_no_part_of_the_state() -> None:
    UNet().load_state_dict(UNet(dropout=0.5).state_dict())


def test_decoder_normalises_as_one_however_batches_are_divided(model: UNet) -> None:
    norms = batch_norms(model.decoder)
    assert len(norms) == 6
    assert all(isinstance(norm, SharedBatchNorm2d) for norm in norms)


def test_encoder_of_learning_rate_zero_is_frozen(lightness: Tensor) -> None:
    model = UNet(encoder_lr=0.0)
    decoder, *_ = model.parameter_groups(0.003)
    assert decoder["params"] == [*model.decoder.parameters(), *model.to_ab.parameters()]
    nn.init.ones_(model.to_ab.weight)
    model.train()(lightness).sum().backward()
    assert all(parameter.grad is None for parameter in model.encoder.parameters())
    assert all(parameter.grad is not None for parameter in model.decoder.parameters())


class TestOnlyHeadsLearn:
    """A network that is told that only its heads learn."""

    @pytest.fixture
    def model(self) -> UNet:
        with repeatable(0):
            return UNet(dropout=0.5, batch_statistics=True, learns="heads").train()

    def test_nothing_else_has_a_group_or_gets_gradients(
        self, model: UNet, lightness: Tensor
    ) -> None:
        hint_head, color_head = model.parameter_groups(0.003)
        assert hint_head["params"] == list(model.hint_head.parameters())
        assert color_head["params"] == list(model.color_head.parameters())
        encoding = model.encode(lightness)
        assert not encoding.features.requires_grad
        model.color_head(encoding.features, torch.rand(2, 3, 2)).sum().backward()
        assert model.color_head.hidden.weight.grad is not None

    def test_training_predicts_as_evaluation_does(self, model: UNet, lightness: Tensor) -> None:
        nn.init.ones_(model.to_ab.weight)
        before = {key: value.clone() for key, value in model.named_buffers()}
        in_training = model(lightness)
        assert torch.equal(in_training, model.eval()(lightness))
        for key, value in model.named_buffers():
            assert torch.equal(value, before[key]), key

    def test_heads_gather_statistics(self, model: UNet, lightness: Tensor) -> None:
        mean = model.color_head.normalize.running_mean
        assert mean is not None
        model.color_head(model.encode(lightness).features, torch.rand(2, 3, 2))
        assert mean.any()


def test_encoder_sees_a_grey_picture_as_its_authors_scale_it(model: UNet) -> None:
    seen: list[Tensor] = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    lightness = torch.linspace(0, 100, 32 * 32).view(1, 1, 32, 32)
    model(lightness)
    (picture,) = seen
    grey = torch.linspace(0, 255, 32 * 32).view(1, 1, 32, 32)
    torch.testing.assert_close(picture, ((grey - 127) / 128).repeat(1, 3, 1, 1))


def test_chroma_comes_at_a_quarter_of_the_resolution(model: UNet, lightness: Tensor) -> None:
    shapes: list[tuple[int, ...]] = []
    model.to_ab.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape)))
    model(lightness)
    assert shapes == [(2, 2, 8, 8)]


def test_chroma_is_upsampled_bilinearly_and_unshifted(model: UNet) -> None:
    quarters: list[Tensor] = []
    model.to_ab.register_forward_hook(lambda _, __, output: quarters.append(output))
    with torch.no_grad():
        nn.init.normal_(model.to_ab.weight)
        ab = model.eval()(lightness_of(noise(1, 64))) / 128
    (quarter,) = quarters
    # The first pixel right of each middle lies an eighth of the way to the next, and so below.
    expected = quarter[..., 1:].mul(0.125) + quarter[..., :-1].mul(0.875)
    expected = expected[..., 1:, :].mul(0.125) + expected[..., :-1, :].mul(0.875)
    torch.testing.assert_close(ab[..., 2:-4:4, 2:-4:4], expected)


@pytest.mark.parametrize(("number", "used"), [(0, False), (1, True), (2, True), (3, True)])
def test_skip_connections_come_from_stride_4_on(model: UNet, number: int, used: bool) -> None:
    lightness = lightness_of(noise(1, 64))
    with torch.no_grad():
        nn.init.normal_(model.to_ab.weight)
        ab = model.eval()(lightness)

        def raised(_: nn.Module, __: object, taps: list[Tensor]) -> list[Tensor]:
            return [tap + 1 if i == number else tap for i, tap in enumerate(taps)]

        model.encoder.register_forward_hook(raised)
        assert torch.allclose(model(lightness), ab) is not used
