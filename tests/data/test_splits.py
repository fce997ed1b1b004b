from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer.data.splits import SPLITS, TEST, TRAIN, VAL, assign_splits, select_within_limit

USUAL = {"val": 0.1, "test": 0.2}
# What is left to train on may be little, but it is something.
SHARES = st.tuples(st.floats(0.01, 0.98), st.floats(0.01, 0.98)).filter(lambda s: sum(s) < 0.995)


def table(
    categories: Sequence[Any], groups: Sequence[int] | None = None, salt: int = 0
) -> pd.DataFrame:
    """Return photographs of these categories, each a group of its own unless told."""
    names = [f"{salt} {number}" for number in range(len(categories))]
    return pd.DataFrame(
        {
            "sha256": pd.Series(
                [hashlib.sha256(name.encode()).hexdigest() for name in names], dtype=str
            ),
            "group": pd.Series(range(len(names)) if groups is None else groups, dtype="Int64"),
            "category": pd.Series(list(categories), dtype=object),
        }
    )


def spread(count: int, categories: int, seed: int = 0) -> list[str]:
    """Return a category for each of ``count`` photographs, many in some and few in others."""
    numbers = np.random.default_rng(seed)
    weights = numbers.dirichlet(np.full(categories, 0.7))
    drawn = numbers.choice(categories, count - categories, p=weights).tolist()
    return [f"{number:03d}" for number in [*range(categories), *drawn]]


def with_copies(count: int, seed: int, largest: int) -> list[int]:
    """Return group numbers: half of the groups are single, half have up to ``largest``."""
    numbers = np.random.default_rng(seed)
    sizes = np.where(numbers.random(count) < 0.5, 1, numbers.integers(1, largest + 1, count))
    groups = np.repeat(np.arange(count), sizes)[:count]
    shuffled: list[int] = numbers.permutation(groups).tolist()
    return shuffled


def moved(before: pd.Series, after: pd.Series) -> int:
    """Return how many photographs that were there before are now in another split."""
    return int((after[before.index] != before).sum())


def assert_shares(split: pd.Series, within: float, val: float, test: float) -> None:
    assert abs((split == VAL).sum() - val * len(split)) <= within
    assert abs((split == TEST).sum() - test * len(split)) <= within


def assert_whole_groups(split: pd.Series, photographs: pd.DataFrame) -> None:
    pairs = photographs.assign(split=split)[["group", "split"]].drop_duplicates()
    assert pairs["group"].is_unique


def test_names_stay_as_the_other_stages_know_them() -> None:
    assert SPLITS == (TRAIN, VAL, TEST) == ("train", "val", "test")


