"""Where photographs come from: a line in :data:`SOURCES` adds a source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from colorizer.common.blocks import choose
from colorizer.common.errors import UserError
from colorizer.common.files import whole_folder
from colorizer.data.manifest import SUFFIXES, write_manifest
from colorizer.fetch.archive_source import fetch_archive
from colorizer.fetch.colorsurvey import fetch_colorsurvey
from colorizer.fetch.folder_source import fetch_folder, fetch_sample
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.provenance import Origin, write_record, write_source

# A source fills an empty folder with photographs and returns their origin. It raises UserError if
# it cannot.
Source = Callable[[FetchParams, Path, Places], Origin]

SOURCES: dict[str, Source] = {
    "sample": fetch_sample,
    "colorsurvey": fetch_colorsurvey,
    "folder": fetch_folder,
    "archive": fetch_archive,
}


def fetch(dataset: str, params: FetchParams, target: Path, places: Places) -> int:
    """Fill the folder ``target`` with photographs, their manifest and their origin.

    ``target`` appears only once it is complete. Below it, photographs keep their paths in the
    source, except for ColorSurvey's (see :func:`colorizer.fetch.colorsurvey.arrange`);
    ``manifest.csv`` lists path, bytes and sha256, sorted by path; ``source.json`` says where they
    come from.

    Parameters
    ----------
    dataset : str
        A key of :data:`SOURCES`.
    params : FetchParams
        The folder, or the archive with its checksum and limits.
    target : Path
        The folder to make, replaced if it exists.
    places : Places
        Where downloads are kept until complete, and where they are recorded.

    Returns
    -------
    int
        The number of photographs.

    Raises
    ------
    UserError
        If there is no such source, or if it is missing, unsafe or broken, does not have the
        required or recorded checksum, or holds no photograph.
    """
    source = SOURCES[choose(dataset, SOURCES, "dataset")]
    with whole_folder(target) as partial:
        origin = source(params, partial, places)
        count = write_manifest(partial)
        if count == 0:
            raise UserError(
                f"no photograph in {origin.name}: no file there ends in {', '.join(SUFFIXES)}"
            )
        write_source(partial, dataset, origin)
    if origin.is_remote and origin.archive:
        write_record(places.records, origin.name, origin.archive)
    return count
