from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from colorizer.common.errors import UserError
from colorizer.photo.project import KIND, VERSIONS, read_project

DOT = {"x": 0.25, "y": 0.5, "color": "#a8482f"}
OLD = {"name": "old.jpg", "dots": [DOT], "strength": 0.5}


def written(folder: Path, **changes: Any) -> Path:
    """Write a project as the page does, but with changes."""
    file = folder / "project.json"
    content = {"kind": KIND, "version": VERSIONS[-1], "network": "general", "photographs": [OLD]}
    file.write_text(json.dumps(content | changes), encoding="utf-8")
    return file


def test_edits_are_those_of_the_photographs_names(tmp_path: Path) -> None:
    plain = {"name": "räder.png", "dots": [], "strength": 1}

    edits = read_project(written(tmp_path, photographs=[OLD, plain]))

    assert list(edits) == ["old.jpg", "räder.png"]
    assert edits["old.jpg"].strength == 0.5
    assert [(hint.x, hint.y) for hint in edits["old.jpg"].hints] == [(0.25, 0.5)]
    assert edits["räder.png"].hints == ()


def test_project_of_the_first_version_is_read(tmp_path: Path) -> None:
    (edits,) = read_project(written(tmp_path, version=1)).values()

    assert [hint.reach for hint in edits.hints] == [None]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "other"}, r"project\.json is no project: save one on the page"),
        ({"version": 3}, r"is a project of version 3, expected 2; a newer colorizer"),
        ({"photographs": None}, "is no whole project"),
        ({"photographs": [{"dots": []}]}, "is no whole project"),
        ({"photographs": [{**OLD, "strength": 9}]}, "is no whole project: .*from 0 to 2"),
        ({"photographs": [{**OLD, "dots": [{}]}]}, "is no whole project: .*not a place"),
    ],
)
def test_what_is_no_project_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        read_project(written(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xfe", b"{"])
def test_other_files_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes.json").write_bytes(content)

    with pytest.raises(UserError, match=r"notes\.json is no project"):
        read_project(tmp_path / "notes.json")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json cannot be read: No such file"):
        read_project(tmp_path / "none.json")
