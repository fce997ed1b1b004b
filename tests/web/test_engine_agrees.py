"""The page's engine paints photographs as the commands do, with the general network."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from colorizer.networks.files import GENERAL, GENERAL_GRAPH
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.hints import PixelHint
from colorizer.photo.read import as_photo
from colorizer.predictors.load import load_predictor
from colorizer.web.network_card import network_card
from tests.conftest import REPOSITORY, SAMPLE

NODE = shutil.which("node")
SCRIPT = Path(__file__).with_name("engine") / "paint_photographs.js"
PHOTOGRAPHS = 10
MOST = (300, 200)
HINT = PixelHint(0, 5, (200, 85, 61))
# Of all values, those that are rounded the other way.
MOST_DIFFERING = 1e-3

needs_node = pytest.mark.skipif(
    not NODE or not (REPOSITORY / "node_modules" / "onnxruntime-web").is_dir(),
    reason="needs Node.js, and: npm ci --ignore-scripts",
)


@needs_node
def test_pixels_are_those_of_the_commands_within_a_step(tmp_path: Path) -> None:
    assert NODE
    photographs = [_opened(path) for path in _spread(sorted(SAMPLE.rglob("*.jpg")))]
    # The first has a hint at its border, the second transparency.
    hints = [[HINT], *[[] for _ in photographs[1:]]]
    photographs[1].putalpha(Image.linear_gradient("L").resize(photographs[1].size))
    _write(tmp_path, photographs, hints)
    network, saturation = load_predictor(GENERAL_GRAPH, {})
    colorist = PhotoColorist(network, saturation, quality=95, side_by_side=False)

    subprocess.run([NODE, str(SCRIPT), str(tmp_path)], check=True, cwd=REPOSITORY)

    apart = np.concatenate(
        [
            _apart(tmp_path / f"{number}.painted", colorist.picture(as_photo(image), given))
            for number, (image, given) in enumerate(zip(photographs, hints, strict=True))
        ]
    )
    differing = np.count_nonzero(apart)
    print(f"of {apart.size} values, {differing} differ, by at most {apart.max()}")
    assert differing <= MOST_DIFFERING * apart.size
    assert apart.max() <= 1


def test_the_card_tells_what_the_engine_must_know() -> None:
    card = json.loads(network_card(GENERAL_GRAPH))
    assert card == {
        "side": 160,
        "size_multiple": 32,
        "saturation": 1.05,
        "mirror": True,
        "takes_hints": True,
        "knows_colors": True,
        "inputs": ["lightness", "hints", "places"],
        "outputs": ["ab", "given", "colors", "likely"],
        "weights": "general.safetensors",
    }


def _apart(painted: Path, expected: Image.Image) -> npt.NDArray[np.int64]:
    ours = np.fromfile(painted, np.uint8).astype(np.int64)
    apart: npt.NDArray[np.int64] = np.abs(ours - np.asarray(expected.convert("RGBA")).flatten())
    return apart


def _spread(paths: list[Path]) -> list[Path]:
    return paths[:: len(paths) // PHOTOGRAPHS][:PHOTOGRAPHS]


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.draft("RGB", MOST)
        image.thumbnail(MOST)
        return image.convert("RGB")


def _write(folder: Path, photographs: list[Image.Image], hints: list[list[PixelHint]]) -> None:
    told = []
    for number, (image, given) in enumerate(zip(photographs, hints, strict=True)):
        (folder / str(number)).write_bytes(image.convert("RGBA").tobytes())
        width, height = image.size
        placed = [
            {
                "x": (hint.x + 0.5) / width,
                "y": (hint.y + 0.5) / height,
                "color": "#{:02x}{:02x}{:02x}".format(*hint.rgb),
            }
            for hint in given
        ]
        told.append({"name": str(number), "size": image.size, "hints": placed})
    (folder / "photographs.json").write_text(json.dumps(told))
    (folder / "card.json").write_text(network_card(GENERAL_GRAPH))
    shutil.copyfile(GENERAL_GRAPH, folder / "model")
    shutil.copyfile(GENERAL, folder / "weights")
