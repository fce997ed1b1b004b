"""Safe extraction of the photographs in a zip or tar archive."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TypeVar

from tqdm import tqdm

from colorizer.errors import UserError
from colorizer.images import SUFFIXES

T = TypeVar("T")

BLOCK = 1 << 20


def extract_photographs(archive: Path, folder: Path, name: str) -> int:
    """Extract the photographs, known by their suffix, and return how many there were.

    Every entry is checked before the first is written. Other files, hidden ones and the
    resource forks that macOS adds are left out.

    Parameters
    ----------
    archive : Path
        A zip file, or a tar file with any compression that Python knows.
    folder : Path
        Where the entries go, under their own names.
    name : str
        What the user calls the archive, for messages: a path or a URL.

    Raises
    ------
    UserError
        If the archive is neither zip nor tar, is broken or encrypted, or holds an entry that is
        absolute, climbs out of the archive, or is a link.
    """
    if not archive.is_file():
        raise UserError(f"archive {name} not found; set fetch.archive to a zip or tar file")
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                entries = _zip_entries(name, opened)
                for path, info in _progress(entries):
                    with opened.open(info) as source:
                        _write(source, folder / path)
                return len(entries)
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as opened:
                members = _tar_entries(name, opened)
                for path, member in _progress(members):
                    content = opened.extractfile(member)
                    assert content is not None, "only regular files are listed"
                    with content:
                        _write(content, folder / path)
                return len(members)
    except UserError:
        raise
    except Exception as error:  # a broken archive makes its parser raise whatever it meets
        raise UserError(
            f"archive {name} cannot be read: {error}; fetch it anew, or unpack it by hand and "
            "use dataset=folder"
        ) from error
    raise UserError(
        f"{name} is neither a zip nor a tar archive (it holds {archive.stat().st_size} bytes); "
        "set fetch.archive to one that is"
    )


def _zip_entries(
    archive: str, opened: zipfile.ZipFile
) -> list[tuple[PurePosixPath, zipfile.ZipInfo]]:
    entries = []
    for info in opened.infolist():
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        path = _safe_path(archive, info.filename, is_link)
        if not info.is_dir() and _is_photograph(path):
            entries.append((path, info))
    return entries


def _tar_entries(
    archive: str, opened: tarfile.TarFile
) -> list[tuple[PurePosixPath, tarfile.TarInfo]]:
    entries = []
    for info in opened.getmembers():
        path = _safe_path(archive, info.name, info.issym() or info.islnk())
        if info.isfile() and _is_photograph(path):
            entries.append((path, info))
    _require_end(opened)
    return entries


def _require_end(opened: tarfile.TarFile) -> None:
    # tarfile takes a damaged header for the end, and never reads on to the checksum of a gzip.
    assert opened.fileobj is not None, "it is open"
    opened.fileobj.seek(opened.offset)
    if any(opened.fileobj.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError(f"damaged entry at byte {opened.offset}")
    while opened.fileobj.read(BLOCK):
        pass


def _safe_path(archive: str, name: str, is_link: bool) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    faults = {
        "is a link": is_link,
        "has an absolute path": path.is_absolute() or bool(PureWindowsPath(name).drive),
        "climbs out of the archive": ".." in path.parts,
    }
    for fault, present in faults.items():
        if present:
            raise UserError(
                f"archive {archive} is not safe: its entry {name!r} {fault}; nothing was "
                "extracted. Repack it with plain files only"
            )
    return path


def _is_photograph(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


def _progress(entries: list[T]) -> tqdm[T]:
    return tqdm(entries, desc="extract", unit="photograph")


def _write(source: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        shutil.copyfileobj(source, file)
