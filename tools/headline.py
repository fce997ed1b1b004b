#!/usr/bin/env python3
"""Print the headline figures of the last run, and which files to open."""

from __future__ import annotations

import json
import sys
from pathlib import Path

EVALUATION = Path("metrics/evaluation.json")
PREPARE = Path("metrics/prepare.json")
COLUMNS = {
    "psnr": ("PSNR, dB", "{:.2f}"),
    "ssim": ("SSIM", "{:.3f}"),
    "ciede2000": ("CIEDE2000", "{:.2f}"),
    "colorfulness": ("colourfulness", "{:.1f}"),
}
FILES = {
    "plots/predictions/test/": "grey | predicted | true, of photographs never seen",
    "plots/figures/worst.png": "where it fails most",
    "plots/figures/loss.png": "the loss over the epochs",
    "plots/per_image.csv": "every figure of every test photograph",
    "data/checkpoints/model.safetensors": "the trained network",
}


def main() -> None:
    """Print a table of the network, aged photographs, the general network and baselines."""
    try:
        evaluation = json.loads(EVALUATION.read_text(encoding="utf-8"))
        splits = json.loads(PREPARE.read_text(encoding="utf-8"))["splits"]
    except FileNotFoundError as error:
        sys.exit(f"error: {error.filename} not found; run the pipeline first: dvc repro")
    rows = {
        "network": evaluation,
        "grey": evaluation["grey"],
        "mean ab": evaluation["mean_ab"],
        "general": evaluation["general"],
        "aged": evaluation["aged"],
        "truth": {"colorfulness": evaluation["colorfulness_truth"]},
    }
    print(
        f"\n{splits['train']} photographs to train on, {splits['test']} unseen ones to test on:\n"
    )
    print(f"{'':>10}" + "".join(f"{title:>15}" for title, _ in COLUMNS.values()))
    for name, figures in rows.items():
        cells = (
            form.format(figures[k]) if k in figures else "" for k, (_, form) in COLUMNS.items()
        )
        print(f"{name:>10}" + "".join(f"{cell:>15}" for cell in cells))
    missing = [file for file in FILES if not Path(file).exists()]
    if missing:
        print(f"\nThese are recorded figures; {missing[0]} is not here yet: run dvc repro")
        return
    print("\nOpen:")
    for file, meaning in FILES.items():
        print(f"  {file:<36}{meaning}")
    print(
        "\nNext: source .venv/bin/activate, then colorizer photo YOUR.jpg; docs/guide.md says more"
    )


if __name__ == "__main__":
    main()
