from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from colorizer.networks.hint_head import DOUBT, HEADS, LIKENESS, REACHES, HintHead
from colorizer.networks.hint_tensors import cells_of
from tests.network_helpers import repeatable

CHANNELS = 5
# How much a hint at its own place is believed at first.
BELIEF = 1 / (1 + math.exp(DOUBT))
Pair = tuple[Tensor, Tensor]


@pytest.fixture
def new() -> HintHead:
    """A head that has learnt nothing."""
    with repeatable(0):
        return HintHead(CHANNELS).eval()


@pytest.fixture
def head() -> HintHead:
    """A head of random weights and statistics, in which nothing is alike for all heads."""
    with repeatable(0):
        head = HintHead(CHANNELS)
        with torch.no_grad():
            for parameter in head.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
        for _ in range(20):
            head.normalize(torch.randn(4, CHANNELS, 3, 5) * 2 + 1)
        return head.eval()


def pictures(batch: int = 2, height: int = 3, width: int = 5) -> Pair:
    """Return random features and ab."""
    numbers = torch.Generator().manual_seed(1)
    features = torch.randn(batch, CHANNELS, height, width, generator=numbers)
    return features, torch.randn(batch, 2, height, width, generator=numbers) / 4


def random_hints(number: int, batch: int = 2) -> Tensor:
    numbers = torch.Generator().manual_seed(2)
    places = torch.rand(batch, number, 2, generator=numbers)
    return torch.cat([places, torch.randn(batch, number, 2, generator=numbers) / 4], dim=-1)


def hint_at(row: int, column: int, ab: tuple[float, float], size: tuple[int, int]) -> Tensor:
    height, width = size
    return torch.tensor([[[(column + 0.5) / width, (row + 0.5) / height, *ab]]])


def spread(head: HintHead, features: Tensor, ab: Tensor, hints: Tensor) -> Tensor:
    with torch.no_grad():
        own, given = head(features, ab, hints)
    total: Tensor = own + given
    return total


def spread_slowly(head: HintHead, features: Tensor, ab: Tensor, hints: Tensor) -> Pair:
    """Return what the docstring of the head says, place by place and hint by hint."""
    height, width = ab.shape[2:]
    shorter = min(height, width)
    normalized = head.normalize(features).double()
    likeness = torch.einsum("oc,bchw->bohw", head.embed.weight[:, :, 0, 0].double(), normalized)
    mix, doubt = (
        torch.einsum("oc,bchw->bohw", layer.weight[:, :, 0, 0].double(), normalized)
        + layer.bias.double()[:, None, None]  # type: ignore[union-attr]
        for layer in (head.mix, head.doubt)
    )
    mix = mix.softmax(dim=1)
    own, given = ab.double(), torch.zeros_like(ab, dtype=torch.float64)
    before = own.clone()
    for photograph, cells in enumerate(cells_of(hints[..., :2], height, width).tolist()):
        places = [divmod(cell, width) for cell in cells]
        for number in range(HEADS):
            q = likeness[photograph, number * LIKENESS : (number + 1) * LIKENESS]
            reach = math.exp(-float(head.sharpness[number]))
            for row in range(height):
                for column in range(width):
                    weights = [
                        math.exp(
                            -float((q[:, row, column] - q[:, y, x]).square().sum())
                            - math.dist((row, column), (y, x)) ** 2 / shorter**2 / reach**2
                        )
                        for y, x in places
                    ]
                    all_of_it = math.exp(float(doubt[photograph, number, row, column]))
                    all_of_it += sum(weights)
                    share = float(mix[photograph, number, row, column]) / all_of_it
                    for weight, (y, x), hint in zip(
                        weights, places, hints[photograph], strict=True
                    ):
                        own[photograph, :, row, column] -= (
                            share * weight * before[photograph, :, y, x]
                        )
                        given[photograph, :, row, column] += share * weight * hint[2:].double()
    return own.float(), given.float()


@pytest.mark.parametrize("number", [0, 1, 2, 7, 64])
@pytest.mark.parametrize("size", [(3, 5), (4, 2)], ids=str)
def test_is_what_its_docstring_says(head: HintHead, number: int, size: tuple[int, int]) -> None:
    features, ab = pictures(2, *size)
    hints = random_hints(number)
    with torch.no_grad():
        found = head(features, ab, hints)
        torch.testing.assert_close(
            found, spread_slowly(head, features, ab, hints), atol=1e-5, rtol=1e-4
        )


