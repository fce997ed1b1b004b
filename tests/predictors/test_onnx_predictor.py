from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.common.errors import UserError
from colorizer.inference.types import Hint
from colorizer.predictors.view import read_view
from tests.onnx_helpers import CARD, card, painting_graph, save_graph
from tests.photo_helpers import greys

from colorizer.predictors import onnx_predictor  # isort: skip
from colorizer.predictors.onnx_predictor import OnnxPredictor, load_onnx_predictor  # isort: skip

PLAIN = ColorSpace()


@pytest.fixture
def painter(tmp_path: Path) -> OnnxPredictor:
    return load_onnx_predictor(save_graph(tmp_path / "painter.onnx", painting_graph()))


def test_file_tells_all_that_is_needed(painter: OnnxPredictor) -> None:
    assert painter.card == CARD
    assert painter.side == CARD.side


@pytest.mark.parametrize(("asked", "side"), [(64, 64), (49, 48), (1, 4)])
def test_side_is_as_asked_as_near_as_the_network_can(
    tmp_path: Path, asked: int, side: int
) -> None:
    file = save_graph(tmp_path / "painter.onnx", painting_graph())

    assert load_onnx_predictor(file, asked).side == side


def test_chroma_is_that_of_the_photograph_and_of_its_mirror_image(painter: OnnxPredictor) -> None:
    lightness = read_view(greys(72, 48), PLAIN, (72, 48))[0, 0]

    chroma = painter.predict(greys(72, 48), PLAIN)

    ab = chroma.at(1)
    assert ab.dtype == np.float32
    np.testing.assert_array_equal(chroma.at(2), 2 * ab)
    padded = np.pad(lightness, ((0, 0), (1, 1)))
    np.testing.assert_allclose(ab[0], lightness, atol=1e-4)
    np.testing.assert_allclose(ab[1], (padded[:, :-2] + padded[:, 2:]) / 2, atol=1e-4)


def test_without_mirror_it_is_that_of_the_photograph_alone(tmp_path: Path) -> None:
    metadata = card(mirror=False).to_metadata()
    file = save_graph(tmp_path / "painter.onnx", painting_graph(), metadata)
    lightness = read_view(greys(72, 48), PLAIN, (72, 48))[0, 0]

    ab = load_onnx_predictor(file).predict(greys(72, 48), PLAIN).at(1)

    np.testing.assert_allclose(ab[1], np.pad(lightness, ((0, 0), (1, 0)))[:, :-1], atol=1e-4)


@pytest.mark.parametrize(
    ("asked", "stored", "cores", "threads"),
    [
        (None, True, 16, 15),
        (None, True, 2, 1),
        (None, True, 1, 1),
        (None, False, 16, 16),
        (False, True, 16, 16),
        (True, False, 16, 15),
    ],
)
def test_a_photograph_takes_all_cores(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: bool | None,
    stored: bool,
    cores: int,
    threads: int,
) -> None:
    monkeypatch.setattr(onnx_predictor, "usable_cores", lambda: cores)
    metadata = card(mirror=stored).to_metadata()
    file = save_graph(tmp_path / "painter.onnx", painting_graph(), metadata)

    session = load_onnx_predictor(file, mirror=asked).session

    assert session.get_session_options().intra_op_num_threads == threads


def test_hints_are_refused_by_a_network_that_takes_none(painter: OnnxPredictor) -> None:
    assert not painter.takes_hints
    with pytest.raises(UserError, match="the network painter takes no colour hints"):
        painter.predict(greys(72, 48), PLAIN, [Hint(0.5, 0.5, (10, 20))])


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1)])
def test_every_aspect_is_taken(painter: OnnxPredictor, size: tuple[int, int]) -> None:
    assert np.isfinite(painter.predict(Image.new("L", size, 90), PLAIN).at(1)).all()


def test_what_is_no_onnx_is_told_in_a_line(tmp_path: Path) -> None:
    whole = save_graph(tmp_path / "whole", painting_graph()).read_bytes()
    for content in (b"", b"no network", whole[: len(whole) // 2]):
        (tmp_path / "net.onnx").write_bytes(content)

        with pytest.raises(UserError, match=r"^[^\n]*net\.onnx cannot be read as an ONNX file: "):
            load_onnx_predictor(tmp_path / "net.onnx")


def test_onnx_of_others_is_told(tmp_path: Path) -> None:
    file = save_graph(tmp_path / "net.onnx", painting_graph(), {"author": "somebody"})

    with pytest.raises(UserError, match=r"net\.onnx is not an ONNX file of this project: .*none"):
        load_onnx_predictor(file)


def test_onnx_of_others_that_poses_as_one_of_ours_is_told(tmp_path: Path) -> None:
    graph = painting_graph()
    graph.graph.input[0].name = graph.graph.node[0].input[0] = "picture"

    with pytest.raises(UserError, match=r"not an ONNX file of this project: .*lightness"):
        load_onnx_predictor(save_graph(tmp_path / "net.onnx", graph))
