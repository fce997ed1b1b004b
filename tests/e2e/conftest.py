"""A temporary clone of the repository whose default run takes seconds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from tests.process_helpers import paths

REPOSITORY = Path(__file__).resolve().parents[2]
TINY = {
    "dataset": "folder",
    "epochs": 1,
    "fetch.folder": "photographs",
    "prepare.size": 32,
    "train.unet.batch_size": 8,
    "predict.panels": 2,
    "evaluate.ranked": 2,
}
PHOTOGRAPHS = 40
TIMEOUT_S = 1200  # of a command that hangs; on a busy machine one of seconds took 300


@dataclass(frozen=True)
class Clone:
    """A git repository with the project in it, and the commands that a user types there."""

    root: Path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command; unless ``check`` is off, fail the test with its output on an error."""
        binaries = Path(sys.executable).parent
        environment = {
            **os.environ,
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            # Nothing of the user's own: neither DVC's site cache nor git's settings.
            "DVC_SITE_CACHE_DIR": str(self.root.parent / "site-cache"),
            "GIT_CONFIG_GLOBAL": str(self.root.parent / "gitconfig"),
            "NO_COLOR": "1",
            **paths(),
        }
        result = subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        if check and result.returncode != 0:
            pytest.fail(f"{' '.join(command)}\n{result.stdout}\n{result.stderr}")
        return result

    def dvc(self, *arguments: str) -> str:
        """Run dvc and return what it prints."""
        return self.run("dvc", *arguments).stdout

    def changed_stages(self) -> list[str]:
        """Return the stages that ``dvc repro`` would run, in order.

        What ``dvc status`` does, in this process: importing DVC takes most of the command's time.
        """
        site_cache = {"core": {"site_cache_dir": str(self.root.parent / "site-cache")}}
        with Repo(str(self.root), config=site_cache) as repo:
            # A stage is named with the path of its dvc.yaml from here.
            return sorted(name.rpartition(":")[2] for name in repo.status())

    def write(self, path: str, content: str) -> None:
        """Write a file of the clone."""
        (self.root / path).write_text(content, encoding="utf-8", newline="\n")

    def read(self, path: str) -> str:
        """Read a file of the clone."""
        return (self.root / path).read_text(encoding="utf-8")

    def json(self, path: str) -> Any:
        """Read a JSON file of the clone."""
        return json.loads(self.read(path))


def _set(params: dict[str, Any], name: str, value: object) -> None:
    *blocks, key = name.split(".")
    for block in blocks:
        params = params[block]
    assert key in params, f"{name} is not in params.yaml"
    params[key] = value


def make_clone(root: Path, settings: Sequence[tuple[str, object]]) -> Clone:
    """Copy the working tree, as git would see it, into a new repository with other settings."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        source = REPOSITORY / name
        if source.is_file() and not name.startswith("data/sample/"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, root / name)
    clone = Clone(root)
    (root.parent / "gitconfig").write_text(
        "[user]\n  name = Tester\n  email = tester@example.org\n[init]\n  defaultBranch = main\n"
    )
    params = yaml.safe_load(clone.read("params.yaml"))
    for name, value in settings:
        _set(params, name, value)
    clone.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
    _copy_some_photographs(root / "photographs")
    # The committed figures belong to the default settings, not to these.
    for stale in ("dvc.lock", "metrics", "plots"):
        path = root / stale
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    clone.run("git", "init", "--quiet")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "Tiny settings")
    return clone


def _copy_some_photographs(target: Path) -> None:
    everything = sorted((REPOSITORY / "data" / "sample").rglob("*.jpg"))
    for photograph in everything[:: len(everything) // PHOTOGRAPHS]:
        folder = target / photograph.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photograph, folder / photograph.name)


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give a clone in which ``dvc repro`` has run and whose result is committed."""
    clone = make_clone(tmp_path_factory.mktemp("user") / "clone", list(TINY.items()))
    clone.dvc("repro")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "First run")
    return clone
