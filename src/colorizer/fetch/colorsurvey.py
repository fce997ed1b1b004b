"""ColorSurvey's Natural-Color Dataset: where it is, what it holds and how its files are named.

Anwar et al., "Image Colorization: A Survey and Dataset" (arXiv:2008.10774).
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path, PurePosixPath

from colorizer.common.errors import UserError
from colorizer.data.manifest import photographs_in
from colorizer.fetch.archive_source import fetch_remote
from colorizer.fetch.google_drive import drive_file
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.provenance import Origin

TOP = "ColorfulOriginal"
CATEGORIES = (
    "Apple",
    "Banana",
    "Brinjal",
    "Broccoli",
    "CapsicumGreen",
    "Carrot",
    "Cherry",
    "ChilliGreen",
    "Corn",
    "Cucumber",
    "LadyFinger",
    "Lemon",
    "Orange",
    "Peach",
    "Pear",
    "Plum",
    "Pomegranate",
    "Potato",
    "Strawberry",
    "Tomato",
)
# Its authors count 723 photographs in one place and 735 in another; copies hold about 720.
FEWEST, MOST = 500, 800
FEWEST_OF_CATEGORY = 10
SHOWN = 3  # examples in a message
# Hidden, so that its content does not count as fetched.
UNPACKED = ".unpacked"

PROJECT = "https://github.com/saeed-anwar/ColorSurvey"
AS_ARCHIVE = "run with -S dataset=archive -S fetch.archive=PATH"
ARCHIVE = drive_file(
    "1k_UvYzdrHbphW4UcbDb9jWB0ZQIAGEAo",
    name="ColorSurvey",
    by_hand=(
        f'download "Color Groundtruth" by hand from {PROJECT} and {AS_ARCHIVE} (the same '
        "photographs; keep its folders)"
    ),
)


def fetch_colorsurvey(params: FetchParams, target: Path, places: Places) -> Origin:
    """Download the data set; a source, as described in :mod:`colorizer.fetch.sources`."""
    unpacked = target / UNPACKED
    origin = fetch_remote(ARCHIVE, params, unpacked, places)
    arrange(unpacked, target)
    shutil.rmtree(unpacked)
    return origin


def arrange(unpacked: Path, target: Path) -> None:
    """Check the archive's photographs and give them stable names.

    Copies of the archive differ in the case of their names. A photograph is therefore called
    ``ColorfulOriginal/<category>/<name>``, with the category as in :data:`CATEGORIES` and the
    name in lower case: ``colorfuloriginal/pomegranate/PG1.JPG`` becomes
    ``ColorfulOriginal/Pomegranate/pg1.jpg``. Photographs elsewhere in the archive are left out,
    and one line says so.

    Parameters
    ----------
    unpacked : Path
        The folder filled by :func:`colorizer.fetch.archives.extract_photographs`, which refuses
        archives with names that differ only in case.
    target : Path
        Where ``ColorfulOriginal`` is made.

    Raises
    ------
    UserError
        If the archive holds too few or too many photographs, or too few of one category.
    """
    places: dict[PurePosixPath, Path] = {}
    elsewhere: list[str] = []
    for photograph in photographs_in(unpacked):
        path = photograph.relative_to(unpacked)
        place = _place(path)
        if place is None:
            elsewhere.append(path.as_posix())
        else:
            assert place not in places, f"two photographs want to be {place}"
            places[place] = photograph
    _check(Counter(place.parent.name for place in places), elsewhere)
    for place, photograph in places.items():
        file = target / place
        file.parent.mkdir(parents=True, exist_ok=True)
        photograph.rename(file)
    if elsewhere:
        print(f"left out: {_number(elsewhere)} that lie in none of ColorSurvey's categories")


def _place(path: Path) -> PurePosixPath | None:
    spelled = {category.lower(): category for category in CATEGORIES}
    match [part.lower() for part in path.parts]:
        case [top, category, name] if top == TOP.lower() and category in spelled:
            return PurePosixPath(TOP, spelled[category], name)
    return None


def _check(counts: Counter[str], elsewhere: list[str]) -> None:
    scarce = [name for name in CATEGORIES if counts[name] < FEWEST_OF_CATEGORY]
    if FEWEST <= counts.total() <= MOST and not scarce:
        return
    found = f"it holds {counts.total()} there"
    if counts and scarce:
        found += ", only " + ", ".join(f"{counts[name]} of {name}" for name in scarce[:SHOWN])
        found += f" and {len(scarce) - SHOWN} more" if len(scarce) > SHOWN else ""
    if elsewhere:
        found += f", and {_number(elsewhere)} elsewhere"
    raise UserError(
        f"ColorSurvey's archive must hold {FEWEST} to {MOST} photographs in {TOP}/<category>/, "
        f"{FEWEST_OF_CATEGORY} or more for each of {len(CATEGORIES)} categories; {found}. See "
        f"{PROJECT} for what has changed, or take the archive as it is: download it by hand and "
        f"{AS_ARCHIVE}"
    )


def _number(elsewhere: list[str]) -> str:
    return f"{len(elsewhere)} (such as {elsewhere[0]!r})"
