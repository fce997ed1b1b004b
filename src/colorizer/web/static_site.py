"""The page as a folder of files: everything is computed in the visitor's browser."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from colorizer.common.errors import UserError
from colorizer.networks.files import GENERAL, GENERAL_GRAPH, name_of
from colorizer.photo.formats import JPEG, PNG, QUALITY, WEBP
from colorizer.web.about import PAGE, POLICY, about_host
from colorizer.web.examples import Example
from colorizer.web.limits import Limits
from colorizer.web.network_card import network_card
from colorizer.web.npm_package import NpmPackage, download_files

# The same as in package.json, by which developers install it.
RUNTIME = NpmPackage(
    "onnxruntime-web",
    "1.30.0",
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
)
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
LIMITS = Limits(megapixels=100, megabytes=200, uploads=20)
ABOUT, WORKER, INDEX = "about.json", "service-worker.js", "index.html"
SERVER_HOST = "hosts/server.js"
VERSION_LINE = 'const VERSION = "";'
FILES_LINE = "const FILES = /** @type {string[]} */ ([]);"
CHARSET = '<meta charset="utf-8">'


def build_site(target: Path, runtime: Path | None, examples: Sequence[Example]) -> int:
    """Write the site, whole or not at all.

    Parameters
    ----------
    target : Path
        A folder; if it is there, it must be empty or an earlier site, which is replaced.
    runtime : Path or None
        A folder with :data:`RUNTIME_FILES`; by default they are downloaded.
    examples : sequence of Example
        Photographs to try.

    Returns
    -------
    int
        How many bytes a visitor's browser loads at the first visit.

    Raises
    ------
    UserError
        If the folder holds something else or cannot be written, or ONNX Runtime is not there.
    """
    _check(target)
    programs = _runtime_files(runtime)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{target.name}-", dir=target.parent
        ) as temporary:
            site = Path(temporary, "site")
            _write(site, programs, examples)
            size = sum(file.stat().st_size for file in _files_of(site))
            site.chmod(0o755)
            if target.exists():
                os.replace(target, Path(temporary, "earlier"))
            os.replace(site, target)
    except OSError as error:
        raise UserError(f"{target} cannot be written: {error.strerror or error}") from error
    return size


def _check(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UserError(f"{target} is a file; name a folder for the site")
    is_site = (target / ABOUT).is_file() and (target / WORKER).is_file()
    if any(target.iterdir()) and not is_site:
        raise UserError(
            f"{target} holds other files; name a new or empty folder, or that of an earlier site"
        )


def _runtime_files(folder: Path | None) -> Mapping[str, bytes]:
    if folder is None:
        found = download_files(RUNTIME, [f"dist/{name}" for name in RUNTIME_FILES])
        return {name: found[f"dist/{name}"] for name in RUNTIME_FILES}
    try:
        return {name: (folder / name).read_bytes() for name in RUNTIME_FILES}
    except OSError as error:
        raise UserError(
            f"{error.filename} cannot be read: {error.strerror}; --runtime names the folder dist "
            f"of {RUNTIME.name} {RUNTIME.version}, with {' and '.join(RUNTIME_FILES)}"
        ) from error


def _write(site: Path, programs: Mapping[str, bytes], examples: Sequence[Example]) -> None:
    shutil.copytree(PAGE, site, ignore=shutil.ignore_patterns("__pycache__"))
    (site / SERVER_HOST).unlink()
    index = site / INDEX
    page = index.read_text(encoding="utf-8")
    # A static host sends no headers of ours.
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    index.write_text(page.replace(CHARSET, f"{CHARSET}\n  {policy}"), encoding="utf-8")
    for folder in ("network", "runtime", "examples"):
        (site / folder).mkdir()
    for name, content in programs.items():
        (site / "runtime" / name).write_bytes(content)
    shutil.copy(GENERAL_GRAPH, site / "network")
    shutil.copy(GENERAL, site / "network")
    card = network_card(GENERAL_GRAPH)
    (site / "network" / "card.json").write_text(card, encoding="utf-8")
    for number, example in enumerate(examples, start=1):
        example.write_grey(site / "examples" / f"example-{number}.jpg")
    known = json.loads(card)
    about = about_host(
        edition="static",
        network=name_of(GENERAL),
        takes_hints=known["takes_hints"],
        knows_colors=known["knows_colors"],
        strength=known["saturation"],
        quality=QUALITY,
        formats=[JPEG, PNG, WEBP],
        limits=LIMITS,
        examples=examples,
    )
    (site / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    # Last, for it names all the others.
    (site / WORKER).write_text(_worker(site), encoding="utf-8")


def _worker(site: Path) -> str:
    """Return the service worker's script: which files it keeps, and the hash of all of them."""
    names, digest = ["./"], hashlib.sha256()
    for file in _files_of(site):
        if file.name == WORKER:
            continue
        names.append(file.relative_to(site).as_posix())
        digest.update(f"{names[-1]}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    script = (site / WORKER).read_text(encoding="utf-8")
    known = {VERSION_LINE: digest.hexdigest()[:16], FILES_LINE: names}
    for line, value in known.items():
        assert line in script, f"{WORKER} lacks the line {line}"
        script = script.replace(line, f"{line.partition(' =')[0]} = {json.dumps(value)};")
    return script


def _files_of(site: Path) -> list[Path]:
    return sorted(file for file in site.rglob("*") if file.is_file())