class TestShares:
    @pytest.mark.parametrize(
        ("count", "categories"),
        [(1000, number) for number in (1, 2, 7, 20, 100, 333, 999, 1000)]
        + [(2357, 3), (2357, 24)],
    )
    def test_are_exact_whatever_the_number_of_categories(
        self, count: int, categories: int
    ) -> None:
        split = assign_splits(table(spread(count, categories)), **USUAL)
        assert (split == VAL).sum() == round(0.1 * count)
        assert (split == TEST).sum() == round(0.2 * count)

    @given(
        categories=st.integers(1, 1000),
        shares=SHARES,
        seed=st.integers(0, 999),
    )
    @settings(max_examples=8)
    def test_are_exact_whatever_they_are(
        self, categories: int, shares: tuple[float, float], seed: int
    ) -> None:
        val, test = shares
        split = assign_splits(table(spread(1000, categories, seed), salt=seed), val, test)
        assert (split == VAL).sum() == round(val * 1000)
        assert (split == TEST).sum() == round(test * 1000)

    @given(
        categories=st.integers(1, 1000),
        shares=st.just((0.1, 0.2)) | SHARES,
        seed=st.integers(0, 999),
    )
    @settings(max_examples=8)
    def test_hold_within_a_hundredth_with_copies(
        self, categories: int, shares: tuple[float, float], seed: int
    ) -> None:
        val, test = shares
        copies = with_copies(1000, seed, largest=10)
        photographs = table(spread(1000, categories, seed), copies, salt=seed)
        assert_shares(assign_splits(photographs, val, test), 10, val, test)

    @pytest.mark.parametrize("categories", [1, 20])
    @pytest.mark.parametrize("largest", [50, 300])
    def test_miss_by_half_of_a_large_group_at_most(self, largest: int, categories: int) -> None:
        for seed in range(10):
            copies = [*([0] * largest), *range(1, 1001 - largest)]
            photographs = table(spread(1000, categories, seed), copies, salt=seed)
            assert_shares(assign_splits(photographs, **USUAL), largest / 2 + 1, **USUAL)

    @pytest.mark.parametrize("categories", [1, 4, 24, 150])
    def test_hold_in_every_category_to_within_one_photograph(self, categories: int) -> None:
        photographs = table(spread(1000, categories))
        split = assign_splits(photographs, **USUAL)
        sizes = photographs.groupby("category").size()
        for name, share in ((VAL, 0.1), (TEST, 0.2)):
            found = (split == name).groupby(photographs["category"]).sum()
            assert ((found - share * sizes).abs() < 1).all()

    @given(
        categories=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40), shares=SHARES
    )
    @settings(max_examples=40)
    def test_hold_in_small_categories_too(
        self, categories: list[str], shares: tuple[float, float]
    ) -> None:
        photographs = table(categories)
        split = assign_splits(photographs, *shares)
        sizes = photographs.groupby("category").size()
        for name, share in zip((VAL, TEST), shares, strict=True):
            found = (split == name).groupby(photographs["category"]).sum()
            assert ((found - share * sizes).abs() < 1 + 1e-9).all()

    def test_favour_no_category_by_its_place_in_the_alphabet(self) -> None:
        names = [f"{number:03d}" for number in range(100)]
        split = assign_splits(table(names), **USUAL)
        for name, count in ((VAL, 10), (TEST, 20)):
            found = [
                category for category, where in zip(names, split, strict=True) if where == name
            ]
            assert len(found) == count
            assert found[0] < "020"
            assert found[-1] > "080"

    @pytest.mark.parametrize(("count", "val", "test"), [(20, 2, 4), (24, 2, 5), (5, 0, 1)])
    def test_of_few_are_rounded_to_the_nearest(self, count: int, val: int, test: int) -> None:
        for categories in (1, 3, 5):
            split = assign_splits(table(spread(count, categories)), **USUAL)
            assert ((split == VAL).sum(), (split == TEST).sum()) == (val, test)

    def test_hold_among_hashes_chosen_by_their_first_digit(self) -> None:
        every = table(["a"] * 3000)
        chosen = every[every["sha256"].str.startswith("0")]
        # Only where the category's line is broken is there anything to choose: in the order.
        first = assign_splits(chosen, **USUAL)[chosen.sort_values("sha256").index]
        half = len(chosen) // 2
        assert 0 < (first[:half] == TEST).sum() < (first == TEST).sum()


class TestSmallSets:
    @given(
        photographs=st.lists(
            st.tuples(st.sampled_from("abcde"), st.integers(0, 12)), min_size=0, max_size=14
        ),
        shares=SHARES,
        salt=st.integers(0, 99),
    )
    @settings(max_examples=40)
    def test_every_photograph_is_in_one_split_and_groups_stay_together(
        self, photographs: list[tuple[str, int]], shares: tuple[float, float], salt: int
    ) -> None:
        categories = [category for category, _ in photographs]
        groups = [group for _, group in photographs]
        found = table(categories, groups, salt)
        split = assign_splits(found, *shares)
        assert list(split.index) == list(found.index)
        assert set(split) <= set(SPLITS)
        assert_whole_groups(split, found)
        largest = max((groups.count(group) for group in groups), default=0)
        for name, share in zip((VAL, TEST), shares, strict=True):
            assert (split == name).sum() <= share * len(groups) + largest

    @given(categories=st.lists(st.sampled_from("abcde"), max_size=14), shares=SHARES)
    @settings(max_examples=40)
    def test_shares_are_exact_without_copies(
        self, categories: list[str], shares: tuple[float, float]
    ) -> None:
        val, test = shares
        split = assign_splits(table(categories), val, test)
        assert (split == TEST).sum() == round(test * len(categories))
        # Both may round up where there is room for one.
        room = len(categories) - (split == TEST).sum()
        assert (split == VAL).sum() == min(round(val * len(categories)), room)

    def test_no_photographs_make_no_splits(self) -> None:
        assert assign_splits(table([]), **USUAL).empty

    def test_one_photograph_is_trained_on(self) -> None:
        assert list(assign_splits(table(["a"]), **USUAL)) == [TRAIN]

    def test_photographs_that_are_all_copies_stay_together(self) -> None:
        assert len(set(assign_splits(table(["a", "b", "a", "c"], [0, 0, 0, 0]), **USUAL))) == 1


