"""What the tests of visits and their results share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from PIL import Image

from colorizer.inference.types import Hint
from colorizer.web.visit import Visit
from tests.photo_helpers import greys

BLUE, RED = Hint(0.5, 0.5, (20.0, -60.0)), Hint(0.1, 0.1, (60.0, 40.0))


def add(visit: Visit, name: str = "old.png", image: Image.Image | None = None) -> int:
    """Send a photograph, open it, and return its number."""
    file = visit.expect(name)
    (image or greys(60, 40)).save(file.path, "PNG")
    return visit.open(file).result()[0]


def flush(worker: Executor) -> None:
    """Wait until a worker has done what it was given."""
    worker.submit(int).result()


@contextmanager
def kept_busy(worker: Executor) -> Iterator[None]:
    """Let a worker begin nothing new until the end of the block."""
    has_begun, is_over = Event(), Event()

    def wait() -> None:
        has_begun.set()
        is_over.wait()

    waiting = worker.submit(wait)
    has_begun.wait()
    try:
        yield
    finally:
        is_over.set()
        waiting.result()


def files_in(folder: Path) -> list[str]:
    """Return the names of all files in a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
