"""A network in training, with all that one epoch passes on to the next."""

from __future__ import annotations

import math

import pandas as pd
import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from colorizer.networks.base import Colorizer
from colorizer.networks.recipe import Recipe
from colorizer.training.training_state import State

OPTIMIZERS: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}
WARM_UP = 0.2  # share of the steps in which one_cycle raises the learning rate


class Learner:
    """A network, its optimiser, schedule, average, history and best epoch.

    Parameters
    ----------
    model : Colorizer
        The network, on its device; it is trained in place.
    recipe : Recipe
        How to train it.
    steps : int
        Number of steps in the whole training run.
    """

    def __init__(self, model: Colorizer, recipe: Recipe, steps: int) -> None:
        self.model = model
        groups = model.parameter_groups(recipe.lr)
        first = groups[0]["lr"]
        assert isinstance(first, float)
        self._first_multiple = first / recipe.lr
        self.optimizer = OPTIMIZERS[recipe.optimizer](
            groups,
            lr=recipe.lr,
            weight_decay=recipe.weight_decay,
            fused=True,  # several times faster: each tensor is read and written once
        )
        self.scheduler = _scheduler(self.optimizer, recipe, steps)
        self.average = _average(model, recipe)
        # epoch, train, val, lr; epoch 0 has no training loss.
        self.rows: list[tuple[int, float | None, float, float]] = []
        self.best_epoch = 0
        self.best_weights: dict[str, Tensor] = {}

    @property
    def learnt(self) -> Colorizer:
        """The network to validate and to keep: the average, if there is one."""
        learnt = self.model if self.average is None else self.average.module
        assert isinstance(learnt, Colorizer)
        return learnt

    @property
    def epoch(self) -> int:
        """The last finished epoch; 0 before the first."""
        return self.rows[-1][0] if self.rows else 0

    @property
    def lr(self) -> float:
        """The learning rate of the next step; parts of the network may have multiples of it."""
        return float(self.scheduler.get_last_lr()[0]) / self._first_multiple

    @property
    def history(self) -> pd.DataFrame:
        """The finished epochs: epoch, train, val, lr; epoch 0 is the start, if recorded."""
        types = {"epoch": "int64", "train": "float64", "val": "float64", "lr": "float64"}
        return pd.DataFrame(self.rows, columns=list(types)).astype(types)

    def step(self) -> None:
        """Update the weights by their gradients."""
        self.optimizer.step()
        self.scheduler.step()
        if self.average is not None:
            self.average.update_parameters(self.model)

    def finish_epoch(self, train: float, val: float, lr: float) -> None:
        """Record an epoch's losses; if it is the best on val, keep its weights.

        While only heads learn, all are equal, and the latest is kept.
        """
        best_val = min((row[2] for row in self.rows), default=math.inf)
        self.rows.append((self.epoch + 1, train, val, lr))
        if val < best_val or (val == best_val and self.model.only_heads_learn):
            self._keep_as_best()

    def note_start(self, val: float) -> None:
        """Record the network's loss before the first epoch, which may remain the best."""
        self.rows.append((0, None, val, 0.0))
        self._keep_as_best()

    def state(self) -> State:
        """Return what :meth:`restore` needs to resume from here with the same bits."""
        optimizer = self.optimizer.state_dict()
        tensors = _prefixed("model", self.model.state_dict())
        for number, moments in optimizer["state"].items():
            tensors |= _prefixed(f"optimizer.{number}", moments)
        if self.average is not None:
            tensors |= _prefixed("average", self.average.state_dict())
        if self.best_epoch != self.epoch:  # otherwise they are the current weights
            tensors |= _prefixed("best", self.best_weights)
        record = {
            "groups": optimizer["param_groups"],
            "schedule": self.scheduler.state_dict(),
            "rows": self.rows,
            "best_epoch": self.best_epoch,
        }
        return State(self.epoch, tensors, record)

    def restore(self, state: State) -> None:
        """Resume from the :meth:`state` of a learner with the same network and recipe."""
        tensors, record = state.tensors, state.record
        self.model.load_state_dict(_under("model", tensors))
        self._restore_optimizer(_under("optimizer", tensors), record["groups"])
        self.scheduler.load_state_dict(record["schedule"])
        if self.average is not None:
            self.average.load_state_dict(_under("average", tensors))
        self.rows = [(epoch, train, val, lr) for epoch, train, val, lr in record["rows"]]
        self.best_epoch = record["best_epoch"]
        if self.best_epoch == self.epoch:
            self._keep_as_best()
        else:
            self.best_weights = _under("best", tensors)

    def _keep_as_best(self) -> None:
        self.best_epoch = self.epoch
        self.best_weights = {
            name: value.detach().cpu().clone() for name, value in self.learnt.state_dict().items()
        }

    def _restore_optimizer(
        self, tensors: dict[str, Tensor], groups: list[dict[str, object]]
    ) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            number, _, moment = name.partition(".")
            state.setdefault(int(number), {})[moment] = value
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        for parameter, moments in self.optimizer.state.items():
            for name, value in moments.items():
                if value.shape == parameter.shape:
                    # In the parameter's memory layout, or sums would round differently.
                    moments[name] = torch.empty_like(parameter).copy_(value)


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {
        name.removeprefix(start): value
        for name, value in tensors.items()
        if name.startswith(start)
    }


def _average(model: Colorizer, recipe: Recipe) -> AveragedModel | None:
    if recipe.ema == 0:
        return None
    average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    # Buffers too: batch normalisation's statistics belong with the weights.
    averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True)
    # It reads its count at every step, and would wait for a GPU each time.
    averaged.n_averaged = averaged.n_averaged.cpu()
    return averaged


def _scheduler(optimizer: Optimizer, recipe: Recipe, steps: int) -> LRScheduler:
    if recipe.schedule == "constant":
        return LambdaLR(optimizer, lambda _: 1.0)
    return OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        # One extra step, because the scheduler advances after the last one too.
        total_steps=steps + 1,
        # At least one step of warm-up: with less, OneCycleLR divides by zero.
        pct_start=max(WARM_UP, 2 / (steps + 1)),
        cycle_momentum=False,
    )
