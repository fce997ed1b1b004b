"""``colorizer evaluate``: the pipeline's figures for any folder of colour photographs."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import Any

from colorizer.errors import UserError

# What is imported within `run` is slow to load, and the help needs none of it.

DESCRIPTION = """\
Measure a trained network on a folder of colour photographs.

The photographs are prepared as the pipeline does it, coloured by the network from their lightness
alone, and compared with what they were: PSNR, SSIM, CIEDE2000 and colourfulness, beside those of
doing nothing (grey). All that pass the rules of preparation are measured; the folder that a
photograph lies in is its category. Nothing is written, but for --per-image.

Whatever is not given as an option is taken from params.yaml.

  colorizer evaluate data/checkpoints/model.safetensors photographs
  colorizer evaluate model.safetensors photographs --orientation any --json > figures.json
"""
# Options that stand for a parameter of the same name: its type, and what it means.
PREPARE: dict[str, tuple[type, str]] = {
    "size": (int, "side in pixels of the squares that are measured; as in training"),
    "orientation": (str, "landscape (leave out those higher than wide) or any"),
    "crop": (str, "center (the central square) or stretch (squeeze the whole into a square)"),
    "min_side": (int, "leave out photographs with a shorter side, in pixels"),
    "max_megapixels": (float, "leave out photographs of more than so many million pixels"),
    "min_chroma": (float, "leave out near-colourless ones, below this mean chroma in CIELAB"),
}
PREDICT: dict[str, tuple[type, str]] = {
    "device": (str, "auto (a GPU if there is one), cpu, cuda, cuda:1 ..."),
    "batch_size": (int, "photographs that the network colours at once"),
    "saturation": (float, "factor of the predicted chroma, in place of the chosen one"),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a trained network (*.safetensors)"
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="photographs, in sub-folders by category"
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
        default=Path("params.yaml"),
        metavar="FILE",
        help="where all else is taken from (default: %(default)s)",
    )
    for block, options in (("prepare", PREPARE), ("predict", PREDICT)):
        group = parser.add_argument_group(f"instead of the file's {block} block")
        for name, (kind, meaning) in options.items():
            flag = "--" + name.replace("_", "-")
            group.add_argument(flag, dest=name, type=kind, metavar=name.upper(), help=meaning)


def run(arguments: Namespace) -> None:
    """Evaluate and print.

    Raises
    ------
    UserError
        If the checkpoint, the folder or a parameter cannot be used, or no photograph is left.
    """
    from colorizer.checkpoint import load_checkpoint
    from colorizer.devices import make_repeatable, pick_device
    from colorizer.evaluation_report import as_json, as_text
    from colorizer.files import write_csv
    from colorizer.folder_evaluation import evaluate_folder
    from colorizer.inference import colorize_squares
    from colorizer.params import changed, load_params
    from colorizer.vividness import saturation_of

    params = load_params(arguments.params)
    rules = changed(params.prepare, "prepare", _given(arguments, PREPARE))
    settings = changed(params.predict, "predict", _given(arguments, PREDICT))
    if not arguments.folder.is_dir():
        found = "a file" if arguments.folder.exists() else "nothing there"
        raise UserError(f"{arguments.folder} must be a folder of photographs ({found})")
    model = load_checkpoint(arguments.checkpoint)
    if rules.size % model.size_multiple:
        raise UserError(
            f"--size must be a multiple of {model.size_multiple} for the network in "
            f"{arguments.checkpoint}, got {rules.size}"
        )
    saturation = saturation_of(settings, arguments.checkpoint)
    device = pick_device(settings.device)
    make_repeatable(params.seed)
    colorize = partial(
        colorize_squares, model, params=settings, device=device, saturation=saturation
    )
    evaluation = evaluate_folder(arguments.folder, rules, colorize, device)
    if arguments.per_image:
        write_csv(arguments.per_image, evaluation.per_image.sort_values("image"))
    if arguments.json:
        print(json.dumps(as_json(evaluation), indent=2, allow_nan=False))
    else:
        print(f"{as_text(evaluation)}\n\npredicted chroma x {saturation:g}")


def _given(arguments: Namespace, options: dict[str, tuple[type, str]]) -> dict[str, Any]:
    values = {name: getattr(arguments, name) for name in options}
    return {name: value for name, value in values.items() if value is not None}
