from __future__ import annotations

from pathlib import Path

from colorizer.web.examples import CHOSEN, find_examples
from tests.conftest import SAMPLE
from tests.photo_helpers import opened


def test_examples_are_grey_and_name_their_authors(tmp_path: Path) -> None:
    examples = find_examples(SAMPLE)

    assert len(examples) == len(CHOSEN)
    for example in examples:
        assert example.credit.endswith(")")
        example.write_grey(tmp_path / "grey.jpg")
        made = opened(tmp_path / "grey.jpg")
        assert made.mode == "L"
        assert made.size == opened(example.path).size


def test_without_the_sample_there_are_none(tmp_path: Path) -> None:
    assert find_examples(tmp_path) == []
