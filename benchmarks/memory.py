"""Peak memory of preparing photographs and of feeding training, for a small and a large set.

    python -m benchmarks.memory [--counts 2000 20000]

Small photographs with random colours are made first. Each row is a separate process with all its
workers; the figure is the highest sum of their proportional set sizes (memory shared by several
processes counts once), sampled continuously. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLE_S = 0.02
CATEGORIES = 20


def prepare_all(folder: Path) -> None:
    """Prepare the photographs of ``folder``/raw."""
    from colorizer.common.params import load_params
    from colorizer.prepare.params import PrepareParams
    from colorizer.prepare.pipeline import prepare

    params = PrepareParams.parse(load_params(REPOSITORY / "params.yaml").prepare)
    prepare(folder / "raw", params.replace(orientation="any"), folder / "prepared")


def feed(folder: Path) -> None:
    """Read the training photographs for two epochs, as training does, without a network."""
    import torch

    from colorizer.common.params import load_params
    from colorizer.data.dataset import LabPhotographs
    from colorizer.data.shards import Shards
    from colorizer.data.splits import TRAIN
    from colorizer.training.batches import TrainingBatches, by_epoch
    from colorizer.training.params import parse_train

    _, recipe = parse_train(load_params(REPOSITORY / "params.yaml").train, "unet")
    photographs = LabPhotographs(Shards(folder / "prepared", TRAIN))
    batches = TrainingBatches(photographs, recipe, 0, photographs.size)
    for _, epoch in by_epoch(batches, range(1, 3), torch.device("cpu")):
        for _ in epoch:
            pass


CHILDREN = {"prepare": prepare_all, "train, data side": feed}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs=2, default=[2000, 20000])
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        CHILDREN[arguments.child](arguments.folder)
        return
    peaks: dict[str, list[float]] = {name: [] for name in CHILDREN}
    for count in arguments.counts:
        with tempfile.TemporaryDirectory() as folder:
            _make_photographs(Path(folder, "raw"), count)
            for name in CHILDREN:
                peaks[name].append(_peak(name, Path(folder)))
    few, many = arguments.counts
    print(f"peak memory, MB{few:>12,}{many:>12,}{'ratio':>8}")
    for name, (low, high) in peaks.items():
        print(f"{name:15}{low:12.0f}{high:12.0f}{high / low:8.2f}")


def _make_photographs(folder: Path, count: int) -> None:
    from colorizer.data.manifest import write_manifest

    for number in range(CATEGORIES):
        (folder / str(number)).mkdir(parents=True)

    def make(number: int) -> None:
        noise = np.random.default_rng(number).integers(0, 256, (5, 7, 3), dtype=np.uint8)
        image = Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)
        image.save(folder / str(number % CATEGORIES) / f"{number}.jpg", quality=80)

    with ThreadPoolExecutor() as pool:
        list(tqdm(pool.map(make, range(count)), desc="make", total=count))
    write_manifest(folder)


def _peak(name: str, folder: Path) -> float:
    command = [sys.executable, "-m", __spec__.name, "--child", name, "--folder", str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY) as child:
        process, peak = psutil.Process(child.pid), 0
        while child.poll() is None:
            peak = max(peak, _memory(process))
            time.sleep(SAMPLE_S)
    if child.returncode:
        sys.exit(f"{name} failed")
    return peak / 1e6


def _memory(process: psutil.Process) -> int:
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.NoSuchProcess:  # a worker ended meanwhile
        pass
    return total


if __name__ == "__main__":
    main()
