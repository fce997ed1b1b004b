from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from colorizer.common.errors import UserError
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.edits import Edits
from colorizer.photo.formats import JPEG, PNG, TIFF, WEBP
from colorizer.photo.hints import PixelHint, place_hints
from colorizer.web.limits import RefusedError
from colorizer.web.open_photograph import OpenPhotograph
from colorizer.web.results import ARCHIVE, OWN_FORMAT, Order, Result, Results
from colorizer.web.visit import NamedFile, Visit
from tests.photo_helpers import colorist, greys, lab_of, opened
from tests.web.conftest import LIMITS, OWN, Painter
from tests.web.visit_helpers import BLUE, add, files_in, flush, kept_busy

UNCHANGED = Edits((), 1.0)


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as worker:
        yield worker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "visitor"


@pytest.fixture
def visit(folder: Path, worker: ThreadPoolExecutor) -> Visit:
    return Visit(folder, colorist(Painter()), LIMITS, worker)


@pytest.fixture
def results(visit: Visit, worker: ThreadPoolExecutor) -> Results:
    return Results(visit, colorist(Painter()), LIMITS, worker)


def order(
    *numbers: int,
    edits: Edits = UNCHANGED,
    format_: str = OWN_FORMAT,
    quality: int = 95,
    side_by_side: bool = False,
) -> Order:
    return Order(dict.fromkeys(numbers, edits), format_, quality, side_by_side)


def finished(results: Results, ordered: Order) -> Result:
    result = results[results.start(ordered)]
    assert result.writing
    result.writing.result()
    assert result.is_done
    return result


def written(results: Results, ordered: Order) -> NamedFile:
    result = finished(results, ordered)
    assert result.file, result.problem
    assert result.progress == 1
    return result.file


