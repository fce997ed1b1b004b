from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.web.npm_package import REGISTRY, REGISTRY_VARIABLE, NpmPackage, download_files
from colorizer.web.static_site import RUNTIME
from tests.conftest import REPOSITORY
from tests.data_helpers import serving_folder

CONTENT = b"export const answer = 42;"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a registry on this computer."""
    with serving_folder(tmp_path) as address:
        monkeypatch.setenv(REGISTRY_VARIABLE, f"{address}/")
        yield tmp_path


def publish(registry: Path) -> NpmPackage:
    """Put a package with one file into the registry."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as files:
        about = tarfile.TarInfo("package/dist/answer.mjs")
        about.size = len(CONTENT)
        files.addfile(about, io.BytesIO(CONTENT))
    folder = registry / "answer" / "-"
    folder.mkdir(parents=True)
    (folder / "answer-1.2.3.tgz").write_bytes(archive.getvalue())
    digest = base64.b64encode(hashlib.sha512(archive.getvalue()).digest()).decode()
    return NpmPackage("answer", "1.2.3", f"sha512-{digest}")


def test_files_are_those_of_the_package(registry: Path) -> None:
    package = publish(registry)

    assert download_files(package, ["dist/answer.mjs"]) == {"dist/answer.mjs": CONTENT}


def test_another_content_is_refused(registry: Path) -> None:
    publish(registry)
    package = NpmPackage("answer", "1.2.3", "sha512-AAAA")

    with pytest.raises(UserError, match=r"is not answer 1\.2\.3 as it was published.*AAAA"):
        download_files(package, ["dist/answer.mjs"])


def test_what_cannot_be_downloaded_is_told_with_a_way_out(registry: Path) -> None:
    package = NpmPackage("question", "1.0.0", "sha512-AAAA")

    with pytest.raises(UserError, match=r"question-1\.0\.0\.tgz cannot .*--runtime FOLDER"):
        download_files(package, ["dist/answer.mjs"])


def test_npm_itself_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REGISTRY_VARIABLE, raising=False)

    assert RUNTIME.url == f"{REGISTRY}onnxruntime-web/-/onnxruntime-web-{RUNTIME.version}.tgz"


def test_runtime_is_the_one_that_is_tested() -> None:
    lock = json.loads((REPOSITORY / "package-lock.json").read_text(encoding="utf-8"))
    locked = lock["packages"][f"node_modules/{RUNTIME.name}"]

    assert (RUNTIME.version, RUNTIME.integrity) == (locked["version"], locked["integrity"])
