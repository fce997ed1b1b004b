from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from colorizer.splits import SPLITS, TEST, TRAIN, VAL, assign_splits


def hashes(count: int) -> pd.Series:
    return pd.Series([hashlib.sha256(str(i).encode()).hexdigest() for i in range(count)])


def apart(count: int) -> pd.Series:
    """Return groups of one photograph each."""
    return pd.Series(range(count), dtype="Int64")


def test_names_stay_as_the_other_stages_know_them() -> None:
    assert SPLITS == (TRAIN, VAL, TEST) == ("train", "val", "test")


@pytest.mark.parametrize(("val", "test"), [(0.1, 0.2), (0.3, 0.05), (0.45, 0.45)])
def test_shares_are_met_up_to_chance(val: float, test: float) -> None:
    shares = assign_splits(hashes(2000), apart(2000), val, test).value_counts(normalize=True)

    # Four standard deviations of a share of 2,000 are less than 0.045.
    assert shares["val"] == pytest.approx(val, abs=0.045)
    assert shares["test"] == pytest.approx(test, abs=0.045)
    assert shares["train"] == pytest.approx(1 - val - test, abs=0.045)


def test_shares_hold_among_hashes_chosen_by_their_first_digit() -> None:
    every = hashes(20_000)
    chosen = every[every.str.startswith("0")]

    shares = assign_splits(chosen, chosen, 0.1, 0.2).value_counts(normalize=True)

    assert shares["test"] == pytest.approx(0.2, abs=0.045)


def test_adding_photographs_moves_no_other() -> None:
    few = assign_splits(hashes(100), apart(100), 0.1, 0.2)
    many = assign_splits(hashes(1000), apart(1000), 0.1, 0.2)

    pd.testing.assert_series_equal(many[:100], few)


def test_order_does_not_matter() -> None:
    shuffled = hashes(200).sample(frac=1, random_state=1)
    groups = apart(200).loc[shuffled.index]

    one = assign_splits(hashes(200), apart(200), 0.1, 0.2)
    other = assign_splits(shuffled, groups, 0.1, 0.2)

    pd.testing.assert_series_equal(other.sort_index(), one)


def test_a_larger_test_share_takes_from_val_and_train_alone() -> None:
    small = assign_splits(hashes(500), apart(500), 0.1, 0.2)
    large = assign_splits(hashes(500), apart(500), 0.1, 0.3)

    assert (large[small == TEST] == TEST).all()


def test_near_duplicates_stay_together() -> None:
    groups = pd.Series([i // 4 for i in range(400)], dtype="Int64")

    split = assign_splits(hashes(400), groups, 0.3, 0.3)

    assert (split.groupby(groups).agg(set).str.len() == 1).all()
    assert set(split) == set(SPLITS)


def test_group_goes_where_its_smallest_hash_goes() -> None:
    every = hashes(300)
    groups = pd.Series([i // 3 for i in range(300)], dtype="Int64")

    together = assign_splits(every, groups, 0.3, 0.3)
    alone = assign_splits(every, apart(300), 0.3, 0.3)

    leaders = every.groupby(groups).idxmin()
    assert list(together[leaders]) == list(alone[leaders])


def test_index_of_the_photographs_is_kept() -> None:
    some = hashes(10)[[7, 2, 5]]

    assert list(assign_splits(some, some, 0.1, 0.2).index) == [7, 2, 5]


def test_no_photographs_make_no_splits() -> None:
    assert assign_splits(hashes(0), apart(0), 0.1, 0.2).empty
