"""``colorizer evaluate``: the pipeline's figures for any folder of colour photographs."""

from __future__ import annotations

import json
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorizer.cli.options import add_checkpoint_argument, tell_network
from colorizer.common.errors import UserError
from colorizer.common.extras import require_extra
from colorizer.networks.files import TORCH, name_of, require_network, runtime_of

if TYPE_CHECKING:
    from colorizer.cli.evaluate_folder import FolderEvaluation
    from colorizer.inference.params import PredictParams
    from colorizer.prepare.params import PrepareParams

# Imports within `run` are slow, and the help needs none of them.

DESCRIPTION = """\
Measure a network on a folder of colour photographs.

The photographs are prepared as in the pipeline, coloured by the network from their lightness
alone, and compared with the originals: PSNR, SSIM, CIEDE2000 and colourfulness, beside those of
no colour at all (grey). With 500 photographs or more, the Fréchet distance says how far the
coloured ones, as a set, are from the true ones (lower is better). All photographs that pass the
preparation rules are measured; a photograph's folder is its category. Only --per-image writes
a file.

Two options ask different questions:

  --own-size  How good is what `colorizer photo` writes? Whole photographs are coloured and
              compared at their own size, by the same code and with the same settings, without
              the Fréchet distance.
  --aged      How well does it do on old photographs? The network sees each photograph as old
              film, prints and files would have left it. Its colours are then combined with the
              original's lightness, so that only the colours are measured.

Without --params, the preparation rules are those of params.yaml as shipped, and squares have the
size that the network was trained on.

  colorizer evaluate photographs
  colorizer evaluate photographs --own-size --per-image figures.csv
  colorizer evaluate photographs --aged
  colorizer evaluate photographs --checkpoint data/checkpoints/model.safetensors
  colorizer evaluate photographs --orientation any --json > figures.json
"""
# Options that override the parameter of the same name: its type and meaning.
PREPARE: dict[str, tuple[type, str]] = {
    "size": (int, "side in pixels of the squares that are measured; as in training"),
    "orientation": (str, "landscape (leave out those taller than wide) or any"),
    "crop": (str, "center (the central square) or stretch (squeeze the whole into a square)"),
    "min_side": (int, "leave out photographs with a shorter side, in pixels"),
    "max_megapixels": (float, "leave out photographs above this many million pixels"),
    "min_chroma": (float, "leave out near-colourless ones, below this mean CIELAB chroma"),
}
PREDICT: dict[str, tuple[type, str]] = {
    "device": (str, "auto (a GPU if there is one), cpu, cuda, cuda:1 ..."),
    "batch_size": (int, "number of photographs to colour at once"),
    "saturation": (float, "factor for the predicted chroma, instead of the network's own"),
}
OF_SQUARES = ("size", "crop", "batch_size", "aged")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="photographs, in sub-folders by category"
    )
    # For users who name the network before the folder, as older versions required.
    parser.add_argument("more", nargs="*", type=_refuse, metavar="FOLDER", help=SUPPRESS)
    add_checkpoint_argument(parser)
    parser.add_argument(
        "--own-size",
        action="store_true",
        help="measure whole photographs at their own size, as `colorizer photo` colours them",
    )
    parser.add_argument(
        "--aged",
        action="store_true",
        help="show the network each photograph as if it were old, and measure what that does to "
        "the colours; not with --own-size",
    )
    parser.add_argument(
        "--json", action="store_true", help="print all figures as JSON, and nothing else"
    )
    parser.add_argument(
        "--per-image", type=Path, metavar="FILE", help="write each photograph's figures as CSV"
    )
    parser.add_argument(
        "--params",
        type=Path,
        metavar="FILE",
        help="take all other settings from a file such as params.yaml",
    )
    for block, options in (("prepare", PREPARE), ("predict", PREDICT)):
        group = parser.add_argument_group(f"instead of the file's {block} block")
        for name, (kind, meaning) in options.items():
            group.add_argument(
                _flag(name), dest=name, type=kind, metavar=name.upper(), help=meaning
            )


