"""What a worker does with photographs: decode, judge and describe them, and write the squares.

Workers are processes, perhaps on other machines: this module and what it imports must stay free of
torch and pandas, which take longer to import than the work takes.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from pathlib import PurePath
from typing import NamedTuple
from uuid import uuid4
from warnings import catch_warnings, filterwarnings

import numpy as np
import numpy.typing as npt

from colorizer.color.lab_numpy import lab_from_bytes, mean_chroma
from colorizer.common.errors import UserError
from colorizer.data.shards import write_shard
from colorizer.images.decode import UnreadableImageError
from colorizer.images.square import Square, SquareRule, UnwantedImageError, load_square
from colorizer.prepare.perceptual_hash import Fingerprint, fingerprint
from colorizer.prepare.storage import files_of

UNREADABLE = "unreadable"
COLORLESS = "near-colourless"
# For the mean chroma in the index, in CIELAB units: no eye tells less apart, and processors, which
# differ in the sixth digit, make the same index.
CHROMA_DIGITS = 1
# Squares read at once when a shard is put together.
READ_AT_ONCE = 64

Pixels = npt.NDArray[np.uint8]  # (size, size, 3) sRGB


class Place(NamedTuple):
    """Where a prepared square is until its shard is written: a file of squares, and a row."""

    part: str
    row: int


class Examined(NamedTuple):
    """What was found out about a photograph; ``place`` and ``fingerprint`` only if it was kept.

    ``width`` and ``height`` are in pixels, ``chroma`` is the mean in CIELAB units.
    """

    width: int = 0
    height: int = 0
    reason: str = ""
    detail: str = ""
    chroma: float = 0.0
    place: Place | None = None
    fingerprint: Fingerprint | None = None


def examine(
    photographs: Sequence[str], part: str, rule: SquareRule, min_chroma: float
) -> list[Examined]:
    """Decode photographs, write the squares of those kept, and report on each.

    Parameters
    ----------
    photographs : sequence of str
        Paths, or URLs that fsspec knows.
    part : str
        Path or URL of the file to write, without its suffix: bare pixels, square after square.
        The name is made unique, as a task may run twice.
    rule : SquareRule
        Which photographs to take, and how to make squares of them.
    min_chroma : float
        CIELAB units; below this mean chroma a photograph is near-colourless.

    Raises
    ------
    UserError
        If a file is not where this worker looks for it, or a URL cannot be used here.
    OSError
        If this machine's disk refuses to read or write, or is full.
    """
    part = f"{part}-{uuid4().hex}.rgb"
    squares: list[Pixels] = []
    reports = []
    with catch_warnings():
        # Pillow warns about what is harmless here, such as corrupt EXIF blocks and odd palettes.
        filterwarnings("ignore", module="PIL")
        for photograph in photographs:
            report, pixels = _examine(photograph, rule, min_chroma)
            if pixels is not None:
                report = report._replace(place=Place(part, len(squares)))
                squares.append(pixels)
            reports.append(report)
    if squares:
        with _reaching(part):
            files, path = files_of(part)
            files.pipe_file(path, np.stack(squares).tobytes())
    return reports


def assemble(shard: str, places: Sequence[Place], size: int) -> str:
    """Write the shard that holds the squares at ``places``, in this order; return its path or URL.

    Parameters
    ----------
    shard : str
        Path or URL to write; the name is made unique, as a task may run twice.
    places : sequence of Place
        At least one; all on the same disk or in the same store.
    size : int
        Side of the squares in pixels.

    Raises
    ------
    UserError, OSError
        As in :func:`examine`.
    """
    name = PurePath(shard).name
    shard = f"{shard.removesuffix(name)}{uuid4().hex}-{name}"
    with _reaching(shard):
        write_shard(shard, _read(places, size), len(places), size)
    return shard


def _examine(
    photograph: str, rule: SquareRule, min_chroma: float
) -> tuple[Examined, Pixels | None]:
    try:
        square = _load(photograph, rule)
    except UnreadableImageError as error:
        return Examined(reason=UNREADABLE, detail=str(error)), None
    except UnwantedImageError as error:
        return Examined(error.width, error.height, reason=error.reason), None
    lab = lab_from_bytes(square.pixels)
    chroma = mean_chroma(lab)
    found = Examined(square.width, square.height, chroma=round(chroma, CHROMA_DIGITS))
    if chroma < min_chroma:
        detail = f"mean chroma {chroma:.2f}"
        return found._replace(reason=COLORLESS, detail=detail), None
    return found._replace(fingerprint=fingerprint(square.pixels, lab)), square.pixels


def _load(photograph: str, rule: SquareRule) -> Square:
    # Opened here in both cases, so that the report on a broken one names no path.
    with _reaching(photograph):
        if "://" in photograph:
            files, path = files_of(photograph)
            return load_square(BytesIO(files.cat_file(path)), rule)
        with open(photograph, "rb") as file:
            return load_square(file, rule)


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    here = socket.gethostname()
    try:
        yield
    except (UnreadableImageError, UnwantedImageError):
        raise
    except FileNotFoundError as error:
        raise UserError(
            f"{error.filename or url} cannot be found on {here}; if photographs are missing, "
            "run: dvc repro -f fetch. Workers that do not share this disk need prepare.workspace"
        ) from error
    except Exception as error:
        if "://" not in url:
            raise
        # Every kind of store has its own errors, which this machine may not be able to unpickle.
        raise UserError(
            f"{url} cannot be used on {here}: {error or type(error).__name__}; every worker needs "
            "the same rights, keys and packages as the machine that prepares"
        ) from None


def _read(places: Sequence[Place], size: int) -> Iterator[Pixels]:
    length = size * size * 3

    def read(some: Sequence[Place]) -> list[bytes]:
        files, _ = files_of(some[0].part)
        starts = [place.row * length for place in some]
        stops = [start + length for start in starts]
        parts = [files_of(place.part)[1] for place in some]
        blocks: list[bytes] = files.cat_ranges(parts, starts, stops, on_error="raise")
        return blocks

    blocks = (places[i : i + READ_AT_ONCE] for i in range(0, len(places), READ_AT_ONCE))
    for block in chain.from_iterable(map(read, blocks)):
        yield np.frombuffer(block, dtype=np.uint8).reshape(size, size, 3)
