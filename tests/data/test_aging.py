"""Photographs made old: their lightness alone, as often as asked, and as their seeds say."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.common.params import load_params
from colorizer.data.aging import MEASURED, STEPS, AgingParams, age, step_alone
from tests.network_helpers import NO_AGING, noise

NAMES = [name for name in AgingParams.model_fields if name != "share"]


@pytest.fixture
def lab() -> Tensor:
    return lab_from_bytes(noise(6, 32))


def test_every_step_has_a_probability_and_every_probability_a_step() -> None:
    assert {*STEPS, "spectral_response", "paper_border"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_step_changes_lightness_and_leaves_chroma_true(lab: Tensor, name: str) -> None:
    made = age(lab, step_alone(name), torch.arange(6))
    assert made.shape == lab.shape
    assert made.dtype == torch.float32
    assert not torch.equal(made[:, 0], lab[:, 0])
    if name == "paper_border":  # where there is no scene, there is no colour
        covered = (made[:, 1:] == 0).all(dim=1) & (lab[:, 1:] != 0).any(dim=1)
        assert torch.equal(
            made[:, 1:].movedim(1, -1)[~covered], lab[:, 1:].movedim(1, -1)[~covered]
        )
        assert 0 < covered.float().mean() < 0.3
    else:
        assert torch.equal(made[:, 1:], lab[:, 1:])


def test_nothing_ages_where_nothing_is_asked_for(lab: Tensor) -> None:
    assert torch.equal(age(lab, NO_AGING, torch.arange(6)), lab)
    never = NO_AGING.replace(share=1.0)
    assert torch.equal(age(lab, never, torch.arange(6)), lab)
    seldom = MEASURED.replace(share=0.0)
    assert torch.equal(age(lab, seldom, torch.arange(6)), lab)


def test_what_is_given_stays_as_it_is(lab: Tensor) -> None:
    before = lab.clone()
    age(lab, MEASURED, torch.arange(6))
    assert torch.equal(lab, before)


def test_a_photograph_ages_as_its_seed_says_whatever_is_beside_it(lab: Tensor) -> None:
    seeds = torch.tensor([5, 2**62, 0, 77, 1, 9])
    together = age(lab, MEASURED, seeds)
    alone = torch.cat([age(lab[i : i + 1], MEASURED, seeds[i : i + 1]) for i in range(6)])
    assert torch.equal(together, alone)
    assert not torch.equal(age(lab, MEASURED, seeds + 1), together)


def test_share_says_how_many_age() -> None:
    lab = lab_from_bytes(noise(1, 16)).expand(400, -1, -1, -1)
    made = age(lab, step_alone("vignette").replace(share=0.3), torch.arange(400))
    changed = (made != lab).flatten(1).any(dim=1).sum().item()
    assert 85 <= changed <= 155  # 120, give or take four standard deviations


def test_empty_share_of_a_batch() -> None:
    assert age(torch.zeros(0, 3, 32, 32), MEASURED, torch.arange(0)).shape == (0, 3, 32, 32)


def test_default_recipe_ages_about_half() -> None:
    aging = AgingParams.parse(load_params().train["unet"]["aging"])
    assert 0.3 <= aging.share <= 0.7
    assert all(getattr(aging, name) > 0 for name in NAMES)
