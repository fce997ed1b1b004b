"""Mistakes that the user can repair: told in one clear message, without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable


class UserError(Exception):
    """Names the thing, what was expected, what was found and what to do about it."""


def run_stage(stage: Callable[[], None]) -> None:
    """Run a stage; end with exit status 1 and the message alone on a :class:`UserError`."""
    try:
        stage()
    except UserError as error:
        sys.exit(f"error: {error}")
