"""Colour the test photographs from their lightness alone; draw panels of some of them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer.common.errors import run_stage
from colorizer.common.files import whole_folder
from colorizer.common.params import load_params
from colorizer.common.tables import write_json
from colorizer.data.shards import Shards, read_split_index, write_shards
from colorizer.data.splits import TEST, TRAIN
from colorizer.evaluation.metrics import mse, psnr_from_mse
from colorizer.figures.panels import Coloring, panel, panel_names, save_picture
from colorizer.inference.cluster import open_colorizer
from colorizer.inference.params import PredictParams
from colorizer.inference.saturation import saturation_of

PREPARED = Path("data/prepared")
CHECKPOINT = Path("data/checkpoints/model.safetensors")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics/predict.json")
PANELS = Path("plots/predictions")


def main() -> None:
    """Run the stage."""
    all_params = load_params()
    params = PredictParams.parse(all_params.predict)
    test = Shards(PREPARED, TEST)
    # Shards are ordered by content hash, so the first few are the same in every experiment.
    train = Shards(PREPARED, TRAIN)[: params.panels]
    saturation = saturation_of(params, CHECKPOINT)
    with open_colorizer(CHECKPOINT, params, all_params.seed, saturation) as colorize:
        with whole_folder(PREDICTIONS) as partial:
            write_shards(partial, TEST, colorize(test), len(test), test.size)
        train_colored = np.array(list(colorize(train)))
    _draw_panels(TRAIN, train_colored, train)
    _draw_panels(TEST, Shards(PREDICTIONS, TEST)[: params.panels], test[: params.panels])
    write_json(METRICS, {"saturation": saturation})
    print(f"{len(test)} test photographs coloured, chroma x {saturation:g}; panels in {PANELS}")


def _draw_panels(split: str, predicted: NDArray[np.uint8], true: NDArray[np.uint8]) -> None:
    files = list(read_split_index(PREPARED, split)["file"])[: len(true)]
    with whole_folder(PANELS / split) as partial:
        for name, colored, photograph in zip(panel_names(files), predicted, true, strict=True):
            psnr = psnr_from_mse(mse(colored, photograph))
            save_picture(partial / name, panel(Coloring(name, colored, photograph, psnr)))


if __name__ == "__main__":
    run_stage(main)
