"""Where photographs come from: the embedded sample, a folder, an archive or ColorSurvey."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.common.files import whole_folder
from colorizer.common.params import FetchParams
from colorizer.data.manifest import SUFFIXES, photographs_in, write_manifest
from colorizer.fetch import colorsurvey
from colorizer.fetch.archives import ArchiveLimits, extract_photographs
from colorizer.fetch.downloads import Remote, downloaded, is_url, remote_file
from colorizer.fetch.provenance import Digest, Origin, record, recorded, write_source

SAMPLE_FOLDER = Path("data/sample")
SHA256 = re.compile(r"[0-9a-f]{64}")
# Hidden, so that nothing in it is taken for fetched.
UNPACKED = ".unpacked"


@dataclass(frozen=True)
class Places:
    """What lasts from one run to the next.

    Attributes
    ----------
    downloads : Path
        The folder of downloads that broke off.
    records : Path
        The JSON file with the checksum of every download.
    """

    downloads: Path
    records: Path


def fetch(dataset: str, params: FetchParams, target: Path, places: Places) -> int:
    """Fill the folder ``target`` with photographs, their manifest and their origin.

    ``target`` appears only once everything is there. Below it, a photograph keeps the path that
    it has in its source, but for ColorSurvey's (see :func:`colorizer.fetch.colorsurvey.arrange`);
    ``manifest.csv`` lists path, bytes and sha256, sorted by path; ``source.json`` says where they
    come from.

    Parameters
    ----------
    dataset : str
        ``sample``, ``folder``, ``archive`` or ``colorsurvey``.
    params : FetchParams
        The folder, or the archive with its checksum and limits.
    target : Path
        The folder to make, replaced if it is there.
    places : Places
        Where downloads are kept until they are whole, and recorded.

    Returns
    -------
    int
        The number of photographs.

    Raises
    ------
    UserError
        If the source is missing, unsafe, broken, has another checksum than demanded or recorded,
        or holds no photograph.
    """
    sources: dict[str, Callable[[FetchParams, Path, Places], Origin]] = {
        "sample": _fetch_sample,
        "folder": _fetch_folder,
        "archive": _fetch_archive,
        "colorsurvey": _fetch_colorsurvey,
    }
    with whole_folder(target) as partial:
        origin = sources[dataset](params, partial, places)
        count = write_manifest(partial)
        if count == 0:
            raise UserError(
                f"no photograph in {origin.name}: no file there ends in {', '.join(SUFFIXES)}"
            )
        write_source(partial, dataset, origin)
    if origin.is_remote and origin.archive:
        record(places.records, origin.name, origin.archive)
    return count


def _fetch_sample(_: FetchParams, target: Path, __: Places) -> Origin:
    _copy_photographs(SAMPLE_FOLDER, target)
    return Origin(str(SAMPLE_FOLDER))


def _fetch_folder(params: FetchParams, target: Path, _: Places) -> Origin:
    folder = _path(params.folder)
    if not params.folder or not folder.is_dir():
        found = "a file" if folder.is_file() else "nothing there"
        raise UserError(
            f"fetch.folder must be a folder of photographs, got {params.folder!r} ({found})"
        )
    _copy_photographs(folder, target)
    return Origin(str(folder))


def _fetch_archive(params: FetchParams, target: Path, places: Places) -> Origin:
    if is_url(params.archive):
        return _fetch_remote(remote_file(params.archive), params, target, places)
    archive = _path(params.archive)
    if not params.archive or not archive.is_file():
        found = "a folder" if params.archive and archive.is_dir() else "nothing there"
        raise UserError(
            "fetch.archive must be the path or http(s) URL of a zip or tar file, got "
            f"{params.archive!r} ({found})"
        )
    digest = _digest(archive, params.archive, _pinned(params))
    extract_photographs(archive, target, params.archive, _limits(params))
    return Origin(str(archive), archive=digest)


def _fetch_colorsurvey(params: FetchParams, target: Path, places: Places) -> Origin:
    unpacked = target / UNPACKED
    origin = _fetch_remote(colorsurvey.ARCHIVE, params, unpacked, places)
    colorsurvey.arrange(unpacked, target)
    shutil.rmtree(unpacked)
    return origin


def _fetch_remote(remote: Remote, params: FetchParams, target: Path, places: Places) -> Origin:
    pinned = _pinned(params)
    known = recorded(places.records, remote.source)
    with downloaded(remote, places.downloads) as archive:
        digest = _digest(archive, remote.name, pinned)
        if known and known != digest and not pinned:
            raise UserError(
                f"{remote.name} has changed: its SHA-256 was {known.sha256} when it was first "
                f"downloaded ({places.records}), now it is {digest.sha256}; run again in case "
                "it was damaged on its way, or take it as it is now: set fetch.sha256 to the new "
                "one, or delete its record in that file"
            )
        extract_photographs(archive, target, remote.name, _limits(params))
    return Origin(remote.source, archive=digest, is_remote=True)


def _pinned(params: FetchParams) -> str:
    pinned = params.sha256.strip().lower()
    if pinned and not SHA256.fullmatch(pinned):
        raise UserError(
            "fetch.sha256 must be a SHA-256, 64 hexadecimal digits, or empty, got "
            f"{params.sha256!r}"
        )
    return pinned


def _digest(archive: Path, name: str, pinned: str) -> Digest:
    digest = Digest.of(archive)
    if pinned and digest.sha256 != pinned:
        raise UserError(
            f"the SHA-256 of {name} must be {pinned} (fetch.sha256), got {digest.sha256}: it "
            "is another version or was damaged on its way; fetch it anew or correct fetch.sha256"
        )
    return digest


def _limits(params: FetchParams) -> ArchiveLimits:
    return ArchiveLimits(
        max_unpacked_bytes=round(params.max_unpacked_gb * 1e9), max_expansion=params.max_expansion
    )


def _path(text: str) -> Path:
    # Unlike Path.expanduser, leaves ~somebody alone where there is no such user.
    return Path(os.path.expanduser(text))


def _copy_photographs(folder: Path, target: Path) -> None:
    for source in tqdm(photographs_in(folder), desc="copy", unit="photograph"):
        copy = target / source.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
