from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from colorizer.networks.base import Colorizer, check_size


class Halves(Colorizer):
    size_multiple = 4

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(0.005))

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return torch.cat([lightness, -lightness], dim=1) * self.factor


def test_chroma_is_scaled_to_cielab_units() -> None:
    ab = Halves()(torch.full((3, 1, 4, 8), 100.0))
    assert ab.shape == (3, 2, 4, 8)
    torch.testing.assert_close(ab[:, 0], torch.full((3, 4, 8), 64.0))
    torch.testing.assert_close(ab[:, 1], torch.full((3, 4, 8), -64.0))


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4), (2, 3, 4, 4), (2, 0, 4, 4), (1, 1, 1, 4, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"lightness must be \(B, 1, H, W\), got \("):
        Halves()(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (0, 4), (4, 0)])
def test_both_sides_are_checked(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="height and width must be multiples of 4"):
        Halves()(torch.zeros(1, 1, *shape))


def test_an_empty_batch_gives_an_empty_batch() -> None:
    assert Halves()(torch.zeros(0, 1, 4, 4)).shape == (0, 2, 4, 4)


@pytest.mark.parametrize(
    ("side", "nearest"),
    [(0, "32"), (1, "32"), (31, "32"), (33, "32 or 64"), (63, "32 or 64"), (100, "96 or 128")],
)
def test_wrong_size_names_the_nearest_that_work(side: int, nearest: str) -> None:
    message = (
        rf"^height and width must be multiples of 32, got \(64, {side}\); the nearest size that "
        rf"works is {nearest}$"
    )
    with pytest.raises(ValueError, match=message):
        check_size(torch.Size([64, side]), 32)


@pytest.mark.parametrize("size", [(32, 32), (32, 96), (256, 64)])
def test_right_size_is_let_through(size: tuple[int, int]) -> None:
    check_size(torch.Size(size), 32)


class Stripes(Halves):
    """Paints what it sees: chroma is the lightness of its own resolution."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale.fill_(scale)
        self.seen: list[Tensor] = []

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        self.seen.append(lightness)
        return super().scaled_ab(lightness)


@pytest.mark.parametrize(
    ("side", "expected"), [(0.0, 4), (3.0, 4), (5.9, 4), (6.1, 8), (96.0, 96), (97.9, 96)]
)
def test_nearest_side_is_a_multiple_and_never_nothing(side: float, expected: int) -> None:
    assert Halves().nearest_side(side) == expected


class TestPredict:
    @pytest.mark.parametrize("scale", [1.0, 1.1, 0.9])
    def test_without_another_size_it_is_the_network_itself(self, scale: float) -> None:
        model = Stripes(scale)
        lightness = torch.rand(2, 1, 8, 12)
        assert torch.equal(model.predict(lightness), model(lightness))
        assert torch.equal(model.seen[0], lightness)

    @pytest.mark.parametrize(
        ("scale", "size"),
        [(1.5, (12, 24)), (2.0, (16, 32)), (4.0, (32, 64)), (0.5, (4, 8)), (0.25, (4, 4))],
    )
    def test_sides_are_the_nearest_multiples(self, scale: float, size: tuple[int, int]) -> None:
        model = Stripes(scale)
        assert model.predict(torch.rand(2, 1, 8, 16)).shape == (2, 2, 8, 16)
        assert model.seen[0].shape == (2, 1, *size)

    def test_only_one_side_may_change(self) -> None:
        model = Stripes(1.25)  # 4 stays 4, 16 becomes 20
        assert model.predict(torch.rand(1, 1, 4, 16)).shape == (1, 2, 4, 16)
        assert model.seen[0].shape == (1, 1, 4, 20)

    def test_enlarged_picture_and_chroma_lie_where_they_lay(self) -> None:
        lightness = torch.linspace(20, 80, 16).expand(1, 1, 16, 16)
        model = Stripes(2.0)
        ab = model.predict(lightness)
        # A ramp stays a ramp, but for the edges, which are repeated.
        (enlarged,) = model.seen
        step = 60 / 15
        expected = 20 + step * ((torch.arange(32) + 0.5) / 2 - 0.5)
        torch.testing.assert_close(enlarged[0, 0, 5, 2:-2], expected[2:-2])
        torch.testing.assert_close(ab[..., 2:-2], model(lightness)[..., 2:-2])

    def test_smaller_pictures_are_averaged(self) -> None:
        lightness = torch.tensor([0.0, 100.0]).repeat(16).expand(1, 1, 32, 32)
        model = Stripes(0.25)
        model.predict(lightness)
        assert float((model.seen[0] - 50).abs().max()) < 10  # each fourth pixel would be 0 or 100

    def test_wrong_shapes_are_refused_as_ever(self) -> None:
        with pytest.raises(ValueError, match=r"must be \(B, 1, H, W\)"):
            Stripes(1.0).predict(torch.zeros(1, 3, 8, 8))


def test_all_parameters_share_one_group() -> None:
    model = Halves()
    assert model.parameter_groups(0.25) == [{"params": [model.factor], "lr": 0.25}]


def test_a_network_must_say_how_it_predicts() -> None:
    with pytest.raises(NotImplementedError):
        Colorizer()(torch.zeros(1, 1, 4, 4))
