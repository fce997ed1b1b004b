"""``-S dataset=colorsurvey`` from a Google Drive that breaks off, through ``prepare``.

The set may not be passed on: with the environment variable COLORIZER_NCD_ARCHIVE naming a zip in
its layout, that is what Drive serves; a synthetic one of the same layout is always tried.
"""

from __future__ import annotations

import csv
import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.common.files import sha256_of
from colorizer.data.manifest import read_manifest
from colorizer.fetch.colorsurvey import ARCHIVE, CATEGORIES
from stages.fetch import PLACES, RAW
from stages.fetch import main as fetch
from stages.prepare import main as prepare
from tests.data_helpers import colorful, encoded, write_zip
from tests.e2e.conftest import Clone, make_clone
from tests.fake_drive import Drive, serving_drive

NCD = "COLORIZER_NCD_ARCHIVE"
SETTINGS = [
    ("dataset", "colorsurvey"),
    ("prepare.size", 32),
    ("prepare.orientation", "any"),
]


def synthetic(folder: Path) -> Path:
    """Write 25 tiny photographs for each category, in the archive's layout."""
    return write_zip(
        folder / "synthetic.zip",
        {
            f"ColorfulOriginal/{name}/{name}{seed}.JPG": encoded(colorful(seed), "JPEG")
            for first, name in enumerate(CATEGORIES)
            for seed in range(25 * first, 25 * (first + 1))
        },
    )


def real(_: Path) -> Path:
    """Return the archive that the environment names."""
    return Path(os.environ[NCD])


needs_real = pytest.mark.skipif(
    not os.environ.get(NCD), reason=f"{NCD} does not name an archive of the Natural-Color Dataset"
)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A clone that is set to ColorSurvey, as the current folder."""
    clone = make_clone(tmp_path / "clone", SETTINGS)
    monkeypatch.chdir(clone.root)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return clone


@pytest.mark.parametrize("archive_in", [synthetic, pytest.param(real, marks=needs_real)])
def test_colorsurvey_is_fetched_and_prepared(
    clone: Clone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    archive_in: Callable[[Path], Path],
) -> None:
    archive = archive_in(tmp_path)
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if not name.endswith("/")]
    drive = Drive(archive.read_bytes(), re.split("id=", ARCHIVE.source)[1])
    half = len(drive.file.content) // 2

    with serving_drive(drive, monkeypatch):
        drive.file.cuts = [half, 0, 0, 0]
        with pytest.raises(UserError, match="run again to go on from there"):
            fetch()
        assert not RAW.exists()
        drive.file.asked.clear()
        fetch()

    assert drive.file.asked_ranges[-1] == f"bytes={half}-"
    assert [file.suffix for file in PLACES.downloads.iterdir()] == [".lock"]
    digest = clone.json(PLACES.records.as_posix())[ARCHIVE.source]
    assert digest == {"sha256": sha256_of(archive), "bytes": archive.stat().st_size}
    assert "source.json" not in clone.run("git", "status", "--porcelain").stdout

    manifest = read_manifest(RAW)
    assert len(manifest) == len(names)
    assert {path.lower() for path in manifest["path"]} == {name.lower() for name in names}
    counts = Counter(Path(path).parent.name for path in manifest["path"])
    assert sorted(counts) == list(CATEGORIES)
    assert [sha256_of(RAW / path) for path in manifest["path"]] == list(manifest["sha256"])

    prepare()

    index = list(csv.DictReader(clone.read("data/prepared/index.csv").splitlines()))
    assert Counter(row["category"] for row in index) == counts
    # Nothing in the set is broken, tiny or grey.
    assert {row["split"] for row in index} == {"train", "val", "test"}