def test_without_hints_everything_is_as_it_was(head: HintHead) -> None:
    features, ab = pictures()
    own, given = head(features, ab, random_hints(0))
    assert torch.equal(own, ab)
    assert torch.equal(given, torch.zeros_like(ab))


class TestAtTheStart:
    @pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 4), (1, 3)])
    def test_a_hint_is_followed_at_its_own_place_for_the_most_part(
        self, new: HintHead, row: int, column: int
    ) -> None:
        features, ab = pictures(1)
        hint = hint_at(row, column, (0.4, -0.3), (3, 5))
        there = spread(new, features, ab, hint)[0, :, row, column]
        expected = BELIEF * torch.tensor([0.4, -0.3]) + (1 - BELIEF) * ab[0, :, row, column]
        assert BELIEF > 0.9
        torch.testing.assert_close(there, expected)

    def test_it_is_so_with_what_looks_alike_and_lies_near(self, new: HintHead) -> None:
        alike = torch.zeros(1, CHANNELS, 64, 64)
        difference = spread(
            new, alike, torch.zeros(1, 2, 64, 64), hint_at(9, 9, (0.4, -0.3), (64, 64))
        )
        assert float(difference[0, 0, 9, 10]) > 0.9 * 0.4

    def test_what_looks_like_nothing_near_stays(self, new: HintHead) -> None:
        features, ab = pictures(1, 4, 6)
        # In the one half everything is as much as can be what it is not in the other.
        features[..., :3], features[..., 3:] = 4, -4
        after = spread(new, features, ab, hint_at(2, 2, (0.4, -0.3), (4, 6)))
        torch.testing.assert_close(after[..., 3:], ab[..., 3:], atol=1e-3, rtol=0)

    def test_what_is_alike_and_far_stays(self, new: HintHead) -> None:
        ab = torch.zeros(1, 2, 4, 24)
        alike = torch.zeros(1, CHANNELS, 4, 24)
        after = spread(new, alike, ab, hint_at(1, 0, (0.4, -0.3), (4, 24)))
        assert float(after[..., :4].abs().min()) > 0.04
        # More than three times as far as the farthest head reaches.
        assert float(after[..., 14:].abs().max()) < 1e-3

    def test_reach_is_from_all_of_the_shorter_side_to_a_part_of_it(self, new: HintHead) -> None:
        reaches = (-new.sharpness).exp().tolist()
        assert (reaches[0], reaches[-1]) == pytest.approx(REACHES)
        assert reaches == sorted(reaches, reverse=True)

    @pytest.mark.parametrize("size", [(4, 24), (24, 4)], ids=str)
    def test_distance_is_in_shares_of_the_shorter_side(
        self, new: HintHead, size: tuple[int, int]
    ) -> None:
        height, width = size
        after = spread(
            new,
            torch.zeros(1, CHANNELS, *size),
            torch.zeros(1, 2, *size),
            hint_at(0, 0, (0.4, 0.4), size),
        )[0, 0]
        along = after[:, 0] if height > width else after[0]
        expected = torch.zeros(24)
        for reach in np.geomspace(*REACHES, HEADS):
            weight = (-((torch.arange(24) / 4 / reach) ** 2)).exp()
            expected += 0.4 * weight / (math.exp(DOUBT) + weight) / HEADS
        torch.testing.assert_close(along, expected, atol=1e-5, rtol=1e-3)


