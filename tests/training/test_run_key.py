from __future__ import annotations

import pytest
import torch

from colorizer.networks import shares
from colorizer.training.run_key import run_key
from tests.network_helpers import unet_recipe

CPU = torch.device("cpu")


def key_on(cores: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(shares, "usable_cores", lambda: cores)
    return run_key({"seed": 0}, unet_recipe(), {}, [], CPU)


def test_runs_in_as_many_shares_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    # One core computes the shares of two, and more than four cores those of four.
    assert key_on(1, monkeypatch) == key_on(2, monkeypatch)
    assert key_on(4, monkeypatch) == key_on(16, monkeypatch)


def test_runs_in_other_shares_add_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({key_on(cores, monkeypatch) for cores in (2, 3, 4)}) == 3


def test_runs_from_other_weights_are_others() -> None:
    def key_from(*values: float) -> str:
        weights = {"weight": torch.tensor(values), "scale": torch.ones(())}
        return run_key({"seed": 0}, unet_recipe(), weights, [], CPU)

    assert key_from(1.0, 2.0) == key_from(1.0, 2.0) != key_from(1.0, 2.5)
