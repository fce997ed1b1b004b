from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from colorizer.common.errors import UserError
from colorizer.networks.devices import make_repeatable, pick_device
from tests.network_helpers import repeatable

HAS_GPU = torch.cuda.is_available()
NEEDS_GPU = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")
NEEDS_NO_GPU = pytest.mark.skipif(HAS_GPU, reason="needs a machine without a GPU")


def test_cpu_is_always_there() -> None:
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("gpu", "expected"), [(False, "cpu"), (True, "cuda")])
def test_auto_asks_whether_there_is_a_gpu(
    monkeypatch: pytest.MonkeyPatch, gpu: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch, "zeros", lambda *_, device: torch.ones(1))
    assert pick_device("auto").type == expected


@NEEDS_GPU
def test_auto_is_the_gpu() -> None:
    assert pick_device("auto").type == "cuda"


@NEEDS_NO_GPU
def test_auto_is_the_cpu_without_a_gpu() -> None:
    assert pick_device("auto") == torch.device("cpu")


@NEEDS_NO_GPU
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1"])
def test_gpu_that_is_not_there_is_a_user_error(name: str) -> None:
    with pytest.raises(UserError, match=f"^device '{name}' cannot be used: .*; use auto or cpu"):
        pick_device(name)


@NEEDS_GPU
def test_gpu_of_too_high_a_number_is_a_user_error() -> None:
    with pytest.raises(UserError, match=r"^device 'cuda:99' cannot be used: .*; use auto or cpu"):
        pick_device("cuda:99")


@pytest.mark.parametrize(
    "name",
    ["", "gpu", "CPU", "Auto", "cuda:", "cuda:x", "cuda:-1", "cpu cuda", "xla", "hpu", "meta"],
)
def test_other_names_are_a_user_error_in_one_short_line(name: str) -> None:
    with pytest.raises(UserError) as caught:
        pick_device(name)
    message = str(caught.value)
    assert message.startswith(f"device {name!r} cannot be used: ")
    assert message.endswith("; use auto or cpu instead")
    assert "\n" not in message
    assert len(message) < 320


def test_same_seed_same_numbers() -> None:
    drawn = []
    for seed in (1, 1, 2):
        with repeatable(seed):
            drawn.append(torch.rand(4))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_deterministic_algorithms_are_chosen() -> None:
    with repeatable(0):
        assert torch.are_deterministic_algorithms_enabled()
        # On a GPU some operation may have no deterministic form: that is told, and goes on.
        assert torch.is_deterministic_algorithms_warn_only_enabled() == HAS_GPU
        assert not torch.backends.cudnn.benchmark
        # It costs time, and nothing reads memory before it is written.
        assert not torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]


def test_cublas_is_given_its_workspace_unless_the_user_chose_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    with repeatable(0):
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
        make_repeatable(0)
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_every_seed_that_params_allow_is_taken(seed: int) -> None:
    with repeatable(seed):
        assert torch.initial_seed() == seed


def test_repeatable_computation_needs_no_compiler() -> None:
    code = (
        "import sys\n"
        "from colorizer.networks.devices import make_repeatable\n"
        "make_repeatable(0)\n"
        "print('torch._dynamo' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
