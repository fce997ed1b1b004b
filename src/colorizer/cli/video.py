"""``colorizer video``: colour a clip, with its sound."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from colorizer.cli.options import add_network_arguments, load_chosen_network, whole_number
from colorizer.common.errors import UserError
from colorizer.photo.plan import COLORED
from colorizer.video.encoders import BEST_CRF, OTHERWISE, WORST_CRF, encoder_of

# Imports within `run` are slow, and the help needs none of them.

DESCRIPTION = """\
Colour a video clip.

The result is written beside the clip as NAME_color.mp4, or as --output names it: mp4, m4v, mov,
mkv or webm. Size, frame times, pixel aspect and rotation stay the same; sound and subtitles are
copied, not re-encoded. The clip's luma is kept, as far as encoding allows (see --crf), and chroma
is smoothed over time, along the motion, within each shot. Nothing is overwritten unless you say
so, and an interrupted or failed run leaves nothing behind.

  colorizer video clip.mp4                       writes clip_color.mp4
  colorizer video clip.avi -o colour/clip.mkv    mkv holds any sound and subtitles
"""
# In seconds; the default was chosen by the figures of benchmarks/video.py.
SMOOTHING, MAX_SMOOTHING = 0.8, 60.0


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("clip", type=Path, metavar="CLIP", help="a file")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="the file to write, or a folder"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--smoothing",
        type=_seconds,
        default=SMOOTHING,
        metavar="SECONDS",
        help="how long past frames affect a pixel's colour; 0 = not at all (default: %(default)s)",
    )
    parser.add_argument(
        "--crf",
        type=whole_number(BEST_CRF, WORST_CRF),
        metavar="N",
        help=f"how well frames are kept, {BEST_CRF} (best; lossless in H.264) to {WORST_CRF} "
        "(default: hardly distinguishable from the original, 18 in H.264)",
    )
    parser.add_argument(
        "--damaged",
        action="store_true",
        help="colour as much as can be decoded of a truncated or broken clip",
    )
    add_network_arguments(parser)


def run(arguments: Namespace) -> None:
    """Colour the clip.

    Raises
    ------
    UserError
        If the checkpoint, an option or the clip cannot be used, or the disk is full.
    """
    from colorizer.common.extras import require_extra
    from colorizer.common.interrupts import raise_on_interrupts

    source, target = arguments.clip, _target_of(arguments)
    if not source.is_file():
        raise UserError(f"{source}: there is no such file")
    require_extra("video", "av", "torch")
    raise_on_interrupts()
    encoder_of(target, bits=8)  # reports a wrong suffix before the slow part
    if target.exists():
        if target.samefile(source):
            raise UserError(f"{source} would be replaced by its coloured copy")
        if not arguments.overwrite:
            raise UserError(f"{target} is there already; --overwrite replaces it")
    _colorize(arguments, source, target)
    print(target)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MAX_SMOOTHING:
        raise ArgumentTypeError(f"must be a number from 0 to {MAX_SMOOTHING:g}, got {text!r}")
    return seconds


def _target_of(arguments: Namespace) -> Path:
    clip: Path = arguments.clip
    output: Path | None = arguments.output
    name = f"{clip.stem}{COLORED}{OTHERWISE}"
    if output is None:
        return clip.with_name(name)
    return output / name if output.is_dir() else output


def _colorize(arguments: Namespace, source: Path, target: Path) -> None:
    from tqdm import tqdm

    from colorizer.video.colorist import VideoColorist

    # Mirror averaging doubles the time, and smoothing evens out more than it would.
    network, saturation = load_chosen_network(arguments, mirror=False)
    colorist = VideoColorist(network, saturation, arguments.smoothing, arguments.crf)
    with tqdm(desc="colour", unit="frame") as bar:

        def show(done: int, frames: int) -> None:
            bar.total = max(done, frames)
            bar.update(done - bar.n)

        notes = colorist.colorize(source, target, arguments.damaged, show)
    for note in notes:
        print(f"note: {source}: {note}", file=sys.stderr)
