"""Photographs written in colour at their full size, for visitors to download."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from threading import Event, Lock

from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.edits import Edits
from colorizer.web.file_names import colored_name, make_distinct
from colorizer.web.limits import Limits, RefusedError
from colorizer.web.open_photograph import OpenPhotograph
from colorizer.web.visit import FAILURES, NamedFile, Visit, reason_of

ARCHIVE = "photographs_color.zip"
# The format of each photograph's own file, if that can be written.
OWN_FORMAT = ""


@dataclass(frozen=True)
class Order:
    """Which photographs to write, and how.

    Attributes
    ----------
    photographs : mapping of int to Edits
        What the visitor changed, by the photographs' numbers.
    format : str
        A key of :data:`colorizer.photo.formats.WRITE_FORMATS`, or :data:`OWN_FORMAT`.
    quality : int
        1 to 100, for formats that have one.
    side_by_side : bool
        Put the original to the left.
    """

    photographs: Mapping[int, Edits]
    format: str
    quality: int
    side_by_side: bool


class CancelledError(Exception):
    """The visitor no longer wants the result."""


@dataclass
class Result:
    """A file that is being written, or has been.

    Attributes
    ----------
    progress : float
        Which share is done, 0 to 1.
    file : NamedFile or None
        The file once it is whole.
    problem : str
        Why there will be none, for the visitor; empty if all is well.
    """

    progress: float = 0.0
    file: NamedFile | None = None
    problem: str = ""
    cancelled: Event = field(default_factory=Event)
    writing: Future[None] | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is a file, or will be none."""
        return self.file is not None or bool(self.problem)


class Results:
    """A visitor's results; the last one is kept until there is another.

    Parameters
    ----------
    visit : Visit
        The photographs.
    colorist, limits, worker
        As for :class:`Visit`.
    """

    def __init__(
        self, visit: Visit, colorist: PhotoColorist, limits: Limits, worker: Executor
    ) -> None:
        self._visit, self._colorist, self._limits, self._worker = visit, colorist, limits, worker
        self._lock = Lock()
        self._numbers = itertools.count(1)
        self._by_number: dict[int, Result] = {}

    def start(self, order: Order) -> int:
        """Begin to write photographs, several as a ZIP archive; return the result's number.

        Raises
        ------
        RefusedError
            If one of them is not there any more.
        """
        opened = [(self._visit[number], edits) for number, edits in order.photographs.items()]
        if not opened:
            raise RefusedError("There is no photograph to write.")
        result = Result()
        with self._lock:
            number = next(self._numbers)
            replaced, self._by_number = self._by_number, {number: result}
        _cancel(replaced.values())
        result.writing = self._worker.submit(self._write, result, opened, order)
        return number

    def __getitem__(self, number: int) -> Result:
        """Return a result.

        Raises
        ------
        RefusedError
            If it is not there any more.
        """
        with self._lock:
            if number not in self._by_number:
                raise RefusedError("This file is not there any more: please save it again.")
            return self._by_number[number]

    def cancel(self, number: int) -> None:
        """End the writing of a result, and remove what there is of it."""
        with self._lock:
            result = self._by_number.pop(number, None)
        if result:
            _cancel([result])

    def cancel_all(self) -> None:
        """Cancel every result."""
        with self._lock:
            cancelled, self._by_number = self._by_number, {}
        _cancel(cancelled.values())

    def _write(
        self, result: Result, opened: Sequence[tuple[OpenPhotograph, Edits]], order: Order
    ) -> None:
        try:
            file = self._one(result, opened, order) if len(opened) == 1 else None
            result.file = file or self._archive(result, opened, order)
        except CancelledError:
            return
        except RefusedError as error:
            result.problem = str(error)
        except Exception as error:  # noqa: BLE001  nobody else would tell the visitor
            result.problem = f"The colorizer failed: {reason_of(error)}"
        if result.cancelled.is_set() and result.file:
            _remove(result.file.path)

    def _one(
        self, result: Result, opened: Sequence[tuple[OpenPhotograph, Edits]], order: Order
    ) -> NamedFile:
        ((photograph, edits),) = opened
        name, format_ = colored_name(photograph.name, order.format or None)
        path = self._visit.new_path(PurePosixPath(name).suffix)
        self._save(result, photograph, edits, path, format_, order, (0, 1))
        return NamedFile(name, path)

    def _archive(
        self, result: Result, opened: Sequence[tuple[OpenPhotograph, Edits]], order: Order
    ) -> NamedFile:
        wanted = order.format or None
        names, formats = zip(*(colored_name(one.name, wanted) for one, _ in opened), strict=True)
        path = self._visit.new_path(PurePosixPath(ARCHIVE).suffix)
        try:
            # Photographs are already compressed.
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
                for at, name in enumerate(make_distinct(list(names))):
                    part = self._visit.new_path(PurePosixPath(name).suffix)
                    place = at, len(opened)
                    try:
                        self._save(result, *opened[at], part, formats[at], order, place)
                        archive.write(part, name)
                    finally:
                        _remove(part)
        except BaseException as error:
            _remove(path)
            if isinstance(error, OSError):
                raise RefusedError(reason_of(error)) from error
            raise
        return NamedFile(ARCHIVE, path)

    def _save(
        self,
        result: Result,
        photograph: OpenPhotograph,
        edits: Edits,
        path: Path,
        format_: str,
        order: Order,
        place: tuple[int, int],
    ) -> None:
        at, count = place

        def on_progress(share: float) -> None:
            result.progress = (at + share) / count
            if result.cancelled.is_set():
                raise CancelledError

        colorist = replace(self._colorist, quality=order.quality, side_by_side=order.side_by_side)
        try:
            on_progress(0)
            megapixels = self._limits.megapixels
            photograph.save(edits, colorist, path, format_, megapixels, on_progress)
        except FAILURES as error:
            raise RefusedError(
                f"{photograph.name} could not be saved: {reason_of(error)}"
            ) from error


def _cancel(results: Iterable[Result]) -> None:
    for result in results:
        result.cancelled.set()
        if result.writing:
            result.writing.cancel()
        if result.file:
            _remove(result.file.path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # on Windows, a file that is still being sent
        path.unlink(missing_ok=True)
