"""By which settings photographs are evaluated: those of params.yaml, or the same built in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorizer.common.params import PARAMS_FILE, PredictParams, PrepareParams, load_params
from colorizer.predictors.settings import DEFAULTS


@dataclass(frozen=True)
class EvaluationSettings:
    """What an evaluation takes from params.yaml.

    Attributes
    ----------
    seed : int
        Of whatever is random.
    prepare : PrepareParams
        Which photographs are measured, and what squares are made of them.
    predict : PredictParams
        How they are coloured.
    """

    seed: int
    prepare: PrepareParams
    predict: PredictParams


# Those of params.yaml as shipped.
BUILT_IN = EvaluationSettings(
    seed=1234,
    prepare=PrepareParams(
        size=128,
        orientation="landscape",
        crop="center",
        min_side=32,
        max_megapixels=250.0,
        min_chroma=1.5,
        duplicate_distance=10,
        duplicate_similarity=0.95,
        val=0.1,
        test=0.2,
        limit=0,
        scheduler="",
        workspace="",
    ),
    predict=DEFAULTS,
)


def evaluation_settings(file: Path | None = None) -> EvaluationSettings:
    """Return the settings of a file of parameters.

    Parameters
    ----------
    file : Path or None
        A file such as params.yaml; by default the one of the current folder, and where there is
        none, :data:`BUILT_IN`.

    Raises
    ------
    ParamsError
        If the file was named and is missing, or a parameter in it cannot be used.
    """
    if file is None and not PARAMS_FILE.is_file():
        return BUILT_IN
    params = load_params(file or PARAMS_FILE)
    return EvaluationSettings(params.seed, params.prepare, params.predict)
