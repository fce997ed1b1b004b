from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.cli.settings import BUILT_IN, EvaluationSettings, evaluation_settings
from colorizer.common.params import Params, ParamsError
from tests.test_stage_errors import set_params


def test_built_in_ones_are_those_of_the_parameters_as_shipped(params: Params) -> None:
    assert EvaluationSettings(params.seed, params.prepare, params.predict) == BUILT_IN


def test_parameters_of_the_current_folder_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evaluation_settings() == BUILT_IN

    set_params(tmp_path, seed=7, prepare__size=64, predict__mirror=False)
    found = evaluation_settings()
    assert (found.seed, found.prepare.size, found.predict.mirror) == (7, 64, False)


def test_named_file_counts_and_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    set_params(tmp_path / "other", seed=7)

    assert evaluation_settings(Path("other/params.yaml")).seed == 7
    with pytest.raises(ParamsError, match=r"^none\.yaml not found"):
        evaluation_settings(Path("none.yaml"))