def on_save(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Do something else whenever a photograph is to be saved."""
    monkeypatch.setattr(OpenPhotograph, "save", lambda *_: act())


def test_result_is_that_of_colorizer_photo(visit: Visit, results: Results, tmp_path: Path) -> None:
    original = tmp_path / "original.png"
    greys(60, 40).save(original)
    colorist(Painter()).colorize(original, tmp_path / "expected.png", PNG)

    file = written(results, order(add(visit)))

    assert file.name == "old_color.png"
    np.testing.assert_array_equal(
        np.asarray(opened(file.path)), np.asarray(opened(tmp_path / "expected.png"))
    )


def test_what_the_visitor_changed_is_in_the_result(visit: Visit, results: Results) -> None:
    number = add(visit)

    pale = opened(written(results, order(number, edits=Edits((), 0.5))).path)
    assert lab_of(pale)[1:].mean((1, 2)) == pytest.approx([OWN[0] / 2, OWN[1] / 2], abs=0.5)

    blue = opened(written(results, order(number, edits=Edits((BLUE,), 0.0))).path)
    assert lab_of(blue)[2].mean() < -15


def test_hint_is_where_colorizer_photo_puts_it(
    visit: Visit, results: Results, tmp_path: Path
) -> None:
    original = tmp_path / "original.png"
    greys(60, 40).save(original)
    hints = [PixelHint(30, 20, (0, 0, 255))]
    colorist(Painter()).colorize(original, tmp_path / "expected.png", PNG, hints)
    number = add(visit)
    edits = Edits(tuple(place_hints(hints, (60, 40))), 1.0)
    file = written(results, order(number, edits=edits))

    np.testing.assert_array_equal(
        np.asarray(opened(file.path)), np.asarray(opened(tmp_path / "expected.png"))
    )


@pytest.mark.parametrize(
    ("format_", "name", "kind"),
    [
        (OWN_FORMAT, "old_color.png", "PNG"),
        (PNG, "old_color.png", "PNG"),
        (JPEG, "old_color.jpg", "JPEG"),
        (TIFF, "old_color.tif", "TIFF"),
        (WEBP, "old_color.webp", "WEBP"),
    ],
)
def test_result_has_the_format_that_is_asked_for(
    visit: Visit, results: Results, format_: str, name: str, kind: str
) -> None:
    file = written(results, order(add(visit), format_=format_))

    assert file.name == name
    assert opened(file.path).format == kind


def test_format_that_cannot_be_written_becomes_another(visit: Visit, results: Results) -> None:
    assert written(results, order(add(visit, "film.gif"))).name == "film_color.png"


def test_lower_quality_makes_smaller_files(visit: Visit, results: Results) -> None:
    number = add(visit, image=greys(300, 200))

    sizes = [
        written(results, order(number, format_=JPEG, quality=quality)).path.stat().st_size
        for quality in (30, 95)
    ]

    assert sizes[0] < sizes[1] / 2


def test_original_is_to_the_left_if_asked(visit: Visit, results: Results) -> None:
    picture = opened(written(results, order(add(visit), side_by_side=True)).path)

    assert picture.size == (120, 40)
    before, after = (lab_of(picture)[1:, :, part] for part in (slice(60), slice(60, None)))
    assert abs(before).max() < 1
    assert after.mean((1, 2)) == pytest.approx(OWN, abs=1)


def test_several_are_saved_into_one_archive(visit: Visit, results: Results, folder: Path) -> None:
    numbers = [add(visit, name) for name in ("a.png", "A.png", "film.gif")]

    file = written(results, order(*numbers))

    assert file.name == ARCHIVE
    with zipfile.ZipFile(file.path) as archive:
        assert archive.namelist() == ["a_color.png", "A_color-2.png", "film_color.png"]
        assert archive.testzip() is None
        content = archive.read("a_color.png")
    (folder / "a.png").write_bytes(content)
    assert opened(folder / "a.png").size == (60, 40)
    (folder / "a.png").unlink()
    assert len(files_in(folder)) == 7, "three photographs, three previews, one archive"


def test_progress_grows(visit: Visit, results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    monkeypatch.setattr(
        Result, "progress", property(lambda _: shares[-1], lambda _, share: shares.append(share))
    )
    numbers = [add(visit, name, greys(300, 400)) for name in ("a.png", "b.png")]

    written(results, order(*numbers))

    assert len(shares) > 5
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert 0.5 in shares


def test_what_waits_can_be_cancelled(
    visit: Visit, results: Results, worker: ThreadPoolExecutor, folder: Path
) -> None:
    numbers = add(visit), add(visit)
    before = files_in(folder)
    with kept_busy(worker):
        number = results.start(order(*numbers))
        result = results[number]
        assert not result.is_done
        results.cancel(number)
        results.cancel(number)
        with pytest.raises(RefusedError, match="save it again"):
            results[number]

    flush(worker)
    assert files_in(folder) == before


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_being_written_can_be_cancelled(
    visit: Visit, results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    numbers = [add(visit, image=greys(200, 400)) for _ in range(count)]
    before = files_in(folder)
    is_writing, may_go_on = Event(), Event()
    write = PhotoColorist.write

    def slowly(*given: Any) -> list[str]:
        is_writing.set()
        assert may_go_on.wait(30)
        return write(*given)

    monkeypatch.setattr(PhotoColorist, "write", slowly)
    number = results.start(order(*numbers))
    result = results[number]
    assert is_writing.wait(30)
    results.cancel(number)
    may_go_on.set()

    assert result.writing
    result.writing.result()
    assert result.file is None
    assert files_in(folder) == before


def test_what_is_cancelled_at_the_last_moment_is_removed(
    visit: Visit, results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = order(add(visit))
    before = files_in(folder)
    is_saved, may_go_on, save = Event(), Event(), OpenPhotograph.save

    def save_late(*given: Any) -> None:
        save(*given)
        is_saved.set()
        assert may_go_on.wait(30)

    monkeypatch.setattr(OpenPhotograph, "save", save_late)
    number = results.start(ordered)
    result = results[number]
    assert is_saved.wait(30)
    results.cancel(number)
    may_go_on.set()

    assert result.writing
    result.writing.result()
    assert files_in(folder) == before


def test_only_the_last_result_is_kept(visit: Visit, results: Results, folder: Path) -> None:
    ordered = order(add(visit))
    first = results.start(ordered)
    file = written(results, ordered)

    with pytest.raises(RefusedError, match="save it again"):
        results[first]
    assert file.path.exists()
    assert len(files_in(folder)) == 3, "the photograph, its preview, the result"


def test_orders_that_come_at_once_leave_one_result(
    visit: Visit, results: Results, worker: ThreadPoolExecutor, folder: Path
) -> None:
    ordered = order(add(visit))
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: results.start(ordered), range(30)))

    flush(worker)
    assert len(set(numbers)) == 30
    assert len(files_in(folder)) == 3, "the photograph, its preview, the result"


@pytest.mark.parametrize("count", [1, 2])
def test_broken_photograph_is_named_and_leaves_nothing(
    visit: Visit, results: Results, folder: Path, count: int
) -> None:
    numbers = [add(visit, f"{at}.png") for at in range(count)]
    visit[numbers[-1]].source.write_bytes(b"broken meanwhile")
    before = files_in(folder)

    result = finished(results, order(*numbers))

    assert result.problem.startswith(f"{count - 1}.png could not be saved: ")
    assert result.file is None
    assert files_in(folder) == before


def no_space() -> None:
    raise OSError(28, "No space left on device", "visitors/5.png")


def no_space_as_told() -> None:
    try:
        no_space()
    except OSError as error:
        raise UserError("no space left on the disk that holds visitors/5.png") from error


@pytest.mark.parametrize("failing", [no_space, no_space_as_told])
def test_full_disk_is_told_without_the_servers_paths(
    visit: Visit,
    results: Results,
    monkeypatch: pytest.MonkeyPatch,
    failing: Callable[[], None],
) -> None:
    on_save(monkeypatch, failing)

    problem = finished(results, order(add(visit))).problem

    assert problem == "old.png could not be saved: The disk of the server is full."


def test_want_of_memory_is_told(
    visit: Visit, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise MemoryError

    on_save(monkeypatch, fail)

    assert finished(results, order(add(visit))).problem.endswith("MemoryError")


@pytest.mark.parametrize("count", [1, 2])
def test_mistake_of_ours_does_not_let_the_visitor_wait_for_ever(
    visit: Visit, results: Results, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def fail() -> None:
        raise AssertionError("no such thing")

    on_save(monkeypatch, fail)

    problem = finished(results, order(*[add(visit) for _ in range(count)])).problem

    assert problem == "The colorizer failed: no such thing"


def test_archive_for_which_the_disk_is_too_small_is_told(
    visit: Visit, results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "write", lambda *_: no_space())
    numbers = add(visit), add(visit)
    before = files_in(folder)

    assert finished(results, order(*numbers)).problem == "The disk of the server is full."
    assert files_in(folder) == before


def test_order_without_photographs_is_refused(visit: Visit, results: Results) -> None:
    with pytest.raises(RefusedError, match="no photograph to write"):
        results.start(order())
    number = add(visit)
    visit.remove(number)
    with pytest.raises(RefusedError, match="not there any more"):
        results.start(order(number))


def test_photograph_removed_after_the_order_is_written_all_the_same(
    visit: Visit, results: Results, worker: ThreadPoolExecutor
) -> None:
    number = add(visit)
    with kept_busy(worker):
        result = results[results.start(order(number))]
        visit.remove(number)

    assert result.writing
    result.writing.result()
    assert result.file
    assert opened(result.file.path).size == (60, 40)
