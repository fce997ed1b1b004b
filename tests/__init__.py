"""Tests, one module for each module of the package; e2e/ runs the whole pipeline."""

import os

# Before torch is imported, here and in processes that tests start: one thread computes such tiny
# tensors sooner than several that wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
