"""Validation PSNR against seconds of training and multiply-adds, networks side by side.

    python -m benchmarks.time_to_quality [--data data/prepared] [--epochs 8] [--reference-epochs 3]

The default network and its ancestor, `conv_ae`, train on the same photographs with the recipes of
params.yaml, taking turns by epoch, so that other load on the machine affects both. Only training
steps are timed. PSNR is that of the validation photographs in RGB, without averaging over mirror
images, before the first epoch and after each.

Written to --out: time_to_quality.csv, a row for each network and epoch, and time_to_quality.png.
Printed: when each network was first as good, after an epoch, as the ancestor ever became.
Multiply-adds, forward and backward, are counted in one step and do not depend on the machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks.multiply_adds import multiply_adds
from colorizer.color.lab_torch import AB_SCALE
from colorizer.common.params import Params, load_params
from colorizer.common.tables import write_csv
from colorizer.data.dataset import LabPhotographs
from colorizer.data.shards import Shards
from colorizer.data.splits import TRAIN, VAL
from colorizer.evaluation.metrics import mse, psnr_from_mse
from colorizer.figures.charts import PREDICTED_COLOR, REFERENCE_COLOR, save_figure
from colorizer.inference.predict import colorize_batch
from colorizer.networks.base import Colorizer
from colorizer.networks.devices import make_repeatable, pick_device
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import NETWORKS, build_to_train
from colorizer.training.batches import TrainingBatches, by_epoch
from colorizer.training.learner import Learner
from colorizer.training.loop import EpochLoop
from colorizer.training.losses import LOSSES
from colorizer.training.params import parse_train

REFERENCE = "conv_ae"
COUNTED = 2  # photographs in the step whose multiply-adds are counted


class Contestant:
    """A network trained one epoch at a time; :attr:`rows` has its PSNR after each."""

    def __init__(
        self, name: str, params: Params, photographs: Shards, epochs: int, device: torch.device
    ) -> None:
        self.name, self.epochs, self.device = name, epochs, device
        self.seed, self.photographs = params.seed, len(photographs)
        _, self.recipe = parse_train(params.train, name)
        make_repeatable(params.seed)
        model = build_to_train(name, self.recipe)
        model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        size = model.nearest_side(photographs.size * self.recipe.crop_scale)
        batches = TrainingBatches(LabPhotographs(photographs), self.recipe, self.seed, size)
        # Over all epochs, as the processes that prepare batches ahead start only once.
        self.flow = by_epoch(batches, range(1, epochs + 1), device)
        self.learner = Learner(model, self.recipe, epochs * batches.per_epoch)
        self.loop = EpochLoop(self.learner, self.recipe, self.seed, device)
        self.multiply_adds = _of_a_photograph(name, self.recipe, size)
        self.seconds = 0.0
        self.rows: list[dict[str, object]] = []

    def epoch(self) -> None:
        """Train for an epoch."""
        number = len(self.rows)  # the row before the first epoch counts, too
        with tqdm(
            desc=f"{self.name} {number}/{self.epochs}", total=self.photographs, unit="image"
        ) as bar:
            started = perf_counter()
            number, batches = next(self.flow)
            self.loop.train(batches, number, bar)
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)
            self.seconds += perf_counter() - started

    def validate(self, photographs: Shards) -> None:
        """Record the network's current validation PSNR."""
        model = self.learner.learnt.eval()
        assert isinstance(model, Colorizer)
        values = []
        for start in range(0, len(photographs), self.recipe.batch_size):
            true = photographs[start : start + self.recipe.batch_size]
            colored = colorize_batch(model, true, mirror=False, device=self.device)
            values += [psnr_from_mse(mse(*pair)) for pair in zip(colored, true, strict=True)]
        epoch = len(self.rows)
        self.rows.append(
            {
                "model": self.name,
                "epoch": epoch,
                "seconds": self.seconds,
                "multiply_adds": epoch * self.photographs * self.multiply_adds,
                "val_psnr": float(np.mean(values)),
            }
        )


def race(contestants: list[Contestant], photographs: Shards) -> pd.DataFrame:
    """Train all contestants in turns, and return all their :attr:`Contestant.rows`."""
    for one in contestants:
        one.validate(photographs)
    for number in range(max(one.epochs for one in contestants)):
        for one in contestants:
            if number < one.epochs:
                one.epoch()
                one.validate(photographs)
    return pd.DataFrame([row for one in contestants for row in one.rows])


