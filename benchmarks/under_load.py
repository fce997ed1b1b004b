"""What is left of the speed while other programs want the processor.

    python -m benchmarks.under_load [--busy 0 1 2 4] [--rounds 3] [--seconds 10]

Other programs are processes that never rest, and are there before what is measured: each figure
is of a new process, for much depends on the cores that its threads get at the start. Two ways take
turns: torch's threads share every operator, as they do by themselves, and batches are prepared
when they are needed; or threads share every batch, as :mod:`colorizer.networks.shares` has it, and
one prepares the next.

- train: photographs/s of training `unet` as in params.yaml, batches of random photographs included
- predict: photographs/s of the stage that colours test photographs, with their mirror images
- photo: seconds of `colorizer photo`, a process of its own, for a photograph of 1 megapixel
- web: seconds until a visitor of `colorizer web` has two photographs of 1 megapixel, has given a
  colour and downloaded the last one

Figures are medians over the rounds; percentages are of the speed without other programs. Linux
only.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from benchmarks.colorize import make_photograph
from benchmarks.web import visit

REPOSITORY = Path(__file__).resolve().parent.parent
# Ends with the process that started it, however that ends.
BUSY = """
import os
parent = os.getppid()
while os.getppid() == parent:
    pass
"""
PHOTOGRAPHS = 64
WAYS = {"operators": "operators shared", "batches": "batches shared"}
# What is measured, its unit, and whether more is better.
MEASURED = {
    "train": ("photographs/s", True),
    "predict": ("photographs/s", True),
    "photo": ("s", False),
    "web": ("s", False),
}
Measure = Callable[[], float]


def choose(way: str) -> None:
    """Make this process compute in one of :data:`WAYS`."""
    from colorizer.networks import shares
    from colorizer.training import batches

    if way == "operators":
        shares.FEWEST = shares.MOST = 1
        batches._ahead = iter  # type: ignore[assignment]


def train_measure(folder: Path, seconds: float) -> Measure:
    """Return a function that trains for some seconds and returns photographs/s."""
    import torch

    from benchmarks.train_step import make_data
    from colorizer.common.params import load_params
    from colorizer.data.dataset import LabPhotographs
    from colorizer.data.shards import Shards
    from colorizer.data.splits import TRAIN
    from colorizer.networks.devices import make_repeatable
    from colorizer.networks.registry import build_to_train
    from colorizer.networks.unet import UNetRecipe
    from colorizer.training.batches import TrainingBatches, by_epoch
    from colorizer.training.learner import Learner
    from colorizer.training.loop import EpochLoop
    from colorizer.training.params import parse_train

    make_data(folder, 128)
    _, recipe = parse_train(load_params(REPOSITORY / "params.yaml").train, "unet")
    assert isinstance(recipe, UNetRecipe)
    data, cpu = LabPhotographs(Shards(folder, TRAIN)), torch.device("cpu")
    make_repeatable(0)
    network = build_to_train("unet", recipe)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    side = network.nearest_side(data.size * recipe.crop_scale)
    batches = TrainingBatches(data, recipe, 0, side)
    loop = EpochLoop(Learner(network, recipe, steps=10**6), recipe, 0, cpu)
    flow = by_epoch(batches, range(1, 10**5), cpu)

    def measure() -> float:
        with tqdm(disable=True) as bar:
            epoch, epoch_batches = next(flow)
            loop.train(epoch_batches, epoch, bar)  # the first warms up
            started, count = perf_counter(), 0
            while (passed := perf_counter() - started) < seconds:
                epoch, epoch_batches = next(flow)
                loop.train(epoch_batches, epoch, bar)
                count += len(data)
        return count / passed

    return measure


def predict_measure(_: Path, seconds: float) -> Measure:
    """Return a function that colours for some seconds and returns photographs/s."""
    import torch

    from colorizer.inference.params import PredictParams
    from colorizer.inference.predict import colorize_batch
    from colorizer.networks.checkpoint import load_checkpoint
    from colorizer.networks.devices import make_repeatable
    from colorizer.networks.files import GENERAL

    params, cpu = PredictParams(), torch.device("cpu")
    make_repeatable(0)
    network = load_checkpoint(GENERAL).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    numbers = np.random.default_rng(0)
    batch = numbers.integers(0, 256, (params.batch_size, 128, 128, 3), dtype=np.uint8)

    def measure() -> float:
        colorize_batch(network, batch, params.mirror, cpu)  # the first warms up
        started, count = perf_counter(), 0
        while (passed := perf_counter() - started) < seconds:
            colorize_batch(network, batch, params.mirror, cpu)
            count += len(batch)
        return count / passed

    return measure


def measure_here(what: str, way: str, seconds: float) -> None:
    """Measure in this process and print the figure."""
    choose(way)
    with tempfile.TemporaryDirectory() as folder:
        make = train_measure if what == "train" else predict_measure
        print(make(Path(folder), seconds)(), flush=True)


def process_measure(what: str, way: str, seconds: float) -> Measure:
    """Return a function that measures in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "--measure", what, way]
    command += ["--seconds", str(seconds)]

    def measure() -> float:
        done = subprocess.run(
            command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True
        )
        return float(done.stdout)

    return measure


