"""Files that hold a trained network: the one shipped with the code, and what runs each kind."""

from __future__ import annotations

from pathlib import Path

from colorizer.common.errors import UserError

# Written by the pipeline; relative to its own folder.
CHECKPOINT = Path("data/checkpoints/model.safetensors")
# The network shipped with the code: docs/general_network.md. ONNX Runtime reads a graph, whose
# weights are those of the checkpoint.
GENERAL = Path(__file__).with_name("general.safetensors")
GENERAL_GRAPH = GENERAL.with_suffix(".onnx")
CHECKPOINT_SUFFIX, ONNX_SUFFIX = ".safetensors", ".onnx"
TORCH, ONNX = "torch", "onnx"
RUNTIMES = (TORCH, ONNX)
# Devices on which every runtime computes.
ON_CPU = ("auto", "cpu")


def is_general(file: Path) -> bool:
    """Return whether a file is the general network, which is shipped with the code."""
    return file.resolve() in (GENERAL.resolve(), GENERAL_GRAPH.resolve())


def file_for(file: Path, runtime: str | None, device: str) -> Path:
    """Return the file to load: of the general network, torch and ONNX Runtime have one each.

    Parameters
    ----------
    file : Path
        The network's file.
    runtime : str or None
        One of :data:`RUNTIMES`. By default ONNX Runtime runs the general network, for it starts
        soonest and needs no torch; but only torch computes on a GPU.
    device : str
        Where to compute, as in ``predict.device``.
    """
    if not is_general(file):
        return file
    if runtime is None:
        runtime = ONNX if device in ON_CPU else TORCH
    return GENERAL_GRAPH if runtime == ONNX else GENERAL


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
    files = (GENERAL, GENERAL_GRAPH) if is_general(file) else (file,)
    missing = [one for one in files if not one.is_file()]
    if not missing:
        return
    if is_general(file):
        raise UserError(
            f"the general network is missing: {missing[0]} comes with colorizer; install it "
            "again, or name another network with --checkpoint"
        )
    if file == CHECKPOINT:
        raise UserError(
            f"checkpoint {file} not found; dvc repro trains it, dvc pull gets your team's, if it "
            "shares one, and without --checkpoint the general network is used"
        )
    raise UserError(
        f"checkpoint {file} not found; name a file that is there, or leave --checkpoint out to "
        "use the general network"
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
        raise UserError(
            f"--runtime onnx needs an ONNX file, got {file}; make one with: colorizer export "
            f"model.onnx --checkpoint {file}, and name it with: --checkpoint model.onnx"
        )
    if runtime == TORCH and suffix == ONNX_SUFFIX:
        raise UserError(
            f"--runtime torch needs a training checkpoint, got {file}; leave --runtime out, or "
            "name another with --checkpoint"
        )
    return runtime or (ONNX if suffix == ONNX_SUFFIX else TORCH)
