"""What runs a network: torch for a checkpoint, ONNX Runtime for an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.common.extras import require_extra
from colorizer.networks.files import ON_CPU, ONNX, file_for, require_network, runtime_of
from colorizer.predictors.protocol import PhotoPredictor

# Each runtime is imported where it is used, so that using one does not load the other.

AUTO = "auto"
MOST_SATURATION = 10


def load_predictor(
    file: Path,
    changes: Mapping[str, object],
    side: int | None = None,
    runtime: str | None = None,
) -> tuple[PhotoPredictor, float]:
    """Load a network for photographs.

    Parameters
    ----------
    file : Path
        A training checkpoint or an ONNX file.
    changes : mapping
        ``device``, ``mirror`` and ``saturation`` where they differ from the defaults of
        :class:`colorizer.inference.params.PredictParams`. An ONNX file has its own defaults for
        the last two.
    side : int or None
        The shorter side in pixels that the network sees; by default as in its training.
    runtime : str or None
        As in :func:`colorizer.networks.files.file_for` and
        :func:`colorizer.networks.files.runtime_of`.

    Returns
    -------
    predictor : PhotoPredictor
        The network.
    saturation : float
        The factor for its own predictions, at least 0.

    Raises
    ------
    UserError
        If the file or a change is unusable, or the runtime is not installed.
    """
    require_network(file)
    device = str(changes.get("device", "auto"))
    require_saturation(changes.get("saturation", AUTO))
    file = file_for(file, runtime, device)
    load = _with_onnx if runtime_of(file, runtime) == ONNX else _with_torch
    return load(file, changes, side)


def require_saturation(saturation: object) -> None:
    """Check a factor for a network's own predictions.

    Raises
    ------
    UserError
        If it is neither ``auto`` nor a number from 0 to :data:`MOST_SATURATION`.
    """
    if saturation == AUTO:
        return
    if not isinstance(saturation, int | float) or not 0 <= saturation <= MOST_SATURATION:
        raise UserError(
            f"the saturation must be a number from 0 to {MOST_SATURATION}, got {saturation}"
        )


def _with_torch(
    checkpoint: Path, changes: Mapping[str, object], side: int | None
) -> tuple[PhotoPredictor, float]:
    require_extra("train", "torch", "safetensors", "pandas", "pydantic")
    from colorizer.inference.params import PredictParams
    from colorizer.inference.saturation import saturation_of
    from colorizer.networks.devices import divide_cores, make_repeatable, pick_device
    from colorizer.predictors.torch_predictor import load_torch_predictor

    settings = PredictParams().replace(**changes)
    device = pick_device(settings.device)
    make_repeatable(seed=0)
    divide_cores(2 if settings.mirror else 1)  # a photograph has as many shares
    network = load_torch_predictor(checkpoint, device, side, settings.mirror)
    return network, saturation_of(settings, checkpoint)


def _with_onnx(
    file: Path, changes: Mapping[str, object], side: int | None
) -> tuple[PhotoPredictor, float]:
    from colorizer.predictors.onnx_predictor import load_onnx_predictor

    device, saturation = changes.get("device", "auto"), changes.get("saturation", AUTO)
    if device not in ON_CPU:
        raise UserError(
            f"device {device!r} cannot be used by --runtime onnx, which computes on the CPU; use "
            "auto or cpu, or a training checkpoint"
        )
    mirror = changes.get("mirror")
    network = load_onnx_predictor(file, side, None if mirror is None else bool(mirror))
    return network, network.card.saturation if saturation == AUTO else float(str(saturation))