def run(arguments: Namespace) -> None:
    """Evaluate and print.

    Raises
    ------
    UserError
        If the checkpoint, the folder or an option cannot be used, or no photograph is left.
    """
    require_extra("train", "torch", "pandas", "pydantic", "skimage")
    from colorizer.cli.report import as_json, as_text
    from colorizer.common.tables import write_csv

    _check_own_size(arguments)
    if not arguments.folder.is_dir():
        found = "a file" if arguments.folder.exists() else "nothing there"
        raise UserError(f"{arguments.folder} must be a folder of photographs ({found})")
    require_network(arguments.checkpoint)
    rules, predict = _settings(arguments)
    if arguments.own_size:
        evaluation, saturation = _at_own_size(arguments, rules, predict)
    else:
        evaluation, saturation = _as_squares(arguments, rules, predict)
    if arguments.per_image:
        write_csv(arguments.per_image, evaluation.per_image.sort_values("image"))
    network = name_of(arguments.checkpoint)
    if arguments.json:
        print(json.dumps(as_json(evaluation, network), indent=2, allow_nan=False))
    else:
        print(f"{as_text(evaluation, network)}\n\npredicted chroma x {saturation:g}")


def _refuse(text: str) -> str:
    raise ArgumentTypeError(
        f"only one folder can be given, and {text!r} is a second one; --checkpoint names the "
        "network: colorizer evaluate FOLDER --checkpoint FILE"
    )


def _check_own_size(arguments: Namespace) -> None:
    if not arguments.own_size:
        return
    for name in OF_SQUARES:
        if getattr(arguments, name) not in (None, False):
            raise UserError(
                f"{_flag(name)} does not go with --own-size, which measures whole photographs at "
                "their own size, one by one; leave one of the two out"
            )


def _settings(arguments: Namespace) -> tuple[PrepareParams, PredictParams]:
    """Return the file's parameters, or else the shipped ones, as changed by the options."""
    from colorizer.common.params import load_params
    from colorizer.inference.params import PredictParams
    from colorizer.networks.checkpoint import load_size
    from colorizer.prepare.params import PrepareParams

    if arguments.params:
        params = load_params(arguments.params)
        rules, predict = PrepareParams.parse(params.prepare), PredictParams.parse(params.predict)
    else:
        rules, predict = PrepareParams(), PredictParams()
        if runtime_of(arguments.checkpoint) == TORCH:
            rules = rules.replace(size=load_size(arguments.checkpoint))
    return (
        rules.replace(**_given(arguments, PREPARE)),
        predict.replace(**_given(arguments, PREDICT)),
    )


def _as_squares(
    arguments: Namespace, rules: PrepareParams, predict: PredictParams
) -> tuple[FolderEvaluation, float]:
    from colorizer.cli.evaluate_folder import evaluate_folder
    from colorizer.data.aging import MEASURED_SEED
    from colorizer.inference.predict import colorize_squares
    from colorizer.inference.saturation import saturation_of
    from colorizer.networks.checkpoint import load_checkpoint
    from colorizer.networks.devices import make_repeatable, pick_device

    model = load_checkpoint(arguments.checkpoint)
    if rules.size % model.size_multiple:
        raise UserError(
            f"--size must be a multiple of {model.size_multiple} for the network "
            f"{name_of(arguments.checkpoint)}, got {rules.size}"
        )
    saturation = saturation_of(predict, arguments.checkpoint)
    device = pick_device(predict.device)
    make_repeatable(seed=0)
    tell_network(arguments.checkpoint)
    colorize = partial(
        colorize_squares,
        model,
        params=predict,
        device=device,
        saturation=saturation,
        aging_seed=MEASURED_SEED if arguments.aged else None,
    )
    return evaluate_folder(arguments.folder, rules, colorize, device), saturation


def _at_own_size(
    arguments: Namespace, rules: PrepareParams, predict: PredictParams
) -> tuple[FolderEvaluation, float]:
    from colorizer.cli.evaluate_own_size import evaluate_at_own_size
    from colorizer.photo.colorist import PhotoColorist
    from colorizer.photo.formats import QUALITY
    from colorizer.predictors.load import load_predictor

    changes = _given(arguments, PREDICT)
    if arguments.params:
        changes = {name: getattr(predict, name) for name in ("device", "mirror", "saturation")}
    network, saturation = load_predictor(arguments.checkpoint, changes)
    tell_network(arguments.checkpoint)
    colorist = PhotoColorist(network, saturation, QUALITY, side_by_side=False)
    return evaluate_at_own_size(arguments.folder, rules, colorist), saturation


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _given(arguments: Namespace, options: dict[str, tuple[type, str]]) -> dict[str, Any]:
    values = {name: getattr(arguments, name) for name in options}
    return {name: value for name, value in values.items() if value is not None}
