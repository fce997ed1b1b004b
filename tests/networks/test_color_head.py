from __future__ import annotations

import pytest
import torch
from torch import Tensor

from colorizer.color.ab_classes import ab_classes
from colorizer.networks.color_head import ColorHead
from tests.network_helpers import repeatable

CHANNELS = 3
RED, GREEN, BLUE = (60.0, 40.0), (-50.0, 50.0), (10.0, -60.0)


@pytest.fixture
def head() -> ColorHead:
    with repeatable(0):
        return ColorHead(CHANNELS)


def features(batch: int = 2, height: int = 4, width: int = 6) -> Tensor:
    numbers = torch.Generator().manual_seed(1)
    return torch.randn(batch, CHANNELS, height, width, generator=numbers)


def class_of(head: ColorHead, ab: tuple[float, float]) -> int:
    return int((head.colors == torch.tensor(ab)).all(dim=1).nonzero())


def test_classes_are_kept_with_the_weights(head: ColorHead) -> None:
    assert torch.equal(head.state_dict()["colors"], torch.from_numpy(ab_classes()))


def test_place_has_the_answer_of_the_cell_that_it_is_in(head: ColorHead) -> None:
    seen = features()
    places = torch.tensor([[[0.0, 0.0], [0.99, 0.99], [0.5, 0.5]]]).expand(2, -1, -1)
    alone = [seen[..., row, column, None, None] for row, column in ((0, 0), (3, 5), (2, 3))]
    middle = torch.full((2, 1, 2), 0.5)
    with torch.no_grad():
        found = head.eval()(seen, places)
        for number, one in enumerate(alone):
            torch.testing.assert_close(found[:, number], head(one, middle)[:, 0])


def test_none_is_asked_about(head: ColorHead) -> None:
    assert head(features(), torch.empty(2, 0, 2)).shape == (2, 0, len(head.colors))


@pytest.mark.parametrize("ab", [RED, GREEN, (0.0, 0.0)])
def test_loss_is_least_where_the_true_class_is_likeliest(
    head: ColorHead, ab: tuple[float, float]
) -> None:
    true = torch.tensor([[ab]])
    losses = [
        float(head.loss(4.0 * torch.eye(len(head.colors))[None, number : number + 1], true))
        for number in range(len(head.colors))
    ]
    assert losses.index(min(losses)) == class_of(head, ab)


def test_near_miss_costs_less_than_another_colour(head: ColorHead) -> None:
    def loss(likeliest: tuple[float, float]) -> float:
        logits = 4.0 * torch.eye(len(head.colors))[class_of(head, likeliest)]
        return float(head.loss(logits[None, None], torch.tensor([[RED]])))

    assert loss(RED) < loss((60, 50)) < loss((60, 60)) == pytest.approx(loss(BLUE), abs=0.01)


def test_loss_of_no_photograph_is_zero_with_gradients(head: ColorHead) -> None:
    logits = head(features(0), torch.empty(0, 5, 2))
    loss = head.loss(logits, torch.empty(0, 5, 2))
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0
    assert head.hidden.weight.grad is not None


def test_learns_what_may_be_red_or_green(head: ColorHead) -> None:
    """Of two kinds of places, one is blue, and the other is red as often as it is green."""
    seen = torch.zeros(1, CHANNELS, 1, 2)
    seen[..., 0] = 1
    places = torch.tensor([[[0.25, 0.5], [0.25, 0.5], [0.75, 0.5], [0.75, 0.5]]])
    true = torch.tensor([[RED, GREEN, BLUE, BLUE]])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(200):
        optimizer.zero_grad()
        loss = head.loss(head(seen, places), true)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        likely = head(seen, places[:, 1:3]).softmax(dim=-1)[0]
    red, green, blue = (class_of(head, color) for color in (RED, GREEN, BLUE))
    assert likely[0, [red, green]] == pytest.approx(likely[0, red].item(), rel=0.1)
    assert likely[0].argmax() in (red, green)
    assert likely[0, blue] < 0.01
    assert likely[1].argmax() == blue
