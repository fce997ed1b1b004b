"""Files that hold a trained network: where one is looked for, and what each kind is run by."""

from __future__ import annotations

from pathlib import Path

from colorizer.errors import UserError

CHECKPOINT = Path("data/checkpoints/model.safetensors")
# The network that comes with the code: docs/general_network.md.
GENERAL = Path(__file__).parent / "models" / "general.safetensors"
CHECKPOINT_SUFFIX, ONNX_SUFFIX = ".safetensors", ".onnx"
TORCH, ONNX = "torch", "onnx"
RUNTIMES = (TORCH, ONNX)


def require_network(file: Path) -> None:
    """Go on only if the file is there.

    Raises
    ------
    UserError
        If it is not; it says where to get one from.
    """
    if not file.is_file():
        raise UserError(
            f"checkpoint {file} not found; train a network with: dvc repro, get that of your team "
            "with: dvc pull, or name another with --checkpoint"
        )


def runtime_of(file: Path, runtime: str | None = None) -> str:
    """Return which of :data:`RUNTIMES` is to run the network in a file.

    Parameters
    ----------
    file : Path
        A checkpoint of training, or an ONNX file.
    runtime : str or None
        What the user asked for; by default the suffix tells.

    Raises
    ------
    UserError
        If the runtime that was asked for cannot read such a file.
    """
    suffix = file.suffix.lower()
    if runtime == ONNX and suffix == CHECKPOINT_SUFFIX:
        raise UserError(
            f"--runtime onnx needs an ONNX file, got {file}; make one with: colorizer export "
            "model.onnx, and name it with: --checkpoint model.onnx"
        )
    if runtime == TORCH and suffix == ONNX_SUFFIX:
        raise UserError(
            f"--runtime torch needs a checkpoint of training, got {file}; leave --runtime out, or "
            "name another with --checkpoint"
        )
    return runtime or (ONNX if suffix == ONNX_SUFFIX else TORCH)
