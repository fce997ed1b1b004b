"""The page's engine is held to numbers of the Python modules, as these are now."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from tests.web.engine_fixtures import FILE, fixtures

MOST_BYTES = 100_000


def test_fixtures_are_what_the_python_modules_compute() -> None:
    _require_same(json.loads(FILE.read_text()), json.loads(json.dumps(fixtures())))


def test_fixtures_are_small() -> None:
    assert FILE.stat().st_size < MOST_BYTES


def _require_same(stored: Any, computed: Any) -> None:
    """Compare, but allow for what another version of NumPy rounds otherwise."""
    if isinstance(computed, dict):
        assert stored.keys() == computed.keys()
        for key in computed:
            _require_same(stored[key], computed[key])
    elif isinstance(computed, list):
        assert len(stored) == len(computed)
        for one, other in zip(stored, computed, strict=True):
            _require_same(one, other)
    elif isinstance(computed, str) and stored != computed and not computed.startswith("#"):
        one, other = (
            np.frombuffer(base64.b64decode(text), np.uint8) for text in (stored, computed)
        )
        assert np.abs(one.astype(int) - other).max() <= 1
    elif isinstance(computed, float):
        assert stored == pytest.approx(computed, abs=2e-3)
    else:
        assert stored == computed
