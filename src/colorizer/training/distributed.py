"""Processes that train together: each takes a share of every batch; gradients are summed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from colorizer.common.errors import UserError
from colorizer.networks.devices import pick_device
from colorizer.networks.shares import share_of
from colorizer.networks.sync_layers import SharedBatchNorm2d
from colorizer.training.training_state import State, pack, unpack

# Where processes on one machine meet unless torchrun started them: a file instead of a port.
STORE = "COLORIZER_STORE"


@dataclass(frozen=True)
class Processes:
    """This process among those that train together; by default it is the only one.

    Attributes
    ----------
    rank : int
        This process's number, in [0, count).
    count : int
        Number of processes, at least 1.
    """

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and prints."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return which of ``count`` items are this process's; shares differ by at most one."""
        return share_of(count, self.rank, self.count)

    def sum(self, value: Tensor) -> Tensor:
        """Return the sum of all processes' values; ``value`` is overwritten."""
        if self.count > 1:
            distributed.all_reduce(value)
        return value

    def sum_gradients(self, model: nn.Module) -> None:
        """Replace gradients by their sums over all processes.

        Weights without one, the same in all processes, stay without: optimisers leave those alone,
        but would decay weights whose gradient is zero.
        """
        if self.count == 1:
            return
        found = (parameter.grad for parameter in model.parameters())
        gradients = [gradient for gradient in found if gradient is not None]
        # All in one message: the overhead of one for each would outweigh its content.
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, summed in zip(gradients, torch.split(flat, sizes), strict=True):
            gradient.copy_(summed.view_as(gradient))

    def broadcast(self, state: State | None, device: torch.device) -> State | None:
        """Return the first process's state, sent by way of ``device``."""
        if self.count == 1:
            return state
        content = pack(state, "") if state is not None else b""
        size = torch.tensor(len(content), device=device)
        distributed.broadcast(size, src=0)
        sent = torch.zeros(int(size), dtype=torch.uint8, device=device)
        if self.is_first:
            sent.copy_(torch.from_numpy(np.frombuffer(content, dtype=np.uint8).copy()))
        distributed.broadcast(sent, src=0)
        return unpack(sent.cpu().numpy().tobytes(), "") if len(sent) else None


ALONE = Processes()


def is_started_in_company() -> bool:
    """Return whether torchrun or :mod:`colorizer.training.launching` started this process."""
    return "WORLD_SIZE" in os.environ


def process_device(name: str) -> torch.device:
    """Return the device called ``name`` for this process; see :func:`pick_device`."""
    if not is_started_in_company():
        return pick_device(name)
    return pick_device(name, int(os.environ["LOCAL_RANK"]))


@contextmanager
def join_processes(device: torch.device) -> Iterator[Processes]:
    """Connect to the processes that were started with this one, for the length of the block."""
    if not is_started_in_company():
        yield ALONE
        return
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        init_method=os.environ.get(STORE, "env://"),
        rank=rank,
        world_size=count,
    )
    yield Processes(rank, count)
    # Not after an error, when the others may wait forever for this one.
    distributed.destroy_process_group()


def check_shares(model: nn.Module) -> None:
    """Raise ``UserError`` if a layer would treat shares differently from a whole batch.

    Batch normalisation in training does, unless processes share the statistics.
    """
    model.train()
    for name, layer in model.named_modules():
        # A private class, but the only one that all of torch's normalisation layers share.
        normalizes = isinstance(layer, _BatchNorm) and not isinstance(layer, SharedBatchNorm2d)
        if normalizes and layer.training:
            raise UserError(
                f"the layer {name} ({type(layer).__name__}) cannot be trained by several "
                "processes, each of which would normalise by its own photographs; use "
                "SharedBatchNorm2d in its place, or set train.devices to 1"
            )
