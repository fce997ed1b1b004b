"""Speed of each network's training step, beside the limit, and memory over the epochs.

    python -m benchmarks.train_step [--rounds 5] [--quick]

Data are random, with the sizes and batches of params.yaml; `conv_ae` gets smaller batches on a
CPU, where a batch of 64 takes half a minute and a photograph costs the same in a small one. All
variants take turns in every round, so that other load on the machine affects all alike; the table
gives medians over the rounds, and the median of the ratios within a round:

- ms and photographs/s: loss, gradients, optimiser and average, given a batch
- x encoder: the time per photograph, as a multiple of the bare encoder's forward and backward
  pass, the limit for `unet` with the whole encoder trained; params.yaml may freeze part of it
- data: reading and augmenting the batch, as a share of the whole

"decoder on features" is what a step would cost if the encoder's features were cached.

Memory is that of training in a separate process (proportional set size; Linux only).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from time import perf_counter

import numpy as np
import psutil
import torch
from torch import Tensor

from colorizer.color.lab_torch import AB_SCALE
from colorizer.common.params import Params, load_params
from colorizer.data.dataset import LabPhotographs
from colorizer.data.shards import Shards, write_shards
from colorizer.data.splits import TRAIN, VAL
from colorizer.networks.devices import pick_device
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import NETWORKS, build_to_train
from colorizer.networks.unet import UNet, UNetRecipe
from colorizer.prepare.params import PrepareParams
from colorizer.training.batches import Batch, TrainingBatches
from colorizer.training.learner import Learner
from colorizer.training.loop import EpochLoop, train
from colorizer.training.losses import LOSSES
from colorizer.training.params import parse_train
from colorizer.training.recovery import Recovery
from colorizer.training.training_state import State

REPOSITORY = Path(__file__).resolve().parent.parent
# Photographs per batch on a CPU, for networks that take most of a second for each.
AT_MOST = {"conv_ae": 4}
PHOTOGRAPHS = 64
LIMIT = "bare encoder"
ENCODER_LR = 0.1  # if params.yaml freezes the encoder: the rate does not affect the cost


@dataclass(frozen=True)
class Variant:
    """Something to time: ``load`` returns a batch, ``step`` learns from it."""

    photographs: int
    load: Callable[[], Batch]
    step: Callable[[Batch], object]


def training_step(model: str, recipe: Recipe, device: torch.device) -> Callable[[Batch], None]:
    """Return a training step."""
    network = build_to_train(model, recipe)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.train()
    loop = EpochLoop(Learner(network, recipe, steps=10_000), recipe, 0, device)

    def step(batch: Batch) -> None:
        loop.differentiate(batch).sum().item()
        loop.learner.step()

    return step


def encoder_passes(recipe: Recipe, device: torch.device) -> Callable[[Batch], None]:
    """Return the forward and backward pass of unet's encoder alone."""
    network = build_to_train("unet", recipe)
    assert isinstance(network, UNet)
    encoder = network.encoder.requires_grad_(True)
    encoder.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def passes(batch: Batch) -> None:
        image = (batch.lab.to(device) / 128).contiguous(memory_format=torch.channels_last)
        features = encoder(image)
        torch.autograd.backward(
            [feature.mean() for feature in features],
        )
        encoder.zero_grad()

    return passes


def decoder_step(recipe: UNetRecipe, device: torch.device) -> Callable[[Batch], None]:
    """Return a step for a batch whose features are cached; Lab gives its shape."""
    network = build_to_train("unet", recipe.replace(encoder_lr=0.0))
    assert isinstance(network, UNet)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.train()
    learner = Learner(network, recipe, steps=10_000)
    features: list[Tensor] = []

    def step(batch: Batch) -> None:
        lab = batch.lab.to(device)
        if not features:  # in the first round, which is not timed
            with torch.no_grad():
                features.extend(network.encoder_features(lab[:, :1]))
        ab = network.full_size(network.to_ab(network.decoder_features(features)))
        loss = LOSSES[recipe.loss](ab, lab[:, 1:] / AB_SCALE)
        loss.item()
        learner.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.step()

    return step


