from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.augment import augment
from tests.network_helpers import (
    flat,
    noise,
    plain_recipe,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ramp(count: int = 16, size: int = 32) -> Tensor:
    """Return Lab with L, a and b rising to the right: 20..80, 2 L - 100 and 50 - L."""
    lightness = torch.linspace(20, 80, size).expand(count, size, size)
    return torch.stack([lightness, 2 * lightness - 100, 50 - lightness], dim=1)


class TestAugment:
    def test_nothing_asked_for_changes_nothing(self) -> None:
        lab = lab_from_bytes(noise(4, 8))
        assert torch.equal(augment(lab, plain_recipe(), generator()), lab)

    @pytest.mark.parametrize(
        "changes",
        [
            {"flip": True},
            {"min_crop": 0.5},
            {"gamma": 0.5},
            {"flip": True, "min_crop": 0.5, "gamma": 0.5},
        ],
        ids=str,
    )
    class TestAnyKind:
        def test_same_generator_same_result(self, changes: dict[str, float]) -> None:
            recipe = plain_recipe(**changes)
            first, again = (augment(ramp(), recipe, generator(3)) for _ in range(2))
            assert torch.equal(first, again)

        def test_other_seed_other_result(self, changes: dict[str, float]) -> None:
            recipe = plain_recipe(**changes)
            first, other = (augment(ramp(), recipe, generator(seed)) for seed in (3, 4))
            assert not torch.allclose(first, other, atol=0.1)

        def test_photographs_of_a_batch_vary_differently(self, changes: dict[str, float]) -> None:
            varied = augment(ramp(), plain_recipe(**changes), generator())
            assert float(varied.std(dim=0).max()) > 0.5

        def test_shape_dtype_and_input_are_kept(self, changes: dict[str, float]) -> None:
            lab = ramp()
            varied = augment(lab, plain_recipe(**changes), generator())
            assert varied.shape == lab.shape
            assert varied.dtype == torch.float32
            assert torch.equal(lab, ramp())

    @pytest.mark.parametrize(
        "changes",
        [{"flip": True}, {"min_crop": 0.5}, {"flip": True, "min_crop": 0.5, "gamma": 0.5}],
        ids=str,
    )
    @pytest.mark.parametrize("share", [slice(0, 3), slice(3, 8), slice(7, 8), slice(8, 8)])
    def test_share_of_a_batch_varies_as_it_does_within_the_batch(
        self, changes: dict[str, float], share: slice
    ) -> None:
        recipe = plain_recipe(**changes)
        numbers = generator(3)
        whole = augment(ramp(8), recipe, numbers)
        others = generator(3)
        part = augment(ramp(8)[share], recipe, others, share, 8)
        torch.testing.assert_close(part, whole[share], atol=1e-4, rtol=0)
        # The next batch is the same one too, also where this share was of nothing.
        assert torch.equal(numbers.get_state(), others.get_state())

    def test_flip_mirrors_about_half_of_the_photographs(self) -> None:
        lab = lab_from_bytes(noise(1, 8)).expand(64, -1, -1, -1)
        flipped = augment(lab, plain_recipe(flip=True), generator())
        kept = ((flipped - lab).abs() < 1e-3).all(dim=3).all(dim=2).all(dim=1)
        mirrored = ((flipped - lab.flip(-1)).abs() < 1e-3).all(dim=3).all(dim=2).all(dim=1)
        assert bool((kept ^ mirrored).all())
        assert 20 <= int(mirrored.sum()) <= 44

    def test_no_flip_never_mirrors(self) -> None:
        varied = augment(ramp(64), plain_recipe(min_crop=0.5), generator())
        assert bool((varied[:, 0, :, 2:-2].diff(dim=-1) > 0).all())

    @pytest.mark.parametrize("flip", [False, True])
    def test_crops_of_one_colour_keep_it(self, flip: bool) -> None:
        lab = lab_from_bytes(flat((200, 30, 90), (10, 250, 40), size=16))
        cropped = augment(lab, plain_recipe(min_crop=0.3, flip=flip), generator())
        torch.testing.assert_close(cropped, lab, atol=1e-3, rtol=0)

    @pytest.mark.parametrize("flip", [False, True])
    def test_crops_stay_inside_the_photograph(self, flip: bool) -> None:
        lab = ramp(64)
        cropped = augment(lab, plain_recipe(min_crop=0.3, flip=flip), generator())
        for channel in range(3):
            assert float(cropped[:, channel].min()) >= float(lab[:, channel].min()) - 1e-3
            assert float(cropped[:, channel].max()) <= float(lab[:, channel].max()) + 1e-3

    def test_crops_enlarge_both_sides_alike_within_the_limit(self) -> None:
        across = ramp(64)
        down = across.transpose(-2, -1)
        # Within a pixel of its edge a crop may meet the photograph's; inside, a ramp stays one.
        inside = slice(2, -2)
        slope = float(across[0, 0, 0].diff()[0])
        scales = []
        for lab in (across, down):
            cropped = augment(lab, plain_recipe(min_crop=0.5), generator())[:, 0]
            steps = cropped.diff(dim=-1 if lab is across else -2)[:, inside, inside] / slope
            scale = steps.mean(dim=(1, 2))
            torch.testing.assert_close(
                steps, scale[:, None, None].expand_as(steps), atol=1e-3, rtol=0
            )
            scales.append(scale)
        torch.testing.assert_close(*scales, atol=1e-3, rtol=0)
        assert 0.5 - 1e-3 <= float(scales[0].min()) < 0.6
        assert 0.9 < float(scales[0].max()) <= 1 + 1e-3

    @pytest.mark.parametrize("changes", [{}, {"flip": True, "min_crop": 0.5}], ids=str)
    @pytest.mark.parametrize("size", [4, 8, 32])
    def test_crops_have_the_size_that_is_asked_for(
        self, changes: dict[str, float], size: int
    ) -> None:
        recipe = plain_recipe(**changes)
        assert augment(ramp(3), recipe, generator(), side=size).shape == (3, 3, size, size)
        # Also of a process that has none of the batch's photographs.
        nothing = augment(ramp(3)[:0], recipe, generator(), slice(3, 3), 3, size)
        assert nothing.shape == (0, 3, size, size)

    def test_smaller_photographs_show_the_same(self) -> None:
        lab = ramp(1)
        half = lab.shape[-1] // 2
        small = augment(lab, plain_recipe(), generator(), side=half)
        means = lab.reshape(1, 3, half, 2, half, 2).mean(dim=(3, 5))
        torch.testing.assert_close(small, means, atol=1e-3, rtol=0)

    def test_crops_come_from_all_over_the_photograph(self) -> None:
        cropped = augment(ramp(64), plain_recipe(min_crop=0.5), generator())
        middles = cropped[:, 0].mean(dim=(1, 2))
        assert float(middles.min()) < 42
        assert float(middles.max()) > 58

    def test_lightness_and_chroma_move_together(self) -> None:
        varied = augment(ramp(), plain_recipe(min_crop=0.5, flip=True), generator())
        torch.testing.assert_close(varied[:, 1], 2 * varied[:, 0] - 100, atol=1e-3, rtol=0)
        torch.testing.assert_close(varied[:, 2], 50 - varied[:, 0], atol=1e-3, rtol=0)

    def test_gamma_leaves_chroma_alone(self) -> None:
        lab = lab_from_bytes(noise(8, 8))
        bent = augment(lab, plain_recipe(gamma=1.0), generator())
        assert torch.equal(bent[:, 1:], lab[:, 1:])
        assert not torch.equal(bent[:, :1], lab[:, :1])

    def test_gamma_is_one_power_a_photograph_within_the_limit(self) -> None:
        lab = ramp(64)
        bent = augment(lab, plain_recipe(gamma=0.5), generator())
        powers = ((bent[:, 0] / 100).log() / (lab[:, 0] / 100).log()).log()
        power = powers.mean(dim=(1, 2))
        torch.testing.assert_close(
            powers, power[:, None, None].expand_as(powers), atol=1e-3, rtol=0
        )
        assert -0.5 - 1e-3 <= float(power.min()) < -0.4
        assert 0.4 < float(power.max()) <= 0.5 + 1e-3

    def test_gamma_keeps_black_white_and_the_range_of_lightness(self) -> None:
        lab = torch.zeros(32, 3, 1, 101)
        lab[:, 0] = torch.linspace(0, 100, 101)
        bent = augment(lab, plain_recipe(gamma=2.0), generator())[:, 0, 0]
        assert bool((bent[:, 0] == 0).all())
        torch.testing.assert_close(bent[:, -1], torch.full((32,), 100.0))
        assert bool((bent.diff() >= 0).all())

    def test_gamma_takes_lightness_that_rounding_left_below_black(self) -> None:
        lab = torch.full((4, 3, 2, 2), -1e-6)
        bent = augment(lab, plain_recipe(gamma=1.0), generator())
        assert np.isfinite(bent.numpy()).all()
        assert bool((bent[:, 0] == 0).all())
