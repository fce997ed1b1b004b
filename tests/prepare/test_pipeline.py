from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tqdm import tqdm

import stages.prepare
from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.common.errors import UserError
from colorizer.data.manifest import write_manifest
from colorizer.data.shards import INDEX, Shards, read_index, read_split_index
from colorizer.data.splits import SPLITS
from colorizer.images.square import SquareRule, load_square
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.pipeline import Prepared, list_rejected, prepare
from tests.conftest import REPOSITORY
from tests.data_helpers import colorful, tree
from tests.prepare_helpers import BAD, COPIES, GOOD, make_raw
from tests.process_helpers import paths
from tests.test_stage_errors import set_params

T = TypeVar("T")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "prepared"


@pytest.fixture(scope="module")
def prepared(raw: Path, rules: PrepareParams, target: Path) -> Prepared:
    return prepare(raw, rules, target)


def fetched(folder: Path, *images: Image.Image) -> Path:
    """Return a fetched folder of these photographs, 0.png, 1.png ..."""
    folder.mkdir()
    for number, image in enumerate(images):
        image.save(folder / f"{number}.png")
    write_manifest(folder)
    return folder


def test_every_photograph_is_counted(prepared: Prepared) -> None:
    summary = dict(prepared.summary)
    splits = summary.pop("splits")
    assert summary.pop("mean_chroma") > 10

    assert list(splits) == list(SPLITS)
    assert sum(splits.values()) == GOOD + len(COPIES)
    assert summary == {
        "found": GOOD + len(COPIES) + len(BAD),
        "kept": GOOD + len(COPIES),
        "near_duplicates": len(COPIES),
        "categories": {"copies": len(COPIES), "hills": GOOD // 2, "towns": GOOD // 2},
        "dropped": {
            "near-colourless": 1,
            "too large": 1,
            "too small": 1,
            "unreadable": 2,
            "vertical": 1,
        },
    }


def test_rejected_photographs_are_listed_by_reason(prepared: Prepared) -> None:
    table = list_rejected(prepared.index)

    listed = table[["file", "reason", "width", "height"]].itertuples(index=False, name=None)
    assert list(listed) == sorted(
        ((name, reason, *size) for name, (_, reason, size) in BAD.items()),
        key=lambda row: (row[1], row[0]),
    )
    details = dict(zip(table["file"], table["detail"], strict=True))
    assert (
        details["bad/text.png"]
        == "it is text; JPEG, PNG, TIFF, WebP, GIF, BMP, AVIF and JPEG 2000 can be read"
    )
    assert details["bad/broken.jpg"].startswith("image file is truncated")
    assert details["bad/grey.gif"] == "mean chroma 0.00"
    assert details["bad/vertical.jpg"] == ""


@pytest.mark.usefixtures("prepared")
def test_index_has_a_row_for_every_photograph(raw: Path, target: Path) -> None:
    index = read_index(target)

    assert list(index["file"]) == sorted(tree(raw).keys() - {"manifest.csv"})
    assert list(index["category"]) == [Path(file).parent.name for file in index["file"]]
    kept = index["split"] != ""
    assert list(kept) == [file not in BAD for file in index["file"]]
    assert ((index["reason"] == "") == kept).all()
    assert (index["row"].notna() == kept).all()
    assert (index["group"].notna() == kept).all()
    assert set(index.loc[kept, "width"]) == {48}
    assert set(index.loc[kept, "height"]) == {32}


@pytest.mark.usefixtures("prepared")
def test_folder_holds_shards_and_index_alone(target: Path) -> None:
    assert sorted(tree(target)) == [INDEX, *(f"{split}-00000.npy" for split in sorted(SPLITS))]
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("split", SPLITS)
def test_index_tells_where_the_pixels_are(
    raw: Path, target: Path, rules: PrepareParams, split: str
) -> None:
    rule = SquareRule(rules.size, rules.orientation, rules.crop, rules.min_side, 250)

    photographs = Shards(target, split)
    index = read_split_index(target, split)

    assert len(index) == len(photographs)
    for file, photograph in zip(index["file"], photographs, strict=True):
        np.testing.assert_array_equal(photograph, load_square(raw / file, rule).pixels)


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("split", SPLITS)
def test_shards_are_in_the_order_of_the_hashes(target: Path, split: str) -> None:
    hashes = list(read_split_index(target, split)["sha256"])

    assert hashes == sorted(hashes)


@pytest.mark.usefixtures("prepared")
def test_index_holds_the_mean_chroma(target: Path) -> None:
    index = read_split_index(target, "test")

    for chroma, photograph in zip(index["chroma"], Shards(target, "test"), strict=True):
        a, b = lab_from_bytes(photograph)[1:]
        assert chroma == round(float(np.hypot(a, b).mean()), 1)


@pytest.mark.parametrize(("copy", "original"), COPIES.items())
def test_copies_share_group_and_split(prepared: Prepared, copy: str, original: str) -> None:
    pair = prepared.index.set_index("file").loc[[copy, original]]

    assert len(set(pair["group"])) == 1
    assert len(set(pair["split"])) == 1


def test_same_bytes_share_a_split_even_where_grouping_finds_nothing(
    raw: Path, tmp_path: Path, rules: PrepareParams
) -> None:
    index = prepare(raw, rules.replace(duplicate_similarity=1.0), tmp_path / "out").index
    pair = index.set_index("file").loc[["copies/same.jpg", "hills/0.jpg"]]

    assert len(set(pair["split"])) == 1


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_same_bytes_however_the_photographs_are_divided(
    raw: Path,
    target: Path,
    tmp_path: Path,
    rules: PrepareParams,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr("colorizer.prepare.driver.TASKS_A_CORE", 0.01)
    monkeypatch.setattr("colorizer.prepare.driver.TASK_PHOTOGRAPHS", at_once)

    prepare(raw, rules, tmp_path / "again")

    assert tree(tmp_path / "again") == tree(target)


@pytest.mark.usefixtures("prepared")
def test_same_bytes_without_a_progress_bar(
    raw: Path, target: Path, tmp_path: Path, rules: PrepareParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As TQDM_DISABLE=1 in the environment does, which tqdm reads as it is imported.
    monkeypatch.setattr("colorizer.prepare.driver.tqdm", partial(tqdm, disable=True))

    prepare(raw, rules, tmp_path / "again")

    assert tree(tmp_path / "again") == tree(target)


@pytest.mark.usefixtures("prepared")
def test_same_bytes_by_way_of_another_folder(
    raw: Path, target: Path, tmp_path: Path, rules: PrepareParams
) -> None:
    workspace = tmp_path / "workspace"

    prepare(raw, rules.replace(workspace=str(workspace)), tmp_path / "again")

    assert tree(tmp_path / "again") == tree(target)
    assert [path.name for path in workspace.iterdir()] == ["photographs"]


@pytest.mark.usefixtures("prepared")
def test_same_bytes_in_whatever_order_the_tasks_run(
    raw: Path,
    target: Path,
    tmp_path: Path,
    rules: PrepareParams,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Backwards:
        """Runs all tasks, the last one first, before it gives the results in their order."""

        def cores(self) -> int:
            return 4

        def run(self, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
            yield from [function(*task) for task in list(tasks)[::-1]][::-1]

    monkeypatch.setattr("colorizer.prepare.pipeline.workers", lambda *_: nullcontext(Backwards()))

    prepare(raw, rules, tmp_path / "again")

    assert tree(tmp_path / "again") == tree(target)


@pytest.mark.parametrize(
    ("rule", "value", "kept"),
    [
        ("orientation", "any", "bad/vertical.jpg"),
        ("min_side", 31, "bad/tiny.bmp"),
        ("min_chroma", 0.0, "bad/grey.gif"),
    ],
)
def test_looser_rule_keeps_the_photograph(
    raw: Path, tmp_path: Path, rules: PrepareParams, rule: str, value: object, kept: str
) -> None:
    looser = rules.replace(**{rule: value})

    index = prepare(raw, looser, tmp_path / "out").index

    assert set(index.loc[index["split"] == "", "file"]) == BAD.keys() - {kept}


def test_limit_of_megapixels_is_kept(raw: Path, tmp_path: Path, rules: PrepareParams) -> None:
    looser = rules.replace(max_megapixels=2.002)

    index = prepare(raw, looser, tmp_path / "out").index.set_index("file")

    assert index.loc["bad/huge.png", "reason"] == "near-colourless"


@pytest.mark.parametrize("crop", ["center", "stretch"])
def test_crop_is_kept(tmp_path: Path, rules: PrepareParams, crop: str) -> None:
    raw = fetched(tmp_path / "raw", *(colorful(seed, 96, 32) for seed in range(20)))

    prepare(raw, rules.replace(crop=crop), tmp_path / "out")

    first = read_split_index(tmp_path / "out", "train")["file"][0]
    rule = SquareRule(32, orientation="any", crop=crop, min_side=1, max_megapixels=1)
    expected = load_square(raw / first, rule).pixels
    np.testing.assert_array_equal(Shards(tmp_path / "out", "train")[0], expected)


def test_photographs_that_lie_in_no_folder_have_no_category(
    tmp_path: Path, rules: PrepareParams
) -> None:
    raw = fetched(tmp_path / "raw", *(colorful(seed) for seed in range(20)))

    prepare(raw, rules, tmp_path / "out")

    assert set(read_index(tmp_path / "out")["category"]) == {""}


def test_one_photograph_is_too_few(tmp_path: Path, rules: PrepareParams) -> None:
    vertical = [colorful(seed, 32, 48) for seed in (1, 2)]
    raw = fetched(tmp_path / "raw", colorful(0), *vertical, colorful(3).convert("L"))

    with pytest.raises(UserError, match=r"1 of 4 \(.*; dropped: 2 vertical, 1 near-colourless\)"):
        prepare(raw, rules, tmp_path / "out")


def test_grey_photographs_alone_are_too_few(tmp_path: Path, rules: PrepareParams) -> None:
    raw = fetched(tmp_path / "raw", *(colorful(seed).convert("L") for seed in range(5)))

    with pytest.raises(UserError) as raised:
        prepare(raw, rules, tmp_path / "out")

    assert str(raised.value).startswith(
        "too few photographs are left to train, validate and test on: 0 of 5 "
        "(train 0, val 0, test 0; dropped: 5 near-colourless). Add photographs, "
    )


def test_photographs_that_are_all_copies_are_too_few(tmp_path: Path, rules: PrepareParams) -> None:
    raw = fetched(tmp_path / "raw", *(colorful(1) for _ in range(9)))

    with pytest.raises(UserError, match=r"9 of 9 \(.*9.*; dropped: none\)"):
        prepare(raw, rules, tmp_path / "out")


@pytest.mark.parametrize("old", [{}, {"index.csv": b"old"}])
def test_failure_leaves_what_was_there(
    tmp_path: Path, rules: PrepareParams, old: dict[str, bytes]
) -> None:
    raw = fetched(tmp_path / "raw", colorful(1))
    target = tmp_path / "data" / "prepared"
    for name, content in old.items():
        target.mkdir(parents=True)
        (target / name).write_bytes(content)

    with pytest.raises(UserError):
        prepare(raw, rules, target)

    assert tree(tmp_path / "data") == {f"prepared/{name}": old[name] for name in old}
    assert target.exists() == bool(old)


def test_folder_that_was_not_fetched_is_told(tmp_path: Path, rules: PrepareParams) -> None:
    with pytest.raises(UserError, match=r"manifest\.csv not found; fetch photographs with: "):
        prepare(tmp_path / "raw", rules, tmp_path / "out")


def split_of(index: pd.DataFrame) -> dict[str, str]:
    return dict(zip(index["file"], index["split"], strict=True))


@pytest.mark.usefixtures("prepared")
def test_limit_keeps_some_of_the_training_photographs_and_all_others(
    raw: Path, target: Path, tmp_path: Path, rules: PrepareParams
) -> None:
    limited = prepare(raw, rules.replace(limit=5), tmp_path / "out")

    every, some = split_of(read_index(target)), split_of(read_index(tmp_path / "out"))
    beyond = {file for file in some if some[file] != every[file]}
    assert {(every[file], some[file]) for file in beyond} == {("train", "")}
    assert limited.summary["splits"] == {
        **{split: list(every.values()).count(split) for split in SPLITS},
        "train": 5,
    }
    assert limited.summary["dropped"]["beyond the limit"] == len(beyond)
    assert limited.summary["kept"] + sum(limited.summary["dropped"].values()) == len(every)
    table = list_rejected(limited.index).set_index("reason")
    assert set(table["file"][table.index == "beyond the limit"]) == beyond
    assert len(Shards(tmp_path / "out", "train")) == 5
    for split in ("val", "test"):
        name = f"{split}-00000.npy"
        assert (tmp_path / "out" / name).read_bytes() == (target / name).read_bytes()


@pytest.mark.usefixtures("prepared")
def test_index_still_describes_what_is_beyond_the_limit(
    raw: Path, target: Path, tmp_path: Path, rules: PrepareParams
) -> None:
    prepare(raw, rules.replace(limit=5), tmp_path / "out")

    columns = ["file", "category", "width", "height", "chroma", "group", "sha256"]
    some, every = read_index(tmp_path / "out"), read_index(target)
    pd.testing.assert_frame_equal(some[columns], every[columns])
    beyond = some[some["reason"] == "beyond the limit"]
    assert (beyond[["split", "shard", "detail"]] == "").all(axis=None)
    assert beyond["row"].isna().all()


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("limit", [21, 1000])
def test_limit_of_all_or_more_changes_nothing(
    raw: Path, target: Path, tmp_path: Path, rules: PrepareParams, limit: int
) -> None:
    assert len(Shards(target, "train")) == 21

    prepare(raw, rules.replace(limit=limit), tmp_path / "out")

    assert tree(tmp_path / "out") == tree(target)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with parameters and fetched photographs, in which the stage can run."""
    set_params(tmp_path, prepare__size=64, prepare__val=0.2, prepare__test=0.3)
    make_raw(tmp_path / "data" / "raw")
    return tmp_path


def test_stage_makes_the_same_bytes_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    runs = []
    for _ in range(2):
        stages.prepare.main()
        files = tree(project)
        speed = json.loads(files.pop("metrics/prepare_speed.json"))
        summary = json.loads(files["metrics/prepare.json"])
        runs.append(files)

        assert speed.keys() == {"images_per_s", "seconds"}
        assert capsys.readouterr().out.splitlines() == [
            f"{summary['kept']} of {summary['found']} photographs kept, "
            f"{speed['images_per_s']:g} a second:",
            "  " + ", ".join(f"{count} {split}" for split, count in summary["splits"].items()),
            *(f"  {count} dropped: {reason}" for reason, count in summary["dropped"].items()),
        ]

    assert runs[0] == runs[1]
    made = {name for name in runs[0] if not name.startswith("data/")}
    assert made == {
        "params.yaml",
        "metrics/prepare.json",
        "plots/dataset.png",
        "plots/rejected.csv",
    }


@pytest.mark.parametrize(("limit", "train"), [(4, 4), (21, 21), (22, 21)])
def test_stage_says_if_there_are_fewer_photographs_than_the_limit(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    limit: int,
    train: int,
) -> None:
    set_params(project, prepare__limit=limit, prepare__val=0.2, prepare__test=0.3)
    monkeypatch.chdir(project)

    stages.prepare.main()

    summary = json.loads((project / "metrics" / "prepare.json").read_text())
    assert summary["splits"]["train"] == train
    assert summary["dropped"].get("beyond the limit", 0) == 21 - train
    line = f"  prepare.limit={limit} is more than there are to train on: all are taken"
    assert (line in capsys.readouterr().out.splitlines()) == (limit > train)


@pytest.mark.skipif(sys.platform == "win32", reason="ulimit is a command of POSIX shells")
def test_worker_whose_disk_takes_no_more_is_told(project: Path) -> None:
    before = tree(project)

    run = subprocess.run(
        # In blocks of 512 bytes or more: enough for all else, but not for the squares of a task.
        ["sh", "-c", f"ulimit -f 20; exec '{sys.executable}' -m stages.prepare"],
        cwd=project,
        env=os.environ | paths(REPOSITORY),
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert run.stderr.splitlines()[-1].startswith("error: a file of data/prepared is larger than ")
    assert tree(project) == before
    assert [path.name for path in (project / "data").iterdir()] == ["raw"]


def test_stage_starts_without_what_it_does_not_need() -> None:
    code = (
        "import sys, stages.prepare; "
        "print(*{'torch', 'skimage', 'distributed', 's3fs'} & set(sys.modules))"
    )

    found = subprocess.check_output([sys.executable, "-c", code], cwd=REPOSITORY, text=True)

    assert found == "\n"
