"""Which photographs to colour, and which files to write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from PIL import Image

from colorizer.common.errors import UserError
from colorizer.photo.formats import OTHERWISE, WRITE_FORMATS, format_of, readable_suffixes

COLORED = "_color"
SIDE_BY_SIDE = "_before_after"
MOST_VARIANTS = 6
_NUMBER = re.compile(rf"_[2-{MOST_VARIANTS}]$")
# Suffixes of pictures that Pillow does not know.
OTHER_PICTURES = (".jxl", ".svg", ".heic", ".heif", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw")


@dataclass(frozen=True)
class Job:
    """A photograph to colour.

    Attributes
    ----------
    source, target : Path
        The file to read, and the file to write.
    format : str
        A key of :data:`WRITE_FORMATS`.
    variants : int
        How many colourings to write, at least 1.
    """

    source: Path
    target: Path
    format: str
    variants: int = 1

    @property
    def targets(self) -> list[Path]:
        """The files to write: ``target``, and one for each further colouring."""
        stem, suffix = self.target.stem, self.target.suffix
        more = range(2, self.variants + 1)
        return [self.target, *(self.target.with_name(f"{stem}_{n}{suffix}") for n in more)]


@dataclass(frozen=True)
class Wish:
    """What the user asks for.

    Attributes
    ----------
    output : Path or None
        The folder to write to, or, with a suffix of :data:`WRITE_FORMATS`, the one file to write;
        None to write each photograph beside its original.
    recursive : bool
        Include photographs in sub-folders.
    overwrite : bool
        Replace existing files.
    format : str or None
        A key of :data:`WRITE_FORMATS`; None for the original's own format, or else PNG.
    mark : str
        The end of each written file's name, before the suffix.
    variants : int
        How many colourings of each photograph, 1 to :data:`MOST_VARIANTS`.
    """

    output: Path | None = None
    recursive: bool = False
    overwrite: bool = False
    format: str | None = None
    mark: str = COLORED
    variants: int = 1


@dataclass
class Plan:
    """What to do.

    Attributes
    ----------
    jobs : list of Job
        No two write the same file.
    kept : list of Job
        Those whose result is there already: it is not replaced.
    own_results : list of Path
        Files that an earlier run wrote, left out.
    others : list of Path
        Files of folders that are not photographs by their suffix.
    folders : list of Path
        Sub-folders of folders, which only ``wish.recursive`` enters.
    refused : list of tuple
        What cannot be done, and why.
    """

    jobs: list[Job] = field(default_factory=list)
    kept: list[Job] = field(default_factory=list)
    own_results: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def already_there(self) -> list[Path]:
        """Existing files that would otherwise be written."""
        return [target for job in self.kept for target in job.targets if target.exists()]

    @property
    def asked(self) -> int:
        """How many photographs were asked for."""
        return len(self.jobs) + len(self.refused) + len(self.kept)


def plan(inputs: Sequence[Path], wish: Wish) -> Plan:
    """Find the photographs, and name the files to write.

    A file is taken whatever its suffix. From a folder, the files with a photograph's suffix are
    taken, except hidden ones, those in the output folder, and those that an earlier run wrote
    beside their originals. Under ``wish.output``, they keep their place in the given folder.

    Parameters
    ----------
    inputs : sequence of Path
        Files and folders.
    wish : Wish
        What the user asks for.
    """
    found = Plan()
    sources: dict[str, Path] = {}  # by target
    stems = {path.parent / path.stem for path in inputs}
    for given in inputs:
        if _is_result(given, stems):
            found.own_results.append(given)
            continue
        photographs = [given]
        if given.is_dir():
            photographs = list(_photographs_in(given, wish, found))
            if not photographs:
                hint = "" if wish.recursive else "; --recursive takes those of its sub-folders"
                found.refused.append((given, f"no photograph in this folder{hint}"))
        for source in photographs:
            _add(found, sources, _job(source, given, wish), wish.overwrite)
    return found


def _add(found: Plan, sources: dict[str, Path], job: Job, overwrite: bool) -> None:
    if not job.source.is_file():
        found.refused.append((job.source, "there is no such file"))
        return
    for target in job.targets:
        earlier = sources.setdefault(os.path.abspath(target), job.source)
        if earlier is not job.source:
            if not earlier.samefile(job.source):
                found.refused.append((job.source, f"{target} is written for {earlier} already"))
            return
    there = [target for target in job.targets if target.exists()]
    if any(target.samefile(job.source) for target in there):
        found.refused.append((job.source, "it would be replaced by its coloured copy"))
    elif there and not overwrite:
        found.kept.append(job)
    else:
        found.jobs.append(job)


def _photographs_in(folder: Path, wish: Wish, found: Plan) -> Iterator[Path]:
    suffixes = readable_suffixes()

    def refuse(error: OSError) -> None:
        found.refused.append((Path(error.filename), error.strerror or str(error)))

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if _is_entered(Path(parent, name), wish))
        if not wish.recursive:
            found.folders += [Path(parent, name) for name in folders]
            folders.clear()
        paths = [Path(parent, name) for name in sorted(names) if not name.startswith(".")]
        photographs = [path for path in paths if path.suffix.lower() in suffixes]
        found.others += [path for path in paths if path.suffix.lower() not in suffixes]
        stems = {path.parent / path.stem for path in photographs}
        for path in photographs:
            if _is_result(path, stems):
                found.own_results.append(path)
            else:
                yield path


def _is_entered(folder: Path, wish: Wish) -> bool:
    if folder.name.startswith("."):
        return False
    return wish.output is None or os.path.abspath(folder) != os.path.abspath(wish.output)


def _is_result(path: Path, stems: set[Path]) -> bool:
    """Tell whether a file is named as the result of one of these, paths without suffixes."""
    stem = _NUMBER.sub("", path.stem)
    return any(
        stem.endswith(mark) and path.parent / stem.removesuffix(mark) in stems
        for mark in (COLORED, SIDE_BY_SIDE)
        if stem != mark
    )


def _job(source: Path, given: Path, wish: Wish) -> Job:
    if wish.output and is_file_name(wish.output):
        own = format_of(wish.output.suffix)
        return Job(source, wish.output, wish.format or own or OTHERWISE, wish.variants)
    folder = source.parent
    if wish.output:
        folder = wish.output / (folder.relative_to(given) if source != given else "")
    name, format_ = marked_name(source, wish.mark, wish.format)
    return Job(source, folder / name, format_, wish.variants)


def marked_name(source: PurePath, mark: str, wanted: str | None = None) -> tuple[str, str]:
    """Return the name and the format of a photograph's coloured file.

    Parameters
    ----------
    source : PurePath
        The photograph's name.
    mark : str
        The end of the new name, before the suffix.
    wanted : str or None
        A key of :data:`WRITE_FORMATS`; None for the photograph's own format, or else PNG.
    """
    own = format_of(source.suffix)
    format_ = wanted or own or OTHERWISE
    suffix = source.suffix if format_ == own else WRITE_FORMATS[format_].suffixes[0]
    return f"{source.stem}{mark}{suffix}", format_


def is_file_name(output: Path) -> bool:
    """Tell, by its suffix, whether the user's output is one file rather than a folder."""
    return format_of(output.suffix) is not None and not output.is_dir()


def require_writable_suffix(output: Path) -> None:
    """Refuse an output that is named as a picture of a format that cannot be written.

    Raises
    ------
    UserError
        If it is; without that it would become a folder.
    """
    if output.is_dir() or is_file_name(output):
        return
    suffix = output.suffix.lower()
    if suffix in (*OTHER_PICTURES, *Image.registered_extensions()):
        known = ", ".join(format_.suffixes[0] for format_ in WRITE_FORMATS.values())
        raise UserError(f"--output {output} must end in one of {known}, or be a folder")
