"""Train the network on data/prepared; keep its best epoch, and what vivid colours cost it."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter

import pandas as pd
import torch

from colorizer.common.errors import UserError, run_stage
from colorizer.common.interrupts import raise_on_interrupts
from colorizer.common.params import Params, load_params
from colorizer.common.tables import write_csv, write_json
from colorizer.data.dataset import LabPhotographs
from colorizer.data.shards import Shards
from colorizer.data.splits import TRAIN, VAL
from colorizer.evaluation.saturation_curve import measure_vividness
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.devices import make_repeatable
from colorizer.training.distributed import Processes, joined, process_device
from colorizer.training.launching import hand_over, launch, must_launch
from colorizer.training.loop import Trained, train
from colorizer.training.recovery import Recovery
from colorizer.training.run_key import fingerprint
from colorizer.training.starting import build_to_train, starts_from_general

PREPARED = Path("data/prepared")
CHECKPOINT = Path("data/checkpoints/model.safetensors")
LOSS = Path("plots/loss.csv")
VIVIDNESS = Path("plots/vividness.csv")
METRICS = Path("metrics/train.json")
RESUME = Path(".resume")


def main() -> None:
    raise_on_interrupts()
    params = load_params()
    hand_over(params.launcher, "stages.train")
    if must_launch(params.train.devices):
        launch(params.train.devices, "stages.train")
        return
    device = process_device(params.train.device)
    with joined(device) as processes:
        _train(params, device, processes)


def _train(params: Params, device: torch.device, processes: Processes) -> None:
    recipe = params.train.recipe(params.model)
    make_repeatable(params.seed)
    model = build_to_train(params.model, recipe)
    train_set, val_set = Shards(PREPARED, TRAIN), Shards(PREPARED, VAL)
    if train_set.size % model.size_multiple:
        raise UserError(
            f"prepare.size must be a multiple of {model.size_multiple} for {params.model}, "
            f"got {train_set.size}"
        )
    settings = {
        "seed": params.seed,
        "model": params.model,
        "epochs": params.epochs,
        "precision": params.train.precision,
        "processes": processes.count,
    }
    started = perf_counter()
    with ExitStack() as stack:
        recovery = None
        if processes.is_first:
            key = fingerprint(settings, recipe, (train_set, val_set), device)
            recovery = stack.enter_context(Recovery(RESUME, key))
        trained = train(
            model,
            recipe,
            (LabPhotographs(train_set), LabPhotographs(val_set)),
            params.epochs,
            params.seed,
            device,
            precision=params.train.precision,
            processes=processes,
            recovery=recovery,
            may_stay=starts_from_general(recipe),
            show=partial(write_csv, LOSS) if processes.is_first else lambda _: None,
        )
        if processes.is_first:
            model.load_state_dict(trained.weights)
            vividness = measure_vividness(model, val_set, device)
            _write(params, trained, vividness, model, train_set)
    if processes.is_first:
        # Printed, not written: a time would make every run's outputs differ.
        print(
            f"{params.model}, {params.epochs} epochs of {len(train_set)} photographs in "
            f"{perf_counter() - started:.0f} s on {device}; best epoch {trained.best_epoch}, "
            f"val loss {trained.history['val'].min():.5f}"
        )


def _write(
    params: Params,
    trained: Trained,
    vividness: pd.DataFrame,
    model: Colorizer,
    train_set: Shards,
) -> None:
    save_checkpoint(CHECKPOINT, params.model, train_set.size, trained.weights, vividness)
    write_csv(VIVIDNESS, vividness)
    best = trained.history[trained.history["epoch"] == trained.best_epoch].iloc[0]
    write_json(
        METRICS,
        {
            "best_epoch": trained.best_epoch,
            # Epoch 0, the start, has none.
            "train_loss": round(float(best["train"]), 6) if trained.best_epoch else None,
            "val_loss": round(float(best["val"]), 6),
            "parameters": sum(p.numel() for p in model.parameters()),
            "images": len(train_set),
        },
    )


if __name__ == "__main__":
    run_stage(main)
