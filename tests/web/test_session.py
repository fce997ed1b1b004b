from __future__ import annotations

import base64
import io
import zipfile
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from PIL import Image

from colorizer.photo.colorist import PhotoColorist
from colorizer.predictors.torch_predictor import TorchPredictor
from colorizer.web import session as module
from colorizer.web.limits import RefusedError
from colorizer.web.open_photograph import OpenPhotograph
from colorizer.web.session import Session
from colorizer.web.spots import Spot
from tests.photo_helpers import OneColor, greys, lab_of, network, opened
from tests.web.conftest import LIMITS, OWN, Painter

BLUE = Spot(0.5, 0.5, "#0000ff")


def new_session(tmp_path: Path, worker: Executor | None = None) -> Session:
    colorist = PhotoColorist(network(Painter()), saturation=1.0, quality=95, side_by_side=False)
    return Session(tmp_path / "visitor", colorist, LIMITS, worker or ThreadPoolExecutor(1))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return new_session(tmp_path)


def add(session: Session, name: str = "old.png", size: tuple[int, int] = (60, 40)) -> None:
    session.add(name, lambda path: greys(*size).save(path, "PNG"))
    session.color_next(choose=False)


def on(session: Session) -> OpenPhotograph:
    assert session.chosen
    return session.chosen


def glances(session: Session) -> int:
    used = session._colorist.network
    assert isinstance(used, TorchPredictor)
    assert isinstance(used.model, Painter)
    return used.model.glances


def mean_ab(session: Session) -> list[float]:
    picture = Image.open(io.BytesIO(base64.b64decode(on(session).after().split(",")[1])))
    means: list[float] = lab_of(picture)[1:].mean((1, 2)).tolist()
    return means


def names(session: Session) -> list[str]:
    return [one["name"] for one in session.strip()["photographs"]]


def test_photograph_is_stored_under_a_name_of_ours(session: Session, tmp_path: Path) -> None:
    add(session, "../../Grandma <1910>.png")

    assert names(session) == ["Grandma 1910.png"]
    (stored,) = (tmp_path / "visitor").iterdir()
    assert stored.name == "1.png"


def test_first_is_chosen_and_others_only_if_asked(session: Session) -> None:
    for name in ("a.png", "b.png"):
        add(session, name)
    assert on(session).name == "a.png"

    session.add("c.png", lambda path: greys(60, 40).save(path))
    session.color_next(choose=True)
    assert on(session).name == "c.png"
    with pytest.raises(RefusedError, match="Only 3 photographs at a time"):
        add(session, "d.png")


def test_neighbour_of_a_removed_one_is_chosen(session: Session, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        add(session, name)
    first, second, third = (one["number"] for one in session.strip()["photographs"])

    session.choose(second)
    session.remove(second)
    assert on(session).name == "c.png"
    session.remove(third)
    assert on(session).name == "a.png"
    session.remove(first)
    session.remove(first)
    assert session.chosen is None
    assert list((tmp_path / "visitor").iterdir()) == []
    with pytest.raises(RefusedError, match="no photograph"):
        session.saturate(1.0)


def test_what_cannot_be_read_is_named_and_makes_room(session: Session, tmp_path: Path) -> None:
    for _ in range(LIMITS.uploads + 1):
        session.add("notes.jpg", lambda path: path.write_text("no photograph"))
        with pytest.raises(RefusedError, match=r"notes\.jpg: it is text; JPEG, "):
            session.color_next(choose=True)
    with pytest.raises(RefusedError, match=r"large\.png: more than 0\.2 megapixels"):
        add(session, "large.png", (1000, 201))

    assert list((tmp_path / "visitor").iterdir()) == []


def test_want_of_memory_is_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "open_photograph", fail)

    with pytest.raises(RefusedError, match=r"old\.png: MemoryError"):
        add(session)


def test_saturation_is_the_photographs_own_and_asks_no_network(session: Session) -> None:
    add(session, "a.png")
    add(session, "b.png")
    before = glances(session)

    session.saturate(0.5)

    assert mean_ab(session) == pytest.approx([OWN[0] / 2, OWN[1] / 2], abs=1.5)
    session.choose(session.strip()["photographs"][1]["number"])
    assert mean_ab(session) == pytest.approx(OWN, abs=1.5)
    assert glances(session) == before


