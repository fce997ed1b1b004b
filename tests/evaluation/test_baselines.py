from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.evaluation.baselines import GREY, mean_ab, paint_uniformly
from tests.network_helpers import flat, noise, write_shards

COUNTS = pytest.mark.parametrize("count", [1, 63, 64, 65, 130])


def test_grey_has_no_chroma() -> None:
    assert GREY.tolist() == [0, 0]


class TestMeanAb:
    def test_of_known_colours_by_hand(self, tmp_path: Path) -> None:
        shards = write_shards(tmp_path, flat((255, 0, 0), (0, 0, 255), (128, 128, 128), size=4))
        # Red is (80.09, 67.20), blue is (79.19, -107.86), grey nothing.
        expected = torch.tensor([(80.09 + 79.19) / 3, (67.20 - 107.86) / 3])
        torch.testing.assert_close(mean_ab(shards), expected, atol=0.02, rtol=0)

    @COUNTS
    def test_is_over_all_pixels_of_all_photographs(self, tmp_path: Path, count: int) -> None:
        photographs = noise(count, 4)
        expected = lab_from_bytes(photographs)[:, 1:].double().mean(dim=(0, 2, 3)).float()
        found = mean_ab(write_shards(tmp_path, photographs))
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
        assert found.dtype == torch.float32


class TestPaintUniformly:
    @COUNTS
    def test_gives_every_photograph_in_order(self, tmp_path: Path, count: int) -> None:
        photographs = noise(count, 4)
        shards = write_shards(tmp_path, photographs)
        painted = np.array(list(paint_uniformly(shards, GREY)))
        assert painted.shape == photographs.shape
        assert painted.dtype == np.uint8
        # To within half a step of 8 bits; grey is always in gamut.
        before, after = (lab_from_bytes(p)[:, 0] for p in (photographs, painted))
        torch.testing.assert_close(after, before, atol=0.3, rtol=0)

    def test_grey_is_grey_to_within_one_step(self, tmp_path: Path) -> None:
        shards = write_shards(tmp_path, noise(2, 8))
        painted = np.array(list(paint_uniformly(shards, GREY))).astype(int)
        assert np.ptp(painted, axis=-1).max() <= 1

    def test_chroma_is_the_same_everywhere_and_lightness_its_own(self, tmp_path: Path) -> None:
        greys = np.linspace(60, 200, 16).astype(np.uint8).reshape(1, 4, 4, 1).repeat(3, axis=-1)
        ab = torch.tensor([6.0, 12.0])
        (painted,) = paint_uniformly(write_shards(tmp_path, greys), ab)
        lab = lab_from_bytes(painted)
        torch.testing.assert_close(lab[1:], ab[:, None, None].expand(2, 4, 4), atol=0.8, rtol=0)
        torch.testing.assert_close(lab[0], lab_from_bytes(greys)[0, 0], atol=0.3, rtol=0)

    def test_shards_stay_as_they_are(self, tmp_path: Path) -> None:
        photographs = noise(2, 4)
        shards = write_shards(tmp_path, photographs)
        list(paint_uniformly(shards, torch.tensor([50.0, 50.0])))
        np.testing.assert_array_equal(shards[:], photographs)
