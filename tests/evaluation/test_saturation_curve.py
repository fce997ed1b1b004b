from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.common.params import Params
from colorizer.evaluation.metrics import measure
from colorizer.evaluation.saturation_curve import SATURATIONS, measure_vividness
from colorizer.inference.params import PredictParams
from colorizer.inference.predict import colorize_squares
from colorizer.networks.base import Colorizer
from colorizer.networks.unet import UNet
from tests.network_helpers import (
    Painter,
    Photographs,
    flat,
    noise,
    ramps,
    repeatable,
    write_shards,
)

CPU = torch.device("cpu")
STEP = 0.05


def measured(folder: Path, model: Colorizer, photographs: Photographs) -> pd.DataFrame:
    return measure_vividness(model, write_shards(folder, photographs, "val"), CPU)


class Dull(Colorizer):
    """Knows the colours of :func:`ramps`' first photograph, and paints half as much."""

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        ab = lab_from_bytes(ramps(lightness.shape[-1]))[:1, 1:]
        ab = ab.expand(len(lightness), -1, -1, -1)
        # The mirror image of the lightness rises to the left.
        falls = lightness[:, :, :, :1] > lightness[:, :, :, -1:]
        return torch.where(falls, ab.flip(-1), ab) / 2 / 128


class TestMeasure:
    def test_range_goes_from_grey_to_twice_the_chroma(self, tmp_path: Path) -> None:
        found = measured(tmp_path, Painter(), noise(2, 8))
        assert list(found) == ["saturation", "psnr", "colorfulness", "photographs"]
        assert set(found["photographs"]) == {2}
        assert found["saturation"].tolist() == [round(STEP * step, 2) for step in range(41)]

    def test_figures_are_those_of_photographs_coloured_so(
        self, params: Params, tmp_path: Path
    ) -> None:
        photographs = noise(5, 16)
        model = Painter()
        found = measured(tmp_path, model, photographs)
        settings = PredictParams.parse(params.predict).replace(batch_size=2, mirror=True)
        for saturation in (0.0, 0.35, 1.0, 2.0):
            colored = colorize_squares(model, photographs, settings, CPU, saturation)
            pairs = zip(colored, photographs, strict=True)
            figures = pd.DataFrame([measure(*pair) for pair in pairs]).mean()
            share = figures["colorfulness"] / figures["colorfulness_truth"]
            # Batches of another size round otherwise, now and then.
            row = found[found["saturation"] == saturation].iloc[0]
            assert row["psnr"] == pytest.approx(figures["psnr"], abs=1e-3)
            assert row["colorfulness"] == pytest.approx(share, abs=1e-3)

    def test_mean_of_the_colourfulness_is_no_mean_of_shares(self, tmp_path: Path) -> None:
        # One vivid photograph and one nearly grey: the second would count as much.
        photographs = np.concatenate([ramps()[:1], flat((100, 101, 100))])
        found = measured(tmp_path, Painter(), photographs).iloc[20]
        true = [measure(photograph, photograph)["colorfulness"] for photograph in photographs]
        alone = [
            measured(tmp_path / str(number), Painter(), photographs[number : number + 1]).iloc[20]
            for number in range(2)
        ]
        colorful = sum(row["colorfulness"] * of for row, of in zip(alone, true, strict=True))
        assert found["colorfulness"] == pytest.approx(colorful / sum(true), rel=1e-3)
        assert found["psnr"] == pytest.approx(np.mean([row["psnr"] for row in alone]), abs=1e-3)

    def test_without_saturation_it_is_grey(self, tmp_path: Path) -> None:
        photographs = noise(3, 16)
        lab = lab_from_bytes(photographs)
        grey = bytes_from_lab(lab * torch.tensor([1.0, 0, 0])[:, None, None])
        expected = np.mean([measure(*p)["psnr"] for p in zip(grey, photographs, strict=True)])
        found = measured(tmp_path, Painter(), photographs).iloc[0]
        assert found["psnr"] == pytest.approx(expected)
        assert found["colorfulness"] < 0.01

    def test_dull_network_is_best_at_twice_its_chroma(self, tmp_path: Path) -> None:
        found = measured(tmp_path, Dull(), ramps()[:1])
        assert found["saturation"].iloc[int(found["psnr"].argmax())] == 2.0
        assert found["colorfulness"].iloc[-1] == pytest.approx(1, abs=0.01)
        assert found["colorfulness"].iloc[20] == pytest.approx(0.5, abs=0.05)
        assert found["psnr"].is_monotonic_increasing

    @pytest.mark.parametrize("batch", [1, 2, 5])
    def test_batches_hold_every_photograph_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
    ) -> None:
        whole = measured(tmp_path, Painter(), noise(5, 8))
        monkeypatch.setattr("colorizer.evaluation.saturation_curve.BATCH_SIZE", batch)
        found = measured(tmp_path, Painter(), noise(5, 8))
        pd.testing.assert_frame_equal(found, whole, rtol=1e-4)

    @pytest.mark.parametrize("batch", [2, 8])
    def test_no_more_than_enough_are_measured(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
    ) -> None:
        first = measured(tmp_path / "first", Painter(), noise(5, 8)[:3])
        monkeypatch.setattr("colorizer.evaluation.saturation_curve.MOST_PHOTOGRAPHS", 3)
        monkeypatch.setattr("colorizer.evaluation.saturation_curve.BATCH_SIZE", batch)
        found = measured(tmp_path / "all", Painter(), noise(5, 8))
        pd.testing.assert_frame_equal(found, first, rtol=1e-4)

    def test_grey_photographs_have_no_colourfulness_to_share(self, tmp_path: Path) -> None:
        found = measured(tmp_path, Painter(), flat((90, 90, 90), (200, 200, 200)))
        assert found["colorfulness"].tolist() == [0] * len(SATURATIONS)
        assert found["psnr"].idxmax() == 0
        assert np.isfinite(found["psnr"]).all()

    def test_network_in_training_is_put_into_evaluation_mode(self, tmp_path: Path) -> None:
        with repeatable(0):
            model = UNet(dropout=0.5).train()
            before = {key: value.clone() for key, value in model.state_dict().items()}
        measured(tmp_path, model, noise(2, 32))
        assert not any(module.training for module in model.modules())
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())

    def test_same_photographs_same_bits(self, tmp_path: Path) -> None:
        first, again = (measured(tmp_path, Painter(), noise(7, 16)) for _ in range(2))
        pd.testing.assert_frame_equal(first, again, check_exact=True)
