"""The settings with which a trained network colours: those of the pipeline that it is of."""

from __future__ import annotations

from pathlib import Path

from colorizer.common.params import PARAMS_FILE, PredictParams, load_params
from colorizer.networks.files import CHECKPOINT, is_general

# Those of params.yaml as shipped.
DEFAULTS = PredictParams(
    device="auto",
    batch_size=32,
    mirror=True,
    saturation="auto",
    saturation_cost=0.2,
    scheduler="",
    panels=10,
)


def settings_of(checkpoint: Path) -> PredictParams:
    """Return those of the pipeline that the checkpoint lies in, or :data:`DEFAULTS`.

    The general network lies in no pipeline, wherever it is installed.
    """
    if is_general(checkpoint):
        return DEFAULTS
    # Not resolved: DVC may have made a link to its cache.
    folders = checkpoint.absolute().parents
    if len(folders) >= len(CHECKPOINT.parts):
        file = folders[len(CHECKPOINT.parts) - 1] / PARAMS_FILE
        if file.is_file():
            return load_params(file).predict
    return DEFAULTS
