"""The device to compute on, and bit-for-bit repeatable results on it."""

from __future__ import annotations

import os
import sys

import torch

from colorizer.common.errors import UserError


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
    """Seed torch and choose deterministic algorithms: same inputs, same bits, on one machine."""
    # cuBLAS needs this before its first call; deterministic mode refuses to run without it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    # Nothing here reads memory before writing it; filling it takes half of a step on a GPU.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False


def share_threads(processes: int) -> None:
    """Divide the cores among the processes on this machine, unless the user has done so.

    torchrun limits each to one thread, however many cores there are.
    """
    if os.environ.get("OMP_NUM_THREADS", "1") == "1":
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        torch.set_num_threads(max(1, cores // processes))
