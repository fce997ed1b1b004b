"""A contact sheet of coloured photographs: one HTML page, before and after, complete in itself."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.common.files import whole_file
from colorizer.images.decode import UnreadableImageError
from colorizer.photo.contact_page import GENERATOR, page_of
from colorizer.photo.plan import SIDE_BY_SIDE, Job, Plan, Wish, is_file_name
from colorizer.photo.read import MAX_MEGAPIXELS, read_photo
from colorizer.predictors.view import resize_srgb

NAME = "report.html"
SIDE = 320  # of a small picture's longer side, in pixels
QUALITY = 80  # of its JPEG, out of 100
_HEAD_BYTES = 1024


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Attributes
    ----------
    jpeg : bytes
        Its file, in sRGB.
    width, height : int
        In pixels.
    """

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """A photograph on the sheet.

    Attributes
    ----------
    job : Job
        The original and the result.
    before, after : Thumbnail or None
        None for what cannot be shown; if before and after are in one picture, that is ``after``.
    others : tuple of Thumbnail or None
        The further colourings, ``job.targets[1:]``.
    notes : tuple of str
        What the result could not keep.
    is_new : bool
        Whether this run coloured it.
    """

    job: Job
    before: Thumbnail | None
    after: Thumbnail | None
    others: tuple[Thumbnail | None, ...]
    notes: tuple[str, ...]
    is_new: bool


@dataclass
class ContactSheet:
    """A contact sheet in the making: of each photograph, it keeps only small pictures.

    Attributes
    ----------
    path : Path
        The page to write.
    network : str
        What to call the network that colours.
    side_by_side : bool
        Whether each result is before and after in one picture.
    frames : list of Frame
        The photographs so far.
    """

    path: Path
    network: str
    side_by_side: bool = False
    frames: list[Frame] = field(default_factory=list)

    def add(self, job: Job, notes: Sequence[str] = (), *, is_new: bool = True) -> None:
        """Add a photograph whose result has been written.

        A file that cannot be read is shown by its name.

        Parameters
        ----------
        job : Job
            The original and the result.
        notes : sequence of str
            What the result could not keep.
        is_new : bool
            Whether this run coloured it.
        """
        before = None if self.side_by_side else thumbnail_of(job.source)
        times = 2 if self.side_by_side else 1
        after, *others = (
            thumbnail_of(target, times * SIDE, times * MAX_MEGAPIXELS) for target in job.targets
        )
        self.frames.append(Frame(job, before, after, tuple(others), tuple(notes), is_new))

    def write(self, failures: Sequence[tuple[Path, str]]) -> None:
        """Write the page, whole or not at all; the same photographs give the same bytes.

        Parameters
        ----------
        failures : sequence of tuple
            What could not be coloured, and why.

        Raises
        ------
        UserError
            If it cannot be written.
        """
        try:
            with whole_file(self.path) as partial, partial.open("wb") as file:
                for piece in page_of(self, failures):
                    # A name that is not UTF-8 is shown as the terminal shows it.
                    file.write(piece.encode("utf-8", "backslashreplace"))
        except OSError as error:
            reason = error.strerror or error
            raise UserError(f"the report {self.path} cannot be written: {reason}") from error


def start_sheet(found: Plan, wish: Wish, network: str) -> ContactSheet | None:
    """Return an empty contact sheet of what is planned; None if there is no result to show.

    It lies in the folder of ``wish.output``, or in the deepest folder that holds all results.

    Parameters
    ----------
    found : Plan
        What is coloured, and what was coloured before.
    wish : Wish
        What the user asks for.
    network : str
        What to call the network.

    Raises
    ------
    UserError
        If there is another file of its name, and ``wish.overwrite`` is not set, or if no folder
        holds all results.
    """
    targets = [job.target for job in (*found.jobs, *found.kept)]
    if not targets:
        return None
    path = _folder_of(targets, wish.output) / NAME
    _require_replaceable(path, wish.overwrite)
    return ContactSheet(path, network, wish.mark == SIDE_BY_SIDE)


def thumbnail_of(
    path: Path, side: int = SIDE, max_megapixels: float = MAX_MEGAPIXELS
) -> Thumbnail | None:
    """Make a small picture of a photograph, upright and in sRGB; None if it cannot be read.

    Parameters
    ----------
    path : Path
        The photograph's file.
    side : int
        The longer side in pixels; a smaller photograph keeps its size.
    max_megapixels : float
        The most that the photograph may have, in 10^6 pixels.
    """
    try:
        photo = read_photo(path, max_megapixels)
        scale = min(1, side / max(photo.image.size))
        width, height = (max(1, round(length * scale)) for length in photo.image.size)
        small = resize_srgb(photo.image, photo.space, (width, height))
    except (UnreadableImageError, OSError, ValueError, MemoryError):
        return None
    small.info.clear()  # Pillow would write the photograph's comment
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY, optimize=True)
    return Thumbnail(file.getvalue(), width, height)


def _folder_of(targets: Sequence[Path], output: Path | None) -> Path:
    if output:
        return output.parent if is_file_name(output) else output
    try:
        folder = Path(os.path.commonpath([os.path.abspath(target.parent) for target in targets]))
    except ValueError as error:
        raise UserError(
            "--report needs one folder that holds all results, which are on several drives; name "
            "one with --output"
        ) from error
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _require_replaceable(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise UserError(
            f"--report writes {path}, which is a folder; rename it, or name another --output"
        )
    if path.exists() and not overwrite and not _is_ours(path):
        raise UserError(
            f"{path} is there already, and no report of colorizer's; --overwrite replaces it"
        )


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(_HEAD_BYTES)
