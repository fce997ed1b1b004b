#!/usr/bin/env python3
"""Put a trained network into the package as the general one: docs/general_network.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from colorizer.common.errors import UserError
from colorizer.data.shards import Shards
from colorizer.data.splits import VAL
from colorizer.evaluation.metrics import mse, psnr_from_mse
from colorizer.inference.predict import colorize_batch
from colorizer.networks.checkpoint import load_checkpoint, save_halved
from colorizer.networks.files import CHECKPOINT, GENERAL

PREPARED = Path("data/prepared")
PHOTOGRAPHS = 100
# Git keeps every version for ever, and half precision must cost nothing visible.
MOST_BYTES, MOST_DB = 10_000_000, 0.01


def main() -> None:
    """Write the network in half precision if it is still as good on validation photographs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=CHECKPOINT,
        metavar="FILE",
        help="the trained network (default: %(default)s)",
    )
    checkpoint = parser.parse_args().checkpoint
    try:
        photographs = Shards(PREPARED, VAL)[:PHOTOGRAPHS]
        with tempfile.TemporaryDirectory() as folder:
            halved = Path(folder, GENERAL.name)
            save_halved(checkpoint, halved)
            size = halved.stat().st_size
            before, after = (_psnr(file, photographs) for file in (checkpoint, halved))
        print(
            f"{len(photographs)} validation photographs: PSNR {before:.4f} dB, in half precision "
            f"{after:.4f} dB; {size / 1e6:.2f} MB"
        )
        if size > MOST_BYTES or abs(before - after) > MOST_DB:
            sys.exit(f"not shipped: more than {MOST_BYTES / 1e6:g} MB or {MOST_DB} dB")
        save_halved(checkpoint, GENERAL)
    except UserError as error:
        sys.exit(f"error: {error}")
    print(GENERAL)


def _psnr(checkpoint: Path, photographs: np.ndarray) -> float:
    model = load_checkpoint(checkpoint)
    colored = colorize_batch(model, photographs, mirror=False, device=torch.device("cpu"))
    pairs = zip(colored, photographs, strict=True)
    return float(np.mean([psnr_from_mse(mse(*pair)) for pair in pairs]))


if __name__ == "__main__":
    main()
