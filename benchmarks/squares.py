"""What the benchmarks of a network's colours share: which network, and which photographs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.data.manifest import photographs_in
from colorizer.images.decode import UnreadableImageError
from colorizer.images.square import SquareRule, UnwantedImageError, load_square
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_checkpoint, load_size
from colorizer.networks.devices import make_repeatable, pick_device
from colorizer.networks.files import GENERAL
from colorizer.prepare.params import PrepareParams

REPOSITORY = Path(__file__).resolve().parent.parent
SEED = 0

Photographs = npt.NDArray[np.uint8]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that :func:`load` reads."""
    parser.add_argument(
        "--checkpoint", type=Path, default=GENERAL, help="default: the general network"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=REPOSITORY / "data" / "sample",
        help="photographs to make into squares (default: the embedded sample)",
    )
    parser.add_argument("--photographs", type=int, default=500, help="at most this many, random")
    parser.add_argument("--device", default="auto", help="auto | cpu | cuda | cuda:1 ...")


def load(
    arguments: Namespace, rules: PrepareParams
) -> tuple[Colorizer, Photographs, torch.device]:
    """Return the network, photographs at the size of its training, and the device.

    Raises
    ------
    UserError
        If one of them cannot be used.
    """
    device = pick_device(arguments.device)
    model, size = load_checkpoint(arguments.checkpoint), load_size(arguments.checkpoint)
    make_repeatable(SEED)
    squares = squares_in(arguments.folder, size, arguments.photographs, rules)
    print(f"{len(squares)} photographs of {size}x{size}, {arguments.checkpoint.name}\n")
    return model, squares, device


def squares_in(folder: Path, size: int, most: int, rules: PrepareParams) -> Photographs:
    """Return a folder's photographs of any orientation, (n, size, size, 3) uint8 sRGB.

    ``rules`` says which are too small or too large; ``most`` limits their number.

    Raises
    ------
    UserError
        If no photograph can be used.
    """
    rule = SquareRule(size, "any", "center", rules.min_side, rules.max_megapixels)
    files = photographs_in(folder)
    order = np.random.default_rng(SEED).permutation(len(files))[:most]
    squares = []
    for number in tqdm(order, desc="prepare", unit="photograph"):
        try:
            squares.append(load_square(files[number], rule).pixels)
        except (UnreadableImageError, UnwantedImageError):
            continue
    if not squares:
        raise UserError(f"{folder} must hold photographs; none of {len(files)} files can be used")
    return np.stack(squares)
