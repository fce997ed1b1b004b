from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from colorizer.common import extras
from colorizer.common.errors import UserError
from colorizer.common.extras import how_to_install, require_extra

REPOSITORY = Path(__file__).resolve().parents[2]


def test_what_is_installed_is_no_word_worth() -> None:
    require_extra("dev", "pytest", "numpy")


def test_what_is_missing_is_named_with_the_way_to_it() -> None:
    with pytest.raises(UserError) as raised:
        require_extra("x", "no_such", "pytest", "none")

    assert str(raised.value) == f"no_such, none not installed: {how_to_install('x')}"


def test_in_a_clone_the_way_is_that_of_the_documents() -> None:
    command = 'pip install -c requirements-dev.txt -e ".[web]"'

    assert how_to_install("web") == f"{command} (in {REPOSITORY})"
    assert command in (REPOSITORY / "docs" / "install.md").read_text(encoding="utf-8")
    assert (REPOSITORY / "requirements-dev.txt").is_file()


@pytest.mark.parametrize(
    ("recorded", "command"),
    [
        (None, 'pip install "photo-colorizer[web]"'),
        (
            '{"url": "https://example.org/c.git", "vcs_info": {"vcs": "git", "commit_id": "1a"}}',
            'pip install "photo-colorizer[web] @ git+https://example.org/c.git"',
        ),
        (
            '{"url": "file:///home/a%20b/clone", "dir_info": {}}',
            'pip install "/home/a b/clone[web]"',
        ),
        (
            '{"url": "file:///tmp/c-1-py3-none-any.whl", "archive_info": {}}',
            'pip install "/tmp/c-1-py3-none-any.whl[web]"',
        ),
        (
            '{"url": "https://example.org/c.whl", "archive_info": {}}',
            'pip install "https://example.org/c.whl[web]"',
        ),
    ],
)
def test_elsewhere_it_leads_to_where_the_package_came_from(
    monkeypatch: pytest.MonkeyPatch, recorded: str | None, command: str
) -> None:
    texts = [None, recorded]  # as in a clone, where setuptools leaves the first
    found = [Mock(read_text=lambda file, text=text: text) for text in texts]
    monkeypatch.setattr(extras, "distributions", lambda name: found)

    assert how_to_install("web") == command


def test_without_any_record_it_leads_to_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "distributions", lambda name: [])

    assert how_to_install("web") == 'pip install "photo-colorizer[web]"'
