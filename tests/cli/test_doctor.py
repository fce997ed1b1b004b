from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from colorizer.cli import doctor, doctor_facts
from colorizer.cli.doctor import page
from colorizer.cli.doctor_facts import EXTRAS, Extra, Package, Report, Trial
from colorizer.cli.main import main
from colorizer.common.extras import how_to_install
from colorizer.networks.files import GENERAL, GENERAL_GRAPH
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.formats import WRITE_FORMATS
from tests.conftest import REPOSITORY
from tests.network_helpers import repeatable
from tests.process_helpers import paths

HIDDEN = "no-such-distribution"


class Broken:
    """Makes the import of a module fail, as a finder of ``sys.meta_path``."""

    def __init__(self, module: str, error: BaseException) -> None:
        self.module, self.error = module, error

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        if name == self.module:
            raise self.error


def break_import(monkeypatch: pytest.MonkeyPatch, module: str, error: BaseException) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(module, error), *sys.meta_path])


@pytest.fixture(autouse=True)
def extras(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """Look only at what is quick to import."""
    quick = {"cluster": {"dask": "dask"}, "heic": {HIDDEN: "no_such_module"}}
    monkeypatch.setattr(doctor_facts, "EXTRAS", quick)
    monkeypatch.setattr(doctor_facts, "_declared", lambda extra: [])
    return quick


@pytest.fixture
def _no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without the trial, which takes most of the time."""
    done = Trial(load_s=0.1, color_s=0.1, chroma=9.0)
    monkeypatch.setattr(doctor_facts, "_try_out", lambda _: (done, "cpu"))


def run(*words: str) -> int:
    try:
        with repeatable(0):
            main(["doctor", *words])
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


def rows(text: str) -> dict[str, str]:
    """Return the page's entries by their labels, each on one line."""
    found: dict[str, str] = {}
    label = ""
    for line in text.splitlines():
        text = line.strip()
        if line[:3].strip():
            label, text = line[: doctor.INDENT].strip(), line[doctor.INDENT :]
        found[label] = f"{found.get(label, '')} {text}".strip()
    return found


def declared() -> dict[str, set[str]]:
    """Return the distributions in pyproject.toml by extra; those of everybody are under ""."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = {"": project["dependencies"], **project["optional-dependencies"]}
    names = {
        extra: {re.split(r"[^\w.-]", line)[0] for line in of_extra}
        for extra, of_extra in lines.items()
    }
    own = project["name"]
    return {
        extra: (found - {own}) | names["train"] if own in found else found
        for extra, found in names.items()
    }


def examined(*words: str) -> Report:
    parser = ArgumentParser()
    doctor.add_arguments(parser)
    return doctor_facts.examine(parser.parse_args(words))


def test_tables_are_those_of_the_project() -> None:
    names = declared()

    assert set(doctor_facts.BASE) == names.pop("")
    assert list(EXTRAS) == list(names)
    for extra, main_packages in EXTRAS.items():
        assert set(main_packages) <= names[extra]
    assert set(doctor_facts.LIBRARIES) == set(WRITE_FORMATS)


def doctor_in(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as it is, with an empty home folder."""
    home.mkdir()
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "colorizer", "doctor", *words],
        env={**environment, "HOME": str(home), **paths(), **variables},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_page_tells_all_of_this_installation(tmp_path: Path) -> None:
    found = doctor_in(tmp_path / "home")

    assert found.returncode == 0
    assert list((tmp_path / "home").rglob("*")) == []
    told = rows(found.stdout)
    assert found.stderr == ""
    assert told["colorizer"].startswith(metadata.version("photo-colorizer"))
    for name in doctor_facts.BASE:
        assert f"{name} {metadata.version(name)}" in told["packages"]
    for extra, main_packages in EXTRAS.items():
        try:
            versions = [f"{name} {metadata.version(name)}" for name in main_packages]
        except metadata.PackageNotFoundError:
            assert how_to_install(extra).partition(" (")[0] in told[extra]
        else:
            assert told[extra] == f"works: {', '.join(versions)}"
    assert sha256(GENERAL.read_bytes()).hexdigest()[:12] in told["network"]
    assert f"{GENERAL_GRAPH.stat().st_size:,} bytes" in told["network"]
    assert "lightness kept" in told["trial"]
    assert len(found.stdout.splitlines()) <= 40


