"""Tests, one module for each module of the package; e2e/ runs the whole pipeline."""

import gc
import os

# Before torch is imported, here and in processes that tests start: one thread computes such tiny
# tensors sooner than several that wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A million objects are made while the tests are collected, and stay: looking through them for
# garbage meanwhile takes longer than it saves (tests/conftest.py ends this).
USUAL_GC_THRESHOLD = gc.get_threshold()
gc.set_threshold(100_000, 50, 50)
