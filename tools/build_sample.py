#!/usr/bin/env python3
"""Build data/sample, the embedded sample of photographs, from Debian packages.

A tool for maintainers: users find its result in the repository.

The photographs and the packages that ship them are named in sample_files.csv, next to this
file. The tool needs a Debian 12 system (apt-get, dpkg-deb and the licence texts in
/usr/share/common-licenses) and pip, for the licence texts that Debian does not ship. An ordinary
user can run it; run "apt-get update" first.

Every run yields the same bytes, as long as the JPEG encoder stays the same: JPEG bytes depend on
the versions of Pillow and of the libjpeg-turbo and LittleCMS libraries inside it.
data/sample/README.md names the version of Pillow that made the sample in the repository; with
another one, --check may report invisible differences. Another Debian release may also word the
licences differently (the FSF's address, say).
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image, ImageCms, ImageOps
from tqdm import tqdm

SHORT_SIDE = 192
JPEG_QUALITY = 90
README = "README.md"
ATTRIBUTION = "ATTRIBUTION.csv"

HERE = Path(__file__).resolve().parent
DEFAULT_LIST = HERE / "sample_files.csv"
DEFAULT_OUT = HERE.parent / "data" / "sample"

COMMON_LICENCES = Path("/usr/share/common-licenses")
COMMON_TEXTS = ("CC0-1.0", "GFDL-1.2", "GFDL-1.3", "GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3")

# This package's copyright file holds these three texts in full, preambles and notices included.
STANZA_PACKAGE = "lomiri-wallpapers-16.04"
STANZA_TEXTS = ("CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0")

# Debian does not ship these texts: they are from the ScanCode project's licence collection.
SCANCODE_REQUIREMENT = "licensedcode-data==32.1.0"
SCANCODE_SHA256 = "18f60bde6dbabbc0a925d45ed80089cdbb7168156a2a1c118737198f9b743b96"
SCANCODE_TEXTS = {
    "CC-BY-2.0": "cc-by-2.0",
    "CC-BY-2.5": "cc-by-2.5",
    "CC-BY-SA-1.0": "cc-by-sa-1.0",
    "CC-BY-SA-2.0": "cc-by-sa-2.0",
    "CC-BY-SA-2.5": "cc-by-sa-2.5",
    "CeCILL-2.0": "cecill-2.0",
}

# Statements about individual photographs that the copyright files leave out.
STATEMENTS = {
    "gnome-taquin": "usr/share/doc/gnome-taquin/COPYING.themes",
    "lxqt-themes": "usr/share/lxqt/wallpapers/License",
    "python3-sklearn": "usr/lib/python3/dist-packages/sklearn/datasets/images/README.txt",
}

# A licence named without a version may be used in any, so every available version is given.
ANY_GPL = ("GPL-2", "GPL-3")
ANY_GFDL = ("GFDL-1.2", "GFDL-1.3")
ANY_CC_BY_SA = ("CC-BY-SA-1.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0")

LICENCE_TEXTS: dict[str, tuple[str, ...]] = {
    "CC-BY-2.0": ("CC-BY-2.0",),
    "CC-BY-2.5": ("CC-BY-2.5",),
    "CC-BY-4.0": ("CC-BY-4.0",),
    "CC-BY-SA": ANY_CC_BY_SA,
    # The German text is not available offline; the generic one is its model.
    "CC-BY-SA-2.0-DE": ("CC-BY-SA-2.0",),
    "CC-BY-SA-2.5": ("CC-BY-SA-2.5",),
    "CC-BY-SA-3.0": ("CC-BY-SA-3.0",),
    "CC-BY-SA-3.0 (wallpapers/License; Debian copyright: LGPL-2.1+)": (
        "CC-BY-SA-3.0",
        "LGPL-2.1",
    ),
    "CC-BY-SA-4.0": ("CC-BY-SA-4.0",),
    "CC0-1.0": ("CC0-1.0",),
    "CeCILL or GFDL": ("CeCILL-2.0", *ANY_GFDL),
    "GFDL": ANY_GFDL,
    "GFDL (no invariant sections)": ANY_GFDL,
    "GFDL (no invariant sections) or CC-BY-SA or GPL": (*ANY_GFDL, *ANY_CC_BY_SA, *ANY_GPL),
    "GFDL (stated in the .desktop file; package: GPL-2+)": (*ANY_GFDL, "GPL-2"),
    "GFDL and CC-BY-SA": (*ANY_GFDL, *ANY_CC_BY_SA),
    "GFDL or CC-BY-SA-2.5": (*ANY_GFDL, "CC-BY-SA-2.5"),
    "GFDL or CC-BY-SA-3.0": (*ANY_GFDL, "CC-BY-SA-3.0"),
    "GFDL-1.2+ (no invariant sections)": ANY_GFDL,
    "GPL-2+": ("GPL-2",),
    "GPL-2+ (package default; none stated for the file)": ("GPL-2",),
    "LGPL-2.1+ (Debian copyright; wallpapers/License: CC-BY-SA-3.0, LXQt Project Team)": (
        "LGPL-2.1",
        "CC-BY-SA-3.0",
    ),
    # LGPL-3 is a set of additions to GPL-3, and makes no sense without it.
    "LGPL-3 (metadata.json: LGPLv3; package: GPL-2+)": ("LGPL-3", "GPL-3", "GPL-2"),
    "no usage restrictions": (),
    "public-domain": (),
}

COLUMNS = ("package", "version", "path", "group", "category", "licence", "credit")


class UserError(Exception):
    """An error that one line can explain to the user."""


@dataclass(frozen=True)
class Photograph:
    """One row of the list, and the file made from it."""

    package: str
    version: str
    path: str
    licence: str
    credit: str
    file: str


def shell_friendly(name: str) -> str:
    """Return the name in lower-case ASCII, without characters special to shells."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._-]+", "-", ascii_name.lower()).strip("-.") or "unnamed"


