from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from colorizer.color.ab_classes import ab_classes
from colorizer.color.icc import ColorSpace
from colorizer.common.errors import UserError
from colorizer.inference.types import Hint
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.files import CHECKPOINT
from colorizer.networks.registry import NETWORKS, build
from colorizer.predictors.torch_predictor import load_torch_predictor
from tests.data_helpers import tree
from tests.network_helpers import Painter, repeatable, vividness_of
from tests.onnx_helpers import card, onnx, painting_graph
from tests.photo_helpers import CPU, greys

from colorizer.predictors import onnx_export  # isort: skip
from colorizer.predictors.onnx_card import OnnxCard  # isort: skip
from colorizer.predictors.onnx_check import TOLERANCE, Differences  # isort: skip
from colorizer.predictors.onnx_export import describe, export_onnx  # isort: skip
from colorizer.predictors.onnx_predictor import load_onnx_predictor  # isort: skip

SIZE = 32
# The last weights of networks that start from grey, or nearly, and how large to make them.
PAINTING = {"unet": ("to_ab.weight", 6.0), "conv_ae": ("layers.16.weight", 0.5)}


@dataclass(frozen=True)
class Exported:
    """A checkpoint, its network, and the same as ONNX."""

    checkpoint: Path
    model: Colorizer
    card: OnnxCard
    file: Path
    differences: Differences


def save(checkpoint: Path, name: str, **scale: float) -> Path:
    """Save a network that has learnt nothing, but paints."""
    with repeatable(0):
        model = build(name)
        if name in PAINTING:
            last, std = PAINTING[name]
            nn.init.normal_(model.get_parameter(last), std=std)
    model.scale.fill_(scale.get("scale", 1.0))
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(checkpoint, name, SIZE, model.state_dict(), vividness_of(1.25))
    return checkpoint


