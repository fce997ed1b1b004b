"""Project files: what was changed in photographs on the page, to be done again elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.photo.edits import Edits, parse_edits

KIND = "colorizer project"
# The first knew no reach of colours and no size; otherwise it is the same.
VERSIONS = (1, 2)


def read_project(file: Path) -> dict[str, Edits]:
    """Read a project that the page has saved.

    Parameters
    ----------
    file : Path
        JSON: ``kind``, ``version`` and ``photographs``, each of name, dots, strength and size.

    Returns
    -------
    dict of str to Edits
        By the names of photographs.

    Raises
    ------
    UserError
        If it cannot be read, or is no project of this version.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:  # UnicodeDecodeError is one
        raise UserError(f"{file} is no project: it is not JSON ({error})") from error
    if not isinstance(content, Mapping) or content.get("kind") != KIND:
        raise UserError(f"{file} is no project: save one on the page of: colorizer web")
    if content.get("version") not in VERSIONS:
        raise UserError(
            f"{file} is a project of version {content.get('version')}, expected {VERSIONS[-1]}; "
            "a newer colorizer may read it"
        )
    try:
        return {str(one["name"]): parse_edits(one) for one in content["photographs"]}
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{file} is no whole project: {error}") from error
