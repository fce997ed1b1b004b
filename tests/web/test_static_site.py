from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from colorizer.cli.main import main
from colorizer.common.errors import UserError
from colorizer.networks.files import GENERAL
from colorizer.web.examples import Example, find_examples
from colorizer.web.static_site import RUNTIME_FILES, build_site
from tests.conftest import SAMPLE
from tests.data_helpers import tree


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """What stands for ONNX Runtime."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in RUNTIME_FILES:
        (folder / name).write_text(f"not really {name}")
    return folder


def kept(site: Path) -> Sequence[str]:
    """Return the files that the service worker keeps."""
    script = (site / "service-worker.js").read_text(encoding="utf-8")
    (line,) = (line for line in script.splitlines() if line.startswith("const FILES = "))
    names: list[str] = json.loads(line.removeprefix("const FILES = ").removesuffix(";"))
    return names


def version(site: Path) -> str:
    script = (site / "service-worker.js").read_text(encoding="utf-8")
    return next(line for line in script.splitlines() if line.startswith("const VERSION = "))


def test_site_has_all_that_the_page_needs_and_keeps_it(tmp_path: Path, runtime: Path) -> None:
    site = tmp_path / "site"

    size = build_site(site, runtime, find_examples(SAMPLE))

    found = {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}
    assert set(kept(site)) == found - {"service-worker.js"} | {"./"}
    assert {"index.html", "about.json", "engine/worker.js", "hosts/static.js"} < found
    assert "hosts/server.js" not in found
    assert (site / "network" / GENERAL.name).read_bytes() == GENERAL.read_bytes()
    assert size == sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    about = json.loads((site / "about.json").read_text(encoding="utf-8"))
    assert about["edition"] == "static"
    assert about["takesHints"]
    assert len(about["examples"]) == len(list((site / "examples").iterdir())) > 0


def test_pages_may_load_and_send_nothing_elsewhere(tmp_path: Path, runtime: Path) -> None:
    build_site(tmp_path / "site", runtime, ())

    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy\" content=\"default-src 'self';" in page


def test_another_content_is_another_version(tmp_path: Path, runtime: Path) -> None:
    first, same, other = (tmp_path / name for name in ("first", "same", "other"))
    build_site(first, runtime, ())
    build_site(same, runtime, ())
    (runtime / RUNTIME_FILES[0]).write_text("a later one")
    build_site(other, runtime, ())

    assert version(first) == version(same)
    assert version(first) != version(other)


def test_an_earlier_site_is_replaced_whole(tmp_path: Path, runtime: Path) -> None:
    site = tmp_path / "site"
    build_site(site, runtime, ())
    (site / "left.js").write_text("of an earlier version")

    build_site(site, runtime, ())

    assert not (site / "left.js").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"site", "dist"}


def test_other_files_are_never_replaced(tmp_path: Path, runtime: Path) -> None:
    album = tmp_path / "album"
    album.mkdir()
    (album / "old.jpg").write_text("a photograph")
    before = tree(album)

    with pytest.raises(UserError, match=r"album holds other files; name a new or empty folder"):
        build_site(album, runtime, ())
    with pytest.raises(UserError, match=r"old\.jpg is a file"):
        build_site(album / "old.jpg", runtime, ())

    assert tree(album) == before


def test_a_failure_leaves_the_earlier_site(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    build_site(site, runtime, ())
    before = tree(site)

    def fail(_: Example, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Example, "write_grey", fail)
    with pytest.raises(UserError, match="site cannot be written: No space left on device"):
        build_site(site, runtime, find_examples(SAMPLE))

    assert tree(site) == before
    assert {path.name for path in tmp_path.iterdir()} == {"site", "dist"}


def test_a_folder_without_the_runtime_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ort\.wasm\.bundle\.min\.mjs cannot be read.*--runtime"):
        build_site(tmp_path / "site", tmp_path, ())

    assert list(tmp_path.iterdir()) == []


def test_command_says_how_to_look_at_it(
    tmp_path: Path, runtime: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["site", str(tmp_path / "site"), "--runtime", str(runtime)])

    told = capsys.readouterr().out
    assert "MB, what a browser loads at the first visit" in told
    assert f"python -m http.server --directory {tmp_path / 'site'}" in told
