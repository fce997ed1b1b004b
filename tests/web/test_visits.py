from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from colorizer.photo.edits import Edits
from colorizer.web import visits as module
from colorizer.web.results import OWN_FORMAT, Order
from colorizer.web.visits import GoneError, Visits
from tests.photo_helpers import colorist
from tests.web.conftest import LIMITS
from tests.web.visit_helpers import add, files_in, flush, kept_busy


class Clock:
    """Stands in for the module ``time``."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "visitors"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr("colorizer.web.visit.time", clock)
    return clock


@pytest.fixture
def visits(folder: Path, clock: Clock) -> Iterator[Visits]:
    visits = Visits(folder, colorist(), replace(LIMITS, visitors=2, idle_s=60))
    yield visits
    visits.shut_down()


def test_visitors_have_keys_that_nobody_guesses(visits: Visits, folder: Path) -> None:
    first, second = visits.open(), visits.open()

    assert len({first, second}) == 2
    assert len(first) == 32
    assert visits[first] is not visits[second]
    assert {path.stat().st_mode & 0o777 for path in (folder, folder / first)} == {0o700}


def test_stranger_is_told(visits: Visits) -> None:
    for key in ("", "..", "0" * 32):
        with pytest.raises(GoneError, match="started anew, or this page was idle too long"):
            visits[key]


def test_the_longest_idle_one_makes_room(visits: Visits, folder: Path) -> None:
    first, second = visits.open(), visits.open()
    assert visits[first]

    third = visits.open()

    assert len(visits) == 2
    with pytest.raises(GoneError):
        visits[second]
    flush(visits._worker)
    assert set(files_in(folder)) == {first, third}


def test_there_are_never_more_than_allowed_though_they_come_at_once(visits: Visits) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: visits.open(), range(40)))

    assert len(set(keys)) == 40
    assert len(visits) == 2


def test_idle_visitors_are_forgotten_with_their_files(
    visits: Visits, clock: Clock, folder: Path
) -> None:
    idle, busy = visits.open(), visits.open()
    add(visits[idle][0])
    clock.now += 59
    visits.close_idle()
    assert len(visits) == 2
    assert visits[busy]

    clock.now += 2
    visits.close_idle()

    assert len(visits) == 1
    with pytest.raises(GoneError):
        visits[idle]
    flush(visits._worker)
    assert files_in(folder) == [busy]


def test_nothing_is_left_of_one_who_has_gone(visits: Visits, folder: Path) -> None:
    key = visits.open()
    add(visits[key][0])

    visits.close(key)
    visits.close(key)

    assert len(visits) == 0
    flush(visits._worker)
    assert files_in(folder) == []


def test_what_a_gone_visitor_ordered_is_not_written(visits: Visits, folder: Path) -> None:
    key = visits.open()
    visit, results = visits[key]
    order = Order({add(visit): Edits((), 1.0)}, OWN_FORMAT, 95, side_by_side=False)
    with kept_busy(visits._worker):
        results.start(order)
        visits.close(key)
        results.start(order)

    flush(visits._worker)
    assert files_in(folder) == []


def test_end_of_the_server_waits_for_no_order(visits: Visits, folder: Path) -> None:
    visit, results = visits[visits.open()]
    order = Order({add(visit): Edits((), 1.0)}, OWN_FORMAT, 95, side_by_side=False)
    with ThreadPoolExecutor(1) as pool:
        with kept_busy(visits._worker):
            number = results.start(order)
            result = results[number]
            ending = pool.submit(visits.shut_down)
            assert result.cancelled.wait(30)
            assert not ending.done(), "what is being done is awaited"
        ending.result()

    assert result.file is None
