"""Processes of their own for functions of tests, without the seconds that torch takes to load."""

from __future__ import annotations

import sys
from multiprocessing import get_context, set_forkserver_preload

# Forked from a process that has imported this and started no thread; only Linux forks safely.
START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# torch's optimizers import the second at their first step.
set_forkserver_preload(["colorizer.training.loop", "torch._dynamo"])

CONTEXT = get_context(START_METHOD)