def test_page_and_json_have_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == run("--json") == 0

    text, _, document = capsys.readouterr().out.partition("\n{")
    told, facts = rows(text), json.loads("{" + document)
    assert told["colorizer"] == f"{facts['version']}, in {facts['folder']}"
    assert told["Python"] == f"{facts['python']}, in {facts['python_folder']}"
    assert told["system"] == facts["system"]
    assert told["machine"].startswith(f"{facts['machine']}, {facts['cores']} cores usable, ")
    for name, package in facts["packages"].items():
        assert f"{name} {package['version']}" in told["packages"]
    assert facts["extras"]["cluster"] == {
        "works": True,
        "packages": {"dask": {"version": metadata.version("dask"), "problem": None}},
        "missing": [],
        "install": None,
    }
    assert told["cluster"] == f"works: dask {metadata.version('dask')}"
    assert facts["extras"]["heic"]["missing"] == [HIDDEN]
    assert told["heic"] == f"not installed: {facts['extras']['heic']['install']}"
    assert {one["name"] for one in facts["formats"]} == {
        *("JPEG", "PNG", "TIFF", "WebP", "HEIC", "AVIF", "JPEG 2000")
    }
    for file in facts["network"]["files"]:
        assert (
            f"{Path(file['path']).name}: {file['bytes']:,} bytes, SHA-256 {file['sha256']}..."
            in told["network"]
        )
    assert (facts["network"]["runtime"], facts["network"]["device"]) == ("onnx", "cpu")
    assert told["runs with"] == "ONNX Runtime, on cpu"
    assert facts["trial"]["load_s"] > 0
    assert facts["trial"]["color_s"] > 0
    assert told["trial"].endswith(f"mean chroma {facts['trial']['chroma']:.1f}")


