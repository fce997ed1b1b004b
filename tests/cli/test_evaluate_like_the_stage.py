"""``colorizer evaluate`` on the pipeline's test photographs gives the pipeline's figures."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import stages.evaluate
import stages.predict
import stages.prepare
from colorizer.cli.main import main
from colorizer.evaluation import frechet
from colorizer.evaluation.frechet import FRECHET
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.registry import build
from tests.network_helpers import repeatable, vividness_of
from tests.prepare_helpers import make_raw
from tests.test_stage_errors import set_params


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which the pipeline has run, with a network that has learnt nothing."""
    set_params(
        tmp_path,
        prepare__size=32,
        prepare__val=0.2,
        prepare__test=0.3,
        predict__device="cpu",
        predict__batch_size=5,
    )
    make_raw(tmp_path / "data" / "raw")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frechet, "FEWEST_PHOTOGRAPHS", 2)
    with repeatable(0):
        torch.manual_seed(0)
        weights = build("simple_ae").state_dict()
        save_checkpoint(
            Path("data/checkpoints/model.safetensors"),
            "simple_ae",
            32,
            weights,
            vividness_of(1.25),
        )
        stages.prepare.main()
        stages.predict.main()
        Path("plots/loss.csv").write_text("epoch,train,val,lr\n1,0.1,0.1,0.1\n")
        vividness_of(1.25).to_csv("plots/vividness.csv")
        stages.evaluate.main()
        yield tmp_path


def rows_of(file: str) -> list[dict[str, str]]:
    with Path(file).open(newline="") as lines:
        return list(csv.DictReader(lines))


def json_of(file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(file).read_text())
    return content


@pytest.mark.usefixtures("project")
def test_to_the_last_digit(capsys: pytest.CaptureFixture[str]) -> None:
    for row in rows_of("data/prepared/index.csv"):
        if row["split"] in ("", "test"):
            copy = Path("photographs", row["file"])
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path("data/raw", row["file"]), copy)
    capsys.readouterr()

    words = ["photographs", "--checkpoint", "data/checkpoints/model.safetensors"]
    words += ["--params", "params.yaml"]
    main(["evaluate", *words, "--json", "--per-image", "figures.csv"])

    found, expected = json.loads(capsys.readouterr().out), json_of("metrics/evaluation.json")
    assert min(expected[FRECHET], expected["grey"][FRECHET]) > 0
    # These need training photographs, another network and aging.
    for name in ("mean_ab", "general", "aged"):
        assert expected.pop(name)[FRECHET] > 0
    assert {name: found[name] for name in expected} == expected
    assert found["dropped"] == json_of("metrics/prepare.json")["dropped"]
    rows = rows_of("plots/per_image.csv")
    for row in rows:
        del row["split"]
    assert rows_of("figures.csv") == rows
