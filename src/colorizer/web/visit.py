"""What one visitor to the page works on."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TypeVar

from colorizer.common.errors import UserError, is_full_disk
from colorizer.images.decode import UnreadableImageError
from colorizer.inference.types import PhotoChroma
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.edits import Edits
from colorizer.web.file_names import clean_name, known_suffix
from colorizer.web.limits import Limits, RefusedError
from colorizer.web.open_photograph import Dot, OpenPhotograph, open_photograph

T = TypeVar("T")

# What a bad photograph, or one too large for the computer or its disk, can raise.
FAILURES = (UnreadableImageError, UserError, OSError, ValueError, MemoryError)
FULL_DISK = "The disk of the server is full."
REMOVED = "This photograph is not there any more."


@dataclass(frozen=True)
class NamedFile:
    """A file on its way from or to the visitor: their name for it, and where it is stored."""

    name: str
    path: Path


class Visit:
    """A visitor's photographs, in a folder of their own under names that we choose.

    Its methods may be called from several threads at once.

    Parameters
    ----------
    folder : Path
        For the photographs; created here, and removed by :meth:`close`.
    colorist : PhotoColorist
        Its network predicts their colours.
    limits : Limits
        How many photographs, and how large.
    worker : Executor
        Runs what needs the network or a photograph at full size: for all visitors, one task at a
        time and in order, as each takes all cores and memory in proportion to the photograph.

    Attributes
    ----------
    last_sign : float
        When the visitor was last heard of, by :func:`time.monotonic`.
    """

    def __init__(
        self, folder: Path, colorist: PhotoColorist, limits: Limits, worker: Executor
    ) -> None:
        folder.mkdir(mode=0o700)
        self._folder, self._colorist, self._limits, self._worker = folder, colorist, limits, worker
        self._lock = RLock()
        self._numbers = itertools.count(1)
        self._coming = 0  # photographs being sent or opened
        self._photographs: dict[int, OpenPhotograph] = {}
        self._worked_on: OpenPhotograph | None = None
        self.last_sign = time.monotonic()

    def expect(self, name: str) -> NamedFile:
        """Make room for a photograph that is about to be stored.

        Then call :meth:`open` or :meth:`forget`.

        Parameters
        ----------
        name : str
            The visitor's name for the file, which may be anything.

        Raises
        ------
        RefusedError
            If there are too many photographs already.
        """
        with self._lock:
            if len(self._photographs) + self._coming >= self._limits.uploads:
                raise RefusedError(self._limits.too_many())
            self._coming += 1
            cleaned = clean_name(name)
            return NamedFile(cleaned, self.new_path(known_suffix(cleaned)))

    def forget(self, file: NamedFile) -> None:
        """Remove a photograph that will not be opened."""
        with self._lock:
            self._coming -= 1
        file.path.unlink(missing_ok=True)

    def open(self, file: NamedFile) -> Future[tuple[int, OpenPhotograph]]:
        """Open a photograph, now stored.

        Returns
        -------
        Future
            Its number, and itself; raises RefusedError if it cannot be read.
        """
        return self._worker.submit(self._open, file)

    def __getitem__(self, number: int) -> OpenPhotograph:
        """Return an open photograph.

        Raises
        ------
        RefusedError
            If it is no longer there.
        """
        with self._lock:
            if number not in self._photographs:
                raise RefusedError(REMOVED)
            return self._photographs[number]

    def photographs(self) -> list[tuple[int, OpenPhotograph]]:
        """Return all open photographs with their numbers, in the order of their arrival."""
        with self._lock:
            return list(self._photographs.items())

    def remove(self, number: int) -> None:
        """Remove a photograph, if it is there."""
        with self._lock:
            removed = self._photographs.pop(number, None)
        if removed:
            self._worker.submit(self._discard, removed)  # what is in progress may still need it

    def predict(self, number: int, edits: Edits) -> Future[PhotoChroma]:
        """Predict the chroma of a photograph.

        Returns
        -------
        Future
            The chroma; raises RefusedError if the photograph is no longer there.
        """
        return self._worker.submit(
            self._ask, number, lambda opened: opened.predict(edits, self._colorist.network)
        )

    def suggest(
        self, number: int, place: tuple[float, float], size: int | None
    ) -> Future[list[str]]:
        """Find the likeliest colours of a place in a photograph.

        Returns
        -------
        Future
            As of :meth:`OpenPhotograph.suggest`; raises RefusedError as :meth:`predict` does, and
            if the network does not know.
        """
        return self._worker.submit(
            self._ask, number, lambda opened: opened.suggest(place, size, self._colorist.network)
        )

    def variants(self, number: int, edits: Edits) -> Future[list[list[Dot]]]:
        """Find several plausible colourings of a photograph.

        Returns
        -------
        Future
            As of :meth:`OpenPhotograph.variants`; raises RefusedError as :meth:`suggest` does.
        """
        return self._worker.submit(
            self._ask, number, lambda opened: opened.variants(edits, self._colorist.network)
        )

    def new_path(self, suffix: str) -> Path:
        """Return the path of a new file."""
        with self._lock:
            return self._folder / f"{next(self._numbers)}{suffix}"

    def close(self) -> None:
        """Remove all files, once none of them is being written."""
        self._worker.submit(shutil.rmtree, self._folder, ignore_errors=True)

    # The worker runs these, one at a time.

    def _open(self, file: NamedFile) -> tuple[int, OpenPhotograph]:
        network, megapixels = self._colorist.network, self._limits.megapixels
        try:
            opened = open_photograph(file.name, file.path, network, megapixels)
        except BaseException as error:
            self.forget(file)
            if isinstance(error, FAILURES):
                raise RefusedError(reason_of(error)) from error
            raise
        with self._lock:
            self._coming -= 1
            number = next(self._numbers)
            self._photographs[number] = opened
        self._work_on(opened)
        return number, opened

    def _ask(self, number: int, question: Callable[[OpenPhotograph], T]) -> T:
        opened = self[number]
        self._work_on(opened)
        try:
            return question(opened)
        except FAILURES as error:
            raise RefusedError(reason_of(error)) from error

    def _work_on(self, opened: OpenPhotograph) -> None:
        if self._worked_on and self._worked_on is not opened:
            self._worked_on.rest()
        self._worked_on = opened

    def _discard(self, removed: OpenPhotograph) -> None:
        if self._worked_on is removed:
            self._worked_on = None
        removed.remove()


def reason_of(error: BaseException) -> str:
    """Return why a photograph could not be read or written, for the visitor."""
    if is_full_disk(error.__cause__ or error):
        return FULL_DISK
    # Of files, the visitor knows none by its path here.
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or str(error) or type(error).__name__
