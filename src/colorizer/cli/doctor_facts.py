"""What there is to know when something does not work: versions, extras, formats, a trial."""

from __future__ import annotations

import io
import os
import platform
import re
import sys
import textwrap
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib import import_module, metadata
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import colorizer
from colorizer.common.cores import usable_cores
from colorizer.common.errors import UserError
from colorizer.common.extras import DISTRIBUTION, how_to_install
from colorizer.common.files import sha256_of
from colorizer.networks.files import (
    GENERAL,
    GENERAL_GRAPH,
    file_for,
    name_of,
    runtime_of,
)
from colorizer.photo.formats import HEIC, QUALITY, WRITE_FORMATS, has_heif

if TYPE_CHECKING:
    from colorizer.photo.colorist import PhotoColorist

# What may be missing or broken is imported where it is looked at, and whatever it raises is told.

# Distributions, and the modules that they bring: those that everybody has ...
BASE = {
    "filelock": "filelock",
    "numpy": "numpy",
    "onnxruntime": "colorizer.predictors.onnx_session",  # which keeps it from calling home
    "pillow": "PIL",
    "tqdm": "tqdm",
}
# ... and the main ones of each extra, which are imported. Its others only have to be there.
EXTRAS = {
    "train": {
        "torch": "torch",
        "dvc": "dvc",
        "pandas": "pandas",
        "pydantic": "pydantic",
        "safetensors": "safetensors",
        "scikit-image": "skimage",
    },
    "web": {"starlette": "starlette", "uvicorn": "uvicorn"},
    "video": {"av": "av", "torch": "torch"},
    "heic": {"pillow-heif": "pillow_heif"},
    "export": {"onnx": "onnx", "onnxscript": "onnxscript", "torch": "torch"},
    "s3": {"dvc-s3": "dvc_s3"},
    "cluster": {"dask": "dask", "distributed": "distributed"},
    "dev": {"pytest": "pytest", "mypy": "mypy", "ruff": "ruff", "build": "build"},
}
# Formats to write, as people call them, with Pillow's name of the library behind each.
LIBRARIES = {
    "jpeg": ("JPEG", "libjpeg_turbo"),
    "png": ("PNG", "zlib"),
    "tiff": ("TIFF", "libtiff"),
    "webp": ("WebP", "webp"),
    "heic": ("HEIC", None),
    "avif": ("AVIF", "avif"),
    "jp2": ("JPEG 2000", "jpg_2000"),
}
LONGEST_REASON = 200
HASH_DIGITS = 12
TRIAL_WIDTH, TRIAL_HEIGHT = 96, 64
LIGHTNESS_TOLERANCE = 1.0  # rounding to bytes costs up to 0.3 of L, which goes to 100
T = TypeVar("T")


@dataclass(frozen=True)
class Package:
    """What was found of a distribution.

    Attributes
    ----------
    version : str or None
        None if it is not installed.
    problem : str or None
        Why it cannot be imported though it is installed.
    """

    version: str | None
    problem: str | None = None


@dataclass(frozen=True)
class Extra:
    """What was found of an extra; it works if nothing is missing and there is no problem.

    Attributes
    ----------
    works : bool
        Whether all its packages are installed, and the main ones can be imported.
    packages : dict of Package
        The main ones.
    missing : list of str
        The distributions that are not installed.
    install : str or None
        The command that installs what is missing.
    """

    works: bool
    packages: dict[str, Package]
    missing: list[str]
    install: str | None


@dataclass(frozen=True)
class Format:
    """Whether a file format is written and read back, and the version of Pillow's library."""

    name: str
    is_written: bool
    is_read: bool
    library: str | None


@dataclass(frozen=True)
class NetworkFile:
    """A file of the network, its size, and the start of its SHA-256; None if it is not there."""

    path: str
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True)
class Network:
    """The network that would be used, and what would run it; None where that is not known."""

    name: str
    files: list[NetworkFile]
    runtime: str | None
    device: str | None


