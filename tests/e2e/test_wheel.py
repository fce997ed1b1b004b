"""What `pip install` brings a photographer: the wheel in an empty environment, no extras."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.conftest import REPOSITORY
from tests.photo_helpers import greys, lab_of, opened

ABSENT = ("torch", "dvc", "pandas", "scipy", "skimage", "pydantic", "yaml", "matplotlib", "onnx")
MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Installed:
    """A wheel, and the folder of the environment's programs."""

    wheel: Path
    programs: Path

    def run(
        self, program: str, *words: str, folder: Path, status: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder, with nothing of this one's."""
        found = subprocess.run(
            [str(self.programs / program), *words],
            cwd=folder,
            env={"HOME": str(folder), "PATH": os.defpath},
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert found.returncode == status, found.stdout + found.stderr
        return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("light")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (folder / "source").mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / "source")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(REPOSITORY / "src", folder / "source" / "src", ignore=ignored)
    _run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"),
        *(str(folder / "dist"), str(folder / "source")),
    )
    (wheel,) = (folder / "dist").iterdir()
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    programs = folder / "venv" / "bin"
    _run(
        *(sys.executable, "-m", "pip", "--python", str(programs / "python")),
        *("install", "--quiet", "--no-compile"),
        *("--constraint", str(REPOSITORY / "requirements-dev.txt"), str(wheel)),
    )
    return Installed(wheel, programs)


def _run(*command: str) -> None:
    found = subprocess.run(command, text=True, capture_output=True, check=False, timeout=600)
    assert found.returncode == 0, found.stdout + found.stderr


def test_wheel_carries_the_network_and_is_small(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()

    assert re.fullmatch(r"photo_colorizer-[\d.]+-py3-none-any\.whl", installed.wheel.name)
    assert installed.wheel.stat().st_size < MOST_BYTES
    assert {
        "colorizer/networks/general.onnx",
        "colorizer/networks/general.safetensors",
        "colorizer/py.typed",
    } < set(names)
    source = REPOSITORY / "src"
    page = (source / "colorizer" / "web" / "page").rglob("*")
    assert {str(file.relative_to(source)) for file in page if file.is_file()} < set(names)
    folders = {name.partition("/")[0] for name in names}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"colorizer"}


def test_photograph_is_coloured_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    greys(300, 200).save(tmp_path / "old.jpg", quality=95)

    found = installed.run("colorizer", "photo", "old.jpg", folder=tmp_path)

    assert (found.stdout, found.stderr) == (
        "old_color.jpg\n",
        "network: general (comes with colorizer)\n",
    )
    before, after = (opened(tmp_path / f"{name}.jpg") for name in ("old", "old_color"))
    assert after.size == before.size
    lightness = abs(lab_of(after)[0] - lab_of(before)[0])
    assert lightness.mean() < 1
    assert abs(lab_of(after)[1:]).max() > 3


def test_colors_are_those_of_the_full_installation(installed: Installed, tmp_path: Path) -> None:
    greys(300, 200).save(tmp_path / "old.png")
    words = ("photo", "old.png", "--hint", "30,20,#c8553d", "-o")

    installed.run("colorizer", *words, "light.png", folder=tmp_path)
    subprocess.run(
        [sys.executable, "-m", "colorizer", *words, "torch.png", "--runtime", "torch"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )

    light, full = (np.asarray(opened(tmp_path / f"{name}.png")) for name in ("light", "torch"))
    assert abs(light.astype(int) - full).max() <= 1


def test_nothing_heavy_is_there(installed: Installed, tmp_path: Path) -> None:
    code = (
        "from importlib.util import find_spec\n"
        f"print(*[name for name in {ABSENT} if find_spec(name)])"
    )

    assert installed.run("python", "-c", code, folder=tmp_path).stdout == "\n"


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["photo", "old.png", "--runtime", "torch"], "train"),
        (["photo", "old.png", "--checkpoint", "net.safetensors"], "train"),
        (["photo", "old.png", "--format", "heic"], "heic"),
        (["video", "clip.mp4"], "video"),
        (["web", "--port", "0"], "web"),
        (["export", "net.onnx"], "export"),
        (["evaluate", "."], "train"),
    ],
)
def test_what_needs_an_extra_says_which(
    installed: Installed, tmp_path: Path, words: list[str], extra: str
) -> None:
    Image.new("L", (64, 48), 128).save(tmp_path / "old.png")
    for name in ("clip.mp4", "net.safetensors"):
        (tmp_path / name).touch()
    before = sorted(tmp_path.iterdir())

    found = installed.run("colorizer", *words, folder=tmp_path, status=1)

    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(f': pip install "{installed.wheel}[{extra}]"')
    assert sorted(tmp_path.iterdir()) == before


def test_every_command_has_its_help(installed: Installed, tmp_path: Path) -> None:
    shown = installed.run("colorizer", "--help", folder=tmp_path).stdout
    commands = re.findall(r"^    ([a-z]+)  ", shown, re.MULTILINE)

    assert {"photo", "video", "web", "site", "export", "evaluate", "doctor"} == set(commands)
    for command in commands:
        assert f"colorizer {command}" in (
            installed.run("colorizer", command, "--help", folder=tmp_path).stdout
        )


def test_doctor_finds_nothing_wrong(installed: Installed, tmp_path: Path) -> None:
    shown = installed.run("colorizer", "doctor", folder=tmp_path).stdout

    assert "onnxruntime" in shown
    assert f'pip install "{installed.wheel}[train]"' in shown


def test_readme_shows_how_to_use_it_from_python(installed: Installed, tmp_path: Path) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    greys(300, 200).save(tmp_path / "old.jpg")

    installed.run("python", "-c", code, folder=tmp_path)

    (written,) = set(tmp_path.glob("*.jpg")) - {tmp_path / "old.jpg"}
    assert opened(written).size == (300, 200)
