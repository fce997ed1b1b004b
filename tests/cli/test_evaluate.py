from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from colorizer.cli.main import main
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.registry import build
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


def run(*words: str) -> None:
    named = () if "--checkpoint" in words else ("--checkpoint", "net")
    main(["evaluate", *words, *named])


def error_of(*words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    return str(ended.value.code)


def figures(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    run("photographs", "--json", *words)
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


@pytest.mark.usefixtures("project")
def test_table_goes_to_standard_output_and_progress_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("photographs")

    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:4] == ["network: net", "6 photographs, 32x32", "1 left out: 1 vertical", ""]
    first_words = [line.split()[0] for line in lines[5:-2] if line]
    assert first_words == ["network", "grey", "truth", "photographs", "hills", "towns"]
    assert lines[-1] == "predicted chroma x 1"
    assert err.startswith("network: net\n")
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


def test_general_network_and_built_in_parameters_serve_where_none_are_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "params.yaml").unlink()

    main(["evaluate", "photographs", "--size", "32", "--json"])

    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["network"], found["images"]) == ("general (comes with colorizer)", 6)
    assert err.startswith("network: general (comes with colorizer)\n")


@pytest.mark.usefixtures("project")
def test_network_before_the_folder_ends_with_what_is_to_be_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert error_of("net", "photographs") == "2"
    assert capsys.readouterr().err.startswith(
        "error: argument FOLDER: only one folder can be given, and 'photographs' is a second one; "
        "--checkpoint names the network: colorizer evaluate FOLDER --checkpoint FILE; "
    )


class TestOwnSize:
    def test_whole_photographs_are_measured(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("photographs", "--own-size", "--per-image", "figures.csv")

        out, err = capsys.readouterr()
        assert out.splitlines()[:3] == [
            "network: net",
            "6 photographs, each at its own size",
            "1 left out: 1 vertical",
        ]
        assert out.endswith("\npredicted chroma x 1\n")
        assert err.startswith("network: net\n")
        assert "measure: 100%" in err
        assert len((project / "figures.csv").read_text().splitlines()) == 7

    @pytest.mark.usefixtures("project")
    def test_figures_are_json_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = figures(capsys, "--own-size", "--orientation", "any", "--saturation", "0")

        assert (found["network"], found["size"], found["images"]) == ("net", None, 7)
        assert found["colorfulness"] < 1 < found["colorfulness_truth"]
        assert found["psnr"] == pytest.approx(found["grey"]["psnr"], abs=0.2)

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize(
        "option", [("--size", "64"), ("--crop", "stretch"), ("--batch-size", "2")]
    )
    def test_options_of_squares_are_refused(self, option: tuple[str, str]) -> None:
        assert error_of("photographs", "--own-size", *option) == (
            f"error: {option[0]} does not go with --own-size, which measures whole photographs "
            "at their own size, one by one; leave one of the two out"
        )

    @pytest.mark.usefixtures("project")
    def test_photographs_must_hold_a_window_of_ssim(self) -> None:
        assert error_of("photographs", "--own-size", "--min-side", "6").startswith(
            "error: prepare.min_side must be at least 7 "
        )


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
        (
            ["photographs", "--checkpoint", "none"],
            "checkpoint none not found; name a file that is there, or leave --checkpoint out ",
        ),
        (
            ["photographs", "--checkpoint", "params.yaml"],
            "params.yaml is not a checkpoint of this project: ",
        ),
        (["none"], "none must be a folder of photographs (nothing there)"),
        (["net"], "net must be a folder of photographs (a file)"),
        (["photographs", "--params", "none.yaml"], "none.yaml not found: run from the "),
        (
            ["photographs", "--size", "36"],
            "--size must be a multiple of 8 for the network net, got 36",
        ),
        (
            ["photographs", "--size", "8"],
            "prepare.size must be a whole number >= 16 and <= 4096, got 8",
        ),
        (
            ["photographs", "--crop", "top"],
            "prepare.crop must be one of center, stretch, got 'top'",
        ),
        (["photographs", "--device", "gpu"], "device 'gpu' cannot be used: "),
        (["photographs", "--batch-size", "0"], "predict.batch_size must be a whole "),
    ],
)
def test_mistakes_are_told(words: list[str], error: str) -> None:
    assert error_of(*words).startswith(f"error: {error}")


def test_damaged_checkpoint_is_told(project: Path) -> None:
    content = (project / "net").read_bytes()
    (project / "net").write_bytes(content[:-100])

    assert error_of("photographs").startswith("error: net is not a checkpoint of this ")


def test_folder_of_nothing_to_measure_is_told(project: Path) -> None:
    (project / "empty").mkdir()
    assert error_of("empty").startswith("error: no photograph in empty: ")

    (project / "empty" / "a.jpg").write_bytes(b"no photograph")
    assert error_of("empty") == (
        "error: none of the 1 photographs in empty can be measured: 1 unreadable"
    )
