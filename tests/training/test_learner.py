from __future__ import annotations

from typing import get_args

from colorizer.networks.recipe import Recipe
from colorizer.training.learner import OPTIMIZERS


def test_optimizers_that_a_recipe_may_name_are_all_there() -> None:
    assert list(OPTIMIZERS) == list(get_args(Recipe.model_fields["optimizer"].annotation))
