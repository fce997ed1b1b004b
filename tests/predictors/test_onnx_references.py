from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from colorizer.color.icc import ColorSpace
from colorizer.common.errors import UserError
from colorizer.inference.types import Hint
from colorizer.networks.files import GENERAL, GENERAL_GRAPH
from colorizer.predictors.load import load_predictor
from colorizer.predictors.onnx_session import open_session
from tests.onnx_helpers import onnx
from tests.photo_helpers import greys

from colorizer.predictors.onnx_references import places_in, refer_to_weights  # isort: skip


def bytes_at(file: Path, offset: int, length: int) -> bytes:
    return file.read_bytes()[offset : offset + length]


def test_places_are_those_of_the_tensors(tmp_path: Path) -> None:
    tensors = {
        "half": torch.arange(6.0).half().reshape(2, 3),
        "whole": torch.tensor([1 << 40]),
        "single": torch.tensor(0.5),
    }
    file = tmp_path / "net.safetensors"
    save_file(tensors, file, {"about": "something else"})

    places = places_in(file)

    assert set(places) == set(tensors)
    for name, tensor in tensors.items():
        place = places[name]
        assert place.shape == tuple(tensor.shape)
        assert bytes_at(file, place.offset, place.length) == tensor.numpy().tobytes()


def test_graph_computes_with_the_weights_of_the_file(tmp_path: Path) -> None:
    weights = {"weight": torch.tensor([1.5, -2.0]).half(), "bias": torch.tensor([3.0, 4.0])}
    save_file(weights, tmp_path / "net.safetensors")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_model(
        helper.make_graph(
            [
                helper.make_node("Mul", ["x", "model.weight"], ["scaled"]),
                helper.make_node("Add", ["scaled", "model.bias"], ["y"]),
            ],
            "line",
            [helper.make_tensor_value_info("x", floats, [2])],
            [helper.make_tensor_value_info("y", floats, [2])],
            [
                helper.make_tensor("model.weight", floats, [2], [1.5, -2.0]),
                helper.make_tensor("model.bias", floats, [2], [3.0, 4.0]),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    refer_to_weights(graph, tmp_path / "net.safetensors")
    (tmp_path / "net.onnx").write_bytes(graph.SerializeToString())

    onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
    session = open_session(tmp_path / "net.onnx", threads=1)
    (y,) = session.run(None, {"x": np.array([10, 10], np.float32)})
    np.testing.assert_array_equal(y, [18, -16])
    assert not any(tensor.raw_data or tensor.float_data for tensor in graph.graph.initializer)


def test_weights_that_the_checkpoint_lacks_are_told(tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    save_file(nn.Linear(2, 3).state_dict(), file)
    graph = onnx.ModelProto()
    graph.graph.initializer.append(
        onnx.helper.make_tensor("model.weight", onnx.TensorProto.FLOAT, [2, 3], [0.0] * 6)
    )

    with pytest.raises(UserError, match=r"net\.safetensors has no model\.weight of shape \(2, 3"):
        refer_to_weights(graph, file)


def test_general_graph_refers_to_the_general_weights() -> None:
    graph = onnx.load(GENERAL_GRAPH, load_external_data=False).graph
    places = places_in(GENERAL)

    referred = {}
    for tensor in graph.initializer:
        told = {entry.key: entry.value for entry in tensor.external_data}
        assert told["location"] == GENERAL.name
        name = tensor.name.removeprefix("model.").removesuffix(".stored")
        referred[name] = (
            int(told["offset"]),
            int(told["length"]),
            tensor.data_type,
            tuple(tensor.dims),
        )
    # All but what only training needs, and the factor that is 1 for whatever is exported.
    unused = {name for name in places if name.endswith("num_batches_tracked")}
    assert referred == {name: places[name] for name in referred}
    assert set(places) - unused - set(referred) <= {"scale", "vividness"}
    assert set(load_file(GENERAL)) == set(places)


def test_general_network_predicts_the_same_by_both_runtimes() -> None:
    image, hints = greys(300, 220), [Hint(0.3, 0.4, (40.0, 20.0))]
    (by_onnx, saturation), (by_torch, other) = (
        load_predictor(GENERAL, {}, runtime=runtime) for runtime in (None, "torch")
    )

    assert saturation == other
    for given in ([], hints):
        ours, theirs = (
            network.predict(image, ColorSpace(), given) for network in (by_onnx, by_torch)
        )
        assert abs(ours.own - theirs.own).max() < 1e-3
        assert abs(ours.given - theirs.given).max() < 1e-2
