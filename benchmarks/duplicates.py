"""Time to find near-duplicates among many photographs, and how many are found.

    python -m benchmarks.duplicates [--photographs 100000]

Squares of random soft shapes are made, half of them altered copies of the others: mirrored,
resized and restored, brightened or darkened, changed in contrast, quantised as by strong
compression, or several of these. Making them is not timed: the figures are for photographs already
decoded, in one process.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import trange

from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.common.params import load_params
from colorizer.prepare.duplicates import group_duplicates
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.perceptual_hash import Fingerprint, fingerprint

SIZE = 128

Pixels = npt.NDArray[np.uint8]


def original(generator: np.random.Generator) -> Pixels:
    """Return a square of soft shapes unlike any other."""
    noise = generator.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    small = Image.fromarray(noise).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    return np.asarray(small)


def altered(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Return a copy with one to three random changes."""
    kinds = generator.permutation(5)[: generator.integers(1, 4)]
    for kind in kinds:
        if kind == 0:
            pixels = pixels[:, ::-1]
        elif kind == 1:
            side = int(generator.integers(SIZE // 3, SIZE))
            small = Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR)
            pixels = np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
        elif kind == 2:
            shift = int(generator.integers(-25, 26))
            pixels = np.clip(pixels.astype(np.int16) + shift, 0, 255).astype(np.uint8)
        elif kind == 3:
            contrast = generator.uniform(0.75, 1.1)
            pixels = np.clip((pixels - 128.0) * contrast + 128, 0, 255).astype(np.uint8)
        else:
            pixels = (pixels // 16 * 16 + 8).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photographs", type=int, default=100_000)
    arguments = parser.parse_args()
    params = PrepareParams.parse(load_params().prepare)
    generator = np.random.default_rng(0)
    fingerprints: list[Fingerprint] = []
    describing = 0.0
    for _ in trange(arguments.photographs // 2, desc="describe", unit="pair"):
        first = original(generator)
        pair = (first, altered(first, generator))
        started = perf_counter()
        fingerprints += [fingerprint(pixels, lab_from_bytes(pixels)) for pixels in pair]
        describing += perf_counter() - started
    started = perf_counter()
    groups = group_duplicates(fingerprints, params.duplicate_distance, params.duplicate_similarity)
    grouping = perf_counter() - started

    pairs = groups.reshape(-1, 2)
    found = int((pairs[:, 0] == pairs[:, 1]).sum())
    wrong = len(pairs) - len(np.unique(pairs[:, 0]))
    print(f"photographs             {len(groups):>10,}")
    each = describing / len(groups) * 1000
    print(f"hashes and thumbnails   {describing:10.1f} s ({each:.2f} ms each)")
    print(f"index and groups        {grouping:10.1f} s")
    print(f"together                {describing + grouping:10.1f} s")
    print(f"copies found            {found:>10,} of {len(pairs):,} ({found / len(pairs):.2%})")
    print(f"unrelated ones joined   {wrong:>10,}")


if __name__ == "__main__":
    main()