@dataclass(frozen=True)
class Trial:
    """How colouring a picture went.

    Attributes
    ----------
    load_s, color_s : float or None
        Seconds to load the network, and to colour with it.
    chroma : float or None
        The result's mean chroma, in CIELAB units: 0 is grey.
    problem : str or None
        Why it failed, if it did.
    """

    load_s: float | None = None
    color_s: float | None = None
    chroma: float | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Report:
    """All that is told. Memory is in bytes, and None if unknown; so is a GPU that is not seen."""

    version: str
    folder: str
    python: str
    python_folder: str
    system: str
    machine: str
    cores: int
    memory: int | None
    packages: dict[str, Package]
    extras: dict[str, Extra]
    formats: list[Format]
    network: Network
    gpu: str | None
    trial: Trial


def examine(arguments: Namespace) -> Report:
    """Find out everything; ``arguments`` are those of :func:`add_arguments`."""
    # First the trial: what is imported for the rest must not make it faster, slower or fail.
    trial, device = _try_out(arguments)
    packages = {name: _found(name, module) for name, module in BASE.items()}
    extras = _found_extras()
    return Report(
        version=colorizer.__version__,
        folder=str(Path(colorizer.__file__).parent),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        python_folder=sys.prefix,
        system=_system(),
        machine=platform.machine(),
        cores=usable_cores(),
        memory=_attempt(_memory, None),
        packages=packages,
        extras=extras,
        formats=[_format(name) for name in WRITE_FORMATS],
        network=_network(arguments, device),
        gpu=_attempt(_gpu, None) if does_work("torch", extras) else None,
        trial=trial,
    )


def _found(name: str, module: str) -> Package:
    version: str | None
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = None
    try:
        with _quiet():
            import_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a broken package may raise anything
        if version is None and isinstance(error, ModuleNotFoundError):
            return Package(None)
        return Package(version or "?", _reason(error))
    return Package(version or "?")


def _found_extras() -> dict[str, Extra]:
    found: dict[str, Package] = {}
    extras = {}
    for extra, main in EXTRAS.items():
        for name, module in main.items():
            if name not in found:
                found[name] = _found(name, module)
        packages = {name: found[name] for name in main}
        missing = [name for name, package in packages.items() if package.version is None]
        missing += [name for name in _declared(extra) if name not in main and not _is_there(name)]
        works = not missing and not any(package.problem for package in packages.values())
        extras[extra] = Extra(works, packages, missing, how_to_install(extra) if missing else None)
    return extras


