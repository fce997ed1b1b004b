"""Optional dependencies: what is needed, or one line that says how to get it."""

from __future__ import annotations

from importlib.util import find_spec

from colorizer.common.errors import UserError


def require_extra(extra: str, *modules: str) -> None:
    """Go on only if ``modules``, which the project's extra installs, are there.

    Raises
    ------
    UserError
        If one of them is missing; it says how to install the extra.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} not installed: pip install -e '.[{extra}]'")
