"""How many cores there are to compute on: those of the machine, or what this process may have."""

from __future__ import annotations

import math
import os
from pathlib import Path

# What a container may have of all cores, in microseconds per period (Linux, cgroup v2).
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """Return the number of cores that this process may use, at least 1.

    A container or ``taskset`` may allow fewer than the machine has, and more threads than cores
    wait for each other.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:  # macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _quota())))


def _quota() -> float:
    try:
        time, period = QUOTA.read_text(encoding="ascii").split()
        return math.inf if time == "max" else int(time) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # no container, or another kind
        return math.inf
