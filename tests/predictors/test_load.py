from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.common.extras import how_to_install
from colorizer.networks.files import GENERAL
from colorizer.predictors.load import load_predictor
from colorizer.predictors.torch_predictor import TorchPredictor
from tests.onnx_helpers import CARD, painting_graph, save_graph

from colorizer.predictors.onnx_predictor import OnnxPredictor  # isort: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save_graph(tmp_path / "net.onnx", painting_graph())


def test_onnx_file_brings_its_own_settings(file: Path) -> None:
    network, saturation = load_predictor(file, {})

    assert isinstance(network, OnnxPredictor)
    assert (network.side, saturation) == (CARD.side, CARD.saturation)


def test_options_change_them(file: Path) -> None:
    changes = {"saturation": 2, "device": "cpu", "mirror": not CARD.mirror}
    network, saturation = load_predictor(file, changes, side=64)

    assert isinstance(network, OnnxPredictor)
    assert (network.side, saturation, network.card.mirror) == (64, 2.0, not CARD.mirror)


def test_onnx_runtime_may_be_asked_for(file: Path) -> None:
    unnamed = file.rename(file.with_suffix(""))

    network, _ = load_predictor(unnamed, {}, runtime="onnx")

    assert isinstance(network, OnnxPredictor)
    with pytest.raises(UserError, match="is not a checkpoint of this project"):
        load_predictor(unnamed, {})


def test_other_devices_and_saturations_are_refused(file: Path) -> None:
    with pytest.raises(UserError, match="device 'cuda' cannot be used by --runtime onnx"):
        load_predictor(file, {"device": "cuda"})
    with pytest.raises(UserError, match="the saturation must be a number from 0 to 10, got -1"):
        load_predictor(file, {"saturation": -1.0})


def test_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorizer.common.extras.find_spec", lambda name: None)

    with pytest.raises(UserError) as raised:
        load_predictor(GENERAL, {}, runtime="torch")

    assert str(raised.value) == (
        "torch, safetensors, pandas, pydantic not installed: " + how_to_install("train")
    )


def test_general_network_is_run_by_onnx_runtime_unless_torch_is_asked_for() -> None:
    kinds = {None: OnnxPredictor, "onnx": OnnxPredictor, "torch": TorchPredictor}

    for runtime, kind in kinds.items():
        network, _ = load_predictor(GENERAL, {}, runtime=runtime)
        assert isinstance(network, kind)
