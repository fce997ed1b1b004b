"""What one visitor to the page works on."""

from __future__ import annotations

import itertools
import shutil
import zipfile
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from colorizer.images.decode import UnreadableImageError
from colorizer.photo.colorist import PhotoColorist
from colorizer.web.file_names import clean_name, colored_name, known_suffix, make_distinct
from colorizer.web.limits import Limits, RefusedError
from colorizer.web.open_photograph import OpenPhotograph, open_photograph
from colorizer.web.spots import Spot

ARCHIVE = "photographs_color.zip"
MOST_SPOTS = 100
# What a bad photograph, or one too large for the computer, can raise.
FAILURES = (UnreadableImageError, OSError, ValueError, MemoryError)


@dataclass(frozen=True)
class NamedFile:
    """A file on its way from or to the visitor: their name for it, and where it is stored."""

    name: str
    path: Path


class Session:
    """A visitor's photographs, in a folder of their own under names that we choose.

    Its methods may be called from several threads at once.

    Parameters
    ----------
    folder : Path
        For the photographs; created here, and removed by :meth:`close`.
    colorist : PhotoColorist
        Colours the photographs.
    limits : Limits
        How many photographs, and how large.
    worker : Executor
        Runs what needs the network or a photograph at full size: for all visitors, one task at a
        time and in order, as each takes all cores and memory in proportion to the photograph.
    """

    def __init__(
        self, folder: Path, colorist: PhotoColorist, limits: Limits, worker: Executor
    ) -> None:
        folder.mkdir(mode=0o700)
        self._folder, self._colorist, self._limits, self._worker = folder, colorist, limits, worker
        self._lock = RLock()
        self._numbers = itertools.count(1)
        self._coming = 0  # photographs being sent, waiting or being coloured
        self._waiting: deque[NamedFile] = deque()
        self._photographs: dict[int, OpenPhotograph] = {}
        self._chosen: int | None = None
        self._download: NamedFile | None = None

    def expect(self, name: str) -> NamedFile:
        """Make room for a photograph that is about to be stored.

        Then call :meth:`receive` or :meth:`forget`.

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
            return NamedFile(cleaned, self._new_path(known_suffix(cleaned)))

    def receive(self, file: NamedFile) -> None:
        """Queue a photograph, now stored, for :meth:`color_next`."""
        with self._lock:
            self._waiting.append(file)

    def forget(self, file: NamedFile) -> None:
        """Remove a photograph that will not be coloured."""
        with self._lock:
            self._coming -= 1
        file.path.unlink(missing_ok=True)

    def add(self, name: str, write: Callable[[Path], object]) -> None:
        """Queue a photograph that ``write`` stores in the file it is given.

        Raises
        ------
        RefusedError
            If there are too many photographs already.
        """
        file = self.expect(name)
        try:
            write(file.path)
        except BaseException:
            self.forget(file)
            raise
        self.receive(file)

    def color_next(self, choose: bool) -> None:
        """Colour the waiting photograph that arrived first, if there is one.

        Parameters
        ----------
        choose : bool
            Switch to it even if another is chosen.

        Raises
        ------
        RefusedError
            If it cannot be read or coloured.
        """
        with self._lock:
            if not self._waiting:
                return
            file = self._waiting.popleft()
        # Not under the lock, so that the visitor can work on others meanwhile.
        try:
            opened = self._worker.submit(
                open_photograph, file.name, file.path, self._colorist, self._limits.megapixels
            ).result()
        except BaseException as error:
            self.forget(file)
            if isinstance(error, FAILURES):
                raise RefusedError(f"{file.name}: {_reason(error)}") from error
            raise
        with self._lock:
            self._coming -= 1
            number = next(self._numbers)
            self._photographs[number] = opened
            if choose or self._chosen is None:
                self.choose(number)
            else:
                opened.rest()

    @property
    def chosen(self) -> OpenPhotograph | None:
        """The photograph that the visitor works on."""
        with self._lock:
            return None if self._chosen is None else self._photographs[self._chosen]

    @property
    def takes_colors(self) -> bool:
        """Whether the network follows colours that the visitor gives."""
        return self._colorist.network.takes_hints

    def choose(self, number: int) -> None:
        """Switch to another photograph, by its number from :meth:`strip`."""
        with self._lock:
            if number not in self._photographs or number == self._chosen:
                return
            if self._chosen is not None:
                self._photographs[self._chosen].rest()
            self._chosen = number

    def remove(self, number: int) -> None:
        """Remove a photograph, and switch to its neighbour if it was chosen."""
        with self._lock:
            order = list(self._photographs)
            removed = self._photographs.pop(number, None)
            if removed is None:
                return
            removed.source.unlink(missing_ok=True)
            if number == self._chosen:
                self._chosen = None
                left = list(self._photographs)
                if left:
                    self.choose(left[min(order.index(number), len(left) - 1)])

    def saturate(self, saturation: float) -> None:
        """Make the chosen photograph more or less vivid, without running the network."""
        self._require_chosen().saturation = saturation

    def add_spot(self, spot: Spot) -> None:
        """Give a place in the chosen photograph a colour.

        Raises
        ------
        RefusedError
            If the photograph has too many already.
        """
        if len(self._require_chosen().spots) >= MOST_SPOTS:
            raise RefusedError(f"Only {MOST_SPOTS} colours per photograph: remove some first.")
        self._change_spots(lambda spots: [*spots, spot])

    def remove_spots(self, which: slice) -> None:
        """Take back colours of places in the chosen photograph."""

        def without(spots: Sequence[Spot]) -> list[Spot]:
            left = list(spots)
            del left[which]
            return left

        self._change_spots(without)

    def _change_spots(self, change: Callable[[Sequence[Spot]], list[Spot]]) -> None:
        def apply() -> None:
            with self._lock:
                opened = self._require_chosen()
                opened.apply_spots(change(opened.spots), self._colorist.network)

        self._worker.submit(apply).result()

    def _require_chosen(self) -> OpenPhotograph:
        chosen = self.chosen
        if chosen is None:
            raise RefusedError("There is no photograph any more.")
        return chosen

    def strip(self) -> dict[str, Any]:
        """Return all photographs' numbers, names and thumbnails, for the page."""
        with self._lock:
            return {
                "photographs": [
                    {"number": number, "name": opened.name, "thumbnail": opened.thumbnail}
                    for number, opened in self._photographs.items()
                ],
                "chosen": self._chosen,
            }

    def save(self) -> NamedFile:
        """Write the chosen photograph in colour at its full size; see :meth:`download`.

        Raises
        ------
        RefusedError
            If it cannot be read again or written.
        """
        opened = self._require_chosen()
        return self._offer(colored_name(opened.name)[0], lambda path: self._write(opened, path))

    def save_all(self) -> NamedFile:
        """Write all photographs, as :meth:`save` does, to one archive."""
        with self._lock:
            opened = list(self._photographs.values())
        names = make_distinct([colored_name(one.name)[0] for one in opened])

        def write(path: Path) -> None:
            # Photographs are already compressed.
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
                for one, name in zip(opened, names, strict=True):
                    part = self._new_path(Path(name).suffix)
                    try:
                        self._write(one, part)
                        archive.write(part, name)
                    finally:
                        part.unlink(missing_ok=True)

        return self._offer(ARCHIVE, write)

    def download(self, stored: str) -> NamedFile:
        """Return what was saved last.

        Parameters
        ----------
        stored : str
            The name under which it is stored.

        Raises
        ------
        RefusedError
            If it is no longer there.
        """
        with self._lock:
            if self._download is None or self._download.path.name != stored:
                raise RefusedError("This file is not there any more: please save it again.")
            return self._download

    def close(self) -> None:
        """Remove all files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, opened: OpenPhotograph, path: Path) -> None:
        try:
            megapixels = self._limits.megapixels
            self._worker.submit(opened.save, self._colorist, path, megapixels).result()
        except FAILURES as error:
            raise RefusedError(f"{opened.name} could not be saved: {_reason(error)}") from error

    def _offer(self, name: str, write: Callable[[Path], None]) -> NamedFile:
        file = NamedFile(name, self._new_path(Path(name).suffix))
        try:
            write(file.path)
        except BaseException:
            file.path.unlink(missing_ok=True)
            raise
        with self._lock:
            earlier, self._download = self._download, file
        if earlier:
            with suppress(OSError):  # on Windows, a file that is still being sent
                earlier.path.unlink()
        return file

    def _new_path(self, suffix: str) -> Path:
        with self._lock:
            return self._folder / f"{next(self._numbers)}{suffix}"


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
