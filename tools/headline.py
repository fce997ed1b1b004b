#!/usr/bin/env python3
"""Print the last run's headline figures, and which files to open."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from colorizer.evaluation.metrics import metric_columns

EVALUATION = Path("metrics/evaluation.json")
PREPARE = Path("metrics/prepare.json")
FILES = {
    "plots/predictions/test/": "grey | predicted | true, for photographs never seen",
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
    columns = metric_columns()
    print(f"{'':>10}" + "".join(f"{title:>15}" for title, _ in columns.values()))
    for name, figures in rows.items():
        cells = (
            form.format(figures[k]) if k in figures else "" for k, (_, form) in columns.items()
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
