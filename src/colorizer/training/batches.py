"""Training batches: drawn, augmented, and prepared ahead by a thread or, on a GPU, processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from colorizer.common.cores import usable_cores
from colorizer.data.augment import augment
from colorizer.data.dataset import LabPhotographs, shuffle, steps_per_epoch
from colorizer.networks.devices import processes_here
from colorizer.networks.hint_tensors import SAMPLES, draw_number, draw_places, true_hints
from colorizer.networks.hinted import HintedRecipe
from colorizer.networks.recipe import Recipe
from colorizer.training.distributed import ALONE, Processes
from colorizer.training.seeds import Seeds


class Batch(NamedTuple):
    """What a process learns from in a step.

    Attributes
    ----------
    lab : Tensor
        (B, 3, H, W) float32 Lab, this process's share; B may be 0.
    hints : Tensor
        (B, N, 4) float32, as in :mod:`colorizer.networks.hint_tensors`; N is 0 if they are not
        taught.
    samples : Tensor
        (B, P, 4) float32, places and their true colours, like hints; P is 0 if nothing learns from
        them.
    whole : int
        Number of photographs in the whole batch.
    """

    lab: Tensor
    hints: Tensor
    samples: Tensor
    whole: int


class TrainingBatches(Dataset[Batch]):
    """Every batch of a training run, by epoch and number.

    A batch depends only on the seed, its epoch and its number; see
    :class:`colorizer.training.seeds.Seeds`.

    Parameters
    ----------
    data : LabPhotographs
        The training photographs.
    recipe : Recipe
        How they are augmented, and how many make a batch.
    seed : int
        Seeds the order, the augmentation and the hints; at least 0.
    side : int
        Side of the batches' photographs in pixels.
    processes : Processes
        The processes that share every batch.
    """

    def __init__(
        self,
        data: LabPhotographs,
        recipe: Recipe,
        seed: int,
        side: int,
        processes: Processes = ALONE,
    ) -> None:
        self.data = data
        self.recipe = recipe
        self.seeds = Seeds(seed)
        self.side = side
        self.processes = processes
        self.per_epoch = steps_per_epoch(len(data), recipe.batch_size)
        self._order = (0, torch.empty(0, dtype=torch.int64))

    def __getitem__(self, which: tuple[int, int]) -> Batch:
        """Return batch ``number`` of ``epoch``: ``batches[epoch, number]``."""
        epoch, number = which
        size = self.recipe.batch_size
        numbers = self._order_of(epoch)[number * size : (number + 1) * size]  # (B,)
        share = self.processes.share(len(numbers))
        generator = self.seeds.augmentation(epoch, number)
        lab = augment(
            self.data[numbers[share]], self.recipe, generator, share, len(numbers), self.side
        )
        hints = samples = torch.empty(len(numbers), 0, 2)  # (B, N, 2), places
        if isinstance(self.recipe, HintedRecipe):
            if self.recipe.hints:
                generator = self.seeds.hints(epoch, number)
                hints = draw_places(len(numbers), draw_number(generator), generator)
            if self.recipe.likely_colors:
                samples = draw_places(len(numbers), SAMPLES, self.seeds.samples(epoch, number))
        ab = lab[:, 1:]
        known, sampled = (true_hints(ab, places[share]) for places in (hints, samples))
        return Batch(lab, known, sampled, len(numbers))

    def _order_of(self, epoch: int) -> Tensor:
        if self._order[0] != epoch:
            self._order = (epoch, shuffle(len(self.data), self.seeds.order(epoch)))
        return self._order[1]


def by_epoch(
    batches: TrainingBatches, epochs: range, device: torch.device, workers: int | None = None
) -> Iterator[tuple[int, Iterator[Batch]]]:
    """Yield each epoch and an iterator over its batches, which must be read to its end.

    Parameters
    ----------
    batches : TrainingBatches
        The batches of all epochs.
    epochs : range
        The epochs to yield.
    device : torch.device
        Where the network is trained.
    workers : int, optional
        Processes that prepare batches ahead. By default none for a CPU, which is busy enough with
        a thread that does; for a GPU, one per free core, as it would mostly sit waiting for a
        single one.
    """
    on_gpu = device.type == "cuda"
    if workers is None:
        workers = _workers() if on_gpu else 0
    order = [(epoch, number) for epoch in epochs for number in range(batches.per_epoch)]
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=order,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        pin_memory=on_gpu,
        generator=torch.Generator(),  # or it would draw from the layers' generator
    )
    flow = iter(loader) if on_gpu else _ahead(iter(loader))
    for epoch in epochs:
        yield epoch, islice(flow, batches.per_epoch)


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield the same; a thread prepares the next one meanwhile, when not all cores are busy."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = pool.submit(next, batches, None)
            yield batch


def _workers() -> int:
    return max(1, usable_cores() // processes_here() - 1)
