"""How far a colour hint reaches: over its object, and no further?

    python -m benchmarks.hints [--checkpoint FILE] [--folder FOLDER]

Photographs are made into squares of the size that the network was trained on. Each gets true hints
at random places, one at a time; a hint counts if it is at least 20 away in ab from the prediction
there. There is a row for each kind of place:

- near: within a twentieth of the side of the hint
- far, unlike: further away than a quarter of the side, with another true colour or lightness
- far, alike: as far away, with about the same true colour and lightness

change is how far ab moves on average, in CIELAB units; share is that divided by how far the hint
is from the prediction. Ideal is 1.00 for near and for far, alike, and 0.00 for far, unlike.
"""

from __future__ import annotations

import argparse

import pandas as pd

from benchmarks.squares import REPOSITORY, SEED, add_arguments, load
from colorizer.common.errors import run_stage
from colorizer.common.params import load_params
from colorizer.evaluation.hint_reach import measure_reach
from colorizer.inference.params import PredictParams
from colorizer.prepare.params import PrepareParams


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    arguments = parser.parse_args()
    params = load_params(REPOSITORY / "params.yaml")
    model, squares, device = load(arguments, PrepareParams.parse(params.prepare))
    print(report(measure_reach(model, squares, PredictParams.parse(params.predict), SEED, device)))


def report(table: pd.DataFrame) -> str:
    """Return the reach of hints as text."""
    lines = [f"{'place':14}{'hints':>7}{'change':>9}{'share':>8}"]
    lines += [
        f"{row['place']:14}{row['hints']:7d}{row['change']:9.2f}{row['share']:8.2f}"
        for row in table.to_dict("records")
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    run_stage(main)
