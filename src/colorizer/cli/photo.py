"""``colorizer photo``: colour photographs at their own size."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer.cli.options import add_network_arguments, load_chosen_network, whole_number
from colorizer.common.errors import UserError
from colorizer.common.extras import how_to_install
from colorizer.networks.files import name_of
from colorizer.photo.formats import HEIC, QUALITY, WRITE_FORMATS, format_of, has_heif

if TYPE_CHECKING:
    from colorizer.photo.colorist import PhotoColorist
    from colorizer.photo.contact_sheet import ContactSheet
    from colorizer.photo.edits import Edits
    from colorizer.photo.hints import PixelHint
    from colorizer.photo.plan import Plan, Wish

# Imports within `run` are slow, and the help needs none of them.

SHOWN = 3  # names of files that are left out
DESCRIPTION = """\
Colour photographs at their own size.

Each result is written beside its photograph, or to the folder of --output, as NAME_color in the
same format; it keeps the photograph's lightness, EXIF, profile, resolution and transparency. A
tint, such as sepia, is dropped. Nothing is overwritten unless you say so. If a photograph fails,
it is named, the others are still coloured, and the exit status is 1.

  colorizer photo old.jpg                               writes old_color.jpg
  colorizer photo album scan.tif --recursive -o out     folders keep their structure in out
  colorizer photo old.jpg --side-by-side                writes old_before_after.jpg
  colorizer photo album -o out --report                 also writes out/report.html, to look over
  colorizer photo old.jpg --hint "120,80,#c8553d"       that pixel's colour is known
  colorizer photo old.jpg --variants 4                  other colourings too, old_color_2.jpg ...
  colorizer photo album --project project.json          as they were left on the page
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "photographs", type=Path, nargs="+", metavar="PHOTOGRAPH", help="files or folders"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PATH",
        help="a folder to write to, or, for one photograph, the file to write",
    )
    parser.add_argument(
        "-r", "--recursive", action="store_true", help="include photographs in sub-folders"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing results")
    parser.add_argument(
        "--side-by-side",
        action="store_true",
        help="write before and after in one picture, NAME_before_after",
    )
    parser.add_argument(
        "--report",
        action="store_true",
        help="also write report.html, a page of small pictures, before and after, into the folder "
        "that holds all results; nothing else is needed to look at it",
    )
    parser.add_argument(
        "--format",
        choices=WRITE_FORMATS,
        help="format to write (default: the photograph's own; PNG for GIF and BMP)",
    )
    parser.add_argument(
        "--quality",
        type=whole_number(1, 100),
        default=QUALITY,
        metavar="N",
        help="for JPEG, WebP, AVIF and HEIC, 1 to 100 (default: %(default)s)",
    )
    parser.add_argument(
        "--hint",
        type=_hint,
        action="append",
        default=[],
        metavar="X,Y,#RRGGBB[,REACH]",
        help="a pixel, counted from the upper left corner, and its colour; its lightness stays, "
        "and what belongs to it takes the colour too, within REACH pixels if that is given. For "
        "one photograph only; may be repeated",
    )
    parser.add_argument(
        "--variants",
        type=whole_number(1, 6),
        default=1,
        metavar="N",
        help="write N colourings, 1 to 6: what the network predicts, and, as NAME_color_2 and so "
        "on, what else there may be where it is in doubt (default: %(default)s)",
    )
    parser.add_argument(
        "--project",
        type=Path,
        metavar="FILE",
        help="a project saved on the page of colorizer web: photographs of the names in it get "
        "the colours and the strength that they had there",
    )
    add_network_arguments(parser)


def run(arguments: Namespace) -> None:
    """Colour all photographs.

    Raises
    ------
    UserError
        If the checkpoint or an option cannot be used, the disk is full, a photograph failed, or
        the report cannot be written.
    """
    from colorizer.common.interrupts import raise_on_interrupts
    from colorizer.photo.plan import COLORED, SIDE_BY_SIDE, Wish, is_file_name, plan

    raise_on_interrupts()
    _check_format(arguments)
    wish = Wish(
        arguments.output,
        arguments.recursive,
        arguments.overwrite,
        arguments.format,
        SIDE_BY_SIDE if arguments.side_by_side else COLORED,
        arguments.variants,
    )
    found = plan(arguments.photographs, wish)
    if arguments.hint and found.asked > 1:
        raise UserError(f"--hint is for one photograph, and {found.asked} are given")
    if arguments.output and is_file_name(arguments.output) and found.asked > 1:
        raise UserError(
            f"--output {arguments.output} is one file, and {found.asked} photographs are given; "
            "name a folder"
        )
    edits = _read_edits(found, arguments)
    sheet = _start_sheet(found, wish, arguments)
    # Fails before the slow part; and with nothing to do, no network is needed.
    colorist = _load(arguments) if found.jobs else None
    failures = list(found.refused)
    if colorist:
        failures += _colorize(colorist, found, arguments, edits, sheet)
    error = _sum_up(found, failures)
    if sheet:
        _finish(sheet, found, failures)
    if error:
        raise UserError(error)


def _hint(text: str) -> PixelHint:
    from colorizer.photo.hints import parse_hint

    try:
        return parse_hint(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _check_format(arguments: Namespace) -> None:
    from colorizer.photo.plan import is_file_name, require_writable_suffix

    wanted = arguments.format
    if arguments.output:
        require_writable_suffix(arguments.output)
    if arguments.output and is_file_name(arguments.output):
        named = format_of(arguments.output.suffix)
        if wanted not in (None, named):
            raise UserError(f"--format {wanted} does not go with --output {arguments.output}")
        wanted = named
    if wanted == HEIC and not has_heif():
        raise UserError(f"HEIC needs a plug-in: {how_to_install('heic')}")


def _start_sheet(found: Plan, wish: Wish, arguments: Namespace) -> ContactSheet | None:
    if not arguments.report:
        return None
    from colorizer.photo.contact_sheet import start_sheet

    return start_sheet(found, wish, name_of(arguments.checkpoint))


def _load(arguments: Namespace) -> PhotoColorist:
    from colorizer.photo.colorist import PhotoColorist

    network, saturation = load_chosen_network(arguments)
    return PhotoColorist(network, saturation, arguments.quality, arguments.side_by_side)


def _read_edits(found: Plan, arguments: Namespace) -> Mapping[str, Edits]:
    """Return what was changed on the page, by the names of photographs."""
    if not arguments.project:
        return {}
    from colorizer.photo.project import read_project

    edits = read_project(arguments.project)
    names = {job.source.name for job in (*found.jobs, *found.kept)}
    missing = [Path(name) for name in edits if name not in names]
    if missing and len(missing) == len(edits):
        raise UserError(
            f"none of the photographs given is in {arguments.project}, which has {_some(missing)}"
        )
    if missing:
        print(f"note: not given, but in the project: {_some(missing)}", file=sys.stderr)
    return edits


def _colorize(
    colorist: PhotoColorist,
    found: Plan,
    arguments: Namespace,
    edits: Mapping[str, Edits],
    sheet: ContactSheet | None,
) -> list[tuple[Path, str]]:
    from tqdm import tqdm

    from colorizer.images.decode import UnreadableImageError

    failures = []
    with tqdm(found.jobs, "colour", unit="photograph", disable=len(found.jobs) == 1) as bar:
        for job in bar:
            try:
                target, *others = job.targets
                there = [file for file in job.targets if file.exists()]
                if there and not arguments.overwrite:
                    raise UnreadableImageError(f"{there[0]} is there by now")
                own = edits.get(job.source.name)
                losses = colorist.colorize(
                    job.source, target, job.format, arguments.hint, own, others
                )
                for loss in losses:
                    tqdm.write(f"note: {job.source}: {loss}", file=sys.stderr)
            except (UnreadableImageError, OSError, ValueError, MemoryError) as error:
                failures.append((job.source, _reason(error)))
            else:
                if sheet:
                    sheet.add(job, losses)
    return failures


def _finish(sheet: ContactSheet, found: Plan, failures: list[tuple[Path, str]]) -> None:
    from tqdm import tqdm

    kept = [job for job in found.kept if job.target.exists()]  # not only one of its variants
    for job in tqdm(kept, "report", unit="photograph", disable=len(kept) < 2):
        sheet.add(job, is_new=False)
    sheet.write(failures)
    print(f"report: {sheet.path}")


def _some(files: list[Path], what: str = "files") -> str:
    """Return the number of files or folders, and the names of the first ones."""
    first, more = ", ".join(map(str, files[:SHOWN])), len(files) - SHOWN
    names = f"{first} and {more} more" if more > 0 else first
    return names if len(files) == 1 else f"{len(files)} {what} ({names})"


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError) and error.filename:
        return f"no right to read or write {error.filename}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _sum_up(found: Plan, failures: list[tuple[Path, str]]) -> str | None:
    """Say what was done, and return the error to end with, if any photograph failed."""
    asked = found.asked
    if found.already_there:
        first, more = found.already_there[0], len(found.already_there) - 1
        names = f"{first} and {more} more are" if more else f"{first} is"
        print(f"{names} there already; --overwrite replaces what is there")
    if found.own_results:
        print(f"left out: {_some(found.own_results)}, which an earlier run wrote")
    if found.others:
        print(f"left out: {_some(found.others)}, not photographs by their suffix")
    if found.folders and not found.refused:
        print(f"left out: {_some(found.folders, 'folders')}; --recursive takes what is in them")
    if failures and asked == 1:
        return "{}: {}".format(*failures[0])
    coloured = asked - len(found.kept) - len(failures)
    if asked == 1 and coloured:
        print(*found.jobs[0].targets, sep="\n")
    elif coloured:
        print(f"{coloured} photograph{'s' if coloured > 1 else ''} coloured")
    for source, reason in failures:
        print(f"{source}: {reason}", file=sys.stderr)
    return f"{len(failures)} of {asked} could not be coloured" if failures else None
