"""Train the network on data/prepared; keep its best epoch and what vivid colours cost it."""

from functools import partial
from pathlib import Path
from time import perf_counter

import torch

from colorizer.common.errors import run_stage
from colorizer.common.interrupts import raise_on_interrupts
from colorizer.common.params import load_params
from colorizer.common.tables import write_csv, write_json
from colorizer.evaluation.saturation_curve import measure_vividness
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.training.distributed import join_processes, process_device
from colorizer.training.launching import hand_over, launch, must_launch
from colorizer.training.params import parse_train
from colorizer.training.pipeline import Plan, Result, train_network

PREPARED = Path("data/prepared")
CHECKPOINT = Path("data/checkpoints/model.safetensors")
LOSS = Path("plots/loss.csv")
VIVIDNESS = Path("plots/vividness.csv")
METRICS = Path("metrics/train.json")
RESUME = Path(".resume")


def main() -> None:
    """Run the stage."""
    raise_on_interrupts()
    params = load_params()
    where, recipe = parse_train(params.train, params.model)
    hand_over(params.launcher, "stages.train")
    if must_launch(where.devices):
        launch(where.devices, "stages.train")
        return
    plan = Plan(params.model, recipe, params.epochs, params.seed, where.precision)
    device = process_device(where.device)
    with join_processes(device) as processes:
        train_network(
            plan,
            PREPARED,
            device,
            processes,
            resume=RESUME,
            show=partial(write_csv, LOSS),
            keep=partial(_keep, plan, device, perf_counter()),
        )


def _keep(plan: Plan, device: torch.device, started: float, result: Result) -> None:
    trained = result.trained
    vividness = measure_vividness(result.model, result.val_set, device)
    save_checkpoint(CHECKPOINT, plan.model, result.train_set.size, trained.weights, vividness)
    write_csv(VIVIDNESS, vividness)
    write_json(METRICS, result.summary)
    # Printed, not written: a time would make every run's outputs differ.
    print(
        f"{plan.model}, {plan.epochs} epochs of {len(result.train_set)} photographs in "
        f"{perf_counter() - started:.0f} s on {device}; best epoch {trained.best_epoch}, "
        f"val loss {trained.history['val'].min():.5f}"
    )


if __name__ == "__main__":
    run_stage(main)
