"""Where fetched photographs come from, and the digest of each download when it first came."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.common.files import sha256_of
from colorizer.common.tables import write_json

SOURCE = "source.json"


@dataclass(frozen=True)
class Digest:
    """What a file is, whatever its name: SHA-256 in 64 hexadecimal digits, and size in bytes."""

    sha256: str
    bytes: int

    @classmethod
    def of(cls, file: Path) -> Digest:
        """Return the digest of a file."""
        return cls(sha256=sha256_of(file), bytes=file.stat().st_size)


@dataclass(frozen=True)
class Origin:
    """Where photographs were fetched from.

    Attributes
    ----------
    name : str
        A path, or an address if ``is_remote``.
    archive : Digest or None
        The archive that they came in.
    is_remote : bool
        Whether it was downloaded.
    """

    name: str
    archive: Digest | None = None
    is_remote: bool = False


def write_source(folder: Path, dataset: str, origin: Origin) -> None:
    """Write ``source.json``: the dataset, its origin and, if there is one, the archive."""
    # Only the end of a path: the rest means nothing elsewhere, and would make the same photographs
    # a different input of the pipeline on another machine.
    name = origin.name if origin.is_remote else Path(origin.name).resolve().name
    archive = {"archive": asdict(origin.archive)} if origin.archive else {}
    write_json(folder / SOURCE, {"dataset": dataset, "origin": name, **archive})


def read_record(records: Path, source: str) -> Digest | None:
    """Return the recorded digest of a download; None if there is none.

    Raises
    ------
    UserError
        If the file of records is malformed.
    """
    return _read(records).get(source)


def write_record(records: Path, source: str, archive: Digest) -> None:
    """Record the digest of a download, as ``{address: {sha256, bytes}}``, sorted by address."""
    known = _read(records)
    if known.get(source) != archive:
        known[source] = archive
        write_json(records, {name: asdict(known[name]) for name in sorted(known)})


def _read(records: Path) -> dict[str, Digest]:
    if not records.is_file():
        return {}
    try:
        content = json.loads(records.read_text(encoding="utf-8"))
        return {source: Digest(**values) for source, values in content.items()}
    except (ValueError, TypeError, AttributeError):
        raise UserError(
            f"{records} must hold an address, sha256 and bytes for every download, as JSON; "
            f"restore it with: git checkout {records}"
        ) from None
