from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.common import extras
from colorizer.common.errors import UserError
from colorizer.common.extras import REPOSITORY, how_to_install, require_extra


def test_what_is_installed_is_no_word_worth() -> None:
    require_extra("dev", "pytest", "numpy")


def test_what_is_missing_is_named_with_the_way_to_it() -> None:
    with pytest.raises(UserError) as raised:
        require_extra("x", "no_such", "pytest", "none")

    assert str(raised.value) == f"no_such and none not installed: {how_to_install('x')}"


def test_the_way_is_another_in_a_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert how_to_install("web") == (
        f'pip install -c requirements-dev.txt -e ".[web]" (in {REPOSITORY})'
    )
    assert (REPOSITORY / "requirements-dev.txt").is_file()

    monkeypatch.setattr(extras, "REPOSITORY", tmp_path)
    assert how_to_install("web") == 'pip install "colorizer[web]"'
