"""The process in which hostile files are decoded and unpacked, so that it may crash or hang."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.fetch.archives import ArchiveLimits, extract_photographs
from colorizer.images.decode import UnreadableImageError
from colorizer.images.square import SquareRule, UnwantedImageError, load_square

RULE = SquareRule(size=16, orientation="any", crop="center", min_side=1, max_megapixels=1)
LIMITS = ArchiveLimits(max_unpacked_bytes=1_000_000, max_expansion=100)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Rather an error than a machine without memory or disk.
MAX_ADDRESS_SPACE = 4 << 30
MAX_FILE = 100 << 20


def main() -> None:
    """Handle one file for each line of the input: a kind, the file, the folder to write to."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    watch = _Watch()
    sys.addaudithook(watch)
    answers = sys.stdout
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        for line in sys.stdin:
            kind, file, folder = json.loads(line)
            _forget_peak()
            watch.folder, watch.seen = folder, []
            outcome = _image(Path(file)) if kind == "image" else _archive(Path(file), Path(folder))
            watch.folder = None
            answer = {"outcome": outcome, "peak_kib": _peak_kib(), "seen": watch.seen}
            print(json.dumps(answer), file=answers, flush=True)


def _image(file: Path) -> str:
    try:
        square = load_square(file, RULE)
    except (UnreadableImageError, UnwantedImageError) as error:
        return f"{type(error).__name__}: {error}"
    return f"decoded {square.pixels.shape} {square.pixels.dtype}"


def _archive(file: Path, folder: Path) -> str:
    try:
        return f"extracted {extract_photographs(file, folder, 'ARCHIVE', LIMITS)}"
    except UserError as error:
        return f"{type(error).__name__}: {error}"


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_kib() -> int:
    # Not ru_maxrss, which begins with what the process took that this one was started from.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise LookupError("VmHWM")


class _Watch:
    """Notes what is done to the disk outside the folder, and what else no decoder should do."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.folder is None:
            return
        path, *rest = arguments or ("",)
        if event == "open" and isinstance(path, (str, bytes)):
            flags = rest[1] if len(rest) > 1 else 0
            suspicious = isinstance(flags, int) and bool(flags & WRITING)
        else:
            path = str(path)
            suspicious = event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")
            if event in ("os.symlink", "os.link", "os.system", "subprocess.Popen", "os.exec"):
                self.seen.append(f"{event} {path}")
        if suspicious and not self._is_inside(path):
            self.seen.append(f"{event} {path!r}")

    def _is_inside(self, path: str | bytes) -> bool:
        assert self.folder is not None
        real = os.path.realpath(os.fsdecode(path))
        return real == self.folder or real.startswith(self.folder + os.sep)


if __name__ == "__main__":
    main()
