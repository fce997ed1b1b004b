"""What the page must know of its network: ONNX Runtime's JavaScript does not tell metadata."""

from __future__ import annotations

import json
from pathlib import Path

from colorizer.networks.files import CHECKPOINT_SUFFIX
from colorizer.predictors.onnx_card import OnnxCard
from colorizer.predictors.onnx_session import open_session


def network_card(graph: Path) -> str:
    """Return the card of a network as JSON, for ``engine/network.js``.

    Parameters
    ----------
    graph : Path
        An ONNX file of this project, which refers to the weights of the checkpoint beside it.

    Returns
    -------
    str
        An object with ``side``, ``size_multiple``, ``saturation``, ``mirror``, ``takes_hints`` and
        ``knows_colors`` of :class:`colorizer.predictors.onnx_card.OnnxCard`, the names of its
        ``inputs`` and ``outputs``, in their order, and the file name of its ``weights``.

    Raises
    ------
    UserError
        If the file cannot be read as an ONNX file.
    ValueError
        If it has no card.
    """
    session = open_session(graph, threads=1)
    card = OnnxCard.from_metadata(session.get_modelmeta().custom_metadata_map)
    known = {
        "side": card.side,
        "size_multiple": card.size_multiple,
        "saturation": card.saturation,
        "mirror": card.mirror,
        "takes_hints": card.takes_hints,
        "knows_colors": card.knows_colors,
        "inputs": list(card.inputs),
        "outputs": list(card.outputs),
        "weights": graph.with_suffix(CHECKPOINT_SUFFIX).name,
    }
    return json.dumps(known)
