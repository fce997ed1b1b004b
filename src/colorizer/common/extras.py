"""Optional dependencies: if one is missing, a line says how to install it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from colorizer.common.errors import UserError

DISTRIBUTION = "colorizer"
# The repository, if the package is used from one, else some folder of Python's.
REPOSITORY = Path(__file__).resolve().parents[3]


def how_to_install(extra: str) -> str:
    """Return the command that installs one of the project's extras, for any shell.

    In a clone, that takes the versions which the tests run with.
    """
    if (REPOSITORY / "pyproject.toml").is_file():
        return f'pip install -c requirements-dev.txt -e ".[{extra}]" (in {REPOSITORY})'
    return f'pip install "{DISTRIBUTION}[{extra}]"'


def require_extra(extra: str, *modules: str) -> None:
    """Check that ``modules``, which the project's ``extra`` installs, are available.

    Raises
    ------
    UserError
        If one of them is missing; the message says how to install the extra.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} not installed: {how_to_install(extra)}")
