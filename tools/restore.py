#!/usr/bin/env python3
"""Go back to the committed parameters and run, with its network and pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

PARAMS, LOCK = "params.yaml", "dvc.lock"
RECORDED = ["metrics", "plots"]


def main() -> None:
    """Restore what git keeps, and check out what DVC keeps.

    If the committed run was made on another machine, this one has nothing to check out. Then only
    the parameters are restored: the run that is here stays whole.
    """
    _restore(PARAMS)
    absent = _not_in_cache()
    if absent:
        sys.exit(
            f"error: {PARAMS} is as committed, and nothing else has changed: the committed run is "
            f"not on this machine, {absent[0]} for one. Make it anew with dvc repro, and commit "
            "it with git commit -am 'Our first run': then this command finds it."
        )
    _restore(LOCK)
    subprocess.run(["git", "checkout", "--quiet", "--", *RECORDED], check=True)
    subprocess.run(["dvc", "checkout", "--quiet"], check=True)


def _restore(file: str) -> None:
    """Take a file back from git.

    DVC may write a file within the moment by which git tells changes, and then git leaves it as it
    is, for unchanged. What is not there is always written.
    """
    Path(file).unlink(missing_ok=True)
    subprocess.run(["git", "checkout", "--quiet", "--", file], check=True)


def _not_in_cache() -> list[str]:
    """Return the outputs of the committed run that DVC's cache does not hold."""
    lock = yaml.safe_load(_printed("git", "show", f"HEAD:{LOCK}"))
    # DVC documents this structure: https://dvc.org/doc/user-guide/project-structure/internal-files
    cache = Path(_printed("dvc", "cache", "dir").strip()) / "files" / "md5"
    tracked = set(_printed("git", "ls-files").splitlines())
    return [
        out["path"]
        for stage in lock["stages"].values()
        for out in stage.get("outs", [])
        if out["path"] not in tracked and not (cache / out["md5"][:2] / out["md5"][2:]).exists()
    ]


def _printed(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
