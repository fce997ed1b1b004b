from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.common.params import load_params
from colorizer.networks.files import CHECKPOINT, GENERAL
from colorizer.predictors.settings import DEFAULTS, settings_of
from tests.conftest import PARAMS_FILE
from tests.test_stage_errors import set_params


def test_settings_are_those_of_the_pipeline_that_the_checkpoint_lies_in(tmp_path: Path) -> None:
    set_params(tmp_path, predict__saturation=1.5)

    assert settings_of(tmp_path / CHECKPOINT).saturation == 1.5
    assert settings_of(tmp_path / "checkpoints" / CHECKPOINT.name) == DEFAULTS


def test_without_parameters_they_are_as_shipped() -> None:
    assert load_params(PARAMS_FILE).predict == DEFAULTS


def test_general_network_is_of_no_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings_of(GENERAL) == DEFAULTS

    set_params(tmp_path, predict__saturation=1.5)
    monkeypatch.setattr("colorizer.networks.files.GENERAL", tmp_path / CHECKPOINT)
    assert settings_of(tmp_path / CHECKPOINT) == DEFAULTS
