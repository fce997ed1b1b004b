"""The training loop: epochs over augmented batches, the best epoch on val kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from colorizer.color.lab_torch import AB_SCALE
from colorizer.common.errors import UserError
from colorizer.data.dataset import LabPhotographs
from colorizer.networks.base import Colorizer
from colorizer.networks.hinted import HintedColorizer, HintedRecipe
from colorizer.networks.recipe import Recipe
from colorizer.training.batches import Batch, TrainingBatches, by_epoch
from colorizer.training.distributed import ALONE, Processes, check_shares
from colorizer.training.learner import Learner
from colorizer.training.losses import LOSSES
from colorizer.training.recovery import Recovery
from colorizer.training.seeds import Seeds

# Steps on a GPU after which the loss is looked at: to look is to wait for it.
LOOK_EVERY = 20


@dataclass(frozen=True)
class Trained:
    """The weights of the best epoch, and the history: epoch, train, val, lr.

    Epoch 0 is the network as it was before; it has no ``train``.
    """

    weights: dict[str, Tensor]
    best_epoch: int
    history: pd.DataFrame


def train(
    model: Colorizer,
    recipe: Recipe,
    data: tuple[LabPhotographs, LabPhotographs],
    epochs: int,
    seed: int,
    device: torch.device,
    *,
    precision: str = "float32",
    processes: Processes = ALONE,
    recovery: Recovery | None = None,
    may_stay: bool = False,
    show: Callable[[pd.DataFrame], None] = lambda _: None,
) -> Trained:
    """Train ``model`` in place and return what its best epoch on val had learnt.

    With ``recipe.ema``, what is validated and returned is the exponential moving average of the
    weights over the steps: a few photographs make noisy steps.

    Parameters
    ----------
    model : Colorizer
        The network, its weights initialised.
    recipe : Recipe
        How to train it.
    data : pair of LabPhotographs
        The training and the validation photographs.
    epochs : int
        Passes over the training photographs.
    seed : int
        Of the order and the augmentation.
    device : torch.device
        Where the network computes.
    precision : str
        Of the network's activations: float32 or bf16; the weights are float32 always.
    processes : Processes
        Those that share every batch; each calls this function with the same arguments.
    recovery : Recovery, optional
        Where to go on from, and where to save the state after each epoch.
    may_stay : bool
        Whether the network as it is, called epoch 0, is to be returned if no epoch is better: one
        that starts from a trained network can only gain then.
    show : callable
        Is given the history so far after every epoch, also before the first one that is left to
        do: something to look at while the training runs.

    Raises
    ------
    UserError
        If the loss becomes NaN or infinite; names the epoch and what to lower. If several
        processes share batches, and a layer cannot.
    """
    if processes.count > 1:
        check_shares(model)
    train_set, val_set = data
    # channels_last suits convolutions on CPUs and on tensor cores alike.
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    side = model.nearest_side(train_set.size * recipe.crop_scale)
    batches = TrainingBatches(train_set, recipe, seed, side, processes)
    learner = Learner(model, recipe, epochs * batches.per_epoch)
    saved = processes.broadcast(recovery.load() if recovery is not None else None, device)
    if saved is not None:
        learner.restore(saved)
    if learner.epoch and processes.is_first:
        print(f"going on after epoch {learner.epoch} of {epochs}")
    loop = EpochLoop(learner, recipe, seed, device, precision, processes)
    done, total = (number * len(train_set) for number in (learner.epoch, epochs))
    if may_stay and not len(learner.history):
        learner.note_start(loop.validate(val_set, 0))
    show(learner.history)
    with tqdm(
        desc="train", initial=done, total=total, unit="image", disable=not processes.is_first
    ) as bar:
        for epoch, flow in by_epoch(batches, range(learner.epoch + 1, epochs + 1), device):
            lr = learner.lr
            loss = loop.train(flow, epoch, bar)
            learner.finish_epoch(loss, loop.validate(val_set, epoch), lr)
            show(learner.history)
            if recovery is not None:
                recovery.save(learner.state())
    return Trained(learner.best_weights, learner.best_epoch, learner.history)


class EpochLoop:
    """What happens within an epoch; nothing of it outlives the epoch but in the learner."""

    def __init__(
        self,
        learner: Learner,
        recipe: Recipe,
        seed: int,
        device: torch.device,
        precision: str = "float32",
        processes: Processes = ALONE,
    ) -> None:
        self.learner = learner
        self.recipe = recipe
        self.seeds = Seeds(seed)
        self.device = device
        self.processes = processes
        self.bf16 = precision == "bf16"
        self.teaches_hints = isinstance(recipe, HintedRecipe) and recipe.hints

    def train(self, batches: Iterator[Batch], epoch: int, bar: tqdm[Any]) -> float:
        """Take the steps of an epoch; return the mean loss over the photographs."""
        self.seeds.seed_layers(epoch)
        self.learner.model.train()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        done = 0
        for number, batch in enumerate(batches):
            losses = self.losses(batch)
            values = self.processes.sum(losses.detach().clone())
            total = total + values.double() * batch.whole
            done += batch.whole
            if self.device.type == "cpu" or number % LOOK_EVERY == 0:
                # Before the step, which would spoil the weights.
                _finite(total.sum().item(), epoch, self.recipe)
                bar.set_postfix(epoch=epoch, loss=f"{values[0].item():.4f}", refresh=False)
            self.learn_from(losses)
            bar.update(batch.whole)
        _finite(total.sum().item(), epoch, self.recipe)
        return total[0].item() / done

    def validate(self, data: LabPhotographs, epoch: int) -> float:
        """Return the mean loss of what has been learnt so far, predicted as it will be used."""
        model = self.learner.learnt.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        with torch.inference_mode():
            for batch in torch.split(torch.arange(len(data)), self.recipe.batch_size):  # (B,)
                lab = data[batch[self.processes.share(len(batch))]].to(self.device)
                total += self._loss(model.predict, lab).double() * len(lab)
            total = self.processes.sum(total)
        return _finite(total.item() / len(data), epoch, self.recipe)

    def losses(self, batch: Batch) -> Tensor:
        """Return what this process's share of a batch adds to the losses of the whole batch.

        The first is that of prediction; of networks that take hints, another one follows.
        """
        model = self.learner.model
        lab = batch.lab.to(self.device, non_blocking=True)
        # The share's part: 0 where there are more processes than photographs.
        weight = len(lab) / batch.whole
        if self.teaches_hints and isinstance(model, HintedColorizer):
            hints = batch.hints.to(self.device, non_blocking=True)
            return self._losses_with_hints(model, lab, hints) * weight
        return self._loss(model, lab)[None] * weight

    def learn_from(self, losses: Tensor) -> None:
        """Take a step by what every process's :meth:`losses` add up to."""
        self.learner.optimizer.zero_grad()
        losses.sum().backward()  # type: ignore[no-untyped-call]
        self.processes.sum_gradients(self.learner.model)
        self.learner.step()

    def _loss(self, predict: Callable[[Tensor], Tensor], lab: Tensor) -> Tensor:
        """Return the mean loss over a share of Lab, (B, 3, H, W); 0 where it is empty."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            ab = predict(_lightness(lab))  # (B, 2, H, W)
        return self._distance(ab, lab)

    def _losses_with_hints(self, model: HintedColorizer, lab: Tensor, hints: Tensor) -> Tensor:
        """Return two losses, without hints and with them.

        The second teaches the hint head alone: what is predicted without hints is what it would
        be if there were none.
        """
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            encoding = model.encode(_lightness(lab))
            ab = model.full_size(encoding.ab) * AB_SCALE
        own, given = model.decode(encoding.detached(), hints)
        return torch.stack([self._distance(ab, lab), self._distance(own + given, lab)])

    def _distance(self, ab: Tensor, lab: Tensor) -> Tensor:
        """Return the mean loss of predicted ab, (B, 2, H, W), or 0 where B is 0."""
        if not len(lab):
            # No mean, but a way back through layers in which processes wait for each other.
            return torch.sum(ab.float())
        predicted, true = ab.float() / AB_SCALE, lab[:, 1:] / AB_SCALE
        if self.recipe.chroma_weight > 0:
            # Most of the world is greyish: without weights the safe answer is dull (Zhang et al.
            # 2016, "Colorful Image Colorization", section 2.2, with weights for classes of ab).
            chroma = torch.linalg.vector_norm(lab[:, 1:], dim=1, keepdim=True)  # (B, 1, H, W)
            weight = 1 + self.recipe.chroma_weight * chroma / 100
            predicted, true = predicted * weight, true * weight
        loss: Tensor = LOSSES[self.recipe.loss](predicted, true)
        return loss


def _lightness(lab: Tensor) -> Tensor:
    return lab[:, :1].contiguous(memory_format=torch.channels_last)


def _finite(value: float, epoch: int, recipe: Recipe) -> float:
    if math.isfinite(value):
        return value
    raise UserError(
        f"the loss became {value} in epoch {epoch}: the training diverged. Lower the learning "
        f"rate (lr, now {recipe.lr:g}, in the network's block under train), for one to a third"
    )
