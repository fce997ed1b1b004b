from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from colorizer.checkpoint import save_checkpoint
from colorizer.cli import main
from colorizer.models.registry import build
from tests.data_helpers import colorful, tree
from tests.network_helpers import repeatable, vividness_of
from tests.test_stage_errors import set_params


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave torch as it was."""
    with repeatable(0):
        yield


@pytest.fixture
def project(tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with parameters, a checkpoint, and six photographs of which one is vertical."""
    set_params(tmp_path, prepare__size=32, predict__device="cpu")
    colorful(9, 32, 48).save(photographs / "hills" / "vertical.png")
    torch.manual_seed(0)
    save_checkpoint(
        tmp_path / "net", "simple_ae", 32, build("simple_ae").state_dict(), vividness_of()
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def error_of(*words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *words])
    return str(ended.value.code)


def figures(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    main(["evaluate", "net", "photographs", "--json", *words])
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


@pytest.mark.usefixtures("project")
def test_table_goes_to_standard_output_and_progress_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["evaluate", "net", "photographs"])

    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:3] == ["6 photographs, 32x32", "1 left out: 1 vertical", ""]
    first_words = [line.split()[0] for line in lines[4:-2] if line]
    assert first_words == ["network", "grey", "truth", "photographs", "hills", "towns"]
    assert lines[-1] == "predicted chroma x 1"
    assert "predict: " in err


def test_parameters_come_from_the_file_and_options_go_before_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_file = figures(capsys)
    assert (of_file["found"], of_file["images"], of_file["dropped"]) == (7, 6, {"vertical": 1})

    of_options = figures(capsys, "--orientation", "any", "--size", "64")
    assert (of_options["images"], of_options["dropped"]) == (7, {})

    set_params(project, prepare__orientation="any", prepare__size=64, predict__device="cpu")
    assert figures(capsys, "--params", str(project / "params.yaml")) == of_options


def test_saturation_is_that_of_the_option_or_as_calibrated(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = figures(capsys)
    vivid = figures(capsys, "--saturation", "1.5")
    assert vivid["colorfulness"] > plain["colorfulness"]

    torch.manual_seed(0)
    weights = build("simple_ae").state_dict()
    save_checkpoint(project / "net", "simple_ae", 32, weights, vividness_of(1.5))
    assert figures(capsys) == vivid


def test_figures_of_each_photograph_are_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(project)

    psnr = figures(capsys, "--per-image", "out/figures.csv")["psnr"]

    made = tree(project)
    rows = list(csv.DictReader(made.pop("out/figures.csv").decode().splitlines()))
    assert made == before
    assert [row["image"] for row in rows] == [
        *("hills/0.jpg", "hills/2.jpg", "hills/4.jpg", "towns/1.jpg", "towns/3.jpg"),
        "towns/5.jpg",
    ]
    assert sum(float(row["psnr"]) for row in rows) / 6 == pytest.approx(psnr, rel=1e-4)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["none", "photographs"], "checkpoint none not found; train one with: dvc repro train"),
        (["params.yaml", "photographs"], "params.yaml is not a checkpoint of this project: "),
        (["net", "none"], "none must be a folder of photographs (nothing there)"),
        (["net", "net"], "net must be a folder of photographs (a file)"),
        (["net", "photographs", "--params", "none.yaml"], "none.yaml not found: run from the "),
        (
            ["net", "photographs", "--size", "36"],
            "--size must be a multiple of 8 for the network in net, got 36",
        ),
        (
            ["net", "photographs", "--size", "8"],
            "prepare.size must be a whole number >= 16 and <= 4096, got 8",
        ),
        (
            ["net", "photographs", "--crop", "top"],
            "prepare.crop must be one of center, stretch, got 'top'",
        ),
        (["net", "photographs", "--device", "gpu"], "device 'gpu' cannot be used: "),
        (["net", "photographs", "--batch-size", "0"], "predict.batch_size must be a whole "),
    ],
)
def test_mistakes_are_told(words: list[str], error: str) -> None:
    assert error_of(*words).startswith(f"error: {error}")


def test_damaged_checkpoint_is_told(project: Path) -> None:
    content = (project / "net").read_bytes()
    (project / "net").write_bytes(content[:-100])

    assert error_of("net", "photographs").startswith("error: net is not a checkpoint of this ")


def test_folder_of_nothing_to_measure_is_told(project: Path) -> None:
    (project / "empty").mkdir()
    assert error_of("net", "empty").startswith("error: no photograph in empty: ")

    (project / "empty" / "a.jpg").write_bytes(b"no photograph")
    assert error_of("net", "empty") == (
        "error: none of the 1 photographs in empty can be measured: 1 unreadable"
    )
