"""Where workers read photographs and leave results: this disk, or a place that all can reach."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import fsspec
from fsspec.implementations.local import LocalFileSystem
from tqdm import tqdm

from colorizer.common.errors import UserError, is_full_disk
from colorizer.common.extras import how_to_install

if TYPE_CHECKING:
    # Workers import this module, and importing pandas takes longer than their work.
    import pandas as pd

# Photographs are read whole to be uploaded: this many are in memory.
UPLOAD_AT_ONCE = 16
PHOTOGRAPHS, PARTS, SHARDS, UPLOADS = "photographs", "parts", "shards", "uploads"


def files_of(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """Return the file system of a URL or of a path on this machine, and the path there."""
    if "://" in url:
        files, path = fsspec.core.url_to_fs(url)
        return files, path
    return fsspec.filesystem("file"), url


@dataclass(frozen=True)
class Workspace:
    """A place that every worker can read and write, by paths or URLs.

    ``top`` holds a photograph under each of ``names``, one per row of the manifest; parts and
    shards go below ``folder``.
    """

    top: str
    names: Sequence[str]
    folder: str

    def photographs(self, start: int, count: int) -> list[str]:
        """Return where the photographs from ``start`` are, at most ``count`` of them."""
        return [f"{self.top}/{name}" for name in self.names[start : start + count]]

    def part(self, number: int) -> str:
        """Return where the squares of task ``number`` go, without the suffix."""
        return f"{self.folder}/{PARTS}/{number:06d}"

    def shard(self, name: str) -> str:
        """Return where a shard goes."""
        return f"{self.folder}/{SHARDS}/{name}"

    def fetch(self, shard: str, target: Path) -> None:
        """Bring a shard written by a worker to ``target``, on this machine's disk.

        Raises
        ------
        UserError
            If it cannot be read from where it is.
        OSError
            If it cannot be written here.
        """
        files, path = files_of(shard)
        if "://" not in shard:
            shutil.move(path, target)
            return
        try:
            files.get_file(path, str(target))
        except Exception as error:
            if is_full_disk(error):
                raise
            raise UserError(f"{shard} cannot be read back: {_short(error)}; run again") from error


@contextmanager
def open_workspace(
    url: str, raw: Path, manifest: pd.DataFrame, target: Path
) -> Iterator[Workspace]:
    """Yield a workspace; when the block ends, all but its photographs is removed.

    Parameters
    ----------
    url : str
        "" for this machine's disk, which all workers must share; else a folder, or an fsspec URL
        such as ``s3://bucket/folder``. There, photographs are kept by their content hash, so that
        the next run uploads only what is new.
    raw : Path
        The folder of photographs.
    manifest : DataFrame
        ``path``, ``bytes`` and ``sha256`` of each.
    target : Path
        Without a URL, the folder that holds parts and shards while the block runs.

    Raises
    ------
    UserError
        If the kind of URL is unknown, its package is not installed, or the place is not writable.
    """
    if url:
        with _elsewhere(url, raw, manifest) as workspace:
            yield workspace
        return
    folder = target.resolve() / "workspace"
    for name in (PARTS, SHARDS):
        (folder / name).mkdir(parents=True)
    yield Workspace(str(raw.resolve()), manifest["path"].tolist(), str(folder))
    shutil.rmtree(folder)


@contextmanager
def _elsewhere(url: str, raw: Path, manifest: pd.DataFrame) -> Iterator[Workspace]:
    try:
        files, root, base = _connect(url)
    except Exception as error:  # each kind of store has its own errors
        raise UserError(
            f"prepare.workspace={url} cannot be used: {_short(error)}; name a folder, or a URL "
            f"such as s3://bucket/folder, which needs: {how_to_install('s3')}"
        ) from error
    folder = f"run-{uuid.uuid4().hex}"
    try:
        try:
            _make_folders(files, root, folder)
            _upload(files, f"{root}/{PHOTOGRAPHS}", f"{root}/{folder}/{UPLOADS}", raw, manifest)
        except UserError:
            raise
        except Exception as error:
            raise UserError(
                f"prepare.workspace={url} cannot be written to: {_short(error)}; check the "
                "address, the space left, and the rights and keys of this machine"
            ) from error
        names = manifest["sha256"].tolist()
        yield Workspace(f"{base}/{PHOTOGRAPHS}", names, f"{base}/{folder}")
    finally:
        # An earlier error matters more than a failed clean-up.
        with suppress(Exception):
            files.invalidate_cache()
            files.rm(f"{root}/{folder}", recursive=True)


def _connect(url: str) -> tuple[fsspec.AbstractFileSystem, str, str]:
    """Return the file system, the path there, and the prefix that workers put before a name."""
    files, root = files_of(url)
    if isinstance(files, LocalFileSystem):
        root = str(Path(root).expanduser().resolve())
        return files, root, root
    return files, root.rstrip("/"), url.rstrip("/")


def _make_folders(files: fsspec.AbstractFileSystem, root: str, folder: str) -> None:
    # Object stores have none, and s3fs would make a bucket of a mistyped name.
    if not files.async_impl:
        for name in (PARTS, SHARDS, UPLOADS):
            files.makedirs(f"{root}/{folder}/{name}")
        files.makedirs(f"{root}/{PHOTOGRAPHS}", exist_ok=True)
    files.pipe_file(f"{root}/{folder}/test", b"")


def _upload(
    files: fsspec.AbstractFileSystem,
    photographs: str,
    uploads: str,
    raw: Path,
    manifest: pd.DataFrame,
) -> None:
    files.invalidate_cache()
    there = files.find(photographs, detail=True)
    sizes = {PurePath(name).name: about["size"] for name, about in there.items()}
    new = manifest[manifest["sha256"].map(sizes) != manifest["bytes"]].drop_duplicates("sha256")
    with tqdm(desc="upload", total=len(new), unit="photograph", disable=new.empty) as bar:
        for start in range(0, len(new), UPLOAD_AT_ONCE):
            some = new.iloc[start : start + UPLOAD_AT_ONCE]
            sources = [str(_present(raw / path)) for path in some["path"]]
            # An object is whole or absent; a file is there before it is whole, and another run
            # must not see that.
            folder = photographs if files.async_impl else uploads
            files.put(sources, [f"{folder}/{sha256}" for sha256 in some["sha256"]])
            if folder == uploads:
                for sha256 in some["sha256"]:
                    files.mv(f"{uploads}/{sha256}", f"{photographs}/{sha256}")
            bar.update(len(some))


def _present(photograph: Path) -> Path:
    if not photograph.exists():
        raise UserError(f"{photograph} is missing; run: dvc repro -f fetch")
    return photograph


def _short(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
