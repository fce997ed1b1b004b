"""What it costs to colour photographs: disk, time to install, and time and memory to run.

    python -m benchmarks.install [--rows light,torch] [--rounds 5]

Each row is an environment of its own, into which the wheel of this working tree is installed, with
the versions of requirements.txt:

- light: `pip install photo-colorizer`, what a photographer needs; ONNX Runtime runs the network
- torch: `pip install "photo-colorizer[train]"`, with the pipeline; torch runs the network

And its columns:

- installed: disk that site-packages takes beyond that of an empty environment; `pip` compiles the
  modules, and their bytecode counts
- installing: seconds of `pip install`, done twice: the first fills pip's cache, and the second, in
  another empty environment, is timed
- photograph: seconds from typing `colorizer photo` until the result of a photograph of 1 megapixel
  is written; rows take turns, and the median counts. The first run is left out: it compiles the
  bytecode that is still missing, and reads from the disk what later ones find in memory
- memory: the peak resident set of that process, also a median

Linux only. The torch row downloads torch if pip has not, on Linux with CUDA, and takes minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.colorize import make_photograph
from colorizer.common.cores import usable_cores

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT_FILES = ("pyproject.toml", "README.md", "LICENSE")
MEGAPIXELS = 1
COLUMNS = ("installed, MB", "installing, s", "photograph, s", "memory, MB")


@dataclass(frozen=True)
class Row:
    """What to install, and how to colour with it.

    Attributes
    ----------
    extras : str
        Comes after the wheel's name for ``pip install``.
    options : tuple of str
        For ``colorizer photo``.
    """

    extras: str = ""
    options: tuple[str, ...] = ()


ROWS = {"light": Row(), "torch": Row("[train]", ("--runtime", "torch"))}


@dataclass(frozen=True)
class Installed:
    """A row's environment, the disk that it took in MB, and the seconds to install it."""

    row: Row
    folder: Path
    mb: float
    seconds: float


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the working tree, and leave nothing there."""
    source = folder / "source"
    source.mkdir()
    for name in PROJECT_FILES:
        shutil.copy(REPOSITORY / name, source)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(REPOSITORY / "src", source / "src", ignore=ignored)
    options = ["--wheel", "--no-isolation", "--outdir", str(folder / "dist")]
    _run([sys.executable, "-m", "build", *options, str(source)])
    (wheel,) = (folder / "dist").iterdir()
    return wheel


def install(row: Row, wheel: Path, folder: Path) -> Installed:
    """Install a row's packages into an environment in ``folder``, and measure that."""
    for _ in range(2):
        venv.create(folder, clear=True, with_pip=True, symlinks=True)
        empty_mb = site_packages_mb(folder)
        started = perf_counter()
        _run(
            [
                *(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"),
                *("--constraint", str(REPOSITORY / "requirements.txt"), f"{wheel}{row.extras}"),
            ]
        )
        seconds = perf_counter() - started
    return Installed(row, folder, site_packages_mb(folder) - empty_mb, seconds)


def site_packages_mb(environment: Path) -> float:
    """Return the disk that an environment's packages take, in MB."""
    (packages,) = environment.glob("lib/python*/site-packages")
    return sum(path.lstat().st_blocks for path in packages.rglob("*")) * 512 / 1e6


def colorize(installed: Installed, photograph: Path) -> tuple[float, float]:
    """Colour a photograph; return the seconds from the command to the file, and the peak in MB."""
    target = photograph.with_name("result.jpg")
    target.unlink(missing_ok=True)
    command = [str(installed.folder / "bin" / "colorizer"), "photo", str(photograph)]
    command += ["--output", str(target), *installed.row.options]
    started = perf_counter()
    with photograph.with_name("messages.txt").open("w+") as messages:
        process = subprocess.Popen(
            command,
            cwd=photograph.parent,
            env=_environment(),
            stdout=messages,
            stderr=messages,
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or not target.is_file():
            messages.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {messages.read()}")
    # Linux counts from the peak of the process that started it.
    if used.ru_maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        raise RuntimeError("the peak is that of this process")
    return seconds, used.ru_maxrss * 1024 / 1e6


def _environment() -> dict[str, str]:
    """Return the environment variables, but for those that change what Python does."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _run(command: list[str]) -> None:
    done = subprocess.run(command, env=_environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def rows_of(text: str) -> list[str]:
    """Return the rows that a command line names, with commas between them."""
    names = text.split(",")
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise argparse.ArgumentTypeError(f"must be of {', '.join(ROWS)}, got {unknown[0]!r}")
    return names


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=rows_of, default=[*ROWS], metavar="NAME,NAME")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="timed runs per row")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photograph = folder / "photograph.jpg"
        make_photograph(photograph, MEGAPIXELS, "L")
        wheel = build_wheel(folder)
        environments = {row: install(ROWS[row], wheel, folder / row) for row in arguments.rows}
        # The first is left out.
        taken = [
            [colorize(installed, photograph) for installed in environments.values()]
            for _ in range(arguments.rounds + 1)
        ][1:]
    print(
        f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}; "
        f"medians of {arguments.rounds} photographs, installed once"
    )
    print(f"{'':8}" + "".join(f"{column:>15}" for column in COLUMNS))
    for (row, installed), runs in zip(environments.items(), zip(*taken, strict=True), strict=True):
        seconds, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        print(
            f"{row:8}{installed.mb:15.0f}{installed.seconds:15.1f}{seconds:15.2f}{memory:15.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
