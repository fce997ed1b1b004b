"""Time and memory of colouring photographs at their own size, from 0.3 to 100 megapixels.

    python -m benchmarks.colorize [--megapixels 0.3 1 4 16 100] [--formats L-jpeg RGB-jpeg]

A photograph from the sample is enlarged, given film grain and coloured by the default network,
whose weights do not matter here. Each row is a separate process, which colours a small photograph
first, then this one several times. The fastest times of the network and of the rest count, so that
other load on the machine matters little:

- s and s/megapixel, from file to file
- network: its own time, for the photograph and its mirror image, and its share of the whole
- beyond: s/megapixel of everything but the network
- memory: the peak resident set of the whole process, Python and torch included

Linux only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
MODES = {"L": "grey", "RGB": "colour", "I;16": "grey, 16 bit", "RGBA": "with alpha"}
FORMATS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
ASPECT = 1.5
GRAIN = 4.0
ROUNDS = 4


def make_photograph(path: Path, megapixels: float, mode: str) -> None:
    """Write a photograph of this size (in 10^6 pixels) and Pillow mode."""
    from PIL import Image

    height = round((megapixels * 1e6 / ASPECT) ** 0.5)
    source = min((REPOSITORY / "data" / "sample" / "scenes").rglob("*.jpg"))
    with Image.open(source) as sample:
        image = sample.convert("L").resize((round(ASPECT * height), height), 2)
    pixels, generator = np.array(image), np.random.default_rng(0)
    for row in pixels:
        grain = generator.standard_normal(row.size, np.float32) * GRAIN
        row[:] = (row + grain).clip(0, 255)
    if mode == "I;16":
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(pixels).convert(mode)
    image.save(path, quality=95)


def measure(folder: Path, source: str, format_: str) -> None:
    """Colour a photograph of ``folder`` and print the figures as JSON."""
    import torch
    from torch import Tensor

    from colorizer.networks.hinted import Encoding
    from colorizer.networks.unet import UNet
    from colorizer.photo.colorist import PhotoColorist
    from colorizer.predictors.torch_predictor import TorchPredictor

    forward_s: list[float] = []

    class Timed(UNet):
        def encode(self, lightness: Tensor) -> Encoding:
            started = perf_counter()
            seen = super().encode(lightness)
            forward_s.append(perf_counter() - started)
            return seen

        def decode(self, seen: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
            started = perf_counter()
            parts = super().decode(seen, hints)
            forward_s.append(perf_counter() - started)
            return parts

    network = TorchPredictor(Timed().eval(), torch.device("cpu"), 192, mirror=True)
    colorist = PhotoColorist(network, 1.0, 95, side_by_side=False)
    target = folder / f"result{FORMATS[format_]}"
    times = []
    for name in ("small.jpg", *[source] * ROUNDS):
        target.unlink(missing_ok=True)
        forward_s.clear()
        started = perf_counter()
        colorist.colorize(folder / name, target, format_)
        times.append((perf_counter() - started, sum(forward_s)))
    network_alone = min(network_s for _, network_s in times[1:])
    beyond = min(whole - network_s for whole, network_s in times[1:])
    print(json.dumps([network_alone, beyond, _peak_mb()]))


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError("no VmHWM in /proc/self/status")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.3, 1, 4, 16, 100])
    parser.add_argument(
        "--formats",
        nargs="+",
        default=["L-jpeg"],
        choices=[f"{mode}-{format_}" for mode in MODES for format_ in FORMATS],
        metavar="MODE-FORMAT",
        help="such as L-jpeg, RGB-png, I;16-tiff (default: %(default)s)",
    )
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        folder, source, format_ = arguments.child
        measure(Path(folder), source, format_)
        return
    columns = ("megapixels", "s", "s/megapixel", "network, s", "share", "beyond", "memory, MB")
    print(f"{'photograph':20}" + "".join(f"{column:>13}" for column in columns))
    for kind in arguments.formats:
        mode, format_ = kind.split("-")
        for megapixels in arguments.megapixels:
            with tempfile.TemporaryDirectory() as folder:
                name = f"photograph{FORMATS[format_]}"
                make_photograph(Path(folder, "small.jpg"), 0.1, "L")
                make_photograph(Path(folder, name), megapixels, mode)
                options = ["--child", folder, name, format_]
                child = subprocess.run(
                    [sys.executable, "-m", __spec__.name, *options],
                    cwd=REPOSITORY,
                    check=True,
                    capture_output=True,
                    text=True,
                )
            network, beyond, memory = json.loads(child.stdout)
            whole = network + beyond
            print(
                f"{MODES[mode] + ', ' + format_:20}{megapixels:13g}{whole:13.2f}"
                f"{whole / megapixels:13.3f}{network:13.2f}{network / whole:13.0%}"
                f"{beyond / megapixels:13.3f}{memory:13.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
