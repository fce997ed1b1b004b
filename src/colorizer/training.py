"""The training loop: epochs over augmented batches, the best epoch on val kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from colorizer.color import AB_SCALE
from colorizer.dataset import LabPhotographs, augment, shuffled, steps_per_epoch
from colorizer.errors import UserError
from colorizer.models.base import Colorizer
from colorizer.params import Recipe

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": F.l1_loss,
    # Quadratic below a difference of 6 in ab, linear above.
    "smooth_l1": lambda predicted, true: F.smooth_l1_loss(predicted, true, beta=0.05),
    "mse": F.mse_loss,
}
OPTIMIZERS: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}
WARM_UP = 0.2  # share of the steps in which one_cycle raises the learning rate


@dataclass(frozen=True)
class Trained:
    """The weights of the best epoch, and the history: epoch, train, val, lr."""

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

    Raises
    ------
    UserError
        If the loss becomes NaN or infinite; names the epoch and what to lower.
    """
    train_set, val_set = data
    # channels_last suits convolutions on CPUs and on tensor cores alike.
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = OPTIMIZERS[recipe.optimizer](
        model.parameter_groups(recipe.lr), lr=recipe.lr, weight_decay=recipe.weight_decay
    )
    steps = steps_per_epoch(len(train_set), recipe.batch_size)
    scheduler = _scheduler(optimizer, recipe, epochs * steps)
    average = _average(model, recipe)
    loss_of = LOSSES[recipe.loss]
    generator = torch.Generator()
    best, best_epoch, best_weights = math.inf, 0, {}
    history = []
    with tqdm(desc="train", total=epochs * len(train_set), unit="image") as bar:
        for epoch in range(1, epochs + 1):
            # Every epoch's numbers depend on the seed and its own number alone.
            generator.manual_seed(_epoch_seed(seed, epoch))
            lr = scheduler.get_last_lr()[0]
            total = 0.0
            model.train()
            order = shuffled(len(train_set), generator)
            for lab in train_set.batches(recipe.batch_size, order):
                lab = augment(lab, recipe, generator).to(device)
                loss = _loss(model, lab, loss_of)
                value = _finite(loss.item(), epoch, recipe)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                scheduler.step()
                if average is not None:
                    average.update_parameters(model)
                total += value * len(lab)
                bar.update(len(lab))
                bar.set_postfix(epoch=f"{epoch}/{epochs}", loss=f"{value:.4f}", refresh=False)
            learnt: nn.Module = model if average is None else average.module
            val = _finite(_mean_loss(learnt, val_set, recipe, device), epoch, recipe)
            history.append((epoch, total / len(train_set), val, lr))
            if val < best:
                best, best_epoch = val, epoch
                best_weights = {
                    name: value.detach().cpu().clone()
                    for name, value in learnt.state_dict().items()
                }
    table = pd.DataFrame(history, columns=["epoch", "train", "val", "lr"])
    return Trained(best_weights, best_epoch, table)


def _loss(model: nn.Module, lab: Tensor, loss_of: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    lightness = lab[:, :1].contiguous(memory_format=torch.channels_last)
    return loss_of(model(lightness) / AB_SCALE, lab[:, 1:] / AB_SCALE)


def _mean_loss(
    model: nn.Module, data: LabPhotographs, recipe: Recipe, device: torch.device
) -> float:
    model.eval()
    total = 0.0
    with torch.inference_mode():
        for lab in data.batches(recipe.batch_size):
            total += _loss(model, lab.to(device), LOSSES[recipe.loss]).item() * len(lab)
    return total / len(data)


def _average(model: Colorizer, recipe: Recipe) -> AveragedModel | None:
    if recipe.ema == 0:
        return None
    average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    # Buffers too: the statistics of batch normalisation belong to the weights.
    return AveragedModel(model, multi_avg_fn=average, use_buffers=True)


def _scheduler(optimizer: Optimizer, recipe: Recipe, steps: int) -> LRScheduler:
    if recipe.schedule == "constant":
        return LambdaLR(optimizer, lambda _: 1.0)
    return OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        # One step more than is taken, for the scheduler is advanced after the last one, too.
        total_steps=steps + 1,
        # At least one step of warm-up: OneCycleLR divides by zero where it ends before the first.
        pct_start=max(WARM_UP, 2 / (steps + 1)),
        cycle_momentum=False,
    )


def _finite(value: float, epoch: int, recipe: Recipe) -> float:
    if math.isfinite(value):
        return value
    raise UserError(
        f"the loss became {value} in epoch {epoch}: the training diverged. Lower the learning "
        f"rate (lr, now {recipe.lr:g}, in the network's block under train), for one to a third"
    )


def _epoch_seed(seed: int, epoch: int) -> int:
    return (seed * 1_000_003 + epoch) % 2**63
