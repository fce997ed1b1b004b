"""``colorizer export``: a trained network as an ONNX file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from colorizer.cli.options import add_checkpoint_argument, tell_network
from colorizer.common.errors import UserError
from colorizer.common.extras import require_extra
from colorizer.networks.files import CHECKPOINT, ONNX_SUFFIX, name_of, require_network

# Imports within `run` are slow, and the help needs none of them.

DESCRIPTION = """\
Write a trained network as an ONNX file, for programs without torch.

It takes any number of photographs of any size, and any number of colour hints; its metadata
describe its inputs, outputs and everything else a program must know. It is written only if ONNX
Runtime predicts the same colours as torch: a and b of CIELAB to within 0.001, with hints 0.01.

  colorizer export model.onnx                    the general network
  colorizer export model.onnx --checkpoint data/checkpoints/model.safetensors
  colorizer photo old.jpg --checkpoint model.onnx
"""
OPSETS = range(18, 24)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "file", type=_onnx_file, metavar=f"FILE{ONNX_SUFFIX}", help="the file to write"
    )
    add_checkpoint_argument(parser)
    parser.add_argument(
        "--opset",
        type=int,
        choices=OPSETS,
        default=OPSETS[0],
        metavar="N",
        help=f"version of the ONNX operators, {OPSETS[0]} to {OPSETS[-1]} (default: %(default)s, "
        "which most programs read)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")


def run(arguments: Namespace) -> None:
    """Export the network, check the file, and print the greatest difference.

    Raises
    ------
    UserError
        If the checkpoint cannot be used, the file exists, a package is missing, or the file would
        predict other colours.
    """
    require_extra("export", "onnx", "onnxscript", "torch")
    file: Path = arguments.file
    if file.absolute().parent == CHECKPOINT.absolute().parent:
        raise UserError(
            f"{file.parent} belongs to the pipeline, which removes what it does not know; write "
            "the file elsewhere"
        )
    if file.is_dir():
        raise UserError(f"{file} is a folder; name a file")
    if file.exists() and not arguments.overwrite:
        raise UserError(f"{file} is there already; --overwrite replaces what is there")
    require_network(arguments.checkpoint)
    from colorizer.common.interrupts import raise_on_interrupts
    from colorizer.predictors.onnx_export import describe, export_onnx

    raise_on_interrupts()
    model, card = describe(arguments.checkpoint)
    tell_network(arguments.checkpoint)
    differences = export_onnx(model, card, file, arguments.opset)
    print(
        f"{file} ({file.stat().st_size / 1e6:.1f} MB) holds the network "
        f"{name_of(arguments.checkpoint)}: ab matches torch {differences}"
    )


def _onnx_file(text: str) -> Path:
    if Path(text).suffix.lower() != ONNX_SUFFIX:
        raise ArgumentTypeError(f"must end in {ONNX_SUFFIX}, got {text!r}")
    return Path(text)
