from __future__ import annotations

from typing import get_args

import pytest
import torch

from colorizer.networks.recipe import Recipe
from colorizer.training.losses import LOSSES


def test_those_that_a_recipe_may_name_are_all_there() -> None:
    assert list(LOSSES) == list(get_args(Recipe.model_fields["loss"].annotation))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l1", (0.02 + 0.5) / 2),
        ("mse", (0.02**2 + 0.5**2) / 2),
        # Quadratic up to 0.05, linear beyond, smooth between.
        ("smooth_l1", (0.02**2 / 0.1 + 0.5 - 0.025) / 2),
    ],
)
def test_by_hand(name: str, expected: float) -> None:
    predicted, true = torch.tensor([0.12, -0.2]), torch.tensor([0.1, 0.3])
    assert float(LOSSES[name](predicted, true)) == pytest.approx(expected)


def test_root_is_of_each_photograph() -> None:
    true = torch.zeros(2, 2, 1, 2)
    predicted = torch.tensor([0.01, 0.03]).view(2, 1, 1, 1).expand(2, 2, 1, 2)
    expected = (0.012**0.5 + 0.032**0.5) / 2
    assert float(LOSSES["sqrt_l1"](predicted, true)) == pytest.approx(expected)


def test_root_lets_what_cannot_be_guessed_pull_less() -> None:
    ab = torch.tensor([0.02, 0.5]).view(2, 1, 1, 1).requires_grad_()
    LOSSES["sqrt_l1"](ab, torch.zeros(2, 1, 1, 1)).backward()  # type: ignore[no-untyped-call]
    assert ab.grad is not None
    near, far = ab.grad.flatten().tolist()
    assert 0 < far < near / 4


def test_root_has_a_slope_where_nothing_is_wrong() -> None:
    ab = torch.zeros(1, 2, 1, 1, requires_grad=True)
    LOSSES["sqrt_l1"](ab, torch.zeros(1, 2, 1, 1)).backward()  # type: ignore[no-untyped-call]
    assert ab.grad is not None
    assert bool(torch.isfinite(ab.grad).all())
