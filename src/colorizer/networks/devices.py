"""The device to compute on, and bit-for-bit repeatable results on it."""

from __future__ import annotations

import os

import torch

from colorizer.common.cores import usable_cores
from colorizer.common.errors import UserError
from colorizer.networks.shares import shares_on


def pick_device(name: str, number: int | None = None) -> torch.device:
    """Return the device called ``name``; ``auto`` means the first GPU, or the CPU without one.

    Where several processes share this machine, ``number`` says which GPU this one takes.

    Raises
    ------
    UserError
        If torch does not know the name, or the device is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if number is not None and name.startswith("cuda"):
        if name != "cuda":
            raise UserError(
                f"device {name!r} cannot be used by several processes, as each takes a GPU of "
                "its own; use auto, cuda or cpu instead"
            )
        name = f"cuda:{number}"
    try:
        device = torch.device(name)
        # Read back, because "meta" makes tensors that hold no numbers.
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        # The first sentence only: torch then lists all its backends.
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise UserError(
            f"device {name!r} cannot be used: {reason}; use auto or cpu instead"
        ) from error
    return device


def make_repeatable(seed: int) -> None:
    """Seed torch and choose deterministic algorithms: same inputs, same bits, on one machine.

    Shares of a batch then compute with a thread each, or with several if there are more cores.
    """
    # cuBLAS needs this before its first call; deterministic mode refuses to run without it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.manual_seed(seed)
    # As torch.use_deterministic_algorithms, which imports torch's compiler: seconds for nothing.
    torch.set_deterministic_debug_mode("warn" if torch.cuda.is_available() else "error")
    # Nothing here reads memory before writing it; filling it takes half of a step on a GPU.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    divide_cores(shares_on(torch.device("cpu")))


def processes_here() -> int:
    """Return how many processes on this machine train together, this one included."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def divide_cores(shares: int) -> None:
    """Let operators use as many threads as there are cores for each of this process's shares.

    Other processes on this machine that train with this one get their part. The user's
    ``OMP_NUM_THREADS`` wins; torchrun's does not: it is 1, however many cores there are.
    """
    processes = processes_here()
    if "OMP_NUM_THREADS" not in os.environ or processes > 1:
        torch.set_num_threads(max(1, usable_cores() // (processes * shares)))
