"""What holds for every network that takes colour hints."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from colorizer.networks.hinted import Encoding, HintedColorizer
from colorizer.networks.registry import NETWORKS, build
from colorizer.networks.unet import UNet
from tests.network_helpers import HintedPainter, lightness_of, noise, repeatable


def unet() -> UNet:
    with repeatable(0):
        model = UNet()
        nn.init.normal_(model.to_ab.weight, std=20)  # at zero, it would paint nothing
        return model


HINTS = torch.tensor([[[0.2, 0.7, 60.0, -20.0], [0.9, 0.1, 10.0, 50.0]]])
EVERY_NETWORK = pytest.mark.parametrize("make", [unet, HintedPainter])
Make = Callable[[], HintedColorizer]


@pytest.fixture
def lightness() -> Tensor:
    return lightness_of(noise(2, 64))[:, :, :32]  # wider than high


def test_unet_alone_of_the_networks_takes_hints() -> None:
    assert [name for name in NETWORKS if isinstance(build(name), HintedColorizer)] == ["unet"]


@EVERY_NETWORK
class TestEveryNetwork:
    @pytest.mark.parametrize("training", [False, True])
    def test_what_is_seen_is_what_is_predicted(
        self, make: Make, lightness: Tensor, training: bool
    ) -> None:
        # The predictions of two networks: in training, statistics move.
        seen = make().train(training).encode(lightness)
        ab = make().train(training).scaled_ab(lightness)
        model = make()
        assert torch.equal(model.full_size(seen.ab), ab)
        assert float(ab.detach().std()) > 0.01

    def test_features_lie_where_it_paints(self, make: Make, lightness: Tensor) -> None:
        seen = make().eval().encode(lightness)
        batch, channels, height, width = seen.ab.shape
        assert (batch, channels) == (2, 2)
        assert seen.features.shape[0] == 2
        assert seen.features.shape[2:] == (height, width)
        assert width == 2 * height

    @pytest.mark.parametrize("number", [0, 2])
    def test_parts_have_the_size_of_the_photographs(
        self, make: Make, lightness: Tensor, number: int
    ) -> None:
        model = make().eval()
        parts = model.decode(model.encode(lightness), HINTS[:, :number].expand(2, -1, -1))
        assert [part.shape for part in parts] == [(2, 2, 32, 64)] * 2
        assert [part.dtype for part in parts] == [torch.float32] * 2

    def test_without_hints_the_prediction_is_the_networks_own(
        self, make: Make, lightness: Tensor
    ) -> None:
        model = make().eval()
        own, given = model.decode(model.encode(lightness), torch.zeros(2, 0, 4))
        torch.testing.assert_close(own, model(lightness), atol=1e-5, rtol=0)
        assert not bool(given.any())

    def test_a_hint_is_in_cielab_units_and_followed_where_it_points(
        self, make: Make, lightness: Tensor
    ) -> None:
        model = make().eval()
        x, y, *color = HINTS[0, 0].tolist()
        own, given = model.decode(model.encode(lightness), HINTS[:, :1].expand(2, -1, -1))
        there = (slice(None), slice(None), int(y * 32), int(x * 64))
        wrong = (own + given)[there] - torch.tensor(color)
        before = model(lightness)[there] - torch.tensor(color)
        assert bool((wrong.norm(dim=1) < 0.5 * before.norm(dim=1)).all())

    def test_photographs_of_a_batch_follow_their_own_hints(
        self, make: Make, lightness: Tensor
    ) -> None:
        model = make().eval()
        hints = torch.cat([HINTS, HINTS.flip(1)])
        hints[1, 0, 2] = -30
        own, given = model.decode(model.encode(lightness), hints)
        for number in range(2):
            only = slice(number, number + 1)
            alone = model.decode(model.encode(lightness[only]), hints[only])
            # The encoder's convolutions round otherwise in batches of another size.
            for part, found in zip(alone, (own, given), strict=True):
                torch.testing.assert_close(part, found[only], atol=1e-3, rtol=1e-4)

    def test_what_hints_teach_is_for_the_head_alone(self, make: Make, lightness: Tensor) -> None:
        model = make().train()
        own, given = model.decode(model.encode(lightness).detached(), HINTS.expand(2, -1, -1))
        (own.abs().sum() + given.abs().sum()).backward()  # type: ignore[no-untyped-call]
        taught = {
            name for name, parameter in model.named_parameters() if parameter.grad is not None
        }
        assert taught == {f"hint_head.{name}" for name, _ in model.hint_head.named_parameters()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_detached_is_the_same_in_float32_and_learns_nothing(dtype: torch.dtype) -> None:
    ab, features = (
        torch.randn(1, channels, 2, 2, requires_grad=True).to(dtype) for channels in (2, 3)
    )
    detached = Encoding(ab, features).detached()
    for part, before in ((detached.ab, ab), (detached.features, features)):
        assert torch.equal(part, before.float())
        assert part.dtype == torch.float32
        assert not part.requires_grad
