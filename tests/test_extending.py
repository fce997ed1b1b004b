"""CONTRIBUTING's promise: a new network, source, metric or format is a piece of code and a line.

Each is added from outside here, and the pipeline and the commands do the rest.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import torch
import yaml
from PIL import Image
from torch import Tensor, nn

import stages.predict
import stages.train
from colorizer.cli.main import main
from colorizer.common.blocks import Chance, ParamsError
from colorizer.common.params import load_params
from colorizer.data.manifest import read_manifest
from colorizer.evaluation.metrics import METRICS, Metric
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.provenance import Origin
from colorizer.fetch.sources import SOURCES, fetch
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_checkpoint
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import NETWORKS
from colorizer.photo.formats import WRITE_FORMATS, Format
from colorizer.training.params import parse_train
from tests.data_helpers import colorful, save_photographs
from tests.network_helpers import noise, repeatable, write_shards
from tests.photo_helpers import greys
from tests.test_stage_errors import set_params


class TintRecipe(Recipe):
    warmth: Chance


class Tint(Colorizer):
    """Paints everything in one colour, which it learns; it starts as warm as its recipe says."""

    recipe_type: ClassVar[type[Recipe]] = TintRecipe

    def __init__(self) -> None:
        super().__init__()
        self.ab = nn.Parameter(torch.zeros(2))

    def load_start(self, recipe: Recipe) -> None:
        assert isinstance(recipe, TintRecipe)
        nn.init.constant_(self.ab, recipe.warmth)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return self.ab[None, :, None, None].expand(len(lightness), 2, *lightness.shape[-2:])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with repeatable(0):
        yield tmp_path


class TestNetwork:
    @pytest.fixture(autouse=True)
    def line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(NETWORKS, "tint", Tint)

    def set_params(self, folder: Path, **changes: Any) -> None:
        """Write parameters that train the network, which has a block of its own in them."""
        set_params(folder, model="tint", epochs=2, train__device="cpu", predict__device="cpu")
        content = yaml.safe_load((folder / "params.yaml").read_text())
        content["train"]["tint"] = {**content["train"]["conv_ae"], "warmth": 0.5, **changes}
        (folder / "params.yaml").write_text(yaml.safe_dump(content))

    @pytest.mark.usefixtures("signal_handlers")
    def test_is_trained_kept_and_used_by_the_stages(self, elsewhere: Path) -> None:
        self.set_params(elsewhere, loss="l1", lr=0.01)
        index = ["file,category,split,shard,row"]
        for split in ("train", "val", "test"):
            write_shards(Path("data/prepared"), noise(6, 16), split)
            index += [
                f"{split}{number}.jpg,noise,{split},{split}-00000.npy,{number}"
                for number in range(6)
            ]
        Path("data/prepared/index.csv").write_text("\n".join(index))

        stages.train.main()
        model = load_checkpoint(Path("data/checkpoints/model.safetensors"))
        assert isinstance(model, Tint)
        assert (
            0.4 < float(model.ab.detach().max()) < 0.5
        )  # on its way from warm to the grey of noise
        summary = json.loads(Path("metrics/train.json").read_text())
        assert (summary["best_epoch"], summary["parameters"]) == (2, 2)

        stages.predict.main()
        assert len(list(Path("plots/predictions/test").iterdir())) == 6

    def test_checks_its_own_parameters(self, elsewhere: Path) -> None:
        self.set_params(elsewhere, warmth=2)
        with pytest.raises(ParamsError, match=r"^train\.tint\.warmth must be a number .* got 2$"):
            parse_train(load_params().train, "tint")


def fetch_paintings(_: FetchParams, target: Path, __: Places) -> Origin:
    save_photographs(target, 2)
    return Origin("paintings")


def test_source(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "paintings", fetch_paintings)
    set_params(elsewhere, dataset="paintings")
    params = load_params()
    places = Places(elsewhere / "downloads", elsewhere / "records.json")

    found = fetch(params.dataset, FetchParams.parse(params.fetch), elsewhere / "raw", places)

    assert found == len(read_manifest(elsewhere / "raw")) == 2
    assert json.loads((elsewhere / "raw/source.json").read_text())["dataset"] == "paintings"


def worst(predicted: npt.NDArray[np.uint8], true: npt.NDArray[np.uint8]) -> float:
    """Return the greatest error of a channel, in steps of 8 bits."""
    return float(np.abs(predicted.astype(int) - true).max())


@pytest.mark.parametrize("options", [[], ["--own-size"]], ids=["squares", "own size"])
def test_metric(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    monkeypatch.setitem(METRICS, "worst", Metric(worst, "greatest error", "{:.0f}"))
    Path("photographs").mkdir()
    for number in (1, 2):
        colorful(number).save(f"photographs/{number}.png")

    main(["evaluate", "photographs", "--per-image", "figures.csv", *options])

    with Path("figures.csv").open(newline="") as lines:
        measured = [float(row["worst"]) for row in csv.DictReader(lines)]
    assert len(measured) == 2
    assert 0 < min(measured) <= max(measured) <= 255
    assert "greatest error" in capsys.readouterr().out


def test_output_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WRITE_FORMATS, "ppm", Format("PPM", (".ppm",), has_alpha=False))
    greys(64, 48).save("old.jpg")

    main(["photo", "old.jpg", "--format", "ppm"])

    with Image.open("old_color.ppm") as image:
        assert (image.format, image.size) == ("PPM", (64, 48))