def _declared(extra: str) -> list[str]:
    """Return the distributions of an extra, as the package's own metadata have them."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # run from its source, without installing
        return []
    names: list[str] = []
    for line in lines:
        parts = re.fullmatch(r"([\w.-]+)(?:\[(\w+)\])?.*;\s*extra == ['\"]([\w-]+)['\"]", line)
        if not parts or parts[3] != extra:
            continue
        names += _declared(parts[2]) if parts[1] == DISTRIBUTION else [parts[1]]
    return names


def _is_there(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def does_work(name: str, extras: dict[str, Extra]) -> bool:
    """Tell whether a main package of an extra is installed and can be imported."""
    packages = [extra.packages[name] for extra in extras.values() if name in extra.packages]
    return any(package.version and not package.problem for package in packages)


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):  # there is such a file on Linux only
        return platform.platform()
    return f"{platform.platform()} ({name})"


def _memory() -> int | None:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")  # not on Windows


def _gpu() -> str | None:
    import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(one) for one in range(torch.cuda.device_count())]
        return ", ".join(f"cuda:{number}, {name}" for number, name in enumerate(names))
    return "mps, Apple's" if torch.backends.mps.is_available() else None


def _format(name: str) -> Format:
    from PIL import Image, features

    shown, library = LIBRARIES.get(name, (name, None))
    pillow = WRITE_FORMATS[name].pillow
    file = io.BytesIO()

    def write() -> bool:
        if name == HEIC and not has_heif():
            return False
        Image.new("RGB", (16, 16), "teal").save(file, pillow)
        return True

    def read() -> bool:
        with Image.open(io.BytesIO(file.getvalue()), formats=[pillow]) as image:
            image.load()
        return True

    version = _attempt(lambda: features.version(library), None) if library else None
    return Format(shown, _attempt(write, False), _attempt(read, False), version)


def _network(arguments: Namespace, device: str | None) -> Network:
    chosen, runtime = arguments.checkpoint, None
    try:
        chosen = file_for(chosen, arguments.runtime, arguments.device or "auto")
        runtime = runtime_of(chosen, arguments.runtime)
    except UserError:  # the trial tells
        pass
    # The graph holds no weights of its own.
    paths = [GENERAL_GRAPH, GENERAL] if chosen == GENERAL_GRAPH else [chosen]
    return Network(name_of(arguments.checkpoint), [*map(_network_file, paths)], runtime, device)


def _network_file(path: Path) -> NetworkFile:
    def found() -> NetworkFile:
        return NetworkFile(str(path), path.stat().st_size, sha256_of(path)[:HASH_DIGITS])

    return _attempt(found, NetworkFile(str(path), None, None))


def _try_out(arguments: Namespace) -> tuple[Trial, str | None]:
    """Colour a picture; also return the device that the network was on."""
    trial, device = Trial(), None
    try:
        with _quiet():
            started = perf_counter()
            colorist = _load(arguments)
            trial = replace(trial, load_s=perf_counter() - started)
            device = str(getattr(colorist.network, "device", "cpu"))
            return _colored(colorist, trial), device
    except UserError as error:
        return replace(trial, problem=_one_line(str(error))), device
    except (Exception, SystemExit) as error:  # noqa: BLE001  as of any broken package
        return replace(trial, problem=_reason(error)), device


def _load(arguments: Namespace) -> PhotoColorist:
    from colorizer.photo.colorist import PhotoColorist
    from colorizer.predictors.load import load_predictor

    options = {name: getattr(arguments, name) for name in ("device", "saturation")}
    given = {name: value for name, value in options.items() if value is not None}
    network, saturation = load_predictor(
        arguments.checkpoint, given, arguments.size, arguments.runtime
    )
    return PhotoColorist(network, saturation, QUALITY, side_by_side=False)


def _colored(colorist: PhotoColorist, trial: Trial) -> Trial:
    import numpy as np
    from PIL import Image

    from colorizer.color.lab_numpy import lab_from_bytes, mean_chroma
    from colorizer.photo.read import as_photo

    steps = np.linspace(0, 255, TRIAL_WIDTH).astype(np.uint8)
    grey = np.tile(steps, (TRIAL_HEIGHT, 1))
    started = perf_counter()
    colored = np.asarray(colorist.picture(as_photo(Image.fromarray(grey))))
    trial = replace(trial, color_s=perf_counter() - started)
    expected = (*grey.shape, 3)
    if colored.shape != expected:
        return replace(trial, problem=f"the result is {colored.shape} instead of {expected}")
    before, after = (lab_from_bytes(image) for image in (np.dstack([grey] * 3), colored))
    change = float(abs(after[0] - before[0]).max())
    if not change <= LIGHTNESS_TOLERANCE:
        return replace(trial, problem=f"the lightness L has changed by {change:.1f} of 100")
    return replace(trial, chroma=mean_chroma(after))


def _reason(error: BaseException) -> str:
    return _one_line(f"{type(error).__name__}: {error}")


def _one_line(text: str) -> str:
    return textwrap.shorten(text, LONGEST_REASON, placeholder=" ...")


def without_home(told: Any) -> Any:
    """Return facts with the home folder as ``~`` in all their texts."""
    if is_dataclass(told) and not isinstance(told, type):
        facts = {field.name: getattr(told, field.name) for field in fields(told)}
        return replace(told, **without_home(facts))
    if isinstance(told, dict):
        return {name: without_home(value) for name, value in told.items()}
    if isinstance(told, list):
        return [without_home(value) for value in told]
    home = _attempt(lambda: str(Path.home()), "")
    if not isinstance(told, str) or len(home) < 2:
        return told
    alone = rf"{re.escape(home)}(?![\w.~-])"
    # Between quotes, shells do not replace ~; Bash and PowerShell alike know $HOME.
    return re.sub(rf"(?<![\w.~-]){alone}", "~", re.sub(rf'(?<="){alone}', "$HOME", told))


def _attempt(action: Callable[[], T], otherwise: T) -> T:
    """Return what a function returns, or ``otherwise`` if it fails for any reason."""
    try:
        with _quiet():
            return action()
    except Exception:  # noqa: BLE001  a page with a gap is better than none
        return otherwise


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what others print or warn of off the page."""
    with (
        warnings.catch_warnings(),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
