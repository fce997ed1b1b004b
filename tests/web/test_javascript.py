"""The page's scripts: their types, and what needs no browser."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.conftest import REPOSITORY

NPM = shutil.which("npm")
pytestmark = pytest.mark.skipif(
    not NPM or not (REPOSITORY / "node_modules" / "typescript").is_dir(),
    reason="needs Node.js, and: npm ci --ignore-scripts",
)


@pytest.mark.parametrize("script", ["check", "test"])
def test_scripts_are_sound(script: str) -> None:
    assert NPM
    ended = subprocess.run(
        [NPM, "run", "--silent", script], cwd=REPOSITORY, capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
