from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from colorizer.files import sha256_of, whole_file, whole_folder, write_csv, write_json
from tests.data_helpers import tree


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_whole_file_appears_at_the_end_with_its_folders(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.txt"

    with whole_file(target) as partial:
        partial.write_text("new")
        assert not target.exists()

    assert tree(tmp_path) == {"a/b.txt": b"new"}


def test_whole_file_keeps_the_suffix_for_writers_that_go_by_it(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.png") as partial:
        partial.touch()

        assert partial.suffix == ".png"


def test_whole_file_keeps_the_old_content_on_failure(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def break_off() -> None:
        with whole_file(target) as partial:
            partial.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert tree(tmp_path) == {"a.txt": b"old"}


def test_whole_folder_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")

    with whole_folder(target) as partial:
        (partial / "new").write_text("new")
        assert tree(target) == {"old": b"old"}

    assert tree(tmp_path) == {"folder/new": b"new"}


def test_whole_folder_keeps_the_old_one_on_failure(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")

    def break_off() -> None:
        with whole_folder(target) as partial:
            (partial / "new").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert tree(tmp_path) == {"folder/old": b"old"}
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("umask")
def test_whole_folder_has_the_rights_of_the_umask(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "folder"):
        pass

    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o750


def test_json_is_indented_in_the_given_order(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": {"c": 0.5}})

    assert tree(tmp_path) == {
        "a.json": b'{\n  "b": 1,\n  "a": {\n    "c": 0.5\n  }\n}\n',
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_it_has_no_number_for(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": value})

    assert tree(tmp_path) == {}


def test_csv_has_no_index_lf_ends_and_six_digits(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", pd.DataFrame({"name": ["ä,b", "c"], "x": [1 / 3, 2e-9]}))

    assert tree(tmp_path) == {"a.csv": 'name,x\n"ä,b",0.333333\nc,2e-09\n'.encode()}


def test_sha256_is_that_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1

    assert sha256_of(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_sha256_reads_beyond_one_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"abcdefgh")
    whole = sha256_of(tmp_path / "a")
    monkeypatch.setattr("colorizer.files.READ_BLOCK", 3)

    assert sha256_of(tmp_path / "a") == whole
