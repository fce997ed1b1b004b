"""Fetch the photographs into data/raw."""

from pathlib import Path

from colorizer.common.errors import run_stage
from colorizer.common.params import load_params
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.sources import fetch

RAW = Path("data/raw")
# Neither is an output: DVC removes outputs before every run.
PLACES = Places(downloads=Path(".downloads"), records=Path("data/downloads.json"))


def main() -> None:
    """Run the stage."""
    params = load_params()
    count = fetch(params.dataset, FetchParams.parse(params.fetch), RAW, PLACES)
    print(f"{count} photographs in {RAW}")


if __name__ == "__main__":
    run_stage(main)
