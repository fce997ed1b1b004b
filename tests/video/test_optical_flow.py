from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from colorizer.video.optical_flow import enlarge, estimate_motion, is_inside, warp
from tests.conftest import SAMPLE

SIZE = (128, 96)


def view(left: float = 0.0, zoom: float = 1.0, gain: float = 1.0) -> Tensor:
    """Return L of a part of a photograph: ``left`` is in pixels of what is returned."""
    with Image.open(min((SAMPLE / "scenes").rglob("*.jpg"))) as image:
        width, height = image.size
        half = np.array(SIZE) * min(width / SIZE[0], height / SIZE[1]) * 0.35 / zoom
        x = width * 0.45 + left * 2 * half[0] / SIZE[0]
        box = (x - half[0], height / 2 - half[1], x + half[0], height / 2 + half[1])
        part = image.convert("L").resize(SIZE, Image.Resampling.BICUBIC, box=box)
    return torch.from_numpy(np.asarray(part).astype(np.float32) * (gain / 2.55))[None, None]


def mean_error(flow: Tensor, true: Tensor) -> float:
    inside = is_inside(true.expand_as(flow))[0, 0]
    return float((flow - true).norm(dim=1)[0][inside].mean())


def test_what_stands_still_does_not_move() -> None:
    assert estimate_motion(view(), view()).abs().max() < 1e-4


@pytest.mark.parametrize("distance", [0.5, 2.0, 8.0])
def test_pan_is_found(distance: float) -> None:
    flow = estimate_motion(view(), view(left=distance))

    assert (
        mean_error(flow, torch.tensor([distance, 0.0])[None, :, None, None]) < 0.2 + distance / 10
    )


def test_zoom_is_found() -> None:
    zoom = 1.04
    x = torch.arange(SIZE[0]) + 0.5 - SIZE[0] / 2
    y = torch.arange(SIZE[1]) + 0.5 - SIZE[1] / 2
    true = torch.stack(torch.meshgrid(x, y, indexing="xy"))[None] * (1 / zoom - 1)

    assert mean_error(estimate_motion(view(), view(zoom=zoom)), true) < 0.4


def test_light_that_changes_is_no_motion() -> None:
    assert estimate_motion(view(), view() + 10).abs().max() < 1e-3


def test_flat_frames_do_not_move() -> None:
    assert (
        estimate_motion(torch.full((1, 1, 48, 64), 20.0), torch.full((1, 1, 48, 64), 60.0))
        .abs()
        .max()
        == 0
    )


def test_moved_takes_pixels_from_where_flow_says() -> None:
    picture = torch.arange(12.0).reshape(1, 1, 3, 4)
    flow = torch.zeros(1, 2, 3, 4)
    flow[:, 0] = 1

    torch.testing.assert_close(warp(picture, flow)[..., :3], picture[..., 1:])
    assert is_inside(flow)[0, 0].tolist() == [[True, True, True, False]] * 3


def test_enlarged_flow_has_as_many_more_pixels() -> None:
    flow = torch.ones(1, 2, 4, 4)

    torch.testing.assert_close(
        enlarge(flow, torch.Size((8, 12))),
        torch.tensor([3.0, 2.0])[None, :, None, None].expand(1, 2, 8, 12),
    )
