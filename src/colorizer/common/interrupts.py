"""SIGTERM and Ctrl-C: both raise ``KeyboardInterrupt``, once."""

from __future__ import annotations

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def raise_on_interrupts() -> None:
    """Make SIGTERM raise ``KeyboardInterrupt``, as Ctrl-C does, and both only once.

    A second one would disturb the clean-up.
    """
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def ignore_interrupts() -> None:
    """Ignore SIGTERM and Ctrl-C from now on, so that what is left can finish."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    ignore_interrupts()
    raise KeyboardInterrupt
