from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer.prepare.hash_index import close_pairs

Hashes = npt.NDArray[np.uint64]

BITS = st.sets(st.integers(0, 63), max_size=18)


@st.composite
def clusters(draw: st.DrawFn) -> list[int]:
    """Return hashes in clusters: near copies of a few, some of them exact."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    hashes = []
    for _ in range(draw(st.integers(0, 24))):
        flips = sum(1 << bit for bit in draw(BITS))
        hashes.append(draw(st.sampled_from(centres)) ^ flips)
    return hashes


def array(*hashes: int) -> Hashes:
    return np.array(hashes, dtype=np.uint64)


def found(hashes: Hashes, queries: Hashes, distance: int) -> set[tuple[int, int]]:
    """Return the pairs (query, hash) of all blocks."""
    return {
        (int(query), int(position))
        for block in close_pairs(hashes, queries, distance)
        for query, position in zip(*block, strict=True)
    }


def by_comparing_all(hashes: Hashes, queries: Hashes, distance: int) -> set[tuple[int, int]]:
    close = np.bitwise_count(queries[:, None] ^ hashes[None, :]) <= distance
    return {(int(query), int(position)) for query, position in np.argwhere(close)}


@given(hashes=clusters(), queries=clusters(), distance=st.integers(0, 16))
@settings(deadline=None, max_examples=25)
def test_pairs_are_those_that_comparing_all_finds(
    hashes: list[int], queries: list[int], distance: int
) -> None:
    every, asked = array(*hashes), array(*hashes[:6], *queries)

    assert found(every, asked, distance) == by_comparing_all(every, asked, distance)


@pytest.mark.parametrize("distance", [0, 3, 4, 10, 16])
def test_pairs_among_many_are_those_that_comparing_all_finds(distance: int) -> None:
    numbers = np.random.default_rng(distance)
    # All within a few bits of three hashes: every bucket holds many, and most pairs are close.
    centres = numbers.integers(0, 2**64, 3, dtype=np.uint64)
    hashes = centres[numbers.integers(0, 3, 300)]
    for _ in range(distance // 2 + 1):
        hashes = hashes ^ (np.uint64(1) << numbers.integers(0, 64, 300, dtype=np.uint64))

    pairs = found(hashes, hashes, distance)

    assert pairs == by_comparing_all(hashes, hashes, distance)
    assert len(pairs) > 300


@pytest.mark.parametrize("distance", [0, 1, 3, 4, 7, 10, 15, 16])
@pytest.mark.parametrize("word", [0x0123_4567_89AB_CDEF])
@pytest.mark.parametrize(
    "places",
    [
        # Evenly over the four bands: no band is nearer than it must be.
        pytest.param([16 * (bit % 4) + 3 * (bit // 4) for bit in range(17)], id="spread"),
        pytest.param([(17 + bit) % 64 for bit in range(17)], id="side by side"),
        pytest.param([63 - bit for bit in range(17)], id="at the end"),
    ],
)
def test_bits_may_differ_wherever_they_are(distance: int, word: int, places: list[int]) -> None:
    near, far = (
        word ^ sum(1 << bit for bit in places[:count]) for count in (distance, distance + 1)
    )

    assert found(array(near), array(word), distance) == {(0, 0)}
    assert found(array(far), array(word), distance) == set()


@pytest.mark.parametrize("word", [0, 2**64 - 1, 2**63, 0x8000_8000_8000_8000, 0xFFFF])
def test_hashes_at_the_ends_of_the_range_find_themselves(word: int) -> None:
    assert found(array(word), array(word), 0) == {(0, 0)}
    assert found(array(word), array(word ^ 1 << 63), 1) == {(0, 0)}


def test_equal_hashes_are_all_found() -> None:
    hashes = array(5, 9, 5, 5)

    assert found(hashes, array(5, 9), 0) == {(0, 0), (0, 2), (0, 3), (1, 1)}


@pytest.mark.parametrize("block", [1, 2, 7, 64])
def test_blocks_are_small_and_lose_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    numbers = np.random.default_rng(0)
    hashes = numbers.integers(0, 2**64, 4, dtype=np.uint64)[numbers.integers(0, 4, 60)]
    hashes[::7] ^= np.uint64(1 << 40)
    expected = by_comparing_all(hashes, hashes, 2)
    monkeypatch.setattr("colorizer.prepare.hash_index.BLOCK", block)

    assert found(hashes, hashes, 2) == expected
    assert max(len(query) for query, _ in close_pairs(hashes, hashes, 2)) <= block


def test_full_buckets_are_compared_in_blocks() -> None:
    hashes = np.zeros(1500, dtype=np.uint64)

    lengths = [len(query) for query, _ in close_pairs(hashes, hashes, 0)]

    assert sum(lengths) == 4 * 1500**2  # every pair once in each band
    assert max(lengths) <= 2**20


@pytest.mark.parametrize(
    ("hashes", "queries"), [(array(), array()), (array(1), array()), (array(), array(1))]
)
def test_nothing_is_close_to_nothing(hashes: Hashes, queries: Hashes) -> None:
    assert found(hashes, queries, 16) == set()


def test_positions_can_index_arrays() -> None:
    hashes = array(1, 2**64 - 1)

    for query, position in close_pairs(hashes, hashes, 0):
        assert query.dtype == position.dtype == np.int64
        np.testing.assert_array_equal(hashes[query], hashes[position])


def test_hashes_are_left_alone() -> None:
    hashes, queries = array(3, 1, 2), array(2, 7)
    hashes.setflags(write=False)
    queries.setflags(write=False)

    assert found(hashes, queries, 1) == by_comparing_all(hashes, queries, 1)