def test_spots_are_followed_until_they_are_removed(session: Session) -> None:
    add(session)
    at_first = on(session).after()

    session.add_spot(Spot(0.1, 0.1, "#ff0000"))
    session.add_spot(BLUE)
    assert mean_ab(session)[1] < -15
    session.remove_spots(slice(-1, None))
    assert mean_ab(session)[1] > 15
    session.remove_spots(slice(None))

    assert on(session).after() == at_first
    assert on(session).spots == []


def test_one_of_two_equal_spots_is_removed(session: Session) -> None:
    add(session)
    for _ in range(2):
        session.add_spot(BLUE)

    session.remove_spots(slice(0, 1))

    assert on(session).spots == [BLUE]


def test_spots_have_an_end(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SPOTS", 1)
    add(session)
    session.add_spot(BLUE)

    with pytest.raises(RefusedError, match="Only 1 colours"):
        session.add_spot(BLUE)


def test_only_the_chosen_one_keeps_what_the_network_saw(session: Session) -> None:
    add(session, "a.png")
    first = on(session)
    session.add_spot(BLUE)
    after = first.after()
    add(session, "b.png")
    session.choose(session.strip()["photographs"][1]["number"])

    assert first.encoded is None
    assert on(session).encoded is None, "it was not chosen when it was coloured"
    session.choose(session.strip()["photographs"][0]["number"])
    assert first.after() == after
    session.add_spot(BLUE)
    assert first.after() == after


def test_result_is_that_of_colorizer_photo(session: Session, tmp_path: Path) -> None:
    add(session)
    original = tmp_path / "original.png"
    greys(60, 40).save(original)
    session._colorist.colorize(original, tmp_path / "expected.png", "png")

    file = session.save()

    assert file.name == "old_color.png"
    assert session.download(file.path.name) == file
    np.testing.assert_array_equal(
        np.asarray(opened(file.path)), np.asarray(opened(tmp_path / "expected.png"))
    )


def test_all_are_saved_into_one_archive(session: Session, tmp_path: Path) -> None:
    for name in ("a.png", "a.png", "film.gif"):
        add(session, name)

    file = session.save_all()

    with zipfile.ZipFile(file.path) as archive:
        assert archive.namelist() == ["a_color.png", "a_color-2.png", "film_color.png"]
        assert archive.testzip() is None
    assert len(list((tmp_path / "visitor").iterdir())) == 4, "three photographs, one archive"


def test_only_the_last_result_is_kept(session: Session) -> None:
    add(session)
    first = session.save()

    second = session.save()

    assert not first.path.exists()
    assert second.path.exists()
    with pytest.raises(RefusedError, match="save it again"):
        session.download(first.path.name)


def test_what_cannot_be_saved_leaves_nothing(session: Session, tmp_path: Path) -> None:
    add(session)
    on(session).source.write_bytes(b"broken meanwhile")

    with pytest.raises(RefusedError, match=r"old\.png could not be saved"):
        session.save_all()

    assert [path.name for path in (tmp_path / "visitor").iterdir()] == ["1.png"]


def test_visitors_wait_for_each_other(tmp_path: Path) -> None:
    worker, other_is_done = ThreadPoolExecutor(1), Event()
    session = new_session(tmp_path, worker)
    worker.submit(other_is_done.wait)
    waiting = Thread(target=add, args=(session,))
    waiting.start()
    waiting.join(0.2)
    assert session.chosen is None

    other_is_done.set()
    waiting.join()
    assert session.chosen is not None


def test_network_that_takes_no_colors_is_told(tmp_path: Path) -> None:
    colorist = PhotoColorist(network(OneColor()), saturation=1.0, quality=95, side_by_side=False)

    assert not Session(tmp_path / "other", colorist, LIMITS, ThreadPoolExecutor(1)).takes_colors
    assert new_session(tmp_path).takes_colors


def test_nothing_is_left_of_a_closed_session(session: Session, tmp_path: Path) -> None:
    add(session)
    session.close()

    assert list(tmp_path.iterdir()) == []
