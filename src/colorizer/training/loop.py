"""The training loop: epochs over augmented batches, keeping the best one on val."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
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
from colorizer.networks.devices import divide_cores
from colorizer.networks.hinted import HintedColorizer, HintedRecipe
from colorizer.networks.recipe import Recipe
from colorizer.networks.shares import in_shares, shares_on
from colorizer.training.batches import Batch, TrainingBatches, by_epoch
from colorizer.training.distributed import ALONE, Processes, check_shares
from colorizer.training.learner import Learner
from colorizer.training.losses import LOSSES
from colorizer.training.recovery import Recovery
from colorizer.training.seeds import Seeds

# How many steps on a GPU between looks at the loss: each look waits for the GPU.
LOOK_EVERY = 20


@dataclass(frozen=True)
class Trained:
    """The best epoch's weights, and the history: epoch, train, val, lr.

    Epoch 0 is the network before training; it has no ``train`` loss.
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
    """Train ``model`` in place and return the weights of its best epoch on val.

    With ``recipe.ema``, these, and those that are validated, are an exponential moving average
    over the steps, because small batches make noisy steps.

    Parameters
    ----------
    model : Colorizer
        The network, with its weights initialised.
    recipe : Recipe
        How to train it.
    data : pair of LabPhotographs
        The training and validation photographs.
    epochs : int
        Passes over the training photographs.
    seed : int
        Seeds the order, the augmentation, the hints and the layers; at least 0.
    device : torch.device
        Where the network computes.
    precision : str
        The type of the network's activations: float32 or bf16; the weights are always float32.
    processes : Processes
        The processes that share every batch; each calls this function with the same arguments.
    recovery : Recovery, optional
        Where to resume from, and where to save the state after each epoch.
    may_stay : bool
        Whether to return the initial network, as epoch 0, if no epoch is better: then training
        cannot make an already trained network worse.
    show : callable
        Gets the history so far at the start and after every epoch: something to look at during
        training.

    Raises
    ------
    UserError
        If the loss becomes NaN or infinite; names the epoch and what to lower. Also if several
        processes share batches and a layer cannot.
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
        print(f"resuming after epoch {learner.epoch} of {epochs}")
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
    """What happens within an epoch; only the learner keeps anything beyond it.

    Parameters
    ----------
    learner, recipe, seed, device, precision, processes
        As for :func:`train`; the learner holds the network.
    """

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
        self.shares = shares_on(device) if learner.model.trains_in_shares else 1
        divide_cores(self.shares)
        self.teaches_heads = isinstance(recipe, HintedRecipe) and (
            recipe.hints or recipe.likely_colors
        )

    def train(self, batches: Iterator[Batch], epoch: int, bar: tqdm[Any]) -> float:
        """Take the steps of an epoch; return the mean loss over the photographs."""
        self.seeds.seed_layers(epoch)
        self.learner.model.train()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        done = 0
        for number, batch in enumerate(batches):
            values = self.processes.sum(self.differentiate(batch))
            total = total + values.double() * batch.whole
            done += batch.whole
            if self.device.type == "cpu" or number % LOOK_EVERY == 0:
                # Before the step, which would spoil the weights.
                _finite(total.sum().item(), epoch, self.recipe)
                bar.set_postfix(epoch=epoch, loss=f"{values[0].item():.4f}", refresh=False)
            self.learner.step()
            bar.update(batch.whole)
        _finite(total.sum().item(), epoch, self.recipe)
        return total[0].item() / done

    def validate(self, data: LabPhotographs, epoch: int) -> float:
        """Return the mean loss of the network so far, predicting as it will be used."""
        model = self.learner.learnt.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for batch in torch.split(torch.arange(len(data)), self.recipe.batch_size):  # (B,)
            lab = data[batch[self.processes.share(len(batch))]].to(self.device)

            def loss_of(share: slice, lab: Tensor = lab) -> Tensor:
                with torch.inference_mode():
                    own = lab[share]
                    return self._loss(model.predict, own, bf16=False).double() * len(own)

            for loss in in_shares(loss_of, len(lab), self.shares):
                total += loss
        total = self.processes.sum(total)
        return _finite(total.item() / len(data), epoch, self.recipe)

    def differentiate(self, batch: Batch) -> Tensor:
        """Set the gradients to those of the whole batch's losses, summed over all processes.

        Returns
        -------
        Tensor
            What this process's photographs add to the losses of the whole batch: first the loss
            of prediction, then those of the heads that are taught.
        """
        trained = [weights for weights in self.learner.model.parameters() if weights.requires_grad]

        def in_share(share: slice) -> tuple[Tensor, tuple[Tensor | None, ...]]:
            losses = self._losses(batch, share)
            return losses.detach(), torch.autograd.grad(losses.sum(), trained, allow_unused=True)

        shares = in_shares(in_share, len(batch.lab), self.shares)
        for weights, *gradients in zip(trained, *(found for _, found in shares), strict=True):
            weights.grad = _sum_like(weights, gradients)
        self.processes.sum_gradients(self.learner.model)
        return torch.stack([losses for losses, _ in shares]).sum(0)

    def _losses(self, batch: Batch, share: slice) -> Tensor:
        """Return what a share of this process's photographs adds to the batch's losses."""
        model = self.learner.model
        lab = batch.lab[share].to(self.device, non_blocking=True)
        # 0 where there are more processes than photographs.
        weight = len(lab) / batch.whole
        if self.teaches_heads and isinstance(model, HintedColorizer):
            hints, samples = (
                known[share].to(self.device, non_blocking=True)
                for known in (batch.hints, batch.samples)
            )
            return self._losses_with_heads(model, lab, hints, samples) * weight
        return self._loss(model, lab, self.bf16)[None] * weight

    def _loss(self, predict: Callable[[Tensor], Tensor], lab: Tensor, bf16: bool) -> Tensor:
        """Return the mean loss over a share of Lab, (B, 3, H, W); 0 if it is empty."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            ab = predict(_lightness(lab))  # (B, 2, H, W)
        return self._distance(ab, lab)

    def _losses_with_heads(
        self, model: HintedColorizer, lab: Tensor, hints: Tensor, samples: Tensor
    ) -> Tensor:
        """Return the losses without hints, with hints, and of likely colours.

        All but the first teach their head alone, so that it does not change what is predicted
        without hints. There are none of heads that are not taught.
        """
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            encoding = model.encode(_lightness(lab))
            ab = model.full_size(encoding.ab) * AB_SCALE
        losses, features = [self._distance(ab, lab)], encoding.detached()
        if hints.shape[1]:
            own, given = model.decode(features, hints)
            losses.append(self._distance(own + given, lab))
        if model.color_head is not None and samples.shape[1]:
            logits = model.color_head(features.features, samples[..., :2])
            losses.append(model.color_head.loss(logits, samples[..., 2:]))
        return torch.stack(losses)

    def _distance(self, ab: Tensor, lab: Tensor) -> Tensor:
        """Return the mean loss of predicted ab, (B, 2, H, W), or 0 if B is 0."""
        if not len(lab):
            # A zero with gradients: some layers' backward passes wait for all processes.
            return torch.sum(ab.float())
        predicted, true = ab.float() / AB_SCALE, lab[:, 1:] / AB_SCALE
        if self.recipe.chroma_weight > 0:
            # Most of the world is greyish: unweighted, the safe answer is dull (Zhang et al.
            # 2016, "Colorful Image Colorization", section 2.2, with weights for classes of ab).
            chroma = torch.hypot(lab[:, 1:2], lab[:, 2:])  # (B, 1, H, W)
            weight = 1 + self.recipe.chroma_weight * chroma / 100
            predicted, true = predicted * weight, true * weight
        loss: Tensor = LOSSES[self.recipe.loss](predicted, true)
        return loss


def _lightness(lab: Tensor) -> Tensor:
    return lab[:, :1].contiguous(memory_format=torch.channels_last)


def _sum_like(weights: Tensor, gradients: Sequence[Tensor | None]) -> Tensor | None:
    """Return the sum, in the weights' memory layout; None if the loss depends on none of them."""
    found = [gradient for gradient in gradients if gradient is not None]
    if not found:
        return None
    total = torch.empty_like(weights).copy_(found[0])
    for gradient in found[1:]:
        total += gradient
    return total


def _finite(value: float, epoch: int, recipe: Recipe) -> float:
    if math.isfinite(value):
        return value
    raise UserError(
        f"the loss became {value} in epoch {epoch}: the training diverged. Lower the learning "
        f"rate (lr, now {recipe.lr:g}, in the network's block under train), for example to a third"
    )
