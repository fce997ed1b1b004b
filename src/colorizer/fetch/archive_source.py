"""Photographs from an archive: the user's own file, or a download."""

from __future__ import annotations

import re
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.fetch.archives import ArchiveLimits, extract_photographs
from colorizer.fetch.downloads import Remote, download, is_url, remote_file
from colorizer.fetch.folder_source import user_path
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.provenance import Digest, Origin, read_record

SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch_archive(params: FetchParams, target: Path, places: Places) -> Origin:
    """Unpack ``fetch.archive``; a source, as described in :mod:`colorizer.fetch.sources`."""
    if is_url(params.archive):
        return fetch_remote(remote_file(params.archive), params, target, places)
    archive = user_path(params.archive)
    if not params.archive or not archive.is_file():
        found = "a folder" if params.archive and archive.is_dir() else "nothing there"
        raise UserError(
            "fetch.archive must be the path or http(s) URL of a zip or tar file, got "
            f"{params.archive!r} ({found})"
        )
    digest = _digest(archive, params.archive, _pinned(params))
    extract_photographs(archive, target, params.archive, _limits(params))
    return Origin(str(archive), archive=digest)


def fetch_remote(remote: Remote, params: FetchParams, target: Path, places: Places) -> Origin:
    """Download an archive and unpack its photographs.

    Parameters
    ----------
    remote : Remote
        What to download.
    params : FetchParams
        Its required checksum, and its limits.
    target : Path
        The folder to fill.
    places : Places
        Where downloads are kept until complete, and where they are recorded.

    Raises
    ------
    UserError
        If the archive cannot be downloaded, is unsafe or broken, or does not have the required or
        recorded checksum.
    """
    pinned = _pinned(params)
    known = read_record(places.records, remote.source)
    with download(remote, places.downloads) as archive:
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
