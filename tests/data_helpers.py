"""Photographs, archives and file trees to test the data side with."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from unittest.mock import patch

import numpy as np
from PIL import Image

CATEGORIES = ("hills", "towns")


def colorful(seed: int, width: int = 48, height: int = 32) -> Image.Image:
    """Return soft random colours, unlike those of every other seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Return the bytes of an image file."""
    file = BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def save_photographs(folder: Path, count: int) -> None:
    """Write colourful JPEGs ``hills/0.jpg``, ``towns/1.jpg``, ``hills/2.jpg`` ..."""
    for seed in range(count):
        file = folder / CATEGORIES[seed % len(CATEGORIES)] / f"{seed}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        colorful(seed).save(file, quality=90)


def write_zip(path: Path, entries: Mapping[str, bytes]) -> Path:
    """Write a zip of these names and contents, whatever the names are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def write_tar(
    path: Path, entries: Mapping[str, bytes], mode: Literal["w", "w:gz", "w:xz"] = "w"
) -> Path:
    """Write a tar of these names and contents, whatever the names are."""
    with tarfile.open(path, mode) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return path


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer requests at the address given, without a proxy, until the block ends."""
    no_proxy = patch.dict(os.environ, NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    with no_proxy, ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _FileHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        pass


def serving_folder(folder: Path) -> AbstractContextManager[str]:
    """Serve the files of a folder as :func:`serving` does."""
    return serving(partial(_FileHandler, directory=str(folder)))


def tree(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
