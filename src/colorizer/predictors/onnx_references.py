"""ONNX graphs that hold no weights, but say where in a checkpoint they are.

A tensor of ONNX may be some bytes of another file (``external_data`` in ``onnx.proto``), and a
safetensors file is a header with the place of every tensor, then the tensors' bytes. So one file
of weights serves torch and ONNX Runtime alike.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import onnx
from onnx import TensorProto, helper

from colorizer.common.errors import UserError

TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT, "I64": TensorProto.INT64}
# The exporter's name for the network, where it exports a module around it.
PREFIX = "model."
STORED = ".stored"


class Place(NamedTuple):
    """Where the bytes of a tensor are in a file, and what they mean.

    Attributes
    ----------
    offset, length : int
        In bytes from the start of the file.
    type : int
        A ``TensorProto.DataType``.
    shape : tuple of int
        As torch has it.
    """

    offset: int
    length: int
    type: int
    shape: tuple[int, ...]


def places_in(checkpoint: Path) -> dict[str, Place]:
    """Return the places of all tensors in a safetensors file, by name."""
    with checkpoint.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: Mapping[str, Any] = json.loads(file.read(length))
    start = 8 + length
    return {
        name: Place(
            start + entry["data_offsets"][0],
            entry["data_offsets"][1] - entry["data_offsets"][0],
            TYPES[entry["dtype"]],
            tuple(entry["shape"]),
        )
        for name, entry in header.items()
        if name != "__metadata__"
    }


def refer_to_weights(graph: onnx.ModelProto, checkpoint: Path) -> None:
    """Take the weights out of a graph, and refer to those of a checkpoint instead.

    Weights in half precision are converted when the graph is loaded.

    Parameters
    ----------
    graph : ModelProto
        Exported without optimisation, so that its weights are the checkpoint's; changed in place.
    checkpoint : Path
        A safetensors file, which is to lie beside the graph's.

    Raises
    ------
    UserError
        If the checkpoint lacks one of the weights.
    """
    places, casts = places_in(checkpoint), []
    for tensor in graph.graph.initializer:
        name, wanted = tensor.name, tensor.data_type
        place = places.get(name.removeprefix(PREFIX))
        if place is None or place.shape != tuple(tensor.dims):
            raise UserError(f"{checkpoint} has no {name} of shape {tuple(tensor.dims)}")
        tensor.Clear()
        tensor.name = name if place.type == wanted else name + STORED
        tensor.data_type = place.type
        tensor.dims.extend(place.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (
            ("location", checkpoint.name),
            ("offset", place.offset),
            ("length", place.length),
        ):
            tensor.external_data.add(key=key, value=str(value))
        if place.type != wanted:
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=wanted))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
