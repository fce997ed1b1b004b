from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from colorizer.common.tables import read_json, write_csv, write_json
from tests.data_helpers import tree


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


def test_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    content = {"ä": 1, "b": [0.1, None, True], "c": {"d": "€"}}
    write_json(tmp_path / "a.json", content)

    assert read_json(tmp_path / "a.json") == content


@pytest.mark.parametrize("content", [b"", b"{", b"hello", b'"\xff"'])
def test_what_is_no_json_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)

    with pytest.raises(ValueError):  # noqa: PT011  of the JSON or of its text
        read_json(tmp_path / "a.json")


def test_csv_has_no_index_lf_ends_and_six_digits(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", pd.DataFrame({"name": ["ä,b", "c"], "x": [1 / 3, 2e-9]}))

    assert tree(tmp_path) == {"a.csv": 'name,x\n"ä,b",0.333333\nc,2e-09\n'.encode()}
