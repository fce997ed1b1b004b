from __future__ import annotations

import numpy as np

from colorizer.inference.types import Hint, as_array


def test_array_has_a_row_for_each() -> None:
    rows = as_array([Hint(0.25, 0.5, (60, -20)), Hint(1, 0, (0, 7.5))])
    np.testing.assert_array_equal(rows, [[[0.25, 0.5, 60, -20], [1, 0, 0, 7.5]]])
    assert rows.dtype == np.float32


def test_array_of_none_is_empty() -> None:
    rows = as_array([])
    assert rows.shape == (1, 0, 4)
    assert rows.dtype == np.float32