def command_of(way: str, *words: str) -> list[str]:
    """Return the command line of ``colorizer`` in one of :data:`WAYS`."""
    return [sys.executable, "-m", __spec__.name, "--command", way, *words]


def photo_measure(way: str, photograph: Path) -> Measure:
    """Return a function that colours a photograph and returns the seconds that it took."""
    command = command_of(way, "photo", str(photograph), "--overwrite")

    def measure() -> float:
        started = perf_counter()
        subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
        return perf_counter() - started

    return measure


def web_measure(way: str, photograph: Path) -> Measure:
    """Return a function that runs `colorizer web` and returns the seconds of a visit."""
    command, content = command_of(way, "web", "--port", "0"), photograph.read_bytes()

    def measure() -> float:
        with subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout
                found = re.search(r"http://\S+", process.stdout.readline())
                assert found, "the server has not started"
                visit(f"{found[0]}/", content, 1)  # the first waits for what is loaded on demand
                started = perf_counter()
                visit(f"{found[0]}/", content, 2)
                return perf_counter() - started
            finally:
                process.terminate()

    return measure


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Run processes that want the processor, for the length of the block."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def measure_of(what: str, way: str, photograph: Path, seconds: float) -> Measure:
    """Return a function that measures in one of :data:`WAYS`."""
    if what == "photo":
        return photo_measure(way, photograph)
    if what == "web":
        return web_measure(way, photograph)
    return process_measure(what, way, seconds)


def compare(what: str, loads: list[int], rounds: int, seconds: float, photograph: Path) -> None:
    """Print the rows of what is measured."""
    unit, more_is_better = MEASURED[what]
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    ways = [measure_of(what, way, photograph, seconds) for way in WAYS]
    for count in loads:
        with busy(count):
            figures = [[measure() for measure in ways] for _ in range(rounds)]
        for way, column in zip(WAYS, zip(*figures, strict=True), strict=True):
            found[way].append(statistics.median(column))
    for way, row in found.items():
        shares = [figure / row[0] if more_is_better else row[0] / figure for figure in row]
        cells = "".join(
            f"{figure:10.2f} {share:5.0%}" for figure, share in zip(row, shares, strict=True)
        )
        print(f"{what:9}{unit:15}{WAYS[way]:18}{cells}", flush=True)


def main() -> None:
    """Run the benchmark."""
    if sys.argv[1:2] == ["--command"]:
        from colorizer.cli.main import main as colorizer

        choose(sys.argv[2])
        colorizer(sys.argv[3:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2, 4], metavar="N")
    parser.add_argument("--only", nargs="+", choices=MEASURED, default=list(MEASURED))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of training and predicting")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        what, way = arguments.measure
        measure_here(what, way, arguments.seconds)
        return
    loads = "".join(f"{f'beside {count}':>16}" for count in arguments.busy)
    print(f"{'':42}{loads}")
    with tempfile.TemporaryDirectory() as folder:
        photograph = Path(folder, "photograph.jpg")
        make_photograph(photograph, 1, "L")
        for what in arguments.only:
            compare(what, arguments.busy, arguments.rounds, arguments.seconds, photograph)


if __name__ == "__main__":
    main()
