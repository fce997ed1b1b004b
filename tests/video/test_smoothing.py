from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from colorizer.video.smoothing import ChromaSmoother
from tests.video.test_optical_flow import view
from tests.video.test_shots import lightness_of

SIZE = (192, 256)
SECONDS = 0.04


def noise(generator: torch.Generator) -> Tensor:
    return torch.randn(1, 2, *SIZE, generator=generator)


def constant(value: float) -> Tensor:
    return torch.full((1, 2, *SIZE), value)


def halves(edge: int) -> Tensor:
    """Return chroma of 30 to the left of a column, and of -30 to the right."""
    ab = constant(30.0)
    ab[..., edge:] = -30
    return ab


def test_nothing_is_smoothed_without_a_time_constant() -> None:
    smoother, generator = ChromaSmoother(0), torch.Generator().manual_seed(0)
    for _ in range(2):
        ab = noise(generator)
        assert smoother.smooth(view(), ab, SECONDS) is ab


def test_steady_chroma_stays_as_it_is() -> None:
    smoother = ChromaSmoother(1)
    for left in (0, 1, 3, 2):
        smooth = smoother.smooth(view(left=left), constant(12.5), SECONDS)
        torch.testing.assert_close(smooth, constant(12.5))


@pytest.mark.parametrize("seconds", [0.04, 0.5])
def test_frames_of_a_while_ago_count_less(seconds: float) -> None:
    smoother = ChromaSmoother(0.5)
    smoother.smooth(view(), constant(0.0), 0)
    smooth = smoother.smooth(view(), constant(10.0), seconds)

    share = 1 / (1 + math.exp(-seconds / 0.5))
    torch.testing.assert_close(smooth, constant(10 * share))


def test_flicker_falls() -> None:
    smoother, generator = ChromaSmoother(1), torch.Generator().manual_seed(0)
    grainy = [view() + torch.randn(1, 1, 96, 128, generator=generator) for _ in range(12)]
    raw = [noise(generator) for _ in grainy]
    smooth = [smoother.smooth(frame, ab, SECONDS) for frame, ab in zip(grainy, raw, strict=True)]

    assert (smooth[-1] - smooth[-2]).abs().mean() < 0.15 * (raw[-1] - raw[-2]).abs().mean()


def test_cut_forgets_the_shot_before() -> None:
    smoother = ChromaSmoother(1)
    for _ in range(3):
        smoother.smooth(view(), constant(20.0), SECONDS)

    smooth = smoother.smooth(lightness_of(1), constant(-5.0), SECONDS)

    torch.testing.assert_close(smooth, constant(-5.0))


def test_colors_of_a_pan_move_with_it() -> None:
    smoother = ChromaSmoother(10)
    for frame in range(8):
        # Two pixels of lightness are four of chroma.
        true = halves(128 - 4 * frame)
        smooth = smoother.smooth(view(left=2 * frame), true, SECONDS)

    left, right = smooth[..., :90], smooth[..., 110:220]
    assert (left - 30).abs().max() < 1
    assert (right + 30).abs().max() < 1


def test_what_is_uncovered_has_no_color_of_what_covered_it() -> None:
    smoother = ChromaSmoother(10)
    frame, cover = view(), view()
    cover[..., 40:80] = 95
    painted = constant(0.0)
    painted[..., 80:160] = 40
    for _ in range(5):
        smoother.smooth(cover, painted, SECONDS)

    smooth = smoother.smooth(frame, constant(0.0), SECONDS)

    assert smooth[..., 90:150].abs().mean() < 0.1 * 40
    torch.testing.assert_close(smooth[..., :60], constant(0.0)[..., :60])


def test_light_that_pulses_does_not_end_smoothing() -> None:
    smoother = ChromaSmoother(10)
    for _ in range(5):
        smoother.smooth(view(), constant(0.0), SECONDS)

    assert smoother.smooth(view() + 6, constant(12.0), SECONDS).mean() < 4