def when_as_good(table: pd.DataFrame) -> pd.DataFrame:
    """Return each network's first epoch as good as the reference's best, if any."""
    trained = table[table["epoch"] > 0]
    good: pd.DataFrame = trained[trained["val_psnr"] >= best_of_reference(table)]
    return good.drop_duplicates("model").set_index("model")


def best_of_reference(table: pd.DataFrame) -> float:
    """Return the reference's best PSNR after any epoch, in dB."""
    trained = table[(table["epoch"] > 0) & (table["model"] == REFERENCE)]
    return float(trained["val_psnr"].max())


def chart(table: pd.DataFrame) -> Figure:
    """Draw PSNR against seconds and multiply-adds, both on logarithmic axes."""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for name, rows in table.groupby("model", sort=False):
        color = REFERENCE_COLOR if name == REFERENCE else PREDICTED_COLOR
        trained = rows[rows["epoch"] > 0]
        for axes, column in ((left, "seconds"), (right, "multiply_adds")):
            axes.plot(trained[column], trained["val_psnr"], ".-", color=color, label=name)
    for axes, label in ((left, "seconds of training"), (right, "multiply-adds of training")):
        axes.axhline(best_of_reference(table), color=REFERENCE_COLOR, linestyle=":")
        axes.set(xscale="log", xlabel=label)
    left.set_ylabel("PSNR of the validation photographs, dB")
    left.legend()
    return figure


def report(table: pd.DataFrame) -> str:
    """Return each network's costs and PSNR, and how much more the reference took."""
    lines = [
        f"{'':12}{'epochs':>7}{'s/epoch':>12}{'10^9 multiply-adds/epoch':>29}"
        f"{'first PSNR':>12}{'best PSNR':>11}"
    ]
    for name, rows in table.groupby("model", sort=False):
        last = rows.iloc[-1]
        lines.append(
            f"{name:12}{last['epoch']:7}{last['seconds'] / last['epoch']:12.1f}"
            f"{last['multiply_adds'] / last['epoch'] / 1e9:29.1f}"
            f"{rows['val_psnr'].iloc[0]:12.2f}{rows['val_psnr'].max():11.2f}"
        )
    reached = when_as_good(table)
    best = reached.loc[REFERENCE]
    lines += ["", f"as good as {REFERENCE} ever became, {best_of_reference(table):.2f} dB:"]
    for model, row in reached.iterrows():
        times, cost = (best[column] / row[column] for column in ("seconds", "multiply_adds"))
        lines.append(
            f"{model!s:12}after epoch {int(row['epoch'])}: {row['seconds']:.1f} s, "
            f"{row['multiply_adds']:.3g} multiply-adds"
        )
        if model != REFERENCE:
            lines[-1] += f"; {REFERENCE} took {times:.1f} and {cost:.1f} times as much"
    missing = sorted(set(table["model"]) - set(reached.index))
    return "\n".join([*lines, *(f"{model:12}never" for model in missing)])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data/prepared"))
    parser.add_argument("--model", choices=sorted(set(NETWORKS) - {REFERENCE}), default="unet")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--reference-epochs", type=int, default=3)
    parser.add_argument("--device", default="auto", help="auto | cpu | cuda | cuda:1 ...")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    arguments = parser.parse_args()
    params, device = load_params(), pick_device(arguments.device)
    train_set, val_set = Shards(arguments.data, TRAIN), Shards(arguments.data, VAL)
    epochs = {arguments.model: arguments.epochs, REFERENCE: arguments.reference_epochs}
    contestants = [
        Contestant(name, params, train_set, count, device) for name, count in epochs.items()
    ]
    table = race(contestants, val_set)
    write_csv(arguments.out / "time_to_quality.csv", table)
    save_figure(arguments.out / "time_to_quality.png", chart(table))
    print(
        f"{len(train_set)} photographs of {train_set.size}x{train_set.size} on {device}, "
        f"{torch.get_num_threads()} threads; {len(val_set)} to validate\n"
    )
    print(report(table))


def _of_a_photograph(name: str, recipe: Recipe, size: int) -> float:
    """Return the multiply-adds of a forward and backward pass, per photograph."""
    model = build_to_train(name, recipe)
    lightness, ab = torch.zeros(COUNTED, 1, size, size), torch.zeros(COUNTED, 2, size, size)

    def passes() -> None:
        LOSSES[recipe.loss](model(lightness) / AB_SCALE, ab).backward()  # type: ignore[no-untyped-call]

    return multiply_adds(passes) / COUNTED


if __name__ == "__main__":
    main()
