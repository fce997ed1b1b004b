from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from colorizer.cli.evaluate_folder import FolderEvaluation, count_reasons, evaluate_folder
from colorizer.common.errors import UserError
from colorizer.data.shards import Shards, read_index, read_split_index
from colorizer.data.splits import TEST
from colorizer.evaluation import frechet
from colorizer.evaluation.baselines import GREY, paint_uniformly
from colorizer.evaluation.frechet import FRECHET
from colorizer.evaluation.metrics import METRICS, measure_all
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.pipeline import prepare
from tests.data_helpers import colorful, save_photographs, tree
from tests.prepare_helpers import BAD


def darker(photographs: Shards) -> Iterator[npt.NDArray[np.uint8]]:
    return (photograph // 2 for photograph in photographs)


@pytest.fixture(scope="module")
def prepared(raw: Path, rules: PrepareParams, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pipeline makes of the photographs."""
    target = tmp_path_factory.mktemp("data") / "prepared"
    prepare(raw, rules, target)
    return target


@pytest.fixture(scope="module")
def folder(raw: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline's test photographs, and all that it left out."""
    folder = tmp_path_factory.mktemp("folder")
    index = read_index(prepared)
    for file in index.loc[index["split"].isin(["", TEST]), "file"]:
        (folder / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(raw / file, folder / file)
    return folder


@pytest.fixture(scope="module")
def before(folder: Path) -> dict[str, bytes]:
    return tree(folder)


@pytest.fixture(scope="module")
def evaluation(folder: Path, before: dict[str, bytes], rules: PrepareParams) -> FolderEvaluation:
    assert before
    return evaluate_folder(folder, rules, darker)


def test_figures_are_those_of_the_pipeline(evaluation: FolderEvaluation, prepared: Path) -> None:
    test, index = Shards(prepared, TEST), read_split_index(prepared, TEST)
    about = pd.DataFrame({"image": index["file"], "category": index["category"]})

    for found, colored in (
        (evaluation.per_image, darker(test)),
        (evaluation.grey, paint_uniformly(test, GREY)),
    ):
        expected = about.join(measure_all(zip(colored, test, strict=True)))
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
        assert list(found.columns) == ["image", "category", *METRICS]


def test_few_photographs_are_not_measured_as_a_set(evaluation: FolderEvaluation) -> None:
    assert len(evaluation.per_image) < frechet.FEWEST_PHOTOGRAPHS
    assert evaluation.of_set == evaluation.grey_of_set == {}


def test_sets_are_measured(
    tmp_path: Path, rules: PrepareParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frechet, "FEWEST_PHOTOGRAPHS", 6)
    save_photographs(tmp_path, 6)

    evaluation = evaluate_folder(tmp_path, rules, iter)

    assert evaluation.of_set == {FRECHET: pytest.approx(0, abs=1e-5)}
    assert evaluation.grey_of_set[FRECHET] > 0.01


def test_what_was_left_out_is_told(evaluation: FolderEvaluation) -> None:
    left_out = evaluation.left_out
    assert dict(zip(left_out["path"], left_out["reason"], strict=True)) == {
        name: reason for name, (_, reason, _) in BAD.items()
    }
    assert count_reasons(left_out) == (
        "1 near-colourless, 1 too large, 1 too small, 2 unreadable, 1 vertical"
    )
    details = dict(zip(left_out["path"], left_out["detail"], strict=True))
    assert (
        details["bad/text.png"]
        == "it is text; JPEG, PNG, TIFF, WebP, GIF, BMP, AVIF and JPEG 2000 can be read"
    )


@pytest.mark.usefixtures("evaluation")
def test_folder_stays_as_it_was(folder: Path, before: dict[str, bytes]) -> None:
    assert tree(folder) == before


def test_rules_are_kept(tmp_path: Path, rules: PrepareParams) -> None:
    colorful(1, 32, 48).save(tmp_path / "vertical.png")

    evaluation = evaluate_folder(tmp_path, rules.replace(orientation="any", size=64), darker)

    assert list(evaluation.per_image["image"]) == ["vertical.png"]
    assert list(evaluation.per_image["category"]) == [""]
    assert evaluation.size == 64


def test_copies_are_all_measured(tmp_path: Path, rules: PrepareParams) -> None:
    for name in ("a.png", "b.png"):
        colorful(1).save(tmp_path / name)

    assert len(evaluate_folder(tmp_path, rules, darker).per_image) == 2


def test_temporary_files_go(
    tmp_path: Path, rules: PrepareParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "photographs").mkdir()
    colorful(1).save(tmp_path / "photographs" / "a.png")

    def failing(_: Shards) -> Iterator[npt.NDArray[np.uint8]]:
        assert list(temporary.glob("colorizer-*/test-00000.npy"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        evaluate_folder(tmp_path / "photographs", rules, failing)
    assert list(temporary.glob("colorizer-*")) == []


def test_folder_without_photographs_is_told(tmp_path: Path, rules: PrepareParams) -> None:
    (tmp_path / "notes.txt").touch()

    with pytest.raises(UserError, match=r"^no photograph in .*: no file there ends in \.jpg, "):
        evaluate_folder(tmp_path, rules, darker)


def test_folder_without_any_that_is_kept_is_told(tmp_path: Path, rules: PrepareParams) -> None:
    colorful(1, 32, 48).save(tmp_path / "a.png")
    (tmp_path / "b.png").touch()

    with pytest.raises(UserError) as raised:
        evaluate_folder(tmp_path, rules, darker)

    assert str(raised.value) == (
        f"none of the 2 photographs in {tmp_path} can be measured: 1 unreadable, 1 vertical"
    )
