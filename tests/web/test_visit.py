from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from colorizer.inference.types import Hint
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.edits import Edits
from colorizer.web import open_photograph as opening
from colorizer.web import visit as module
from colorizer.web.limits import RefusedError
from colorizer.web.visit import FULL_DISK, Visit, reason_of
from tests.photo_helpers import OneColor, colorist, greys, network, opened
from tests.web.conftest import LIMITS, OWN, Painter
from tests.web.visit_helpers import BLUE, RED, add, files_in, flush, kept_busy


def edited(*hints: Hint) -> Edits:
    return Edits(hints, 1.0)


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as worker:
        yield worker


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def visit(tmp_path: Path, painter: Painter, worker: ThreadPoolExecutor) -> Visit:
    return Visit(tmp_path / "visitor", colorist(painter), LIMITS, worker)


def test_photograph_is_stored_under_a_name_of_ours(visit: Visit, tmp_path: Path) -> None:
    number = add(visit, "../../Grandma <1910>.png")

    assert visit[number].name == "Grandma 1910.png"
    assert visit[number].size == (60, 40)
    assert files_in(tmp_path) == ["visitor", "visitor/1.png", "visitor/1.png.preview"]


def test_preview_is_a_small_jpeg(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PREVIEW", 30)

    preview = opened(visit[add(visit)].preview)

    assert (preview.format, preview.size) == ("JPEG", (30, 20))


def test_photographs_are_told_in_the_order_of_their_arrival(visit: Visit) -> None:
    numbers = [add(visit, name) for name in ("b.png", "a.png", "b.png")]

    assert [number for number, _ in visit.photographs()] == numbers
    assert [opened.name for _, opened in visit.photographs()] == ["b.png", "a.png", "b.png"]


def test_more_photographs_than_allowed_are_refused_while_they_still_come(visit: Visit) -> None:
    add(visit)
    coming = [visit.expect("coming.png") for _ in range(LIMITS.uploads - 1)]

    with pytest.raises(RefusedError, match="Only 3 photographs at a time"):
        visit.expect("one more.png")
    visit.forget(coming[0])
    assert visit.expect("one more.png").name == "one more.png"


def test_what_cannot_be_read_leaves_nothing_and_makes_room(visit: Visit, tmp_path: Path) -> None:
    for _ in range(LIMITS.uploads + 1):
        file = visit.expect("notes.jpg")
        file.path.write_text("no photograph")
        with pytest.raises(RefusedError, match=r"it is text; JPEG, "):
            visit.open(file).result()
    with pytest.raises(RefusedError, match=r"more than 0\.2 megapixels"):
        add(visit, "large.png", greys(1000, 201))

    assert files_in(tmp_path / "visitor") == []


@pytest.mark.parametrize("failing", ["read_photo", "small"])
def test_want_of_memory_is_told_and_leaves_nothing(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(opening, failing, fail)

    with pytest.raises(RefusedError, match="MemoryError"):
        add(visit)
    assert files_in(tmp_path / "visitor") == []


def test_mistake_of_ours_is_not_told_as_the_photographs(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(module, "open_photograph", fail)

    with pytest.raises(AssertionError):
        add(visit)
    assert files_in(tmp_path / "visitor") == []


def test_chroma_is_what_the_network_says(visit: Visit) -> None:
    number = add(visit)

    chroma = visit.predict(number, edited()).result()
    assert chroma.own.mean((1, 2)) == pytest.approx(OWN, abs=1e-4)
    assert not chroma.given.any()

    for hints in ([BLUE], [RED, BLUE]):
        given = visit.predict(number, edited(*hints)).result().given
        assert given.mean((1, 2)) == pytest.approx(BLUE.ab, abs=1e-4)


def test_network_looks_only_once_at_the_photograph_worked_on(
    visit: Visit, painter: Painter
) -> None:
    number = add(visit)
    before = painter.glances

    for hints in ([], [BLUE], [RED, BLUE]):
        visit.predict(number, edited(*hints)).result()

    assert painter.glances == before


def test_network_looks_again_when_it_is_to_see_another_size(
    visit: Visit, painter: Painter
) -> None:
    number = add(visit)
    before = painter.glances

    large = visit.predict(number, Edits((), 1.0, 64)).result()
    usual = visit.predict(number, edited()).result()

    assert min(large.own.shape[1:]) == 64
    assert min(usual.own.shape[1:]) == 32
    assert painter.glances == before + 2 * 2  # each with its mirror image


def test_only_the_one_worked_on_keeps_what_the_network_saw(visit: Visit) -> None:
    first = add(visit, "a.png")
    alone = visit.predict(first, edited(BLUE)).result()
    second = add(visit, "b.png")
    assert visit[first].encoded is None

    again = visit.predict(first, edited(BLUE)).result()

    np.testing.assert_array_equal(again.given, alone.given)
    assert visit[second].encoded is None


def test_network_that_takes_no_colors_is_told(tmp_path: Path, worker: ThreadPoolExecutor) -> None:
    other = PhotoColorist(network(OneColor()), saturation=1.0, quality=95, side_by_side=False)
    visit = Visit(tmp_path / "other", other, LIMITS, worker)

    with pytest.raises(RefusedError, match="takes no"):
        visit.predict(add(visit), edited(BLUE)).result()


def test_removed_photograph_is_gone_at_once(
    visit: Visit, worker: ThreadPoolExecutor, tmp_path: Path
) -> None:
    number = add(visit)
    with kept_busy(worker):
        asked_before = visit.predict(number, edited())
        visit.remove(number)
        visit.remove(number)

        assert visit.photographs() == []
        with pytest.raises(RefusedError, match="not there any more"):
            visit[number]
    with pytest.raises(RefusedError, match="not there any more"):
        asked_before.result()
    flush(worker)
    assert files_in(tmp_path / "visitor") == []


def test_broken_preview_is_told(visit: Visit) -> None:
    number = add(visit)
    add(visit, "other.png")
    visit[number].preview.unlink()

    with pytest.raises(RefusedError, match=r"^No such file or directory$"):
        visit.predict(number, edited()).result()


def test_visitors_wait_for_each_other(visit: Visit, worker: ThreadPoolExecutor) -> None:
    file = visit.expect("old.png")
    greys(60, 40).save(file.path)
    with kept_busy(worker):
        opening = visit.open(file)
        assert visit.photographs() == []

    number, photograph = opening.result()
    assert visit.photographs() == [(number, photograph)]


def test_nothing_is_left_of_a_closed_visit(
    visit: Visit, worker: ThreadPoolExecutor, tmp_path: Path
) -> None:
    add(visit)
    late = visit.expect("late.png")
    greys(60, 40).save(late.path)
    with kept_busy(worker):
        visit.close()
        opening = visit.open(late)

    with pytest.raises(RefusedError):
        opening.result()
    assert files_in(tmp_path) == []


def test_reasons_name_no_file_of_the_server() -> None:
    assert reason_of(OSError(28, "No space left on device", "visitors/1.png")) == FULL_DISK
    assert reason_of(OSError(13, "Permission denied", "visitors/1.png")) == "Permission denied"
    assert reason_of(OSError("broken data stream")) == "broken data stream"
    assert reason_of(MemoryError()) == "MemoryError"
