"""Processes of the tests' own, without some of the seconds that torch takes to load."""

from __future__ import annotations

import os
import sys
from multiprocessing import get_context, set_forkserver_preload
from pathlib import Path

QUICK_START = Path(__file__).with_name("quick_start")

# Forked from a process that has imported this and started no thread; only Linux forks safely.
START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# torch's optimizers import the second at their first step.
set_forkserver_preload(["colorizer.training.loop", "torch._dynamo"])

CONTEXT = get_context(START_METHOD)


def paths(*folders: Path) -> dict[str, str]:
    """Return the PYTHONPATH of a process that imports from folders, and starts quickly."""
    return {"PYTHONPATH": os.pathsep.join(map(str, [QUICK_START, *folders]))}