class TestGroups:
    def test_are_never_split(self) -> None:
        photographs = table(spread(1000, 20), with_copies(1000, seed=1, largest=9))
        split = assign_splits(photographs, val=0.3, test=0.3)
        assert_whole_groups(split, photographs)
        assert set(split) == set(SPLITS)

    def test_stay_together_across_categories(self) -> None:
        categories, groups = ["a", "b"] * 200, [number // 4 for number in range(400)]
        photographs = table(categories, groups)
        split = assign_splits(photographs, val=0.3, test=0.3)
        assert_whole_groups(split, photographs)
        assert_shares(split, 3, 0.3, 0.3)

    def test_go_where_their_smallest_hash_goes(self) -> None:
        # Without copies at the border, a leader's place alone decides.
        single = table(["a"] * 300)
        alone = assign_splits(single, **USUAL)
        leaders = single.sort_values("sha256").index[:20]
        for leader in leaders:
            copy = single.loc[[leader]].assign(sha256="f" * 64, category="b")
            both = pd.concat([single, copy], ignore_index=True)
            together = assign_splits(both, **USUAL)
            assert together.iloc[-1] == together[leader]
            assert moved(alone, together) <= 2

    def test_numbers_of_groups_do_not_matter(self) -> None:
        copies = with_copies(300, seed=1, largest=5)
        renamed = [1000 - 3 * number for number in copies]
        one, other = (
            assign_splits(table(spread(300, 5), groups), **USUAL) for groups in (copies, renamed)
        )
        pd.testing.assert_series_equal(one, other)


class TestStability:
    def test_order_and_index_do_not_matter(self) -> None:
        photographs = table(spread(400, 9), with_copies(400, seed=3, largest=4))
        expected = assign_splits(photographs, **USUAL)
        for seed in range(3):
            shuffled = photographs.sample(frac=1, random_state=seed)
            found = assign_splits(shuffled, **USUAL)
            assert list(found.index) == list(shuffled.index)
            pd.testing.assert_series_equal(found.sort_index(), expected)

    def test_names_of_files_do_not_matter(self) -> None:
        photographs = table(spread(400, 9))
        named = photographs.assign(path=[f"{number:x}.jpg" for number in range(400)])
        pd.testing.assert_series_equal(
            assign_splits(named.sort_values("path"), **USUAL).sort_index(),
            assign_splits(photographs, **USUAL),
        )

    @pytest.mark.parametrize("names", [("7", "07", "007"), ("1e3", "nan", ""), ("a", "b", "c")])
    def test_categories_are_but_names(self, names: tuple[str, str, str]) -> None:
        photographs = table([names[number % 3] for number in range(300)])
        split = assign_splits(photographs, **USUAL)
        for name in names:
            found = split[photographs["category"] == name]
            assert ((found == VAL).sum(), (found == TEST).sum()) == (10, 20)

    def test_place_does_not_depend_on_the_name_of_a_category(self) -> None:
        text, number = (assign_splits(table([name] * 100), **USUAL) for name in ("007", 7))
        pd.testing.assert_series_equal(text, number)

    @given(
        count=st.integers(1, 300),
        categories=st.integers(1, 40),
        category=st.integers(0, 40),
        shares=st.just((0.1, 0.2)) | SHARES,
        seed=st.integers(0, 999),
    )
    @settings(max_examples=30)
    def test_one_more_photograph_moves_four_others_at_most(
        self, count: int, categories: int, category: int, shares: tuple[float, float], seed: int
    ) -> None:
        # In each of val and test: one at the border of its category, and one of the category
        # that the remainders favour instead.
        names = [*spread(count + categories, categories, seed), f"{category:03d}"]
        photographs = table(names, salt=seed)
        before = assign_splits(photographs[:-1], *shares)
        assert moved(before, assign_splits(photographs, *shares)) <= 4

    def test_one_more_photograph_moves_less_than_two_others_on_average(self) -> None:
        names = spread(500, 20)
        photographs = table(names)
        whole = assign_splits(photographs, **USUAL)
        counts = [
            moved(assign_splits(photographs.drop(number), **USUAL), whole)
            for number in range(0, 500, 20)
        ]
        assert np.mean(counts) < 1.5

    @pytest.mark.parametrize("seed", range(4))
    def test_a_tenth_more_photographs_move_less_than_a_twentieth(self, seed: int) -> None:
        numbers = np.random.default_rng(seed)
        names = [f"{number}" for number in numbers.integers(0, 20, 1100)]
        photographs = table(names, salt=seed)
        before = assign_splits(photographs[:1000], **USUAL)
        assert moved(before, assign_splits(photographs, **USUAL)) < 50

    def test_a_new_category_leaves_most_of_the_others_alone(self) -> None:
        photographs = table([*spread(1000, 20), *(["new"] * 100)])
        before = assign_splits(photographs[:1000], **USUAL)
        after = assign_splits(photographs, **USUAL)
        assert moved(before, after) < 50
        assert ((after[1000:] == VAL).sum(), (after[1000:] == TEST).sum()) == (10, 20)

    def test_a_larger_test_share_takes_from_val_and_train_alone(self) -> None:
        photographs = table(["a"] * 500)
        small = assign_splits(photographs, val=0.1, test=0.2)
        large = assign_splits(photographs, val=0.1, test=0.3)
        assert (large[small == TEST] == TEST).all()
        assert (large[small == VAL] == VAL).all()


class TestLimit:
    @pytest.mark.parametrize("limit", [1, 2, 99, 999, 1000])
    def test_takes_as_many_as_it_says(self, limit: int) -> None:
        assert select_within_limit(table(spread(1000, 20)), limit).sum() == limit

    def test_of_more_than_there_are_takes_all(self) -> None:
        assert select_within_limit(table(["a", "b", "a"]), 4).all()

    @pytest.mark.parametrize("categories", [1, 9, 50])
    def test_takes_of_a_lower_one_what_a_higher_one_takes_too(self, categories: int) -> None:
        photographs = table(spread(60, categories))
        before = select_within_limit(photographs, 1)
        for limit in range(2, 61):
            after = select_within_limit(photographs, limit)
            assert (after | ~before).all(), limit
            before = after

    @pytest.mark.parametrize("categories", [2, 24, 333])
    @pytest.mark.parametrize("limit", [30, 250, 700])
    def test_takes_the_same_share_of_every_category(self, categories: int, limit: int) -> None:
        photographs = table(spread(1000, categories))
        sizes = photographs.groupby("category").size()
        taken = select_within_limit(photographs, limit).groupby(photographs["category"]).sum()
        # There is one share which all categories have to less than a photograph.
        assert ((taken - 1) / sizes).max() < ((taken + 1) / sizes).min()
        # And it is about that of the whole.
        assert abs(taken - sizes * limit / 1000).max() < 3

    def test_takes_small_categories_as_often_as_large_ones(self) -> None:
        photographs = table(["large"] * 500 + [f"single {number}" for number in range(500)])
        taken = select_within_limit(photographs, 300)
        assert taken[:500].sum() == pytest.approx(150, abs=15)

    def test_depends_on_neither_order_nor_index_nor_splits(self) -> None:
        photographs = table(spread(300, 8))
        other = photographs.sample(frac=1, random_state=0)
        other.index = other.index + 1000
        expected = photographs[select_within_limit(photographs, 100)]["sha256"]
        assert set(other[select_within_limit(other, 100)]["sha256"]) == set(expected)

    def test_is_no_end_of_the_hashes(self) -> None:
        photographs = table(["a"] * 200)
        chosen = photographs[select_within_limit(photographs, 100)]["sha256"]
        ends = photographs["sha256"].sort_values()
        assert 20 < chosen.isin(ends[:100]).sum() < 80

    def test_counts_copies_one_by_one(self) -> None:
        photographs = table(["a", "a", "a"])
        photographs["sha256"] = photographs["sha256"][0]
        assert select_within_limit(photographs, 2).sum() == 2