class TestSeveralHints:
    def test_order_does_not_matter(self, head: HintHead) -> None:
        features, ab = pictures()
        hints = random_hints(9)
        for order in (torch.arange(9).flip(0), torch.tensor([3, 8, 0, 1, 7, 2, 6, 5, 4])):
            torch.testing.assert_close(
                spread(head, features, ab, hints[:, order]), spread(head, features, ab, hints)
            )

    def test_what_is_said_twice_is_believed_more(self, new: HintHead) -> None:
        features, ab = pictures(1)
        hint = hint_at(1, 1, (0.4, -0.3), (3, 5))
        for times in (1, 2, 5):
            there = spread(new, features, ab, hint.repeat(1, times, 1))[0, :, 1, 1]
            belief = times / (times + math.exp(DOUBT))
            expected = belief * torch.tensor([0.4, -0.3]) + (1 - belief) * ab[0, :, 1, 1]
            torch.testing.assert_close(there, expected)

    def test_those_that_contradict_meet_in_the_middle(self, new: HintHead) -> None:
        features, ab = pictures(1)
        red, green, grey = (hint_at(1, 1, (a, 0.1), (3, 5)) for a in (0.4, -0.4, 0.0))
        torch.testing.assert_close(
            spread(new, features, ab, torch.cat([red, green], dim=1)),
            spread(new, features, ab, torch.cat([grey, grey], dim=1)),
        )

    def test_every_place_listens_to_its_nearest_most(self, new: HintHead) -> None:
        alike, ab = torch.zeros(1, CHANNELS, 8, 8), torch.zeros(1, 2, 8, 8)
        red, green = (hint_at(4, column, (a, 0.0), (8, 8)) for column, a in ((0, 0.4), (7, -0.4)))
        a = spread(new, alike, ab, torch.cat([red, green], dim=1))[0, 0]
        assert float(a[:, :4].min()) > 0
        assert float(a[:, 4:].max()) < 0


class TestBatches:
    def test_give_what_single_photographs_do(self, head: HintHead) -> None:
        features, ab = pictures(3)
        hints = random_hints(4, batch=3)
        together = spread(head, features, ab, hints)
        for number in range(3):
            only = slice(number, number + 1)
            torch.testing.assert_close(
                spread(head, features[only], ab[only], hints[only]), together[only]
            )

    @pytest.mark.parametrize("number", [0, 3])
    def test_may_be_empty(self, head: HintHead, number: int) -> None:
        own, given = head(*pictures(0), random_hints(number, batch=0))
        assert own.shape == given.shape == (0, 2, 3, 5)
        # Processes without a share of a batch go back through the layers, too.
        (own.sum() + given.sum()).backward()
        assert not any(
            bool(parameter.grad.any())
            for parameter in head.parameters()
            if parameter.grad is not None
        )


class TestLearning:
    def test_ends_where_hints_are_followed(self, new: HintHead) -> None:
        # Left and right halves look different, and each has a colour of its own.
        size = (6, 6)
        features = torch.full((8, CHANNELS, *size), 0.3)
        features[..., 3:] *= -1
        numbers = torch.Generator().manual_seed(0)

        def drawn() -> tuple[Tensor, Tensor]:
            true = torch.rand(8, 2, 1, 2, generator=numbers).sub(0.5).repeat(1, 1, 6, 1)
            true = true.repeat_interleave(3, dim=3)
            places = torch.rand(8, 4, 2, generator=numbers)
            cells = cells_of(places, *size)[:, None].expand(-1, 2, -1)
            colors = true.flatten(2).gather(2, cells).transpose(1, 2)
            return true, torch.cat([places, colors], dim=-1)

        ab = torch.zeros(8, 2, *size)
        hint = hint_at(1, 1, (0.4, -0.3), size)
        colors = torch.tensor([0.4, -0.3])[:, None, None]
        before = spread(new, features[:1], ab[:1], hint)[0]
        optimizer = torch.optim.Adam(new.parameters(), lr=0.05)
        for _ in range(150):
            true, hints = drawn()
            own, given = new.train()(features, ab, hints)
            optimizer.zero_grad()
            nn.functional.l1_loss(own + given, true).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

        after = spread(new.eval(), features[:1], ab[:1], hint)[0]

        units = 3 / 128
        torch.testing.assert_close(after[:, 1, 1], colors[:, 0, 0], atol=units, rtol=0)
        # The rest of the half is what the hint says, and no longer the other one.
        wrong = [float((found[..., :3] - colors).abs().mean()) for found in (before, after)]
        beyond = [float(found[..., 3:].abs().mean()) for found in (before, after)]
        assert wrong[1] < units
        assert wrong[1] < wrong[0] / 2
        assert beyond[1] < beyond[0] / 2

    def test_gradients_flow_to_what_is_not_detached(self, head: HintHead) -> None:
        features, ab = (part.requires_grad_() for part in pictures())
        own, given = head(features, ab, random_hints(3))
        (own.square().sum() + given.square().sum()).backward()
        for part in (features, ab):
            assert part.grad is not None
            assert bool(part.grad.any())
        assert all(parameter.grad is not None for parameter in head.parameters())
