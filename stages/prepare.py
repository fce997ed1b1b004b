"""Prepare the photographs of data/raw: filter, crop, resize, split."""

from pathlib import Path

from colorizer.errors import run_stage
from colorizer.files import write_csv, write_json
from colorizer.params import load_params
from colorizer.prepare import prepare, rejected

RAW = Path("data/raw")
PREPARED = Path("data/prepared")
METRICS = Path("metrics/prepare.json")
REJECTED = Path("plots/rejected.csv")


def main() -> None:
    prepared = prepare(RAW, load_params().prepare, PREPARED)
    write_json(METRICS, prepared.summary)
    write_csv(REJECTED, rejected(prepared.index))
    print(f"{prepared.summary['kept']} of {prepared.summary['found']} photographs kept:")
    print("  " + ", ".join(f"{n} {split}" for split, n in prepared.summary["splits"].items()))
    for reason, count in prepared.summary["dropped"].items():
        print(f"  {count} dropped: {reason}")


if __name__ == "__main__":
    run_stage(main)