@pytest.mark.usefixtures("_no_trial")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("libx.so: cannot open\nshared object"), "OSError: libx.so: cannot open shared"),
        (ImportError("DLL load failed"), "ImportError: DLL load failed"),
        (ModuleNotFoundError("No module named 'gone'", name="gone"), "No module named 'gone'"),
        (AttributeError("no _core"), "AttributeError: no _core"),
        (SystemExit("wrong processor"), "SystemExit: wrong processor"),
    ],
)
def test_package_that_fails_to_import_is_told_with_the_reason(
    error: BaseException,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    break_import(monkeypatch, "dask", error)

    assert run() == 0

    told = rows(capsys.readouterr().out)["cluster"]
    assert told.startswith(f"broken: dask {metadata.version('dask')} dask cannot be imported: ")
    assert reason in told


def test_broken_runtimes_are_told_and_fail_the_trial(tmp_path: Path) -> None:
    for name in ("onnxruntime", "torch"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('DLL load failed')")

    found = doctor_in(tmp_path / "home", **paths(tmp_path))

    told = rows(found.stdout)
    assert (found.returncode, found.stderr) == (1, "")
    assert "onnxruntime cannot be imported: ImportError: DLL load failed" in told["packages"]
    assert told["trial"] == "failed: ImportError: DLL load failed"
    assert told["GPU"] == "none without torch"
    for extra in ("train", "video"):
        assert told[extra].startswith("broken: ")
        assert "torch cannot be imported: ImportError: DLL load failed" in told[extra]
    assert set(EXTRAS) < set(told)


@pytest.mark.usefixtures("_no_trial")
def test_warnings_and_output_of_imports_stay_off_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loud.py").write_text(
        "import sys, warnings\nwarnings.warn('old')\nprint('hello')\nprint('oh', file=sys.stderr)"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(doctor_facts, "EXTRAS", {"web": {"pytest": "loud"}})

    assert run() == 0

    out, err = capsys.readouterr()
    assert (rows(out)["web"], err) == (f"works: pytest {pytest.__version__}", "")
    assert "hello" not in out


@pytest.mark.usefixtures("_no_trial")
def test_what_an_extra_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor_facts, "_declared", lambda extra: ["dask", "pytest", HIDDEN])

    assert run() == 0

    assert rows(capsys.readouterr().out)["cluster"] == (
        f"lacks {HIDDEN}: {how_to_install('cluster')}"
    )


def test_requirements_of_an_extra_include_those_of_the_extra_that_it_builds_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    lines = [
        "numpy>=2.0",
        'torch==2.13.0; extra == "train"',
        "moto[server]>=5.1; extra == 'train'",
        'photo-colorizer[train]; extra == "s3"',
        'dvc-s3>=3.2; extra == "s3"',
    ]
    monkeypatch.setattr(metadata, "requires", lambda name: lines)

    assert doctor_facts._declared("s3") == ["torch", "moto", "dvc-s3"]
    assert doctor_facts._declared("web") == []


@pytest.mark.parametrize(
    ("name", "source", "length"),
    [
        ("net.safetensors", GENERAL, 5000),
        ("net.safetensors", GENERAL, 4),
        ("net.onnx", GENERAL_GRAPH, 5000),
    ],
)
def test_truncated_network_fails_the_trial(
    name: str,
    source: Path,
    length: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    content = source.read_bytes()[:length]
    Path(name).write_bytes(content)

    assert run("--checkpoint", name) == 1

    out, err = capsys.readouterr()
    told = rows(out)
    assert err == ""
    assert re.match(rf"failed: (checkpoint )?{name} ", told["trial"])
    hashed = sha256(content).hexdigest()[:12]
    assert told["network"] == f"{name} {name}: {length:,} bytes, SHA-256 {hashed}..."
    assert run("--checkpoint", name, "--json") == 1
    assert json.loads(capsys.readouterr().out)["trial"]["problem"] in told["trial"]


@pytest.mark.parametrize(
    ("words", "network", "problem"),
    [
        (["--checkpoint", "none.onnx"], "none.onnx none.onnx: missing", "none.onnx not found"),
        (["--device", "cuda", "--runtime", "onnx"], "general", "device 'cuda' cannot be used"),
        (["--saturation", "11"], "general", "the saturation must be a number from 0 to 10"),
    ],
)
def test_option_that_cannot_be_followed_fails_the_trial(
    words: list[str], network: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 1

    told = rows(capsys.readouterr().out)
    assert told["network"].startswith(network)
    assert told["trial"].startswith("failed: ")
    assert problem in told["trial"]


def test_trial_follows_the_options() -> None:
    with repeatable(0):
        report = examined("--runtime", "torch", "--saturation", "0")

    assert [Path(file.path) for file in report.network.files] == [GENERAL]
    assert (report.network.runtime, report.network.device) == ("torch", "cpu")
    assert report.trial.problem is None
    assert report.trial.chroma == pytest.approx(0, abs=0.1)
    assert (examined().trial.chroma or 0) > 1


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ((96, 64), "the lightness L has changed by 100.0 of 100"),
        ((64, 96), "the result is (96, 64, 3) instead of (64, 96, 3)"),
    ],
)
def test_wrong_result_fails_the_trial(
    size: tuple[int, int],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(PhotoColorist, "picture", lambda *_: Image.new("RGB", size))

    assert run() == 1

    assert rows(capsys.readouterr().out)["trial"] == f"failed: {problem}"


def test_unexpected_error_fails_the_trial(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("this\nand that")

    monkeypatch.setattr("colorizer.predictors.load.load_predictor", fail)

    assert run() == 1

    assert rows(capsys.readouterr().out)["trial"] == "failed: ValueError: this and that"


@pytest.mark.usefixtures("_no_trial")
def test_format_without_its_library_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.init()
    monkeypatch.delitem(Image.SAVE, "AVIF")
    monkeypatch.setattr(doctor_facts, "has_heif", lambda: False)

    assert run() == 0

    both, neither = rows(capsys.readouterr().out)["formats"].split("; ")
    assert re.match(r"read and written: JPEG [\d.]+, PNG [\d.]+, TIFF [\d.]+, WebP", both)
    assert re.fullmatch(r"neither: HEIC, AVIF [\d.]+", neither)


@pytest.mark.usefixtures("_no_trial")
def test_home_folder_is_not_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "home", lambda: REPOSITORY)
    monkeypatch.setattr(
        doctor_facts, "how_to_install", lambda extra: f'pip install "{REPOSITORY}/x.whl[{extra}]"'
    )

    for words in ([], ["--json"]):
        assert run(*words) == 0
        assert str(REPOSITORY) not in capsys.readouterr().out
    report = doctor_facts.without_home(examined())
    assert report.folder == str(Path("~", "src", "colorizer"))
    assert report.extras["heic"].install == 'pip install "$HOME/x.whl[heic]"'
    neighbour = f"{REPOSITORY}er and {REPOSITORY}, in /mnt{REPOSITORY}"
    assert doctor_facts.without_home(neighbour) == f"{REPOSITORY}er and ~, in /mnt{REPOSITORY}"


@pytest.mark.usefixtures("_no_trial")
def test_page_fits_a_terminal_if_nothing_is_installed() -> None:
    clone = 'pip install -c requirements-dev.txt -e ".[{}]" (in ~/photographs)'
    extras = {
        name: Extra(False, dict.fromkeys(packages, Package(None)), [*packages], clone.format(name))
        for name, packages in EXTRAS.items()
    }

    lines = list(page(replace(examined(), extras=extras)))

    assert max(map(len, lines)) <= 80
    assert len(lines) <= 40
    assert {clone.format(name) for name in EXTRAS} <= {line.strip() for line in lines}
