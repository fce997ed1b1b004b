from __future__ import annotations

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from colorizer.inference.saturation import DOUBTS, choose_saturation, moderate

CPU = torch.device("cpu")
STEP = 0.05


def table(
    psnr: list[float], colorfulness: list[float], saturation: list[float] | None = None
) -> pd.DataFrame:
    steps = saturation or [0.5 * step for step in range(len(psnr))]
    return pd.DataFrame({"saturation": steps, "psnr": psnr, "colorfulness": colorfulness})


class TestCautious:
    @pytest.mark.parametrize("saturation", [0.0, 0.5, 1.0, 1.55, 2.0])
    def test_few_photographs_say_little_and_many_nearly_all(self, saturation: float) -> None:
        assert moderate(saturation, 0) == 1
        assert moderate(saturation, DOUBTS) == pytest.approx((1 + saturation) / 2, abs=0.01)
        assert moderate(saturation, 100_000) == pytest.approx(saturation, abs=0.01)

    def test_more_photographs_move_it_further(self) -> None:
        found = [moderate(1.5, count) for count in (1, 5, 21, 60, 160, 500)]
        assert found == sorted(found)
        assert 1 < found[0] < found[-1] < 1.5


class TestChoose:
    @pytest.mark.parametrize(
        ("cost", "expected"), [(0, 1.0), (0.09, 1.0), (0.1, 1.5), (0.5, 2.0), (9, 2.5)]
    )
    def test_largest_within_the_budget(self, cost: float, expected: float) -> None:
        found = table([22, 24, 25, 24.9, 24.5, 20], [0, 0.2, 0.3, 0.4, 0.5, 0.6])
        assert choose_saturation(found, cost) == expected

    @pytest.mark.parametrize(("colorfulness", "expected"), [(0.99, 1.5), (1.0, 1.5), (1.01, 1.0)])
    def test_no_more_colourful_than_true(self, colorfulness: float, expected: float) -> None:
        found = table([22, 24, 25, 24.9, 24.8], [0, 0.3, 0.6, colorfulness, 1.2])
        assert choose_saturation(found, 1) == expected

    def test_best_that_is_too_vivid_stays(self) -> None:
        found = table([22, 24, 25, 24.9], [0, 0.9, 1.2, 1.5])
        assert choose_saturation(found, 5) == 1.0

    def test_best_that_is_too_vivid_stays_where_all_are(self) -> None:
        assert choose_saturation(table([24, 25, 24], [1.1, 1.2, 1.3]), 0.5) == 0.5

    def test_of_equal_ones_it_is_the_most_vivid(self) -> None:
        assert choose_saturation(table([25, 25, 25, 24], [0, 0.3, 0.6, 0.9]), 0) == 1.0
        assert choose_saturation(table([25, 25, 25], [0, 1.1, 1.2]), 0) == 0.0

    def test_curve_with_a_gap_is_crossed(self) -> None:
        found = table([22, 25, 20, 24.9, 20], [0, 0.3, 0.2, 0.9, 0.4])
        assert choose_saturation(found, 0.2) == 1.5

    def test_order_of_rows_and_their_labels_do_not_matter(self) -> None:
        found = table([22, 24, 25, 24.9, 24.8], [0, 0.3, 0.6, 0.9, 1.2])
        assert choose_saturation(found[::-1], 0.15) == 1.5
        assert choose_saturation(found.set_index(found.index + 7), 0.15) == 1.5

    def test_is_a_plain_number(self) -> None:
        assert type(choose_saturation(table([25, 24], [0.1, 0.2]), 0)) is float

    @given(
        rows=st.lists(st.tuples(st.floats(10, 40), st.floats(0, 2)), min_size=1, max_size=12),
        cost=st.floats(0, 5),
        more=st.floats(0, 5),
    )
    def test_choice_of_any_curve_holds_what_it_promises(
        self, rows: list[tuple[float, float]], cost: float, more: float
    ) -> None:
        found = table(*([row[column] for row in rows] for column in range(2)))
        chosen = choose_saturation(found, cost)
        best = found.iloc[int(found["psnr"].argmax())]
        row = found[found["saturation"] == chosen].iloc[0]
        assert row["psnr"] >= best["psnr"] - cost
        assert chosen >= best["saturation"]
        assert chosen == best["saturation"] or row["colorfulness"] <= 1
        assert choose_saturation(found, cost + more) >= chosen
        beyond = found[(found["saturation"] > chosen) & (found["colorfulness"] <= 1)]
        assert (beyond["psnr"] < best["psnr"] - cost).all()
