from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from colorizer.color.lab_numpy import lab_from_bytes, mean_chroma
from colorizer.common.errors import UserError
from colorizer.images.square import SquareRule, load_square
from colorizer.prepare.perceptual_hash import fingerprint
from colorizer.prepare.worker import Examined, Place, assemble, examine
from tests.data_helpers import colorful, encoded
from tests.prepare_helpers import BAD

SIZE = 32
RULE = SquareRule(SIZE, orientation="landscape", crop="center", min_side=32, max_megapixels=2)
MIN_CHROMA = 1.5
FLOATS = Image.new("F", (48, 32))
PHOTOGRAPHS: Mapping[str, bytes] = {
    "1.jpg": encoded(colorful(1), "JPEG"),
    "2.png": encoded(colorful(2), "PNG"),
    **{name.removeprefix("bad/"): content for name, (content, _, _) in BAD.items()},
    "empty.jpg": b"",
    "short.png": encoded(colorful(3), "PNG")[:-300],
    "short.tif": encoded(colorful(3), "TIFF")[:-300],
    "short-lzw.tif": encoded(colorful(3), "TIFF", compression="tiff_lzw")[:-300],
    "short.webp": encoded(colorful(3), "WEBP")[:-300],
    "short.gif": encoded(colorful(3), "GIF")[:-300],
    "floats.tif": encoded(FLOATS, "TIFF"),
    "3.tif": encoded(colorful(3), "TIFF", compression="tiff_lzw"),
    "4.webp": encoded(colorful(4), "WEBP"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of good and of broken photographs."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for name, content in PHOTOGRAPHS.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def memory() -> Iterator[str]:
    """The URL of an empty folder in a store of objects."""
    files = fsspec.filesystem("memory")
    files.mkdir("/store")
    yield "memory://store"
    files.rm("/store", recursive=True)


def examined(photographs: str, part: str) -> list[Examined]:
    return examine([f"{photographs}/{name}" for name in PHOTOGRAPHS], part, RULE, MIN_CHROMA)


def squares_at(*places: Place | None) -> list[bytes]:
    return [
        fsspec.open(place.part).open().read()[place.row * SIZE**2 * 3 :][: SIZE**2 * 3]
        for place in places
        if place
    ]


def test_photograph_that_is_kept_is_described(folder: Path, tmp_path: Path) -> None:
    (report,) = examine([str(folder / "1.jpg")], str(tmp_path / "part"), RULE, MIN_CHROMA)

    pixels = load_square(folder / "1.jpg", RULE).pixels
    lab = lab_from_bytes(pixels)
    expected = fingerprint(pixels, lab)
    assert report[:5] == (48, 32, "", "", round(mean_chroma(lab), 1))
    assert report.fingerprint is not None
    assert report.fingerprint[:2] == expected[:2]
    np.testing.assert_array_equal(report.fingerprint.thumbnail, expected.thumbnail)


def test_part_holds_the_squares_of_those_kept(folder: Path, tmp_path: Path) -> None:
    reports = examined(str(folder), str(tmp_path / "part"))

    kept = [name for name, report in zip(PHOTOGRAPHS, reports, strict=True) if report.place]
    assert kept == ["1.jpg", "2.png", "3.tif", "4.webp"]
    assert squares_at(*(report.place for report in reports)) == [
        load_square(folder / name, RULE).pixels.tobytes() for name in kept
    ]
    assert len({report.place.part for report in reports if report.place}) == 1


def test_reports_come_in_the_order_of_the_photographs(folder: Path, tmp_path: Path) -> None:
    reports = examined(str(folder), str(tmp_path / "part"))

    found = dict(zip(PHOTOGRAPHS, reports, strict=True))
    for name, (_, reason, size) in BAD.items():
        report = found[name.removeprefix("bad/")]
        assert (report.reason, (report.width, report.height)) == (reason, size)
        assert report.place is None
        assert report.fingerprint is None
    assert found["grey.gif"].detail == "mean chroma 0.00"
    assert found["floats.tif"].detail.startswith("32-bit floating point pixels")


def test_nothing_is_written_when_nothing_is_kept(folder: Path, tmp_path: Path) -> None:
    (report,) = examine([str(folder / "text.png")], str(tmp_path / "part"), RULE, MIN_CHROMA)

    assert report.reason == "unreadable"
    assert sorted(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("store", ["file", "memory"])
def test_store_gives_the_same_as_the_disk(
    folder: Path, tmp_path: Path, memory: str, store: str
) -> None:
    url = memory if store == "memory" else f"file://{tmp_path}"
    for name, content in PHOTOGRAPHS.items():
        with fsspec.open(f"{url}/photographs/{name}", "wb", auto_mkdir=True) as file:
            file.write(content)

    here = examined(str(folder), str(tmp_path / "part"))
    there = examined(f"{url}/photographs", f"{url}/part")

    assert [report[:5] for report in there] == [report[:5] for report in here]
    places = [report.place for report in there]
    assert squares_at(*places) == squares_at(*(report.place for report in here))
    kept = [place for place in places if place]
    assert kept[0].part.startswith(f"{url}/part-")
    shards = [
        assemble(f"{tmp_path}/a.npy", [one.place for one in here if one.place], SIZE),
        assemble(f"{url}/b.npy", kept, SIZE),
    ]
    contents = [fsspec.open(shard).open().read() for shard in shards]
    assert contents[0] == contents[1]


def test_task_that_runs_twice_does_not_touch_what_the_first_run_wrote(
    folder: Path, tmp_path: Path
) -> None:
    first, second = (examined(str(folder), str(tmp_path / "part")) for _ in range(2))

    places, others = ([report.place for report in reports] for reports in (first, second))
    assert {place.part for place in places if place}.isdisjoint(
        place.part for place in others if place
    )
    assert squares_at(*places) == squares_at(*others)


@pytest.mark.parametrize("at_once", [1, 2, 64])
def test_shard_holds_the_squares_in_the_order_of_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("colorizer.prepare.worker.READ_AT_ONCE", at_once)
    squares = np.random.default_rng(0).integers(0, 256, (6, SIZE, SIZE, 3), dtype=np.uint8)
    parts = [tmp_path / name for name in ("a.rgb", "b.rgb")]
    for part, some in zip(parts, (squares[:4], squares[4:]), strict=True):
        part.write_bytes(some.tobytes())
    order = [(1, 1), (0, 3), (0, 0), (1, 0), (0, 2)]

    shard = assemble(
        str(tmp_path / "train-00007.npy"), [Place(str(parts[n]), row) for n, row in order], SIZE
    )

    assert Path(shard).parent == tmp_path
    assert Path(shard).name.endswith("-train-00007.npy")
    np.testing.assert_array_equal(np.load(shard), squares[[5, 3, 0, 4, 2]])


def test_shard_that_is_written_twice_is_two_files(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(bytes(SIZE * SIZE * 3))
    places = [Place(str(tmp_path / "part"), 0)]

    assert assemble(f"{tmp_path}/a.npy", places, SIZE) != assemble(
        f"{tmp_path}/a.npy", places, SIZE
    )


def test_part_that_is_too_short_makes_no_shard(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(bytes(SIZE * SIZE * 3 - 1))

    with pytest.raises(ValueError, match="cannot reshape"):
        assemble(str(tmp_path / "a.npy"), [Place(str(tmp_path / "part"), 0)], SIZE)


@pytest.mark.parametrize("name", ["[1]", "a::b", "q?x", "a*b", "#1", "%20"])
def test_folder_may_be_called_anything(folder: Path, tmp_path: Path, name: str) -> None:
    odd = tmp_path / name
    folder.rename(odd)

    (report,) = examine([str(odd / "1.jpg")], str(odd / "part"), RULE, MIN_CHROMA)
    assert report.place is not None
    shard = assemble(str(odd / "a.npy"), [report.place], SIZE)

    assert {path.name for path in odd.iterdir()} - PHOTOGRAPHS.keys() == {
        Path(report.place.part).name,
        Path(shard).name,
    }
    np.testing.assert_array_equal(np.load(shard)[0], load_square(odd / "1.jpg", RULE).pixels)


def test_missing_photograph_is_told(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jpg")

    with pytest.raises(UserError) as raised:
        examine([missing], str(tmp_path / "part"), RULE, MIN_CHROMA)

    assert str(raised.value) == (
        f"{missing} cannot be found on {socket.gethostname()}; if photographs are missing, "
        "run: dvc repro -f fetch. Workers that do not share this disk need prepare.workspace"
    )


def test_worker_that_does_not_see_the_workplace_is_told(folder: Path, tmp_path: Path) -> None:
    part = tmp_path / "not" / "shared" / "part"

    with pytest.raises(UserError, match=rf"^{part}-\w+\.rgb cannot be found on "):
        examine([str(folder / "1.jpg")], str(part), RULE, MIN_CHROMA)


def test_error_of_the_disk_stays_what_it_is(folder: Path) -> None:
    part = folder / "1.jpg" / "part"

    with pytest.raises(NotADirectoryError):
        examine([str(folder / "1.jpg")], str(part), RULE, MIN_CHROMA)


def test_store_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        examine(["nowhere://bucket/a.jpg"], str(tmp_path / "part"), RULE, MIN_CHROMA)

    assert str(raised.value) == (
        f"nowhere://bucket/a.jpg cannot be used on {socket.gethostname()}: Protocol not known: "
        "nowhere; every worker needs the same rights, keys and packages as the machine that "
        "prepares"
    )


def test_worker_starts_without_what_takes_long_to_import() -> None:
    code = (
        "import sys, colorizer.prepare.worker; "
        "print(*{'torch', 'pandas', 'matplotlib', 'skimage', 'distributed'} & set(sys.modules))"
    )

    found = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert found == "\n"
