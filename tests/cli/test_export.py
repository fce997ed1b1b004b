from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorizer.cli.main import main
from colorizer.common.extras import how_to_install
from colorizer.networks.files import CHECKPOINT, GENERAL
from tests.data_helpers import tree
from tests.network_helpers import repeatable
from tests.onnx_helpers import onnx, painting_graph, save_graph
from tests.photo_helpers import greys, opened, sepia
from tests.predictors.test_onnx_export import save

from colorizer.predictors import onnx_export  # isort: skip


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal_handlers: None) -> Path:
    """A folder with a checkpoint."""
    monkeypatch.chdir(tmp_path)
    save(CHECKPOINT, "simple_ae")
    return tmp_path


def run(*words: str) -> None:
    named = () if "--checkpoint" in words else ("--checkpoint", str(CHECKPOINT))
    with repeatable(0):
        main([*words, *named])


def status_of(*words: str) -> object:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    return ended.value.code


def test_network_becomes_a_file_that_colors_as_it_does(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tree(project)

    run("export", "model.onnx")

    out, err = capfd.readouterr()
    assert out.startswith(
        f"model.onnx (0.0 MB) holds the network {CHECKPOINT}: ab matches torch to within "
    )
    assert err == f"network: {CHECKPOINT}\n"
    after = tree(project)
    content = after.pop("model.onnx")
    assert after == before

    Path("model.onnx").write_bytes(b"another")
    run("export", "model.onnx", "--overwrite")
    assert Path("model.onnx").read_bytes() == content

    # As much as two runtimes may differ.
    sepia(greys(90, 60)).save("old.png")
    run("photo", "old.png", "-o", "torch.png")
    run("photo", "old.png", "-o", "onnx.png", "--checkpoint", "model.onnx")
    colors = [np.asarray(opened(Path(name))).astype(int) for name in ("torch.png", "onnx.png")]
    assert abs(colors[0] - colors[1]).max() <= 1
    assert np.ptp(colors[1], axis=-1).mean() > 2


def test_general_network_is_exported_where_no_other_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    described = []

    def describe(checkpoint: Path) -> tuple[None, None]:
        described.append(checkpoint)
        return None, None

    def export(model: None, card: None, file: Path, opset: int) -> str:
        file.touch()
        return "to within 0"

    monkeypatch.setattr(onnx_export, "describe", describe)
    monkeypatch.setattr(onnx_export, "export_onnx", export)

    main(["export", "model.onnx"])

    assert described == [GENERAL]
    assert capsys.readouterr() == (
        "model.onnx (0.0 MB) holds the network general (comes with colorizer): ab matches torch "
        "to within 0\n",
        "network: general (comes with colorizer)\n",
    )


def test_opset_and_checkpoint_are_as_asked(project: Path) -> None:
    CHECKPOINT.rename("net")

    run("export", "new/model.onnx", "--checkpoint", "net", "--opset", "20")

    graph = onnx.load(project / "new" / "model.onnx")
    assert [opset.version for opset in graph.opset_import] == [20]


def test_colors_come_without_torch() -> None:
    save_graph(Path("model.onnx"), painting_graph())
    greys(64, 48).save("old.png")
    code = (
        "import sys\n"
        "from colorizer.cli.main import main\n"
        "main(['photo', 'old.png', '--checkpoint', 'model.onnx'])\n"
        "print(*{'torch', 'onnx', 'onnxscript'} & set(sys.modules))"
    )

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout == "old_color.png\n\n"
    with Image.open("old_color.png") as image:
        assert image.size == (64, 48)


def test_nothing_is_overwritten_unasked(project: Path) -> None:
    Path("model.onnx").write_bytes(b"mine")

    assert status_of("export", "model.onnx") == (
        "error: model.onnx is there already; --overwrite replaces what is there"
    )
    assert Path("model.onnx").read_bytes() == b"mine"


def test_interrupt_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(project)

    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), 15)

    monkeypatch.setattr(onnx_export, "_traced", lambda *_, **__: painting_graph())
    monkeypatch.setattr(onnx_export, "compare", interrupted)

    assert status_of("export", "model.onnx") == 130
    assert tree(project) == before


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["m.onnx", "--checkpoint", "none"], "checkpoint none not found; name a file that "),
        (["m.onnx", "--checkpoint", "README"], "README is not a checkpoint of this project: "),
        (
            ["data/checkpoints/m.onnx"],
            "data/checkpoints belongs to the pipeline, which removes what it does not know; ",
        ),
        (["folder.onnx", "--overwrite"], "folder.onnx is a folder; name a file"),
    ],
)
def test_mistakes_are_told(project: Path, words: list[str], error: str) -> None:
    Path("README").write_text("no network")
    Path("folder.onnx").mkdir()
    before = tree(project)

    assert str(status_of("export", *words)).startswith(f"error: {error}")
    assert tree(project) == before


def test_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorizer.common.extras.find_spec", lambda name: None)

    assert status_of("export", "model.onnx") == (
        f"error: onnx, onnxscript, torch not installed: {how_to_install('export')}"
    )


@pytest.mark.parametrize("words", [[], ["model.pt"], ["model.onnx", "--opset", "12"]])
def test_wrong_call_ends_with_status_2(words: list[str]) -> None:
    assert status_of("export", *words) == 2
