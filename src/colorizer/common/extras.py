"""Optional dependencies: if one is missing, a line says how to install it."""

from __future__ import annotations

from importlib.util import find_spec

from colorizer.common.errors import UserError


def require_extra(extra: str, *modules: str) -> None:
    """Check that ``modules``, which the project's ``extra`` installs, are available.

    Raises
    ------
    UserError
        If one of them is missing; the message says how to install the extra.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} not installed: pip install -e '.[{extra}]'")
