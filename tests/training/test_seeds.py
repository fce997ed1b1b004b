from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from colorizer.training.seeds import Seeds

DRAWS: dict[str, Callable[[Seeds], torch.Generator]] = {
    "hints": lambda seeds: seeds.hints(2, 1),
    "samples": lambda seeds: seeds.samples(2, 1),
    "hints of epoch and batch swapped": lambda seeds: seeds.hints(1, 2),
    "augmentation": lambda seeds: seeds.augmentation(2, 1),
    "order": lambda seeds: seeds.order(2),
    "order of the next epoch": lambda seeds: seeds.order(3),
}


def first(generator: torch.Generator) -> tuple[float, ...]:
    return tuple(torch.rand(8, generator=generator).tolist())


@pytest.mark.parametrize("name", DRAWS)
def test_same_seed_gives_the_same_draws(name: str) -> None:
    assert first(DRAWS[name](Seeds(5))) == first(DRAWS[name](Seeds(5)))


def test_draws_differ_by_purpose_epoch_batch_and_seed() -> None:
    drawn = {first(draw(Seeds(seed))) for draw in DRAWS.values() for seed in (5, 6)}
    assert len(drawn) == 2 * len(DRAWS)


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_every_seed_that_params_allow_is_taken(seed: int) -> None:
    assert np.isfinite(first(Seeds(seed).hints(1, 0))).all()


def test_layers_draw_the_same_in_an_epoch_whatever_was_drawn_before() -> None:
    drawn = []
    for epoch, before in ((1, 0), (1, 3), (2, 0)):
        torch.rand(before)
        Seeds(5).seed_layers(epoch)
        drawn.append(tuple(torch.rand(8).tolist()))
    assert drawn[0] == drawn[1] != drawn[2]
