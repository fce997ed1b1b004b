"""Files that hold a trained network: the one shipped with the code, and what runs each kind."""

from __future__ import annotations

from pathlib import Path

from colorizer.common.errors import UserError

# Written by the pipeline; relative to its own folder.
CHECKPOINT = Path("data/checkpoints/model.safetensors")
# The network shipped with the code: docs/general_network.md.
GENERAL = Path(__file__).with_name("general.safetensors")
CHECKPOINT_SUFFIX, ONNX_SUFFIX = ".safetensors", ".onnx"
TORCH, ONNX = "torch", "onnx"
RUNTIMES = (TORCH, ONNX)


def is_general(file: Path) -> bool:
    """Return whether a file is the general network, which is shipped with the code."""
    return file.resolve() == GENERAL.resolve()


def name_of(file: Path) -> str:
    """Return what to call the network in a file: its path, unless it is the general one."""
    return "general (comes with colorizer)" if is_general(file) else str(file)


def require_network(file: Path) -> None:
    """Check that the file is there.

    Raises
    ------
    UserError
        If it is not; the message says where to get one.
    """
    if file.is_file():
        return
    if is_general(file):
        raise UserError(
            f"the general network is missing: {file} comes with colorizer; install it again, or "
            "name another network with --checkpoint"
        )
    raise UserError(
        f"checkpoint {file} not found; leave --checkpoint out to use the general network, or name "
        f"another: dvc repro trains {CHECKPOINT}, and dvc pull gets your team's, if it shares one"
    )


def runtime_of(file: Path, runtime: str | None = None) -> str:
    """Return which of :data:`RUNTIMES` runs the network in a file.

    Parameters
    ----------
    file : Path
        A training checkpoint or an ONNX file.
    runtime : str or None
        What the user asked for; by default the suffix decides.

    Raises
    ------
    UserError
        If the requested runtime cannot read such a file.
    """
    suffix = file.suffix.lower()
    if runtime == ONNX and suffix == CHECKPOINT_SUFFIX:
        which = "" if is_general(file) else f" --checkpoint {file}"
        raise UserError(
            f"--runtime onnx needs an ONNX file, got {name_of(file)}; make one with: colorizer "
            f"export model.onnx{which}, and name it with: --checkpoint model.onnx"
        )
    if runtime == TORCH and suffix == ONNX_SUFFIX:
        raise UserError(
            f"--runtime torch needs a training checkpoint, got {file}; leave --runtime out, or "
            "name another with --checkpoint"
        )
    return runtime or (ONNX if suffix == ONNX_SUFFIX else TORCH)
