"""Chroma at the border: does a network colour less there than in the middle?

    python -m benchmarks.borders [--checkpoint FILE] [--folder FOLDER]

Photographs are made into squares of the size that the network was trained on, and coloured without
averaging over mirror images. There are two tables, with a row for each ring by its distance from
the border, as a share of the side:

- whole photographs: the mean predicted chroma beside the true one. If all photographs show an
  object on a white ground, as many in the sample do, a network that does not recognise the white
  seems to gain towards the border
- random crops: the mean chroma predicted for the crop beside that predicted at the same places
  for the whole photograph, so that nothing in the picture sets the border apart

ratio is the first divided by the second, and relative is this ratio divided by that of the middle:
1.00 everywhere if nothing fades.
"""

from __future__ import annotations

import argparse

import pandas as pd

from benchmarks.squares import REPOSITORY, SEED, add_arguments, load
from colorizer.common.errors import run_stage
from colorizer.common.params import load_params
from colorizer.evaluation.border_profile import profile_against_truth, profile_of_crops
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
    batch_size = PredictParams.parse(params.predict).batch_size
    truth = profile_against_truth(model, squares, batch_size, device)
    crops = profile_of_crops(model, squares, batch_size, SEED, device)
    print(report(truth, "whole photographs", "true"))
    print()
    print(report(crops, "random crops", "whole's"))


def report(table: pd.DataFrame, title: str, reference: str) -> str:
    """Return a profile as text."""
    lines = [f"{title:20}{'predicted':>10}{reference:>10}{'ratio':>8}{'relative':>10}"]
    for row in table.to_dict("records"):
        ring = f"{row['from']:5.1%} to {row['to']:5.1%}"
        lines.append(
            f"{ring:20}{row['predicted']:10.2f}{row['reference']:10.2f}{row['ratio']:8.2f}"
            f"{row['relative']:10.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    run_stage(main)