def variants(params: Params, device: torch.device, data: LabPhotographs) -> dict[str, Variant]:
    """Return all variants to compare, by name."""

    def variant(
        model: str, recipe: Recipe, step: Callable[[Batch], object] | None = None
    ) -> Variant:
        side = NETWORKS[model]().nearest_side(data.size * recipe.crop_scale)
        batches = TrainingBatches(data, recipe, 0, side)
        order = cycle((1, number) for number in range(batches.per_epoch))
        step = step or training_step(model, recipe, device)
        return Variant(recipe.batch_size, lambda: batches[next(order)], step)

    _, unet = parse_train(params.train, "unet")
    assert isinstance(unet, UNetRecipe)
    found = {
        LIMIT: variant("unet", unet, encoder_passes(unet, device)),
        "unet, decoder on features": variant("unet", unet, decoder_step(unet, device)),
    }
    for model in NETWORKS:
        _, recipe = parse_train(params.train, model)
        if device.type == "cpu" and model in AT_MOST:
            recipe = recipe.replace(batch_size=min(recipe.batch_size, AT_MOST[model]))
        found[model] = variant(model, recipe)
    lr = unet.encoder_lr or ENCODER_LR
    found["unet, encoder trained"] = variant("unet", unet.replace(encoder_lr=lr, frozen_blocks=0))
    found["unet, encoder frozen"] = variant("unet", unet.replace(encoder_lr=0.0))
    return found


def compare(found: dict[str, Variant], rounds: int, device: torch.device) -> None:
    """Time all variants in turns and print the table."""
    data_s: dict[str, list[float]] = {name: [] for name in found}
    step_s: dict[str, list[float]] = {name: [] for name in found}
    for number in range(rounds + 1):
        for name, variant in found.items():
            started = perf_counter()
            batch = variant.load()
            loaded = perf_counter()
            variant.step(batch)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if number > 0:  # the first time warms up
                data_s[name].append((loaded - started) / variant.photographs)
                step_s[name].append((perf_counter() - loaded) / variant.photographs)
    width = max(map(len, found))
    print(f"{'':{width}}{'batch':>7}{'ms':>9}{'photographs/s':>15}{'x encoder':>11}{'data':>8}")
    for name, variant in found.items():
        median = statistics.median(step_s[name])
        ratio = _median_ratio(step_s[name], step_s[LIMIT])
        whole = [data + step for data, step in zip(data_s[name], step_s[name], strict=True)]
        share = "" if name == LIMIT else f"{_median_ratio(data_s[name], whole):8.1%}"
        print(
            f"{name:{width}}{variant.photographs:7}{median * 1000:9.2f}{1 / median:15.1f}"
            f"{ratio:11.2f}{share}"
        )


class _Watch(Recovery):
    """Takes the place of saving state after each epoch, and records the memory instead."""

    def __init__(self) -> None:
        self.megabytes: list[float] = []

    def load(self) -> State | None:
        return None

    def save(self, _: State) -> None:
        self.megabytes.append(psutil.Process().memory_full_info().pss / 1e6)


def watch_memory(params: Params, folder: Path, epochs: int, device: torch.device) -> None:
    """Train the network of params.yaml on ``folder`` and print its memory after each epoch."""
    _, recipe = parse_train(params.train, params.model)
    model, watch = build_to_train(params.model, recipe), _Watch()
    train_set, val_set = (LabPhotographs(Shards(folder, split)) for split in (TRAIN, VAL))
    train(model, recipe, (train_set, val_set), epochs, params.seed, device, recovery=watch)
    first, last = watch.megabytes[0], watch.megabytes[-1]
    print(
        f"\n{params.model} in training, MB after each epoch: "
        + " ".join(f"{megabytes:.0f}" for megabytes in watch.megabytes)
        + f" ({last - first:+.1f})"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--epochs", type=int, default=10, help="for the training whose memory counts"
    )
    parser.add_argument("--quick", action="store_true", help="2 rounds and 3 epochs")
    parser.add_argument("--device", default="auto", help="auto | cpu | cuda | cuda:1 ...")
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.epochs = 2, 3
    params, device = load_params(REPOSITORY / "params.yaml"), pick_device(arguments.device)
    if arguments.memory_of:
        watch_memory(params, arguments.memory_of, arguments.epochs, device)
        return
    with tempfile.TemporaryDirectory() as folder:
        size = PrepareParams.parse(params.prepare).size
        make_data(Path(folder), size)
        data = LabPhotographs(Shards(Path(folder), TRAIN))
        print(
            f"{size}x{size} on {device}, "
            f"{torch.get_num_threads()} threads, {arguments.rounds} rounds; median/photograph\n"
        )
        compare(variants(params, device, data), arguments.rounds, device)
        # A separate process, or the variants above would count as well.
        options = ["--memory-of", folder, "--epochs", str(arguments.epochs)]
        options += ["--device", str(device)]
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", __spec__.name, *options], cwd=REPOSITORY, check=True)


def make_data(folder: Path, size: int) -> None:
    """Write random photographs, (n, size, size, 3), as the splits train and val."""
    generator = np.random.default_rng(0)
    for split, count in ((TRAIN, PHOTOGRAPHS), (VAL, PHOTOGRAPHS // 4)):
        photographs = (
            generator.integers(0, 256, (size, size, 3), dtype=np.uint8) for _ in range(count)
        )
        write_shards(folder, split, photographs, count, size)


def _median_ratio(ones: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


if __name__ == "__main__":
    main()
