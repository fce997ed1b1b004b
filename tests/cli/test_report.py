from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from colorizer.cli.evaluate_folder import FolderEvaluation
from colorizer.cli.report import as_json, as_text
from colorizer.evaluation.frechet import FRECHET
from colorizer.evaluation.metrics import METRICS, summarize

CATEGORIES = ("hills", "hills", "towns")
LEFT_OUT = {"reason": ["vertical", "unreadable", "vertical"], "path": ["a", "b", "c"]}


def figures(psnr: list[float], colorfulness: float) -> pd.DataFrame:
    values = {"mse": 0.01, "ssim": 0.9, "ciede2000": 4.0, "colorfulness_truth": 50.0}
    table = pd.DataFrame({"image": list("abc"), "category": CATEGORIES, "psnr": psnr})
    return table.assign(**values, colorfulness=colorfulness)[["image", "category", *METRICS]]


@pytest.fixture
def evaluation() -> FolderEvaluation:
    network, grey = figures([20, 22, 30.1234567], 40.0), figures([10, 12, 14], 0.0)
    return FolderEvaluation(network, grey, pd.DataFrame(LEFT_OUT), 128)


def of_one_category(evaluation: FolderEvaluation) -> FolderEvaluation:
    network, grey = (table[:2] for table in (evaluation.per_image, evaluation.grey))
    return FolderEvaluation(network, grey, evaluation.left_out[:0], 64)


def test_json_holds_what_the_pipeline_writes(evaluation: FolderEvaluation) -> None:
    content = json.loads(json.dumps(as_json(evaluation, "net"), allow_nan=False))
    assert (content.pop("network"), content.pop("size")) == ("net", 128)
    grey = content.pop("grey")
    assert content.pop("per_category").keys() == {"hills", "towns"}
    assert content.pop("found") == 6
    assert content.pop("dropped") == {"unreadable": 1, "vertical": 2}
    assert content == summarize(evaluation.per_image)
    assert grey == summarize(evaluation.grey)


def test_distances_of_sets_are_told_where_there_are_any(evaluation: FolderEvaluation) -> None:
    of_sets = replace(evaluation, of_set={FRECHET: 12.3456}, grey_of_set={FRECHET: 250.0})

    content = as_json(of_sets, "net")
    assert (content[FRECHET], content["grey"][FRECHET]) == (12.3456, 250.0)
    titles, *rows = as_text(of_sets, "net").splitlines()[4:8]
    assert titles.endswith("colourfulness   Fréchet distance")
    assert [row.split()[-1] for row in rows] == ["12.3", "250.0", "50.0"]

    assert FRECHET not in as_json(evaluation, "net")
    assert "Fréchet" not in as_text(evaluation, "net")


def test_json_holds_every_category(evaluation: FolderEvaluation) -> None:
    hills, towns = as_json(evaluation, "net")["per_category"].values()
    assert (hills["images"], hills["psnr"], hills["grey"]["psnr"]) == (2, 21.0, 11.0)
    assert (towns["images"], towns["psnr"], towns["grey"]["psnr"]) == (1, 30.123457, 14.0)
    assert hills.keys() == {"images", *METRICS, "grey"}


def test_text_puts_the_network_beside_grey_and_truth(evaluation: FolderEvaluation) -> None:
    assert as_text(evaluation, "net").splitlines()[:8] == [
        "network: net",
        "3 photographs, 128x128",
        "3 left out: 1 unreadable, 2 vertical",
        "",
        "          PSNR, dB   mean of categories    SSIM   CIEDE2000   colourfulness",
        "network      24.04                25.56   0.900        4.00            40.0",
        "grey         12.00                12.50   0.900        4.00             0.0",
        "truth                                                                  50.0",
    ]


def test_text_lists_categories(evaluation: FolderEvaluation) -> None:
    assert [line.split() for line in as_text(evaluation, "net").splitlines()[10:]] == [
        ["hills", "2", "21.00", "11.00", "0.900", "4.00", "40.0", "50.0"],
        ["towns", "1", "30.12", "14.00", "0.900", "4.00", "40.0", "50.0"],
    ]


def test_text_leaves_out_what_there_is_not(evaluation: FolderEvaluation) -> None:
    lines = as_text(of_one_category(evaluation), "net").splitlines()
    assert lines[:3] == ["network: net", "2 photographs, 64x64", ""]
    assert len(lines) == 7
    assert as_json(of_one_category(evaluation), "net")["dropped"] == {}


def test_photographs_without_a_category_are_told_as_such(evaluation: FolderEvaluation) -> None:
    nameless = evaluation.per_image.assign(category=["", "", "towns"])
    other = FolderEvaluation(nameless, nameless, evaluation.left_out, 128)
    assert "\n(none)" in as_text(other, "net")
    assert set(as_json(other, "net")["per_category"]) == {"", "towns"}


def test_photographs_at_their_own_size_are_told_as_such(evaluation: FolderEvaluation) -> None:
    other = replace(evaluation, size=None)
    assert as_text(other, "net").splitlines()[1] == "3 photographs, each at its own size"
    assert as_json(other, "net")["size"] is None
