"""Which network colours photographs, where and how vividly: options that commands share."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer.errors import UserError

if TYPE_CHECKING:
    from colorizer.params import PredictParams
    from colorizer.photo_network import PhotoNetwork

# What is imported within functions is slow to load, and the help needs none of it.

CHECKPOINT = Path("data/checkpoints/model.safetensors")
SMALLEST, LARGEST = 32, 1024


def add_network_arguments(parser: ArgumentParser) -> None:
    """Add what :func:`load_chosen_network` reads."""
    parser.add_argument(
        "--saturation",
        type=float,
        metavar="FACTOR",
        help="factor of the predicted chroma: 0 is grey, 1 as predicted (default: what the "
        "network's validation photographs allow)",
    )
    parser.add_argument(
        "--size",
        type=whole_number(SMALLEST, LARGEST),
        metavar="PIXELS",
        help="shorter side of what the network sees, whatever the photograph's size (default: "
        "that of its training)",
    )
    parser.add_argument(
        "--device", metavar="NAME", help="auto (a GPU if there is one), cpu, cuda, cuda:1 ..."
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=CHECKPOINT,
        metavar="FILE",
        help="a trained network (default: %(default)s)",
    )


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return what parses whole numbers from ``least`` to ``most`` for argparse."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}")
        return int(text)

    return parse


def load_chosen_network(arguments: Namespace) -> tuple[PhotoNetwork, float]:
    """Load the network that the arguments of :func:`add_network_arguments` name.

    What they leave open, the parameters of the pipeline decide that the checkpoint lies in.

    Returns
    -------
    network : PhotoNetwork
        On the chosen device.
    saturation : float
        Factor of its chroma.

    Raises
    ------
    UserError
        If the checkpoint or an option cannot be used.
    """
    from colorizer.devices import make_repeatable, pick_device
    from colorizer.params import changed
    from colorizer.photo_network import load_photo_network
    from colorizer.vividness import saturation_of

    checkpoint = arguments.checkpoint
    if not checkpoint.is_file():
        raise UserError(
            f"checkpoint {checkpoint} not found; train a network with: dvc repro, get that of "
            "your team with: dvc pull, or name another with --checkpoint"
        )
    options = {name: getattr(arguments, name) for name in ("device", "saturation")}
    given = {name: value for name, value in options.items() if value is not None}
    settings = changed(predict_params_of(checkpoint), "predict", given)
    device = pick_device(settings.device)
    make_repeatable(seed=0)
    network = load_photo_network(checkpoint, device, arguments.size, settings.mirror)
    return network, saturation_of(settings, checkpoint)


def predict_params_of(checkpoint: Path) -> PredictParams:
    """Return those of the pipeline that the checkpoint lies in, or what they are by default."""
    from colorizer.params import PARAMS_FILE, PredictParams, load_params

    # Not resolved: DVC may have made a link to its cache.
    folders = checkpoint.absolute().parents
    if len(folders) >= len(CHECKPOINT.parts):
        file = folders[len(CHECKPOINT.parts) - 1] / PARAMS_FILE
        if file.is_file():
            return load_params(file).predict
    return PredictParams(
        device="auto",
        batch_size=1,
        mirror=True,
        saturation="auto",
        saturation_cost=0.2,
        scheduler="",
        panels=0,
    )
