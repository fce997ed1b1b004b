"""Recovery state on disk: interrupted training resumes after its last finished epoch.

DVC deletes a stage's outputs before it runs, so the state has a folder of its own, which neither
DVC nor git tracks, with a file for each run key.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from safetensors import SafetensorError
from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.common.files import whole_file
from colorizer.common.interrupts import ignore_interrupts
from colorizer.training.training_state import RecoveryError, State, pack, unpack

# The state of a long run that was stopped survives one or two quick runs in between.
KEPT_FILES = 3


class Recovery:
    """The recovery state of the training run with a given run key.

    As a context manager, it removes the state once the block has succeeded; if the user
    interrupts the block, it says where the next run resumes.

    Parameters
    ----------
    folder : Path
        Where states are kept; created when the first is saved.
    run_key : str
        64 hexadecimal digits; see :func:`colorizer.training.run_key.run_key`.
    """

    def __init__(self, folder: Path, run_key: str) -> None:
        self._folder = folder
        self._run_key = run_key
        self._file = folder / f"{run_key}.safetensors"

    def load(self) -> State | None:
        """Return the state, or None; an unusable one is removed with a warning."""
        if not self._file.exists():
            return None
        try:
            state = unpack(self._file.read_bytes(), self._run_key)
        except (RecoveryError, OSError) as error:
            _warn(f"recovery state {self._file} is ignored, and training starts anew: {error}")
            _remove(self._file)
            return None
        return state

    def save(self, state: State) -> None:
        """Replace the state, whole or not at all; on failure, warn and let training continue."""
        try:
            content = pack(state, self._run_key)
            with whole_file(self._file) as partial:
                partial.write_bytes(content)
        except (OSError, UserError, SafetensorError) as error:
            _warn(f"training continues, but epoch {state.epoch} cannot be recovered: {error}")
            return
        self._prune()

    def remove(self) -> None:
        """Remove the state, and the folder if it holds no other."""
        _remove(self._file)
        with suppress(OSError):  # not empty, or never created
            self._folder.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            # A run stopped now, without its state, would be lost.
            ignore_interrupts()
            self.remove()
        elif kind is KeyboardInterrupt:
            # From disk: the interrupt may have come just after a state was saved.
            saved = self.load()
            where = f"resumes after epoch {saved.epoch}" if saved else "starts anew"
            raise KeyboardInterrupt(f"the next `dvc repro` {where}") from None

    def _prune(self) -> None:
        """Keep the newest files; half-written ones from killed runs age out too."""
        with suppress(OSError):
            by_age = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
            for old in by_age[:-KEPT_FILES]:
                _remove(old)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _warn(message: str) -> None:
    tqdm.write(f"warning: {message}", file=sys.stderr)  # above the progress bar, not through it
