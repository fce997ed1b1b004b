from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from colorizer.color import lab_from_bytes
from colorizer.errors import UserError
from colorizer.images import SquareRule, load_square
from colorizer.manifest import write_manifest
from colorizer.params import Params, PrepareParams
from colorizer.prepare import Prepared, prepare, rejected
from colorizer.shards import INDEX, Shards, read_index, read_split_index
from colorizer.splits import SPLITS
from tests.data_helpers import colorful, encoded, save_photographs, tree

GOOD = 40
BAD = {
    "bad/broken.jpg": (encoded(colorful(1), "JPEG")[:-99], "unreadable", (0, 0)),
    "bad/text.png": (b"no photograph", "unreadable", (0, 0)),
    "bad/vertical.jpg": (encoded(colorful(1, 32, 48), "JPEG"), "vertical", (32, 48)),
    "bad/tiny.bmp": (encoded(colorful(1, 48, 31), "BMP"), "too small", (48, 31)),
    "bad/huge.png": (encoded(Image.new("1", (2000, 1001)), "PNG"), "too large", (2000, 1001)),
    "bad/grey.gif": (encoded(colorful(1).convert("L"), "GIF"), "near-colourless", (48, 32)),
}
COPIES = {"copies/same.jpg": "hills/0.jpg", "copies/mirrored.jpg": "towns/1.jpg"}


@pytest.fixture(scope="module")
def rules(params: Params) -> PrepareParams:
    return replace(params.prepare, size=32, max_megapixels=2, val=0.2, test=0.3)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fetched folder of good and bad photographs, two of them copies of others."""
    folder = tmp_path_factory.mktemp("raw")
    save_photographs(folder, GOOD)
    (folder / "bad").mkdir()
    for name, (content, _, _) in BAD.items():
        (folder / name).write_bytes(content)
    (folder / "copies").mkdir()
    shutil.copyfile(folder / "hills/0.jpg", folder / "copies/same.jpg")
    with Image.open(folder / "towns/1.jpg") as image:
        ImageOps.mirror(image).save(folder / "copies/mirrored.jpg")
    write_manifest(folder)
    return folder


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
        "categories": 3,
        "dropped": {
            "near-colourless": 1,
            "too large": 1,
            "too small": 1,
            "unreadable": 2,
            "vertical": 1,
        },
    }


def test_rejected_photographs_are_listed_by_reason(prepared: Prepared) -> None:
    table = rejected(prepared.index)

    listed = table[["file", "reason", "width", "height"]].itertuples(index=False, name=None)
    assert list(listed) == sorted(
        ((name, reason, *size) for name, (_, reason, size) in BAD.items()),
        key=lambda row: (row[1], row[0]),
    )
    details = dict(zip(table["file"], table["detail"], strict=True))
    assert details["bad/text.png"] == "cannot identify image file 'text.png'"
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
        a, b = lab_from_bytes(photograph).numpy()[1:]
        assert chroma == pytest.approx(np.hypot(a, b).mean(), rel=1e-5)


@pytest.mark.parametrize(("copy", "original"), COPIES.items())
def test_copies_share_group_and_split(prepared: Prepared, copy: str, original: str) -> None:
    pair = prepared.index.set_index("file").loc[[copy, original]]

    assert len(set(pair["group"])) == 1
    assert len(set(pair["split"])) == 1


def test_same_bytes_share_a_split_even_where_grouping_finds_nothing(
    raw: Path, tmp_path: Path, rules: PrepareParams
) -> None:
    index = prepare(raw, replace(rules, duplicate_similarity=1.0), tmp_path / "out").index
    pair = index.set_index("file").loc[["copies/same.jpg", "hills/0.jpg"]]

    assert len(set(pair["split"])) == 1


@pytest.mark.usefixtures("prepared")
def test_second_run_gives_the_same_bytes(
    raw: Path, target: Path, tmp_path: Path, rules: PrepareParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colorizer.prepare.TASK_PHOTOGRAPHS", 3)

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
    looser = replace(rules, **{rule: value})  # type: ignore[arg-type]

    index = prepare(raw, looser, tmp_path / "out").index

    assert set(index.loc[index["split"] == "", "file"]) == BAD.keys() - {kept}


def test_limit_of_megapixels_is_kept(raw: Path, tmp_path: Path, rules: PrepareParams) -> None:
    looser = replace(rules, max_megapixels=2.002)

    index = prepare(raw, looser, tmp_path / "out").index.set_index("file")

    assert index.loc["bad/huge.png", "reason"] == "near-colourless"


@pytest.mark.parametrize("crop", ["center", "stretch"])
def test_crop_is_kept(tmp_path: Path, rules: PrepareParams, crop: str) -> None:
    raw = fetched(tmp_path / "raw", *(colorful(seed, 96, 32) for seed in range(20)))

    prepare(raw, replace(rules, crop=crop), tmp_path / "out")

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
