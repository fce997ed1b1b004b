"""``dvc repro``: what it makes, that it repeats itself to the bit, and what reruns what."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

from colorizer.inference.saturation import choose_saturation, moderate
from tests.e2e.conftest import Clone

PER_IMAGE = [
    "image",
    "category",
    "split",
    "mse",
    "psnr",
    "ssim",
    "ciede2000",
    "colorfulness",
    "colorfulness_truth",
]
# Stages that predict, the second of them with hints.
PREDICTING = ["evaluate", "predict"]
FIGURES = {"images", "psnr_category_mean", *PER_IMAGE[3:]}


@pytest.fixture
def untouched(clone: Clone) -> Iterator[Clone]:
    """Give the clone, and undo afterwards what a test changed in files of git."""
    yield clone
    clone.run("git", "checkout", "--quiet", "--", ".")


def change_params(clone: Clone, values: Mapping[str, object]) -> None:
    """Give parameters, by names such as ``train.unet.lr``, other values in params.yaml."""
    params = yaml.safe_load(clone.read("params.yaml"))
    for key, value in values.items():
        *blocks, last = key.split(".")
        block = params
        for name in blocks:
            block = block[name]
        assert block[last] != value
        block[last] = value
    clone.write("params.yaml", yaml.safe_dump(params))


def rows_of(clone: Clone, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(clone.read(path).splitlines()))


def test_evaluation_holds_the_network_and_both_baselines(clone: Clone) -> None:
    evaluation = clone.json("metrics/evaluation.json")
    others = {"grey", "mean_ab", "general", "aged"}
    suggestions, variants = evaluation.pop("suggestions"), evaluation.pop("variants")
    assert set(evaluation) == FIGURES | others
    assert all(set(evaluation[name]) == FIGURES for name in others)
    assert evaluation["grey"]["colorfulness"] < 1 < evaluation["colorfulness_truth"]
    assert suggestions.keys() == {"first", "five", "predicted", "five_named_swatches"}
    assert 0 <= suggestions["first"] <= suggestions["five"] <= 1
    assert variants["psnr_first"] == pytest.approx(evaluation["psnr"], abs=0.01)
    assert variants["psnr_best"] >= variants["psnr_first"]


def test_every_test_photograph_is_measured_once(clone: Clone) -> None:
    rows = rows_of(clone, "plots/per_image.csv")
    index = rows_of(clone, "data/prepared/index.csv")
    assert list(rows[0]) == PER_IMAGE
    assert [row["image"] for row in rows] == sorted(
        row["file"] for row in index if row["split"] == "test"
    )
    assert len(rows) == clone.json("metrics/evaluation.json")["images"]


def test_mean_psnr_is_that_of_the_images(clone: Clone) -> None:
    values = [float(row["psnr"]) for row in rows_of(clone, "plots/per_image.csv")]
    mean = clone.json("metrics/evaluation.json")["psnr"]
    assert sum(values) / len(values) == pytest.approx(mean, abs=1e-3)


def test_vertical_photographs_are_dropped_and_listed(clone: Clone) -> None:
    dropped = clone.json("metrics/prepare.json")["dropped"]
    listed = [row["reason"] for row in rows_of(clone, "plots/rejected.csv")]
    assert dropped["vertical"] > 0
    assert {reason: listed.count(reason) for reason in set(listed)} == dropped


def test_loss_has_a_row_for_every_epoch(clone: Clone) -> None:
    rows = rows_of(clone, "plots/loss.csv")
    assert set(rows[0]) == {"epoch", "train", "val", "lr"}
    # The first is that of the general network, which has learnt nothing from these photographs.
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert [bool(row["train"]) for row in rows] == [False, True]


def test_vividness_has_a_row_for_every_saturation(clone: Clone) -> None:
    rows = rows_of(clone, "plots/vividness.csv")
    assert set(rows[0]) == {"saturation", "psnr", "colorfulness", "photographs"}
    assert [float(row["saturation"]) for row in rows] == pytest.approx(
        [step / 20 for step in range(41)]
    )


def test_hints_have_a_row_for_every_number(clone: Clone) -> None:
    rows = rows_of(clone, "plots/hints.csv")
    assert set(rows[0]) == {"hints", "psnr", "ciede2000"}
    assert [row["hints"] for row in rows] == ["0", "1", "5", "10", "50"]


def test_without_hints_figures_are_those_of_the_predictions(clone: Clone) -> None:
    none, *_ = rows_of(clone, "plots/hints.csv")
    evaluation = clone.json("metrics/evaluation.json")
    for name in ("psnr", "ciede2000"):
        assert float(none[name]) == pytest.approx(evaluation[name], abs=1e-3)


def test_saturation_is_chosen_on_val(clone: Clone) -> None:
    chosen = clone.json("metrics/predict.json")["saturation"]
    vividness = pd.read_csv(clone.root / "plots/vividness.csv")
    (val,) = set(vividness["photographs"])
    assert val == clone.json("metrics/prepare.json")["splits"]["val"]
    cost = yaml.safe_load(clone.read("params.yaml"))["predict"]["saturation_cost"]
    assert chosen == moderate(choose_saturation(vividness, cost), val)


@pytest.mark.parametrize("split", ["test", "train"])
def test_panels_are_pictures_of_photographs_of_their_split(clone: Clone, split: str) -> None:
    panels = sorted((clone.root / "plots/predictions" / split).iterdir())
    index = rows_of(clone, "data/prepared/index.csv")
    photographs = {Path(row["file"]).stem for row in index if row["split"] == split}
    assert len(panels) == 2
    for file in panels:
        assert file.stem.split("--")[-1] in photographs
        with Image.open(file) as picture:
            assert picture.width > 3 * 128


@pytest.mark.parametrize("name", ["loss", "vividness", "hints", "psnr", "best", "worst"])
def test_figures_are_drawn(clone: Clone, name: str) -> None:
    with Image.open(clone.root / "plots" / "figures" / f"{name}.png") as picture:
        assert len(picture.convert("RGB").getcolors(maxcolors=1 << 24) or []) > 10


def test_checkpoint_names_the_network(clone: Clone) -> None:
    head = (clone.root / "data/checkpoints/model.safetensors").read_bytes()[:400]
    assert b"unet" in head


def test_second_repro_does_nothing(clone: Clone) -> None:
    assert clone.changed_stages() == []


def test_a_clone_without_the_cache_repeats_every_bit(clone: Clone, tmp_path: Path) -> None:
    other = Clone(tmp_path / "clone")
    clone.run("git", "clone", "--quiet", str(clone.root), str(other.root))
    shutil.copyfile(clone.root.parent / "gitconfig", tmp_path / "gitconfig")
    (other.root / "dvc.lock").unlink()
    other.dvc("repro")
    # All of it: the outputs' hashes, the checkpoint's among them.
    lock = yaml.safe_load(other.read("dvc.lock"))
    assert lock == yaml.safe_load(clone.read("dvc.lock"))
    assert "data/checkpoints" in {out["path"] for out in lock["stages"]["train"]["outs"]}


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("figures/panels", ["evaluate", "predict"]),
        ("figures/curves", ["evaluate"]),
        ("training/loop", ["train"]),
        ("training/batches", ["train"]),
        ("fetch/archives", ["fetch"]),
        ("images/decode", ["prepare"]),
        ("evaluation/metrics", ["evaluate", "predict", "train"]),
        ("evaluation/baselines", ["evaluate"]),
        ("inference/cluster", ["evaluate", "predict"]),
        ("inference/variants", ["evaluate"]),
        ("networks/hint_head", ["evaluate", "predict", "train"]),
        ("color/gamut", ["evaluate", "predict", "train"]),
    ],
)
def test_a_changed_module_reruns_its_stages_only(
    untouched: Clone, module: str, stages: list[str]
) -> None:
    file = f"src/colorizer/{module}.py"
    untouched.write(file, untouched.read(file) + "\n# changed\n")
    assert untouched.changed_stages() == stages


@pytest.mark.parametrize(
    ("key", "value", "stages"),
    [
        ("train.unet.lr", 0.002, ["train"]),
        ("train.precision", "bf16", ["train"]),
        ("epochs", 2, ["train"]),
        ("prepare.min_chroma", 3.0, ["prepare"]),
        ("predict.mirror", False, PREDICTING),
        ("predict.saturation", 0.5, PREDICTING),
        ("predict.saturation_cost", 9, PREDICTING),
        ("predict.panels", 3, ["predict"]),
        ("evaluate.ranked", 3, ["evaluate"]),
    ],
)
def test_a_changed_parameter_reruns_its_stage_only(
    untouched: Clone, key: str, value: object, stages: list[str]
) -> None:
    change_params(untouched, {key: value})
    assert untouched.changed_stages() == stages


def test_what_does_not_change_a_bit_reruns_nothing(untouched: Clone) -> None:
    # Another network's recipe, where work is done, and what colours whole photographs.
    others = {
        "train.conv_ae.lr": 0.002,
        "train.device": "cuda",
        "train.devices": 2,
        "launcher": "torchrun",
        "predict.device": "cuda",
        "predict.scheduler": "tcp://host:8786",
        "prepare.scheduler": "tcp://host:8786",
        "prepare.workspace": "s3://bucket/x",
    }
    change_params(untouched, others)
    for module in ("photo/read", "color/guided_filter"):
        file = f"src/colorizer/{module}.py"
        untouched.write(file, untouched.read(file) + "\n# changed\n")
    assert untouched.changed_stages() == []


def test_a_new_photograph_in_the_folder_is_noticed(untouched: Clone) -> None:
    first = next((untouched.root / "photographs").rglob("*.jpg"))
    added = first.with_name("added.jpg")
    shutil.copyfile(first, added)
    try:
        assert untouched.changed_stages() == ["fetch"]
    finally:
        added.unlink()


def test_a_wrong_parameter_ends_in_one_clear_line(untouched: Clone) -> None:
    params = untouched.read("params.yaml")
    untouched.write("params.yaml", params.replace("epochs: 1", "epochs: ten"))
    result = untouched.run("dvc", "repro", check=False)
    assert result.returncode != 0
    assert "error: epochs must be a whole number >= 1, got 'ten'" in result.stderr
    assert "Traceback" not in result.stderr