@pytest.fixture(scope="module", params=NETWORKS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Every network, exported once."""
    folder = tmp_path_factory.mktemp(request.param)
    checkpoint = save(folder / "net.safetensors", request.param)
    model, described = describe(checkpoint)
    differences = export_onnx(model, described, folder / "net.onnx", 18)
    return Exported(checkpoint, model, described, folder / "net.onnx", differences)


def test_onnx_predicts_what_torch_does_at_every_size(exported: Exported) -> None:
    network, multiple = load_onnx_predictor(exported.file), exported.model.size_multiple
    generator, strongest = np.random.default_rng(1), []

    assert 0 < exported.differences.plain < TOLERANCE
    assert (exported.differences.hinted > 0) is exported.card.takes_hints
    for count, rows, columns in ((1, 2, 2), (2, 3, 2), (3, 2, 5), (1, 8, 8)):
        none = {
            "hints": np.zeros((count, 0, 4), np.float32),
            "places": np.zeros((count, 0, 2), np.float32),
        }
        shape = (count, 1, rows * multiple, columns * multiple)
        lightness = generator.uniform(0, 100, shape).astype(np.float32)
        with torch.inference_mode():
            expected = exported.model(torch.from_numpy(lightness)).numpy()
        told = {"lightness": lightness, **none}
        (found,) = network.session.run(["ab"], {name: told[name] for name in exported.card.inputs})
        strongest.append(abs(expected).max())
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    assert max(strongest) > 1


def test_photographs_get_the_same_colors(exported: Exported) -> None:
    expected = load_torch_predictor(exported.checkpoint, CPU).predict(greys(), ColorSpace())

    found = load_onnx_predictor(exported.file).predict(greys(), ColorSpace())

    np.testing.assert_allclose(found.own, expected.own, atol=TOLERANCE)
    assert not found.given.any()


@pytest.mark.parametrize("exported", ["unet"], indirect=True)
def test_colours_are_as_likely_as_in_torch(exported: Exported) -> None:
    places = np.array([[0.2, 0.7], [1.0, 0.0], [0.5, 0.5]], np.float32)
    expected = load_torch_predictor(exported.checkpoint, CPU).encode(greys(), ColorSpace())

    found = load_onnx_predictor(exported.file).encode(greys(), ColorSpace()).likely_colors(places)

    np.testing.assert_array_equal(found.ab, ab_classes())
    np.testing.assert_allclose(found.shares, expected.likely_colors(places).shares, atol=1e-5)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1, atol=1e-5)
    assert np.ptp(found.shares, axis=0).max() > 1e-4  # other places, other colours


@pytest.mark.parametrize("exported", ["unet"], indirect=True)
def test_hints_count_as_in_torch(exported: Exported) -> None:
    hints = [Hint(0.2, 0.7, (60.0, -20.0)), Hint(1.0, 0.0, (-30.0, 40.0))]
    expected = load_torch_predictor(exported.checkpoint, CPU).predict(greys(), ColorSpace(), hints)

    found = load_onnx_predictor(exported.file).predict(greys(), ColorSpace(), hints)

    assert abs(found.given).max() > 10
    np.testing.assert_allclose(found.own, expected.own, atol=TOLERANCE)
    np.testing.assert_allclose(found.given, expected.given, atol=TOLERANCE)


def test_file_is_one_whole_and_holds_nothing_of_this_machine(exported: Exported) -> None:
    graph = onnx.load(exported.file)

    assert set(tree(exported.file.parent)) == {"net.onnx", "net.safetensors"}
    assert not any(tensor.external_data for tensor in graph.graph.initializer)
    assert str(Path(torch.__file__).parent).encode() not in exported.file.read_bytes()
    assert not any(node.metadata_props for node in graph.graph.node)
    weights = sum(parameter.numel() * 4 for parameter in exported.model.parameters())
    assert exported.file.stat().st_size < weights + 100_000


def test_shapes_and_operators_are_as_promised(exported: Exported) -> None:
    graph, multiple = onnx.load(exported.file), exported.model.size_multiple

    sides = [f"{multiple}*H", f"{multiple}*W"]
    inputs = [["B", 1, *sides], ["B", "N", 4], ["B", "P", 2]][: len(exported.card.inputs)]
    classes = len(ab_classes())
    outputs = [["B", 2, *sides], ["B", 2, *sides], [classes, 2], ["B", "P", classes]]
    outputs = outputs[: len(exported.card.outputs)]
    assert [shape_of(value) for value in graph.graph.input] == inputs
    assert [shape_of(value) for value in graph.graph.output] == outputs
    for value in (*graph.graph.input, *graph.graph.output):
        assert value.doc_string == exported.card.to_metadata()[value.name]
    assert [(opset.domain, opset.version) for opset in graph.opset_import] == [("", 18)]


def shape_of(value: Any) -> list[str | int]:
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


def test_card_tells_what_the_checkpoint_does(tmp_path: Path) -> None:
    checkpoint = save(tmp_path / CHECKPOINT, "simple_ae", scale=1.5)

    model, described = describe(checkpoint)

    assert described == OnnxCard(
        network="simple_ae",
        size_multiple=8,
        size=SIZE,
        scale=1.5,
        side=48,
        saturation=1.25,
        mirror=True,
        takes_hints=False,
        knows_colors=False,
    )
    assert described.side == load_torch_predictor(checkpoint, CPU).side
    assert not model.training


@pytest.mark.parametrize("weight", [1.0, float("nan")])
def test_graph_that_predicts_otherwise_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weight: float
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"as before")
    monkeypatch.setattr(onnx_export, "_traced", lambda *_, **__: painting_graph(weight))

    with pytest.raises(
        UserError, match=r"net\.onnx is not written: ONNX Runtime and torch agree on ab only"
    ):
        export_onnx(Painter().eval(), card(), tmp_path / "net.onnx", 18)

    assert tree(tmp_path) == {"net.onnx": b"as before"}


@pytest.fixture
def torch_speaks(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """Let torch's exporter warn in every way, and give up."""
    logger = logging.getLogger("torch.onnx.some.module")

    def export(*_: Any, **__: Any) -> None:
        warnings.warn("old code", FutureWarning, stacklevel=1)
        logger.warning("torchvision is not installed")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.onnx, "export", export)
    return logger


def test_exporter_says_nothing_and_logs_as_before_afterwards(
    tmp_path: Path, torch_speaks: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyboardInterrupt):
        export_onnx(Painter().eval(), card(), tmp_path / "net.onnx", 18)

    assert caplog.records == []
    assert tree(tmp_path) == {}
    torch_speaks.warning("heard again")
    assert [record.message for record in caplog.records] == ["heard again"]
