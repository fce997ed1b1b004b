"""Training from prepared photographs to the final weights, resumed if it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from colorizer.common.errors import UserError
from colorizer.data.dataset import LabPhotographs
from colorizer.data.shards import Shards
from colorizer.data.splits import TRAIN, VAL
from colorizer.networks.base import Colorizer
from colorizer.networks.devices import make_repeatable
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import build_to_train
from colorizer.training.distributed import ALONE, Processes
from colorizer.training.loop import Trained, train
from colorizer.training.recovery import Recovery
from colorizer.training.run_key import run_key


@dataclass(frozen=True)
class Plan:
    """What determines the bits of a training run, besides the photographs and the machine.

    Attributes
    ----------
    model : str
        The network's name in the registry.
    recipe : Recipe
        The network's ``recipe_type``.
    epochs : int
        Passes over the training photographs.
    seed : int
        Seeds everything random; at least 0.
    precision : str
        The type of the activations: float32 or bf16.
    """

    model: str
    recipe: Recipe
    epochs: int
    seed: int
    precision: str = "float32"


@dataclass(frozen=True)
class Result:
    """A trained network.

    Attributes
    ----------
    model : Colorizer
        With the weights of the best epoch.
    trained : Trained
        These weights, the number of the best epoch and the history.
    train_set, val_set : Shards
        The photographs that it was trained on, and those that decided the best epoch.
    """

    model: Colorizer
    trained: Trained
    train_set: Shards
    val_set: Shards

    @property
    def summary(self) -> dict[str, Any]:
        """The best epoch and its losses, and the number of parameters and training images."""
        history, best_epoch = self.trained.history, self.trained.best_epoch
        best = history[history["epoch"] == best_epoch].iloc[0]
        return {
            "best_epoch": best_epoch,
            # Epoch 0, the start, has no training loss.
            "train_loss": round(float(best["train"]), 6) if best_epoch else None,
            "val_loss": round(float(best["val"]), 6),
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "images": len(self.train_set),
        }


def train_network(
    plan: Plan,
    prepared: Path,
    device: torch.device,
    processes: Processes = ALONE,
    *,
    resume: Path,
    show: Callable[[pd.DataFrame], None],
    keep: Callable[[Result], None],
) -> None:
    """Train a network on prepared photographs; the same plan gives the same bits.

    Parameters
    ----------
    plan : Plan
        What to train, and how.
    prepared : Path
        The folder of the prepared photographs.
    device : torch.device
        Where the network computes.
    processes : Processes
        The processes that share every batch; each calls this function with the same arguments.
    resume : Path
        The folder where the state is saved after each epoch, so that training can be resumed if
        it is stopped.
    show : callable
        Gets the history so far; see :func:`colorizer.training.loop.train`.
    keep : callable
        Gets the result; the state is removed only once it has returned. If there are several
        processes, only the first calls this and ``show``.

    Raises
    ------
    UserError
        If the photographs, the weights to start from or a parameter cannot be used, or if the
        training diverges.
    """
    make_repeatable(plan.seed)
    model = build_to_train(plan.model, plan.recipe)
    train_set, val_set = Shards(prepared, TRAIN), Shards(prepared, VAL)
    if train_set.size % model.size_multiple:
        raise UserError(
            f"prepare.size must be a multiple of {model.size_multiple} for {plan.model}, "
            f"got {train_set.size}"
        )
    with ExitStack() as stack:
        recovery = None
        if processes.is_first:
            settings = {
                "seed": plan.seed,
                "model": plan.model,
                "epochs": plan.epochs,
                "precision": plan.precision,
                "processes": processes.count,
            }
            start, data = model.state_dict(), (train_set, val_set)
            key = run_key(settings, plan.recipe, start, data, device)
            recovery = stack.enter_context(Recovery(resume, key))
        trained = train(
            model,
            plan.recipe,
            (LabPhotographs(train_set), LabPhotographs(val_set)),
            plan.epochs,
            plan.seed,
            device,
            precision=plan.precision,
            processes=processes,
            recovery=recovery,
            may_stay=plan.recipe.starts_trained,
            show=show if processes.is_first else lambda _: None,
        )
        if processes.is_first:
            model.load_state_dict(trained.weights)
            keep(Result(model, trained, train_set, val_set))
