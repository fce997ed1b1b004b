"""Options that commands share: which network colours, on which device, how vividly."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer.networks.files import CHECKPOINT, GENERAL, RUNTIMES, name_of

if TYPE_CHECKING:
    from colorizer.predictors.protocol import PhotoPredictor

SMALLEST, LARGEST = 32, 1024


def add_checkpoint_argument(parser: ArgumentParser) -> None:
    """Add ``--checkpoint``, a network's file; by default the one that comes with the code."""
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=GENERAL,
        metavar="FILE",
        help="a trained network, such as the pipeline's own, "
        f"{CHECKPOINT} (default: the general network, which comes with colorizer)",
    )


def add_network_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that :func:`load_chosen_network` reads."""
    parser.add_argument(
        "--saturation",
        type=float,
        metavar="FACTOR",
        help="factor for the predicted chroma: 0 is grey, 1 as predicted (default: what the "
        "network's validation photographs allow)",
    )
    parser.add_argument(
        "--size",
        type=whole_number(SMALLEST, LARGEST),
        metavar="PIXELS",
        help="shorter side of what the network sees, whatever the photograph's size (default: "
        "as in its training)",
    )
    parser.add_argument(
        "--device", metavar="NAME", help="auto (a GPU if there is one), cpu, cuda, cuda:1 ..."
    )
    add_checkpoint_argument(parser)
    parser.add_argument(
        "--runtime",
        choices=RUNTIMES,
        help="what runs the network (default: onnx for the general network, unless --device is a "
        "GPU, and for ONNX files from `colorizer export`; torch for other checkpoints)",
    )


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser for argparse of whole numbers from ``least`` to ``most``."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}")
        return int(text)

    return parse


def load_chosen_network(arguments: Namespace, **changes: object) -> tuple[PhotoPredictor, float]:
    """Load the network that :func:`add_network_arguments`' arguments name, and say which it is.

    ``changes`` are further changes for :func:`colorizer.predictors.load.load_predictor`, whose
    return value and exceptions are the same.
    """
    from colorizer.predictors.load import (
        load_predictor,  # a slow import that the help does not need
    )

    options = {name: getattr(arguments, name) for name in ("device", "saturation")}
    given = {name: value for name, value in options.items() if value is not None}
    loaded = load_predictor(
        arguments.checkpoint, {**given, **changes}, arguments.size, arguments.runtime
    )
    tell_network(arguments.checkpoint)
    return loaded


def tell_network(file: Path) -> None:
    """Print on standard error which network is used."""
    print(f"network: {name_of(file)}", file=sys.stderr, flush=True)
