from __future__ import annotations

import itertools

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorizer.video.shots import is_cut
from tests.conftest import SAMPLE
from tests.video.test_optical_flow import view

PHOTOGRAPHS = sorted((SAMPLE / "scenes").rglob("*.jpg"))[::8]


def lightness_of(number: int) -> Tensor:
    with Image.open(PHOTOGRAPHS[number]) as image:
        grey = np.asarray(image.convert("L").resize((128, 96))).astype(np.float32)
    return torch.from_numpy(grey / 2.55)[None, None]


def test_hard_cuts_are_found() -> None:
    frames = [lightness_of(number) for number in range(len(PHOTOGRAPHS))]
    pairs = list(itertools.pairwise(frames))

    assert sum(is_cut(before, after) for before, after in pairs) >= 0.9 * len(pairs)


def test_same_frame_is_no_cut() -> None:
    assert not is_cut(lightness_of(0), lightness_of(0))


def test_pans_and_zooms_are_no_cuts() -> None:
    assert not is_cut(view(), view(left=12))
    assert not is_cut(view(), view(zoom=1.1))


def test_flash_is_no_cut() -> None:
    bright = (view() * 1.4 + 15).clamp(max=100)

    assert not is_cut(view(), bright)
    assert not is_cut(bright, view())


def test_fade_is_no_cut_until_nothing_is_left() -> None:
    steps = [view(gain=1 - step / 12) for step in range(12)]

    assert not any(is_cut(before, after) for before, after in itertools.pairwise(steps))
    assert is_cut(torch.zeros(1, 1, 96, 128), view())


def test_dissolve_is_no_cut() -> None:
    first, second = lightness_of(0), lightness_of(1)
    steps = [torch.lerp(first, second, step / 12) for step in range(13)]

    assert is_cut(first, second)
    assert not any(is_cut(before, after) for before, after in itertools.pairwise(steps))


def test_flat_frames_are_cut_where_their_lightness_jumps() -> None:
    grey = torch.full((1, 1, 96, 128), 40.0)

    assert not is_cut(grey, grey + 1)
    assert is_cut(grey, grey + 20)
