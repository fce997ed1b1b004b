"""Where photographs come from: the embedded sample, a folder, an archive or ColorSurvey."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from colorizer.archives import extract_photographs
from colorizer.downloads import download, download_from_drive, is_url
from colorizer.errors import UserError
from colorizer.files import sha256_of, whole_folder
from colorizer.images import SUFFIXES
from colorizer.manifest import photographs_in, write_manifest
from colorizer.params import FetchParams

SAMPLE_FOLDER = Path("data/sample")
# The colour originals of the Natural-Color Dataset, shared by its authors:
# Anwar et al., "Image Colorization: A Survey and Dataset" (arXiv:2008.10774).
COLORSURVEY_FILE_ID = "1k_UvYzdrHbphW4UcbDb9jWB0ZQIAGEAo"
COLORSURVEY = "ColorSurvey's archive"
# Hidden, so that it is no photograph; it goes once its content is there.
DOWNLOADED = ".archive"


def fetch(dataset: str, params: FetchParams, target: Path) -> int:
    """Fill the folder ``target`` with photographs and their manifest; return their number.

    ``target`` appears only once everything is there. Below it, a photograph keeps the path that
    it has in its source; ``manifest.csv`` lists path, bytes and sha256, sorted by path.

    Parameters
    ----------
    dataset : str
        ``sample``, ``folder``, ``archive`` or ``colorsurvey``.
    params : FetchParams
        The folder, or the archive and its checksum.
    target : Path
        The folder to make, replaced if it is there.

    Raises
    ------
    UserError
        If the source is missing, unsafe, broken, has another checksum, or holds no photograph.
    """
    sources: dict[str, Callable[[FetchParams, Path], str]] = {
        "sample": _fetch_sample,
        "folder": _fetch_folder,
        "archive": _fetch_archive,
        "colorsurvey": _fetch_colorsurvey,
    }
    with whole_folder(target) as partial:
        origin = sources[dataset](params, partial)
        count = write_manifest(partial)
        if count == 0:
            raise UserError(
                f"no photograph in {origin}: no file there ends in {', '.join(SUFFIXES)}"
            )
    return count


def _fetch_sample(_: FetchParams, target: Path) -> str:
    _copy_photographs(SAMPLE_FOLDER, target)
    return str(SAMPLE_FOLDER)


def _fetch_folder(params: FetchParams, target: Path) -> str:
    folder = _path(params.folder)
    if not params.folder or not folder.is_dir():
        found = "a file" if folder.is_file() else "nothing there"
        raise UserError(
            f"fetch.folder must be a folder of photographs, got {params.folder!r} ({found})"
        )
    _copy_photographs(folder, target)
    return str(folder)


def _fetch_archive(params: FetchParams, target: Path) -> str:
    if not params.archive:
        raise UserError(
            "dataset=archive needs fetch.archive: the path or http(s) URL of a zip or tar file"
        )
    if is_url(params.archive):
        archive = target / DOWNLOADED
        download(params.archive, archive)
    else:
        archive = _path(params.archive)
    _extract_checked(archive, params.archive, params, target)
    return params.archive


def _fetch_colorsurvey(params: FetchParams, target: Path) -> str:
    archive = target / DOWNLOADED
    download_from_drive(COLORSURVEY_FILE_ID, archive)
    _extract_checked(archive, COLORSURVEY, params, target)
    return COLORSURVEY


def _extract_checked(archive: Path, name: str, params: FetchParams, target: Path) -> None:
    wanted = params.sha256.strip().lower()
    if wanted and archive.is_file() and (found := sha256_of(archive)) != wanted:
        raise UserError(
            f"the SHA-256 of {name} must be {wanted} (fetch.sha256), got {found}: it is another "
            "version or was damaged on its way; fetch it anew or correct fetch.sha256"
        )
    extract_photographs(archive, target, name)
    (target / DOWNLOADED).unlink(missing_ok=True)


def _path(text: str) -> Path:
    # Unlike Path.expanduser, leaves ~somebody alone where there is no such user.
    return Path(os.path.expanduser(text))


def _copy_photographs(folder: Path, target: Path) -> None:
    for source in tqdm(photographs_in(folder), desc="copy", unit="photograph"):
        copy = target / source.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
