"""Shares of a batch, computed at once by threads or processes that meet only where they must.

torch's own threads divide each operator and meet after it, hundreds of times per step. If another
program has taken the core of one of them, the others wait each time. Threads with a share of the
batch each, and with operators of one thread, hardly wait: training is faster even on an idle
machine, and several times faster on a busy one (docs/benchmarks.md).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Protocol, TypeVar

import torch
from torch import Tensor, distributed

from colorizer.common.cores import usable_cores

T = TypeVar("T")

# Operators on few photographs are slow: more shares of the usual batch of 16 would cost more than
# they gain. One core gets two, and so rounds as two cores do.
FEWEST, MOST = 2, 4


class Sharer(Protocol):
    """One of those that compute shares of the same batch.

    Attributes
    ----------
    rank : int
        Its number, in [0, count).
    count : int
        How many there are; 1 if nothing is shared.
    keeps : bool
        Whether it is to update the layers' state: processes have one each, threads share it.
    """

    rank: int
    count: int
    keeps: bool

    def gather(self, value: Tensor) -> list[Tensor]:
        """Return the values of all, by rank; every one must call this, with the same shape."""
        ...

    def draw(self, numbers: Callable[[], Tensor]) -> Tensor:
        """Return the same random ``numbers`` to all."""
        ...


class _Process:
    """A process among those of ``torch.distributed``, or the only one."""

    keeps = True

    def __init__(self) -> None:
        together = distributed.is_initialized()
        self.rank = distributed.get_rank() if together else 0
        self.count = distributed.get_world_size() if together else 1

    def gather(self, value: Tensor) -> list[Tensor]:
        if self.count == 1:
            return [value]
        values = [torch.empty_like(value) for _ in range(self.count)]
        distributed.all_gather(values, value)
        return values

    def draw(self, numbers: Callable[[], Tensor]) -> Tensor:
        return numbers()  # all processes have seeded torch alike


class _Team:
    """Threads of this process, and where they meet."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.barrier = threading.Barrier(count)
        # A thread may arrive for the next exchange while others still read this one's values, but
        # not for the one after it.
        self.values: tuple[list[Tensor | None], list[Tensor | None]] = (
            [None] * count,
            [None] * count,
        )


class _Thread:
    """A thread of a team."""

    def __init__(self, team: _Team, rank: int) -> None:
        self.rank = rank
        self.count = team.count
        self.keeps = rank == 0
        self._team = team
        self._exchanges = 0

    def gather(self, value: Tensor) -> list[Tensor]:
        return [value for value in self._exchange(value) if value is not None]

    def draw(self, numbers: Callable[[], Tensor]) -> Tensor:
        drawn = self._exchange(numbers() if self.rank == 0 else None)[0]
        assert drawn is not None
        return drawn

    def _exchange(self, value: Tensor | None) -> list[Tensor | None]:
        values = self._team.values[self._exchanges % 2]
        self._exchanges += 1
        values[self.rank] = value
        self._team.barrier.wait()
        return list(values)


_here = threading.local()


class _Threads:
    """Threads for as many teams as the cores have work for; callers beyond that wait.

    Teams that each had some of the threads would wait for each other's.
    """

    def __init__(self) -> None:
        teams = max(1, usable_cores() // MOST)
        self.free = threading.BoundedSemaphore(teams)
        # Else a new thread's first convolution takes all cores, whatever torch was told.
        self.pool = ThreadPoolExecutor(
            teams * MOST, thread_name_prefix="share", initializer=torch.get_num_threads
        )


@cache
def _threads() -> _Threads:
    """Return the threads, which are kept: torch's libraries prepare themselves in each new one."""
    return _Threads()


if sys.platform != "win32":  # where nothing forks
    os.register_at_fork(after_in_child=_threads.cache_clear)


def this_sharer() -> Sharer:
    """Return which share this thread computes: that of its team, or else of its process."""
    thread: _Thread | None = getattr(_here, "thread", None)
    return _Process() if thread is None else thread


def shares_on(device: torch.device) -> int:
    """Return how many shares of a batch this thread may have computed at once.

    One on a GPU, and if this thread or this process computes but a share itself.
    """
    if device.type != "cpu" or this_sharer().count > 1:
        return 1
    cores = usable_cores()
    return min(max(FEWEST, cores), MOST)


def share_of(items: int, rank: int, count: int) -> slice:
    """Return which of ``items`` are one's share; shares differ by one item at most."""
    return slice(rank * items // count, (rank + 1) * items // count)


def in_shares(function: Callable[[slice], T], items: int, shares: int) -> list[T]:
    """Call ``function`` for shares of a batch, for all of them at once in threads.

    There, networks see :func:`this_sharer`. Autograd's modes, such as ``torch.inference_mode``,
    hold for one thread: ``function`` must enter them itself.

    Parameters
    ----------
    function : callable
        Takes the share as a slice of the batch.
    items : int
        Size of the batch; if 0, ``function`` is called once for nothing.
    shares : int
        How many shares there are at most, up to :data:`MOST`: :func:`shares_on`
        the network's device, or 1 for a network that shares would change.

    Returns
    -------
    list
        The results by share.

    Raises
    ------
    Exception
        What ``function`` raised for the first share that failed.
    """
    count = min(shares, items)
    if count <= 1:
        return [function(slice(0, items))]
    team = _Team(count)

    def compute(rank: int) -> T:
        _here.thread = _Thread(team, rank)
        try:
            return function(share_of(items, rank, count))
        except BaseException:
            team.barrier.abort()  # or the others would wait for this one forever
            raise
        finally:
            _here.thread = None

    threads = _threads()
    with threads.free:
        futures: list[Future[T]] = []
        try:
            futures.extend(threads.pool.submit(compute, rank) for rank in range(count))
            wait(futures)
        except BaseException:  # Ctrl-C, or a thread that the system refuses
            team.barrier.abort()
            wait(futures)
            raise
    failures = [error for future in futures if (error := future.exception()) is not None]
    # Those that only waited for one that failed tell nothing of the cause.
    failures.sort(key=lambda error: isinstance(error, threading.BrokenBarrierError))
    if failures:
        raise failures[0]
    return [future.result() for future in futures]
