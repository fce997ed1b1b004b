"""Give hostile files to another process; fail on a crash, a hang, an escape or a lot of memory."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.conftest import REPOSITORY

TIMEOUT_S = 60  # a busy machine takes ten to start the worker
# Above what the process takes for sound files. RULE and LIMITS of the worker allow tens of MB.
MEMORY_KIB = 150 << 10


@dataclass(frozen=True)
class Handled:
    """What became of a file, and the files that it was unpacked to: path to size in bytes."""

    outcome: str
    written: dict[str, int]


class Sandbox:
    """A worker process, and a folder of its own; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._file = self._folder / "hostile"
        self._target = self._folder / "in" / "target"
        self._target.parent.mkdir()
        self._worker: subprocess.Popen[str] | None = None
        self._usual_peak = 0
        self.highest_peak = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def warm_up(self, kind: str, contents: list[bytes]) -> None:
        """Learn how much memory sound files take."""
        self._usual_peak = 1 << 40
        for content in contents:
            self.handle(kind, content)
        self._usual_peak = self.highest_peak

    def handle(self, kind: str, content: bytes) -> Handled:
        """Have a file decoded (``image``) or unpacked (``archive``).

        Raises
        ------
        AssertionError
            If the worker crashes, hangs, writes elsewhere, or takes too much memory.
        """
        self._file.write_bytes(content)
        try:
            answer = self._ask(kind)
            beside = sorted(path.name for path in self._target.parent.iterdir())
            written = {
                path.relative_to(self._target).as_posix(): path.lstat().st_size
                for path in self._target.rglob("*")
                if not path.is_dir()
            }
        finally:
            shutil.rmtree(self._target, ignore_errors=True)
        assert answer["seen"] == []
        assert beside in ([], ["target"])
        self.highest_peak = max(self.highest_peak, answer["peak_kib"])
        assert answer["peak_kib"] <= self._usual_peak + MEMORY_KIB, "too much memory"
        return Handled(answer["outcome"], written)

    def _ask(self, kind: str) -> dict[str, Any]:
        worker = self._running()
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps([kind, str(self._file), str(self._target)]) + "\n")
        worker.stdin.flush()
        ready, _, _ = select.select([worker.stdout], [], [], TIMEOUT_S)
        line = worker.stdout.readline() if ready else ""
        if not line:
            reason = "crashed" if ready else f"took more than {TIMEOUT_S} s"
            raise AssertionError(f"the worker {reason}:\n{self._stop()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._worker is None:
            with (self._folder / "stderr").open("w") as stderr:
                self._worker = subprocess.Popen(
                    [sys.executable, "-m", "tests.fuzz.worker"],
                    cwd=REPOSITORY,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    text=True,
                    env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                )
        return self._worker

    def _stop(self) -> str:
        """End the worker; return what it said."""
        if self._worker is None:
            return ""
        self._worker.kill()
        with self._worker:
            self._worker = None
        return (self._folder / "stderr").read_text(errors="replace")[-3000:]
