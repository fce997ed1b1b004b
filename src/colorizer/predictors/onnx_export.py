"""A trained network as an ONNX file, checked against torch before it is put in place."""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from colorizer.common.errors import UserError
from colorizer.common.extras import DISTRIBUTION
from colorizer.common.files import whole_file
from colorizer.inference.params import PredictParams
from colorizer.inference.saturation import saturation_of
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_checkpoint, load_size
from colorizer.networks.hinted import HintedColorizer, color_head_of
from colorizer.networks.registry import name_of_network
from colorizer.predictors.onnx_card import OnnxCard
from colorizer.predictors.onnx_check import HINTED_TOLERANCE, TOLERANCE, Differences, compare
from colorizer.predictors.onnx_references import refer_to_weights
from colorizer.predictors.torch_predictor import side_of


def describe(checkpoint: Path) -> tuple[Colorizer, OnnxCard]:
    """Load a network, and what an ONNX file should say about it.

    Raises
    ------
    UserError
        If the checkpoint cannot be read.
    """
    settings = PredictParams()
    model, size = load_checkpoint(checkpoint), load_size(checkpoint)
    card = OnnxCard(
        network=name_of_network(model),
        size_multiple=model.size_multiple,
        size=size,
        scale=float(model.scale),
        side=side_of(model, size),
        saturation=saturation_of(settings, checkpoint),
        mirror=settings.mirror,
        takes_hints=isinstance(model, HintedColorizer),
        knows_colors=color_head_of(model) is not None,
    )
    return model, card


def export_onnx(
    model: Colorizer, card: OnnxCard, file: Path, opset: int, weights: Path | None = None
) -> Differences:
    """Write a network as ONNX, whole or not at all.

    Parameters
    ----------
    model : Colorizer
        In evaluation mode, on the CPU.
    card : OnnxCard
        What the file will say about it.
    file : Path
        The file to write; an existing one is replaced.
    opset : int
        Version of the ONNX operators.
    weights : Path or None
        The network's checkpoint, for a graph that refers to the weights in it, and works only
        beside it; by default the graph holds its weights.

    Returns
    -------
    Differences
        How far ab is from torch's.

    Raises
    ------
    UserError
        If that is too far; then nothing is written.
    """
    graph = _labelled(_traced(model, card, opset, is_optimized=weights is None), card)
    with whole_file(file) as partial:
        if weights:
            refer_to_weights(graph, weights)
            shutil.copyfile(weights, partial.with_name(weights.name))
        partial.write_bytes(graph.SerializeToString())
        onnx.checker.check_model(partial, full_check=True)
        differences = compare(model, partial, card.side)
        if not differences.are_small:
            raise UserError(
                f"{file} is not written: ONNX Runtime and torch agree on ab only {differences}; "
                f"the limit is {TOLERANCE:g}, or {HINTED_TOLERANCE:g} with colour hints; "
                "try another --opset"
            )
    return differences


class _WithHints(nn.Module):
    """A network as a function of lightness and hints."""

    def __init__(self, model: HintedColorizer) -> None:
        super().__init__()
        self.model = model

    def forward(self, lightness: Tensor, hints: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.decode(self.model.encode(lightness), hints)


class _WithPlaces(nn.Module):
    """A network as a function of lightness, hints, and places to say likely colours of."""

    def __init__(self, model: HintedColorizer) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, lightness: Tensor, hints: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        encoding, head = self.model.encode(lightness), self.model.color_head
        assert head is not None
        likely = head(encoding.features, places).softmax(dim=-1)
        return *self.model.decode(encoding, hints), head.colors.clone(), likely


def _traced(model: Colorizer, card: OnnxCard, opset: int, is_optimized: bool) -> onnx.ModelProto:
    """Return the network as a graph for any number of photographs of any size it accepts.

    Optimised, it has no batch normalisation any more: the convolutions' weights are multiplied.
    """
    batch, multiple = Dim("B"), model.size_multiple
    # torch takes a length of 1 in an example as fixed.
    examples = [torch.zeros(2, 1, 2 * multiple, 3 * multiple)]
    shapes = [{0: batch, 2: multiple * Dim("H"), 3: multiple * Dim("W")}]
    module: nn.Module = model
    if isinstance(model, HintedColorizer):
        module = _WithHints(model).eval()
        examples.append(torch.zeros(2, 3, 4))
        shapes.append({0: batch, 1: Dim("N")})
        if card.knows_colors:
            module = _WithPlaces(model).eval()
            examples.append(torch.zeros(2, 5, 2))
            shapes.append({0: batch, 1: Dim("P")})
    with _quiet():
        program = torch.onnx.export(
            module,
            tuple(examples),
            dynamo=True,
            input_names=list(card.inputs),
            output_names=list(card.outputs),
            dynamic_shapes=tuple(shapes),
            opset_version=opset,
            optimize=is_optimized,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter, which talks about its own code and packages it can do without.

    Its output is checked afterwards.
    """
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.setLevel(level)


def _labelled(graph: onnx.ModelProto, card: OnnxCard) -> onnx.ModelProto:
    """Replace the exporter's long notes on its own code by what the file should say."""
    for part in (graph, graph.graph, *graph.graph.node, *graph.graph.input, *graph.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.graph.ClearField("value_info")
    graph.graph.name = card.network
    graph.producer_name, graph.producer_version = "colorizer", version(DISTRIBUTION)
    graph.doc_string = "Predicts the chroma of photographs from their lightness."
    onnx.helper.set_model_props(graph, card.to_metadata())
    told = {**card.inputs, **card.outputs}
    for tensor in (*graph.graph.input, *graph.graph.output):
        tensor.doc_string = told[tensor.name]
    return graph
