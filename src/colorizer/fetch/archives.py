"""Safe extraction of the photographs in a zip or tar archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from colorizer.common.errors import UserError, is_full_disk
from colorizer.fetch.bounded_files import ExpansionError
from colorizer.fetch.entry_names import (
    is_archive,
    is_photograph,
    require_distinct,
    safe_path,
    why_unusable,
)
from colorizer.fetch.zip_tar import Archive, Entry, open_archive

# Up to this many bytes nothing is refused for packing too well: blank pictures shrink a
# thousandfold, and this little does no harm.
HARMLESS_BYTES = 10_000_000
# Each takes some hundred bytes of memory, here and in later stages.
MAX_ENTRIES = 1_000_000
BY_HAND = "unpack it by hand and use dataset=folder"


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to.

    Attributes
    ----------
    max_unpacked_bytes : int
        The most bytes that all photographs together may take.
    max_expansion : float
        How many times its packed size a zip entry, and an archive as a whole, may unpack to;
        ``HARMLESS_BYTES`` are always allowed.
    """

    max_unpacked_bytes: int
    max_expansion: float


@dataclass
class _Selection:
    """The photographs to extract, and what is not extracted."""

    photographs: list[tuple[str, Entry]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    archives: list[str] = field(default_factory=list)


def extract_photographs(archive: Path, folder: Path, name: str, limits: ArchiveLimits) -> int:
    """Extract the photographs, recognised by suffix, and return how many there were.

    Every entry is checked before the first is written. Other files, hidden ones and the
    resource forks that macOS adds are left out. So are photographs that cannot be written; a line
    on standard output counts them.

    Parameters
    ----------
    archive : Path
        A zip file, or a tar file as it is or packed with gzip, bzip2 or xz.
    folder : Path
        Where the entries go, under their own names.
    name : str
        The archive's name in messages: the user's path or URL.
    limits : ArchiveLimits
        How much it may unpack to.

    Raises
    ------
    UserError
        If the archive is neither zip nor tar, is broken or encrypted, unpacks to more than the
        limits, holds nothing to extract but archives or photographs that cannot be extracted,
        holds two photographs with the same name, or has an entry that is absolute, climbs out of
        the archive or is a link.
    """
    if not archive.is_file():
        raise UserError(f"archive {name} not found; set fetch.archive to a zip or tar file")
    packed = archive.stat().st_size
    end = max(HARMLESS_BYTES, limits.max_expansion * packed)
    try:
        with archive.open("rb") as file:
            opened = open_archive(file, end)
            if opened is None:
                raise UserError(
                    f"{name} is neither a zip nor a tar archive (it holds {packed} bytes); set "
                    "fetch.archive to one that is"
                )
            selection = _select(name, opened, limits, end)
            _extract(opened, selection, folder)
    except UserError:
        raise
    except ExpansionError:
        raise _bomb(name, f"its {packed} bytes unpack to more than {end:.0f}", limits) from None
    except Exception as error:  # a broken archive can make its parser raise anything
        if is_full_disk(error) or isinstance(error, PermissionError):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"archive {name} cannot be read: {reason}; fetch it anew, or {BY_HAND}"
        ) from error
    _tell_left_out(name, selection)
    return len(selection.photographs)


def _select(name: str, opened: Archive, limits: ArchiveLimits, end: float) -> _Selection:
    selection = _Selection()
    total = 0
    for number, entry in enumerate(opened.entries(), start=1):
        if number > MAX_ENTRIES:
            raise UserError(
                f"archive {name} has more than {MAX_ENTRIES} entries, too many to handle; split "
                f"it, or {BY_HAND}"
            )
        path = safe_path(name, entry.name, entry.is_link)
        if not entry.is_file:
            continue
        if is_archive(path):
            selection.archives.append(str(path))
        elif is_photograph(path):
            if reason := why_unusable(path):
                selection.left_out[reason] += 1
                continue
            if entry.fault:
                raise UserError(
                    f"archive {name} cannot be extracted: its entry {entry.name!r} {entry.fault}; "
                    f"{BY_HAND}"
                )
            total += entry.size
            _require_modest(name, entry, total, limits, end)
            selection.photographs.append((str(path), entry))
    require_distinct(name, (path for path, _ in selection.photographs))
    if not selection.photographs and (selection.left_out or selection.archives):
        raise _nothing(name, selection)
    return selection


def _require_modest(
    name: str, entry: Entry, total: int, limits: ArchiveLimits, end: float
) -> None:
    if entry.packed is not None and entry.size > max(
        HARMLESS_BYTES, limits.max_expansion * entry.packed
    ):
        what = f"its entry {entry.name!r} unpacks from {entry.packed} bytes to {entry.size}"
        raise _bomb(name, what, limits)
    if total > end:
        raise ExpansionError
    if total > limits.max_unpacked_bytes:
        raise UserError(
            f"the photographs of archive {name} unpack to more than fetch.max_unpacked_gb="
            f"{limits.max_unpacked_bytes / 1e9:g} (10^9 bytes); nothing was extracted. If the "
            "disk has room for them, set it higher"
        )


def _bomb(name: str, what: str, limits: ArchiveLimits) -> UserError:
    return UserError(
        f"archive {name} is not safe: {what}, which is more than fetch.max_expansion="
        f"{limits.max_expansion:g} allows; nothing was extracted. If you trust it, set that higher"
    )


def _nothing(name: str, selection: _Selection) -> UserError:
    if selection.left_out:
        return UserError(
            f"archive {name} holds no photograph that can be extracted: "
            f"{_counted(selection.left_out)}; {BY_HAND}"
        )
    return UserError(
        f"archive {name} holds no photograph, but archives, which are not opened: "
        f"{_listed(selection.archives)}; unpack it by hand, then name one of them as "
        "fetch.archive or use dataset=folder"
    )


def _extract(opened: Archive, selection: _Selection, folder: Path) -> None:
    for path, entry in tqdm(selection.photographs, desc="extract", unit="photograph"):
        _write(opened.blocks(entry), folder / path, entry.size)


def _write(blocks: Iterable[bytes], target: Path, size: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for block in blocks:
            size -= len(block)
            if size < 0:
                raise ExpansionError
            file.write(block)
    if size:
        raise EOFError(f"{target.name} ends {size} bytes early")


def _tell_left_out(name: str, selection: _Selection) -> None:
    told = []
    if selection.left_out:
        told.append(f"{_counted(selection.left_out)} left out")
    if selection.archives:
        told.append(f"archives inside not opened: {_listed(selection.archives)}")
    if told:
        print(f"archive {name}: {'; '.join(told)}")


def _counted(left_out: Counter[str]) -> str:
    return ", ".join(
        f"{count} photograph{'' if count == 1 else 's'} {reason}"
        for reason, count in sorted(left_out.items())
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
