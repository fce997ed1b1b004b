"""Speed of preparing photographs, beside the plain way and the limit.

    python -m benchmarks.prepare [--large FOLDER] [--small FOLDER]

(a) plain: full decode, float tensor, crop, resize, scikit-image's Lab (the project's ancestor)
(b) ours in one process: what a worker of `prepare` does, from file to shard
(c) ours on all cores: the same through worker processes that are already running
(d) the limit: JPEG decoding at the reduced scale that (b) asks for, and nothing else

All four take turns in every round, so that other load on the machine affects all alike; the table
gives medians over the rounds. Without --large, the photographs with 10 megapixels or more in three
Debian packages are fetched with apt-get (Debian 12; no special rights needed).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from PIL import Image
from skimage.color import rgb2lab
from torch.nn import functional as F

from colorizer.common.pool import Pool, workers
from colorizer.data.manifest import photographs_in
from colorizer.images.square import DRAFT_FACTOR, SquareRule
from colorizer.prepare.worker import Examined, assemble, examine

SIZE = 128
RULE = SquareRule(size=SIZE, orientation="any", crop="center", min_side=32, max_megapixels=250)
DEBIAN_PACKAGES = ("lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds")
LARGE_MEGAPIXELS = 10
SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"


def plain(photographs: Sequence[str], _: Path) -> None:
    """Prepare photographs the plain way: every pixel decoded, floats throughout."""
    for photograph in photographs:
        with Image.open(photograph) as image:
            pixels = np.array(image.convert("RGB"))
        tensor = torch.from_numpy(pixels).permute(2, 0, 1).contiguous().float() / 255
        side = min(tensor.shape[1:])
        top, left = ((length - side) // 2 for length in tensor.shape[1:])
        square = tensor[:, top : top + side, left : left + side]
        small = F.interpolate(square[None], (SIZE, SIZE), mode="bilinear", antialias=True)[0]
        rgb2lab(small.permute(1, 2, 0).numpy())


def ours(photographs: Sequence[str], folder: Path) -> None:
    """Prepare photographs as one worker does, and write them to a shard."""
    _to_shard(examine(photographs, str(folder / "part.rgb"), RULE, 0.0), folder)


def ours_parallel(pool: Pool, photographs: Sequence[str], folder: Path) -> None:
    """Prepare photographs on all cores, and write them to a shard."""
    step = max(1, len(photographs) // (4 * (os.cpu_count() or 1)))
    tasks = (
        (photographs[start : start + step], str(folder / f"{start}.rgb"), RULE, 0.0)
        for start in range(0, len(photographs), step)
    )
    _to_shard([report for reports in pool.run(examine, tasks) for report in reports], folder)


def limit(photographs: Sequence[str], _: Path) -> None:
    """Decode photographs at the reduced scale, and nothing else."""
    side = DRAFT_FACTOR * SIZE
    for photograph in photographs:
        with Image.open(photograph) as image:
            image.draft("RGB", (side, side))
            image.load()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=Path, help="folder of JPEGs with 10 megapixels or more")
    parser.add_argument("--small", type=Path, default=SAMPLE, help="folder of small JPEGs")
    parser.add_argument("--photographs", type=int, default=64, help="large ones per round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # (a) to (d) differ in processes, not in torch's threads
    with tempfile.TemporaryDirectory() as folder, workers("", "") as pool:
        large = _jpegs(arguments.large or _from_debian(Path(folder)))
        large = [file for file in large if _megapixels(file) >= LARGE_MEGAPIXELS]
        small = _jpegs(arguments.small)
        list(pool.run(abs, ((number,) for number in range(64))))  # the processes start here
        print(f"{os.cpu_count()} cores, {arguments.rounds} rounds; median ms per photograph\n")
        for name, files, count in (
            ("large", large, arguments.photographs),
            ("small", small, 8 * arguments.photographs),
        ):
            if not files:
                sys.exit(f"no JPEG in the folder of {name} photographs")
            _compare(name, files, count, arguments.rounds, pool, Path(folder))


def _compare(
    name: str, files: list[str], count: int, rounds: int, pool: Pool, folder: Path
) -> None:
    photographs = list(islice(cycle(files), count))
    few = photographs[: max(4, count // 4)]  # the plain way takes its time
    ways: dict[str, tuple[Callable[[Sequence[str], Path], None], list[str]]] = {
        "(a) plain": (plain, few),
        "(b) ours, one process": (ours, photographs),
        "(c) ours, all cores": (lambda some, to: ours_parallel(pool, some, to), photographs),
        "(d) bare scaled decode": (limit, photographs),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, (function, some) in ways.items():
            started = perf_counter()
            function(some, folder)
            times[way].append((perf_counter() - started) / len(some) * 1000)
    medians = {way: statistics.median(taken) for way, taken in times.items()}
    megapixels = statistics.mean(map(_megapixels, files))
    print(f"{name}: {len(files)} JPEGs, {megapixels:.2f} megapixels on average")
    print(f"{'':24}{'median':>9}{'lowest':>9}{'highest':>9}{'x as (a)':>10}{'time / (d)':>12}")
    first, last = medians["(a) plain"], medians["(d) bare scaled decode"]
    for way, median in medians.items():
        print(
            f"{way:24}{median:9.2f}{min(times[way]):9.2f}{max(times[way]):9.2f}"
            f"{first / median:10.1f}{median / last:12.2f}"
        )
    print()


def _to_shard(reports: Sequence[Examined], folder: Path) -> None:
    places = [report.place for report in reports if report.place is not None]
    if len(places) != len(reports):
        sys.exit("a photograph was left out: the ways would not do the same work")
    assemble(str(folder / "shard.npy"), places, SIZE)


def _jpegs(folder: Path) -> list[str]:
    found = [str(path) for path in photographs_in(folder) if path.suffix.lower() == ".jpg"]
    return [file for file in found if not Path(file).is_symlink()]


def _megapixels(file: str) -> float:
    with Image.open(file) as image:
        return image.width * image.height / 1e6


def _from_debian(folder: Path) -> Path:
    print("fetching large photographs from Debian ...", file=sys.stderr)
    try:
        for package in DEBIAN_PACKAGES:
            _run("apt-get", "download", "-qq", package, cwd=folder)
        for archive in folder.glob("*.deb"):
            _run("dpkg-deb", "-x", archive.name, "debian", cwd=folder)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"no large photographs ({error}); name a folder of them with --large")
    return folder / "debian"


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
