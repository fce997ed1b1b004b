"""What holds for every network, and how networks are found by name."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.networks.hinted import HintedColorizer
from colorizer.networks.registry import NETWORKS, build
from colorizer.networks.unet import UNet
from tests.network_helpers import lightness_of, noise, repeatable

EVERY_NETWORK = pytest.mark.parametrize("name", list(NETWORKS))


@pytest.fixture
def lightness() -> Tensor:
    return lightness_of(noise(2, 64))


@EVERY_NETWORK
class TestEveryNetwork:
    @pytest.mark.parametrize("shape", [(1, 1, 32, 32), (3, 1, 64, 32), (2, 1, 32, 96)])
    def test_predicts_two_channels_of_the_same_size(
        self, name: str, shape: tuple[int, ...]
    ) -> None:
        batch, _, height, width = shape
        ab = build(name).eval()(torch.rand(shape) * 100)
        assert ab.shape == (batch, 2, height, width)
        assert ab.dtype == torch.float32

    def test_refuses_other_sizes_and_names_the_nearest(self, name: str) -> None:
        model = build(name)
        multiple = model.size_multiple
        nearest = f"{3 * multiple} or {4 * multiple}"
        with pytest.raises(ValueError, match=f"multiples of {multiple}, .* works is {nearest}$"):
            model(torch.zeros(1, 1, 3 * multiple + 1, 4 * multiple))

    def test_refuses_colour_photographs(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"must be \(B, 1, H, W\), got \(1, 3, 32, 32\)$"):
            build(name)(torch.zeros(1, 3, 32, 32))

    def test_gradients_reach_every_trainable_parameter(self, name: str, lightness: Tensor) -> None:
        with repeatable(0):
            model = build(name).train()
            if isinstance(model, UNet):  # its last layer starts at zero, and stops gradients
                torch.nn.init.normal_(model.to_ab.weight)
            # Weighted, for a plain sum could cancel.
            ab = model(lightness)
            if isinstance(model, HintedColorizer):
                hints = torch.tensor([[[0.2, 0.7, 60.0, -20.0], [0.9, 0.1, 10.0, 50.0]]] * 2)
                ab = torch.cat([ab, *model.decode(model.encode(lightness), hints)])
            sum_ = (ab * torch.randn(ab.shape)).sum()
            if isinstance(model, HintedColorizer) and model.color_head is not None:
                logits = model.color_head(model.encode(lightness).features, hints[..., :2])
                sum_ = sum_ + (logits * torch.randn(logits.shape)).sum()
            sum_.backward()
        without = [
            key
            for key, parameter in model.named_parameters()
            if parameter.requires_grad
            and (parameter.grad is None or not bool(parameter.grad.any()))
        ]
        assert without == []

    def test_parameter_groups_hold_every_trainable_parameter_once(self, name: str) -> None:
        model = build(name)
        grouped: list[int] = []
        for group in model.parameter_groups(0.01):
            parameters = group["params"]
            assert isinstance(parameters, list)
            grouped += [id(parameter) for parameter in parameters]
        trainable = [id(p) for p in model.parameters() if p.requires_grad]
        assert sorted(grouped) == sorted(trainable)

    def test_same_seed_same_network_and_prediction(self, name: str, lightness: Tensor) -> None:
        states, predictions = [], []
        for _ in range(2):
            with repeatable(7), torch.inference_mode():
                model = build(name).eval()
                states.append(model.state_dict())
                predictions.append(model(lightness))
        assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
        assert torch.equal(*predictions)

    def test_other_seed_other_weights(self, name: str) -> None:
        states = []
        for seed in (7, 8):
            with repeatable(seed):
                states.append(build(name).state_dict())
        assert any(not torch.equal(value, states[1][key]) for key, value in states[0].items())

    def test_photographs_of_a_batch_do_not_influence_each_other(
        self, name: str, lightness: Tensor
    ) -> None:
        with repeatable(0), torch.inference_mode():
            model = build(name).eval()
            alone = torch.cat([model(photograph[None]) for photograph in lightness])
            torch.testing.assert_close(model(lightness), alone, atol=1e-3, rtol=1e-4)

    @pytest.mark.parametrize(("scale", "side"), [(1.5, 96), (0.5, 32), (1.1, 64), (1.0, 64)])
    def test_prediction_is_made_at_its_scale(
        self,
        name: str,
        lightness: Tensor,
        scale: float,
        side: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        seen: list[tuple[int, ...]] = []
        model = build(name).eval()
        predict = model.scaled_ab

        def see_and_predict(lightness: Tensor) -> Tensor:
            seen.append(tuple(lightness.shape))
            return predict(lightness)

        monkeypatch.setattr(model, "scaled_ab", see_and_predict)
        model.size_multiple = 32  # of the U-Net: the same sides for all
        model.scale.fill_(scale)
        with torch.inference_mode():
            ab = model.predict(lightness)
        assert seen == [(2, 1, side, side)]
        assert ab.shape == (2, 2, 64, 64)

    def test_scale_is_part_of_the_state_and_learns_nothing(self, name: str) -> None:
        model, other = build(name), build(name)
        model.scale.fill_(1.25)
        other.load_state_dict(model.state_dict())
        assert float(other.scale) == 1.25
        assert "scale" not in dict(model.named_parameters())

    def test_input_is_left_alone(self, name: str, lightness: Tensor) -> None:
        before = lightness.clone()
        with torch.inference_mode():
            build(name).eval()(lightness)
        assert torch.equal(lightness, before)


@pytest.mark.parametrize(
    ("name", "count"), [("conv_ae", 11_021_570), ("unet", 4_476_079), ("simple_ae", 4_010)]
)
def test_number_of_parameters(name: str, count: int) -> None:
    assert sum(parameter.numel() for parameter in build(name).parameters()) == count


def test_unknown_network_is_a_user_error_that_lists_the_known() -> None:
    message = "model must be one of unet, conv_ae, simple_ae, got 'vgg'"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        build("vgg")
