from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from colorizer.web.limits import RefusedError
from colorizer.web.session_store import Sessions
from tests.photo_helpers import colorist
from tests.web.conftest import LIMITS


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "visitors", colorist(), replace(LIMITS, visitors=2))


def test_visitors_have_keys_that_nobody_guesses(sessions: Sessions) -> None:
    first, second = sessions.open(), sessions.open()

    assert len({first, second}) == 2
    assert len(first) == 32
    assert sessions[first] is not sessions[second]


def test_the_longest_idle_one_makes_room(sessions: Sessions, tmp_path: Path) -> None:
    first, second = sessions.open(), sessions.open()
    assert sessions[first]

    third = sessions.open()

    assert len(sessions) == 2
    with pytest.raises(RefusedError, match="load it again"):
        sessions[second]
    assert {path.name for path in (tmp_path / "visitors").iterdir()} == {first, third}


def test_nothing_is_left_of_one_who_has_gone(sessions: Sessions, tmp_path: Path) -> None:
    key = sessions.open()

    sessions.close(key)
    sessions.close(key)

    assert len(sessions) == 0
    assert list((tmp_path / "visitors").iterdir()) == []
