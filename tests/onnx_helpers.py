"""What the tests of ONNX files share; all of them are skipped where the extra is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REASON = "needs the extra: pip install -e '.[export]'"
onnx = pytest.importorskip("onnx", reason=REASON)
pytest.importorskip("onnxscript", reason=REASON)

from colorizer.predictors.onnx_card import LIGHTNESS, OWN, OnnxCard  # noqa: E402  not before it is there

CARD = OnnxCard(
    network="painter",
    size_multiple=4,
    size=32,
    scale=1.5,
    side=48,
    saturation=1.25,
    mirror=True,
    takes_hints=False,
    knows_colors=False,
)


def card(**changes: Any) -> OnnxCard:
    """Return a card, but for ``changes``."""
    return replace(CARD, **changes)


def painting_graph(weight: float = 1.0) -> Any:
    """Return a graph in which a is L times ``weight`` and b the lightness to the left of it."""
    kernel = np.zeros((2, 1, 3, 3), np.float32)
    kernel[0, 0, 1, 1], kernel[1, 0, 1, 0] = weight, 1
    numbers = onnx.TensorProto.FLOAT
    return onnx.helper.make_model(
        onnx.helper.make_graph(
            [onnx.helper.make_node("Conv", [LIGHTNESS, "kernel"], [OWN], pads=[1, 1, 1, 1])],
            "painter",
            [onnx.helper.make_tensor_value_info(LIGHTNESS, numbers, ["B", 1, "H", "W"])],
            [onnx.helper.make_tensor_value_info(OWN, numbers, ["B", 2, "H", "W"])],
            [onnx.numpy_helper.from_array(kernel, "kernel")],
        ),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=10,
    )


def save_graph(file: Path, graph: Any, metadata: dict[str, str] | None = None) -> Path:
    """Write a graph with the metadata of :data:`CARD`, or with others."""
    onnx.helper.set_model_props(graph, CARD.to_metadata() if metadata is None else metadata)
    onnx.save(graph, file)
    return file
