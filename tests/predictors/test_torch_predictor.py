from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from skimage.color import deltaE_ciede2000
from torch import nn

from colorizer.color.icc import ColorSpace
from colorizer.common.errors import UserError
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.registry import build
from colorizer.networks.unet import UNet
from colorizer.networks.weights import METADATA_KEY
from colorizer.predictors.torch_predictor import TorchPredictor, load_torch_predictor
from tests.conftest import SAMPLE
from tests.network_helpers import Painter, repeatable, vividness_of
from tests.photo_helpers import CPU, Floats, greys, lab_of, network

PLAIN = ColorSpace()


def save(path: Path, size: int = 64, scale: float = 1.0) -> Path:
    model = build("simple_ae")
    model.scale.fill_(scale)
    save_checkpoint(path, "simple_ae", size, model.state_dict(), vividness_of())
    return path


@pytest.fixture(scope="module")
def vivid() -> TorchPredictor:
    """The default network with random weights, and colours as strong as trained ones."""
    with repeatable(0):
        model = UNet()
        nn.init.normal_(model.to_ab.weight, std=60)
        return network(model, side=192)


@pytest.mark.parametrize(
    ("scale", "asked", "side"),
    [
        (1.0, None, 64),
        (1.5, None, 96),
        (1.45, None, 96),
        (1.5, 128, 128),
        (1.0, 99, 96),
    ],
)
def test_network_sees_what_it_was_trained_on_enlarged(
    tmp_path: Path, scale: float, asked: int | None, side: int
) -> None:
    loaded = load_torch_predictor(save(tmp_path / "net", scale=scale), CPU, asked)

    assert loaded.side == side
    assert float(loaded.model.scale) == 1  # not enlarged a second time
    assert loaded.predict(greys(300, 200), PLAIN).own.shape[1] == side


def test_chroma_is_that_of_the_photograph_and_of_its_mirror_image() -> None:
    painter = network(Painter())
    mirrored = greys().transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    ab = painter.predict(greys(), PLAIN).at(1.0)

    assert ab.shape == (2, 32, 36)
    assert ab.dtype == np.float32
    np.testing.assert_allclose(painter.predict(mirrored, PLAIN).at(1.0), ab[:, :, ::-1], atol=0.2)
    assert abs(ab - ab[:, :, ::-1]).max() > 1


def test_colors_hardly_depend_on_the_size(vivid: TorchPredictor) -> None:
    with Image.open(min((SAMPLE / "scenes").rglob("*.jpg"))) as sample:
        large = sample.convert("L").resize((4896, 3264), Image.Resampling.BICUBIC)
    lightness = lab_of(large.resize((288, 192)))[:1]

    def colors(width: int) -> Floats:
        seen = large.resize((width, width * 2 // 3), Image.Resampling.LANCZOS)
        ab = vivid.predict(seen, PLAIN).at(1.0)
        lab: Floats = np.concatenate([lightness, ab]).transpose(1, 2, 0)
        return lab

    smallest, *others = (
        colors(width) for width in (672, 1224, 2448, 4896)
    )  # 0.3 to 16 megapixels

    assert np.hypot(smallest[..., 1], smallest[..., 2]).mean() > 5
    # Of pixels, the worst.
    assert max(deltaE_ciede2000(smallest, other).max() for other in others) < 2  # type: ignore[no-untyped-call]


def test_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"checkpoint .*none not found"):
        load_torch_predictor(tmp_path / "none", CPU)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1)])
@pytest.mark.parametrize("name", ["simple_ae", "conv_ae", "unet"])
def test_every_network_takes_every_aspect(name: str, size: tuple[int, int]) -> None:
    model = build(name)

    ab = network(model, side=model.size_multiple * 8).predict(Image.new("L", size, 90), PLAIN).own

    assert np.isfinite(ab).all()


@pytest.mark.parametrize("size", ['"64"', "0", "null"])
def test_checkpoint_of_no_size_is_told(tmp_path: Path, size: str) -> None:
    about = f'{{"version": "4", "model": "simple_ae", "size": {size}}}'
    weights = {name: tensor.clone() for name, tensor in build("simple_ae").state_dict().items()}
    save_file(weights, tmp_path / "net", metadata={METADATA_KEY: about})

    with pytest.raises(UserError, match=r"is not a checkpoint of this project: .*size"):
        load_torch_predictor(tmp_path / "net", torch.device("cpu"))
