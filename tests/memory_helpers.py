"""How much memory a piece of work takes, measured in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from tests.process_helpers import CONTEXT

T = TypeVar("T")

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def peak_growth(work: Callable[[T], object], small: T, large: T) -> float:
    """Return by how many MB ``work(large)`` raises the peak that ``work(small)`` left behind.

    ``work`` is a function at the top level of a module.
    """
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as pool:
        return pool.submit(_growth, work, small, large).result()


def _growth(work: Callable[[T], object], small: T, large: T) -> float:
    work(small)
    before = _peak()
    work(large)
    return _peak() - before


def _peak() -> float:
    # The largest resident set so far: pages of mapped files count, too.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no VmHWM in /proc/self/status")
