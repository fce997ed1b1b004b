"""SIGTERM and Ctrl-C: both raise ``KeyboardInterrupt``, once."""

from __future__ import annotations

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def raise_on_interrupts() -> None:
    """Let SIGTERM raise ``KeyboardInterrupt``, as Ctrl-C does, and both do so once.

    A second one would disturb the tidying up.
    """
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def ignore_interrupts() -> None:
    """From now on, finish what is left."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    ignore_interrupts()
    raise KeyboardInterrupt
