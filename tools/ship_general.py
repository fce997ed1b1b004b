#!/usr/bin/env python3
"""Put a trained network into the package as the general one: docs/general_network.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from colorizer.cli.export import OPSETS
from colorizer.common.errors import UserError
from colorizer.data.shards import Shards
from colorizer.data.splits import VAL
from colorizer.evaluation.metrics import mse, psnr_from_mse
from colorizer.inference.predict import colorize_batch
from colorizer.networks.checkpoint import load_checkpoint, save_halved
from colorizer.networks.files import CHECKPOINT, GENERAL, GENERAL_GRAPH
from colorizer.predictors.onnx_export import describe, export_onnx

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
    parser.add_argument(
        "--graph", action="store_true", help="only write anew the graph for ONNX Runtime"
    )
    arguments = parser.parse_args()
    try:
        if not arguments.graph:
            _ship(arguments.checkpoint)
        model, card = describe(GENERAL)
        differences = export_onnx(model, card, GENERAL_GRAPH, OPSETS[0], weights=GENERAL)
    except UserError as error:
        sys.exit(f"error: {error}")
    print(f"{GENERAL_GRAPH}: ab matches torch {differences}")


def _ship(checkpoint: Path) -> None:
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
    print(GENERAL)


def _psnr(checkpoint: Path, photographs: np.ndarray) -> float:
    model = load_checkpoint(checkpoint)
    colored = colorize_batch(model, photographs, mirror=False, device=torch.device("cpu"))
    pairs = zip(colored, photographs, strict=True)
    return float(np.mean([psnr_from_mse(mse(*pair)) for pair in pairs]))


if __name__ == "__main__":
    main()
