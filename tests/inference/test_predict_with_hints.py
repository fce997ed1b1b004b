from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from colorizer.common.errors import UserError
from colorizer.inference.predict import predict_ab
from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.inference.types import Chroma, PhotoChroma
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_tensors import mirror_hints
from colorizer.networks.registry import build
from colorizer.networks.unet import UNet
from tests.network_helpers import HintedPainter, Painter, lightness_of, noise, ramps, repeatable

NO_HINTS = torch.zeros(2, 0, 4)
# In the middle of cells, for the mirror image of an edge between two belongs to the other.
HINTS = torch.tensor(
    [
        [[5.5 / 32, 20.5 / 32, 60.0, -20.0], [29.5 / 32, 1.5 / 32, 10.0, 50.0]],
        [[17.5 / 32, 9.5 / 32, -30.0, 5.0], [0.5 / 32, 31.5 / 32, 0.0, 0.0]],
    ]
)
MIRROR = pytest.mark.parametrize("mirror", [False, True])


@pytest.fixture
def lightness() -> Tensor:
    return lightness_of(noise(2, 32))


@pytest.fixture(scope="module")
def unet() -> UNet:
    with repeatable(0):
        model = UNet()
        nn.init.normal_(model.to_ab.weight, std=200)
        return model.eval()


def network(name: str, unet: UNet, scale: float = 1.0) -> Colorizer:
    model = {"unet": unet, "hinted": HintedPainter(), "plain": Painter()}[name]
    model.scale.fill_(scale)
    return model.eval()


@pytest.mark.parametrize("name", ["unet", "hinted", "plain"])
@pytest.mark.parametrize("scale", [1.0, 1.5, 0.5])
@MIRROR
def test_without_hints_it_is_what_is_predicted(
    unet: UNet, lightness: Tensor, name: str, scale: float, mirror: bool
) -> None:
    model = network(name, unet, scale)

    chroma = EncodedPhotographs(model, lightness, mirror).decode(NO_HINTS)

    expected = predict_ab(model, lightness, mirror)
    torch.testing.assert_close(chroma.own, expected, atol=1e-4, rtol=0)
    assert torch.equal(chroma.given, torch.zeros_like(expected))
    assert float(expected.std()) > 1


class TestWithHints:
    @pytest.mark.parametrize("scale", [1.0, 1.5])
    @MIRROR
    def test_colours_are_chosen_where_they_point(self, scale: float, mirror: bool) -> None:
        lightness = lightness_of(ramps())
        model = HintedPainter(doubt=-20).eval()
        model.scale.fill_(scale)

        ab = EncodedPhotographs(model, lightness, mirror).decode(HINTS[:, :1]).at(1.0)

        assert ab.shape == (2, 2, 32, 32)
        for photograph, (hint,) in zip(ab, HINTS[:, :1], strict=True):
            x, y, *color = hint.tolist()
            there = photograph[:, int(y * 32), int(x * 32)]
            torch.testing.assert_close(there, torch.tensor(color), atol=0.5, rtol=0)

    @pytest.mark.parametrize("name", ["unet", "hinted"])
    def test_with_mirror_it_is_the_mean_of_both_sides(
        self, unet: UNet, lightness: Tensor, name: str
    ) -> None:
        model = network(name, unet)
        straight = EncodedPhotographs(model, lightness, mirror=False).decode(HINTS)
        turned = EncodedPhotographs(model, lightness.flip(-1), mirror=False).decode(
            mirror_hints(HINTS)
        )

        both = EncodedPhotographs(model, lightness, mirror=True).decode(HINTS)

        assert not torch.allclose(straight.own, turned.own.flip(-1), atol=0.1)
        for part in ("own", "given"):
            expected = (getattr(straight, part) + getattr(turned, part).flip(-1)) / 2
            torch.testing.assert_close(getattr(both, part), expected, atol=1e-4, rtol=0)

    @pytest.mark.parametrize("name", ["unet", "hinted"])
    def test_mirrored_photograph_gets_the_mirrored_colours(
        self, unet: UNet, lightness: Tensor, name: str
    ) -> None:
        model = network(name, unet)
        chroma = EncodedPhotographs(model, lightness, mirror=True).decode(HINTS)

        turned = EncodedPhotographs(model, lightness.flip(-1), mirror=True).decode(
            mirror_hints(HINTS)
        )

        torch.testing.assert_close(turned.own.flip(-1), chroma.own, atol=1e-3, rtol=0)
        torch.testing.assert_close(turned.given.flip(-1), chroma.given, atol=1e-3, rtol=0)
        assert not torch.allclose(chroma.given, chroma.given.flip(-1), atol=1)

    def test_one_glance_answers_to_ever_other_hints(self, unet: UNet, lightness: Tensor) -> None:
        looks: list[None] = []
        unet.encoder.register_forward_hook(lambda *_: looks.append(None))
        encoded = EncodedPhotographs(unet, lightness, mirror=True)
        first, other, none, again = (
            encoded.decode(hints).at(1.0) for hints in (HINTS, HINTS.flip(0), NO_HINTS, HINTS)
        )
        assert len(looks) == 2  # at the photographs, and at their mirror images
        assert torch.equal(first, again)
        assert not torch.allclose(first, other, atol=1)
        assert not torch.allclose(first, none, atol=1)

    def test_no_gradients_are_kept(self, lightness: Tensor) -> None:
        chroma = EncodedPhotographs(HintedPainter().eval(), lightness, mirror=True).decode(HINTS)
        assert not chroma.own.requires_grad
        assert not chroma.given.requires_grad

    @MIRROR
    def test_networks_that_take_none_say_so(self, lightness: Tensor, mirror: bool) -> None:
        for name in ("conv_ae", "simple_ae"):
            model = build(name).eval()
            encoded = EncodedPhotographs(model, lightness, mirror)
            message = f"the network {type(model).__name__} takes no colour hints; unet does"
            with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
                encoded.decode(HINTS)


@pytest.mark.parametrize("size", [(33, 32), (32, 48)], ids=str)
def test_sizes_that_a_network_cannot_take_are_refused_as_ever(
    unet: UNet, size: tuple[int, int]
) -> None:
    for model in (network("unet", unet), build("conv_ae").eval()):
        model.size_multiple = 32
        with pytest.raises(ValueError, match="height and width must be multiples of 32, got "):
            EncodedPhotographs(model, torch.zeros(1, 1, *size), mirror=False)


@pytest.mark.parametrize("saturation", [0.0, 0.5, 1.0, 2.0])
def test_saturation_is_for_the_networks_own_part(saturation: float) -> None:
    own, given = torch.tensor([10.0, -20.0]), torch.tensor([3.0, 5.0])
    expected = torch.tensor([10 * saturation + 3, -20 * saturation + 5])
    torch.testing.assert_close(Chroma(own, given).at(saturation), expected)
    one = PhotoChroma(own.numpy(), given.numpy()).at(saturation)
    np.testing.assert_allclose(one, expected.numpy())
    assert one.dtype == np.float32
