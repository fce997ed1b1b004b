"""Optional dependencies: if one is missing, a line says how to install it."""

from __future__ import annotations

import json
from importlib.metadata import distributions
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from colorizer.common.errors import UserError

DISTRIBUTION = "photo-colorizer"


def how_to_install(extra: str) -> str:
    """Return the command that installs one of the project's extras, for any shell.

    It takes the extra from where the project itself came from: a clone, a repository, a file or a
    package index. In a clone, with the versions that the tests run with.
    """
    from urllib.request import url2pathname  # slow to import, and hardly ever needed

    origin = _origin()
    url = origin.get("url", "")
    path = url2pathname(urlsplit(url).path) if url.startswith("file:") else url
    if origin.get("dir_info", {}).get("editable"):
        return f'pip install -c requirements-dev.txt -e ".[{extra}]" (in {path})'
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]["vcs"]
        return f'pip install "{DISTRIBUTION}[{extra}] @ {vcs}+{url}"'
    return f'pip install "{path or DISTRIBUTION}[{extra}]"'


def require_extra(extra: str, *modules: str) -> None:
    """Check that ``modules``, which the project's ``extra`` installs, are available.

    Raises
    ------
    UserError
        If one of them is missing; the message says how to install the extra.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise UserError(f"{', '.join(missing)} not installed: {how_to_install(extra)}")


def _origin() -> dict[str, Any]:
    """Return what pip has recorded of where the project came from (PEP 610); {} for an index."""
    # In a clone there are two: setuptools leaves one beside the source, which knows nothing of it.
    for found in distributions(name=DISTRIBUTION):
        if recorded := found.read_text("direct_url.json"):
            origin: dict[str, Any] = json.loads(recorded)
            return origin
    return {}
