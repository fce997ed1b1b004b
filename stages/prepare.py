"""Prepare the photographs in data/raw: filter, crop, resize, split."""

from pathlib import Path
from time import perf_counter

from colorizer.common.errors import run_stage
from colorizer.common.params import load_params
from colorizer.common.tables import write_csv, write_json
from colorizer.data.splits import TRAIN
from colorizer.figures.charts import save_figure
from colorizer.figures.dataset import dataset_figure
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.pipeline import list_rejected, prepare

RAW = Path("data/raw")
PREPARED = Path("data/prepared")
METRICS = Path("metrics/prepare.json")
SPEED = Path("metrics/prepare_speed.json")
REJECTED = Path("plots/rejected.csv")
FIGURE = Path("plots/dataset.png")


def main() -> None:
    """Run the stage."""
    started = perf_counter()
    params = PrepareParams.parse(load_params().prepare)
    prepared = prepare(RAW, params, PREPARED)
    seconds = perf_counter() - started
    write_json(METRICS, prepared.summary)
    # Apart from the metrics above, and not an output: times differ from run to run.
    images_per_s = round(len(prepared.index) / seconds, 1)
    write_json(SPEED, {"images_per_s": images_per_s, "seconds": round(seconds, 2)})
    write_csv(REJECTED, list_rejected(prepared.index))
    save_figure(FIGURE, dataset_figure(PREPARED, prepared.index))
    print(
        f"{prepared.summary['kept']} of {prepared.summary['found']} photographs kept, "
        f"{images_per_s:g} a second:"
    )
    print("  " + ", ".join(f"{n} {split}" for split, n in prepared.summary["splits"].items()))
    if params.limit > prepared.summary["splits"][TRAIN]:
        print(f"  prepare.limit={params.limit} is more than there are to train on: all are taken")
    for reason, count in prepared.summary["dropped"].items():
        print(f"  {count} dropped: {reason}")


if __name__ == "__main__":
    run_stage(main)