def base_name(path: str) -> str:
    """Return the name for a photograph, without its extension."""
    pure = PurePosixPath(path)
    # Plasma's wallpapers are THEME/contents/images/2560x1600.jpg: the theme is the name.
    if re.fullmatch(r"\d+x\d+", pure.stem) and len(pure.parts) > 3:
        return shell_friendly(pure.parts[-4])
    return shell_friendly(pure.stem)


def free_name(wanted: str, taken: set[str]) -> str:
    """Return the wanted name, or the first free one of NAME-2, NAME-3 ...; mark it as taken."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the list of photographs, in an order independent of the file's."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UserError(f"{path} lacks the column {', '.join(missing)}")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read the list {path}: {error}") from error
    for number, row in enumerate(rows, start=1):
        if any(not row[name] for name in COLUMNS):
            raise UserError(f"{path}: photograph {number} has an empty field")
    return sorted(rows, key=lambda row: (row["package"], row["path"]))


def read_list(path: Path) -> list[Photograph]:
    """Read the list of photographs and name a file for each."""
    taken: set[str] = set()
    photographs = []
    for row in read_rows(path):
        folder = f"{shell_friendly(row['group'])}/{shell_friendly(row['category'])}"
        name = free_name(f"{folder}/{base_name(row['path'])}", taken)
        kept = {key: row[key] for key in ("package", "version", "path", "licence", "credit")}
        photographs.append(Photograph(**kept, file=f"{name}.jpg"))
    if not photographs:
        raise UserError(f"{path} names no photograph")
    return photographs


def by_package(photographs: Iterable[Photograph]) -> dict[tuple[str, str], list[Photograph]]:
    """Return the photographs of each package and version."""
    groups: dict[tuple[str, str], list[Photograph]] = {}
    for photograph in photographs:
        groups.setdefault((photograph.package, photograph.version), []).append(photograph)
    names = [package for package, _ in groups]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"the list asks for more than one version of {name}")
    return groups


def check_programs(names: Iterable[str]) -> None:
    """Raise UserError if a program is not installed."""
    for name in names:
        if shutil.which(name) is None:
            raise UserError(f"{name} is not installed: this tool needs a Debian system")


def run(command: Sequence[str], folder: Path, failure: str) -> None:
    """Run a program silently; if it fails, raise UserError with its last line of output."""
    result = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"exit status {result.returncode}"]
        raise UserError(f"{failure}: {lines[-1]}")


@contextlib.contextmanager
def unpacked(package: str, version: str) -> Iterator[Path]:
    """Download a package and unpack it in a folder that lasts as long as the context."""
    with tempfile.TemporaryDirectory(prefix="build-sample-") as name:
        folder = Path(name)
        run(
            ["apt-get", "download", f"{package}={version}"],
            folder,
            f"apt-get cannot download {package}={version} (it needs Debian 12's package lists)",
        )
        (archive,) = folder.glob("*.deb")
        tree = folder / "tree"
        run(["dpkg-deb", "-x", archive.name, tree.name], folder, f"cannot unpack {archive.name}")
        yield tree


def file_in(tree: Path, package: str, path: str) -> Path:
    """Return a file of an unpacked package."""
    file = tree / path
    if not file.is_file():
        raise UserError(f"the package {package} has no file {path}")
    return file


def on_white(image: Image.Image) -> Image.Image:
    """Lay an image with transparency on white."""
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def flatten(image: Image.Image) -> Image.Image:
    """Return an opaque 8-bit image, still in the colours of its own profile."""
    if image.has_transparency_data:
        return on_white(image)
    if image.mode.startswith("I"):
        # Pillow clips 16-bit values at 255 when it converts them, so they are scaled.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def to_srgb(image: Image.Image) -> Image.Image:
    """Return an opaque image in the sRGB colour space."""
    flat = flatten(image)
    profile = image.info.get("icc_profile")
    if profile:
        # A profile that is broken, or for another mode, says nothing, so sRGB is assumed.
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(flat, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return flat.convert("RGB")


def shrink(image: Image.Image) -> Image.Image:
    """Scale an image down to the sample's size; leave a small one as it is."""
    scale = SHORT_SIDE / min(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    # One pass at a time: Pillow 12 and 13 order them differently, which changes pixels.
    narrow = image.resize((width, image.height), Image.Resampling.LANCZOS)
    return narrow.resize((width, height), Image.Resampling.LANCZOS)


def to_jpeg(source: Path) -> bytes:
    """Return a photograph as the sample's JPEG."""
    with Image.open(source) as image:
        small = shrink(to_srgb(ImageOps.exif_transpose(image)))
    # Otherwise Pillow would write the comment that it finds here.
    small.info.clear()
    buffer = io.BytesIO()
    # Models learn from the colours, so these keep their full resolution.
    small.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4", optimize=True)
    return buffer.getvalue()


def write(file: Path, content: bytes) -> None:
    """Write a file, and create its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def add_photograph(photograph: Photograph, tree: Path, out: Path) -> None:
    """Add one photograph to the sample."""
    source = file_in(tree, photograph.package, photograph.path)
    try:
        content = to_jpeg(source)
    except OSError as error:
        place = f"{photograph.path} of {photograph.package}"
        raise UserError(f"cannot read the photograph {place}: {error}") from error
    write(out / photograph.file, content)


def add_package_texts(package: str, tree: Path, licences: Path) -> None:
    """Add a package's copyright statements to the sample."""
    copyright_file = file_in(tree, package, f"usr/share/doc/{package}/copyright")
    write(licences / f"{package}.copyright", copyright_file.read_bytes())
    if package in STATEMENTS:
        statement = file_in(tree, package, STATEMENTS[package])
        write(licences / f"{package}.{statement.name}", statement.read_bytes())


def needed_texts(photographs: Iterable[Photograph]) -> list[str]:
    """Return the names of the licence texts that the photographs need."""
    texts: set[str] = set()
    for photograph in photographs:
        if photograph.licence not in LICENCE_TEXTS:
            raise UserError(f"LICENCE_TEXTS does not know the licence {photograph.licence!r}")
        texts.update(LICENCE_TEXTS[photograph.licence])
    return sorted(texts)


def stanza(copyright_text: str, licence: str) -> str:
    """Return a licence's text from a machine-readable Debian copyright file."""
    # Only the stanza that starts with this field holds the text; others just refer to it.
    pattern = rf"(?:\A|\n\n+)License: {re.escape(licence)}\n((?: .*\n)+)"
    match = re.search(pattern, f"{copyright_text}\n")
    if match is None:
        raise UserError(f"the copyright file of {STANZA_PACKAGE} holds no text of {licence}")
    lines = (line[1:] for line in match[1].splitlines())
    return "".join("\n" if line == "." else f"{line}\n" for line in lines)


def scancode_texts(names: Sequence[str]) -> dict[str, str]:
    """Download the ScanCode project's licences and return the texts with these names."""
    if not names:
        return {}
    with tempfile.TemporaryDirectory(prefix="build-sample-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--disable-pip-version-check", "--only-binary=:all:", SCANCODE_REQUIREMENT]
        run([*command, *options], folder, f"pip cannot download {SCANCODE_REQUIREMENT}")
        (wheel,) = folder.glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != SCANCODE_SHA256:
            raise UserError(f"{wheel.name} has changed (SHA-256 differs)")
        with zipfile.ZipFile(wheel) as archive:
            return {text: scancode_text(archive, SCANCODE_TEXTS[text]) for text in names}


def scancode_text(archive: zipfile.ZipFile, key: str) -> str:
    """Return a licence's text without the description before it."""
    content = archive.read(f"licensedcode/data/licenses/{key}.LICENSE").decode()
    _, _, text = content.split("---\n", 2)
    return f"{text.strip()}\n"


def add_licence_texts(texts: Sequence[str], licences: Path) -> None:
    """Add the licence texts to the sample."""
    from_scancode = scancode_texts([text for text in texts if text in SCANCODE_TEXTS])
    for text in texts:
        if text in COMMON_TEXTS:
            content = common_text(text)
        elif text in STANZA_TEXTS:
            content = stanza_text(text, licences)
        else:
            content = from_scancode[text].encode()
        write(licences / f"{text}.txt", content)


def common_text(licence: str) -> bytes:
    """Return a licence's text that every Debian system has."""
    file = COMMON_LICENCES / licence
    if not file.is_file():
        raise UserError(f"{file} is missing: this tool needs a Debian system")
    return file.read_bytes()


def stanza_text(licence: str, licences: Path) -> bytes:
    """Return a licence's text from a package's copyright file."""
    file = licences / f"{STANZA_PACKAGE}.copyright"
    if not file.is_file():
        raise UserError(f"{licence} comes with {STANZA_PACKAGE}, which is not in the list")
    return stanza(file.read_text(encoding="utf-8"), licence).encode()


def write_table(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write(file, buffer.getvalue().encode())


def write_attribution(photographs: Iterable[Photograph], out: Path) -> None:
    """Write who made each photograph, and under which licence."""
    header = ("file", "package", "version", "original_path", "licence", "credit")
    rows = sorted((p.file, p.package, p.version, p.path, p.licence, p.credit) for p in photographs)
    write_table(out / ATTRIBUTION, header, rows)


def write_licence_index(photographs: Sequence[Photograph], licences: Path) -> None:
    """Write which texts belong to each value of the licence column."""
    values = [photograph.licence for photograph in photographs]
    rows = [
        (value, str(values.count(value)), " ".join(f"{t}.txt" for t in LICENCE_TEXTS[value]))
        for value in sorted(set(values))
    ]
    write_table(licences / "INDEX.csv", ("licence", "photographs", "texts"), rows)


def build(photographs: Sequence[Photograph], out: Path) -> None:
    """Build the whole sample, except its README, in an empty folder."""
    texts = needed_texts(photographs)
    licences = out / "licences"
    with tqdm(total=len(photographs), unit="photograph") as progress:
        for (package, version), members in by_package(photographs).items():
            progress.set_description(package)
            with unpacked(package, version) as tree:
                add_package_texts(package, tree, licences)
                for photograph in members:
                    add_photograph(photograph, tree, out)
                    progress.update()
    add_licence_texts(texts, licences)
    write_licence_index(photographs, licences)
    write_attribution(photographs, out)


def replace(old: Path, new: Path) -> None:
    """Replace an old folder with a new one, keeping the README."""
    if (old / README).is_file():
        shutil.copyfile(old / README, new / README)
    # Only their owner can open folders made by tempfile.
    new.chmod(0o755)
    if old.exists():
        aside = new.with_name(f"{new.name}-old")
        old.rename(aside)
        new.rename(old)
        shutil.rmtree(aside)
    else:
        new.rename(old)


def check_replaceable(out: Path) -> None:
    """Raise UserError if ``out`` holds something other than a sample."""
    # Whatever is there gets deleted, and a mistyped --out must not cost anyone a folder.
    if not out.exists() or (out / ATTRIBUTION).is_file():
        return
    if not out.is_dir() or any(path.name != README for path in out.iterdir()):
        raise UserError(f"{out} exists and is not a sample ({ATTRIBUTION} is missing)")


def rebuild(photographs: Sequence[Photograph], out: Path) -> None:
    """Build the sample beside its place, and move it there once it is complete."""
    check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent)
    except OSError as error:
        raise UserError(f"cannot write beside {out}: {error}") from error
    try:
        build(photographs, Path(beside))
        replace(out, Path(beside))
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    print(f"{len(photographs)} photographs written to {out}")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a sample, except its README."""
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in named.items() if name != README}


def differences(found: Mapping[str, bytes], expected: Mapping[str, bytes]) -> list[str]:
    """Return one line for each file that differs between two samples."""
    lines = []
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            lines.append(f"missing: {name}")
        elif name not in expected:
            lines.append(f"not from the list: {name}")
        elif found[name] != expected[name]:
            lines.append(f"differs: {name}")
    return lines


def check(photographs: Sequence[Photograph], out: Path) -> bool:
    """Build the sample elsewhere, and tell whether the existing one has the same bytes."""
    if not out.is_dir():
        raise UserError(f"there is no sample at {out}")
    with tempfile.TemporaryDirectory(prefix="build-sample-check-") as name:
        build(photographs, Path(name))
        lines = differences(contents(out), contents(Path(name)))
    print("\n".join([*lines, f"{len(lines)} files differ"]) if lines else f"{out} is identical")
    return not lines


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--list",
        type=Path,
        default=DEFAULT_LIST,
        metavar="CSV",
        help="the list of photographs (default: sample_files.csv, beside this file)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="FOLDER",
        help=f"the sample's folder, replaced except for its {README} (default: data/sample)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with status 1 if a rebuilt sample would have different bytes",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit status: 0, 1 (--check: differs) or 2 (an error)."""
    options = parse_arguments(arguments)
    try:
        photographs = read_list(options.list)
        check_programs(["apt-get", "dpkg-deb"])
        if options.check:
            return 0 if check(photographs, options.out.resolve()) else 1
        rebuild(photographs, options.out.resolve())
    except (UserError, OSError) as error:
        print(f"build_sample: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("build_sample: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
