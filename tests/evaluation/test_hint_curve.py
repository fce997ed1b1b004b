from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.common.params import Params
from colorizer.data.shards import Shards
from colorizer.evaluation import hint_curve
from colorizer.evaluation.hint_curve import NUMBERS, measure_hints
from colorizer.evaluation.metrics import measure
from colorizer.inference.params import PredictParams
from colorizer.inference.predict import colorize_squares
from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.inference.types import Chroma
from colorizer.networks.base import Colorizer
from tests.network_helpers import (
    HintedPainter,
    Painter,
    Photographs,
    flat,
    noise,
    ramps,
    write_shards,
)

CPU = torch.device("cpu")


@pytest.fixture
def settings(params: Params) -> PredictParams:
    return PredictParams.parse(params.predict).replace(batch_size=2, mirror=True)


def measured(
    settings: PredictParams,
    model: Colorizer,
    photographs: Photographs | Shards,
    numbers: Sequence[int] = (0, 1, 4),
    saturation: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    return measure_hints(model, photographs, numbers, settings, saturation, seed, CPU)


def colored_flat(count: int, size: int = 16) -> Photographs:
    """Return photographs of a colour each."""
    numbers = np.random.default_rng(0).integers(60, 200, (count, 3))
    return flat(*map(tuple, numbers.tolist()), size=size)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Note which hints are given, batch by batch."""
    noted: list[Tensor] = []
    decode = EncodedPhotographs.decode

    def noting(encoded: EncodedPhotographs, hints: Tensor) -> Chroma[Tensor]:
        noted.append(hints)
        return decode(encoded, hints)

    monkeypatch.setattr(EncodedPhotographs, "decode", noting)
    return noted


@pytest.mark.parametrize("model", [Painter, HintedPainter])
@pytest.mark.parametrize(("saturation", "mirror"), [(1.0, True), (0.0, True), (1.4, False)])
def test_without_hints_figures_are_those_of_the_predictions(
    settings: PredictParams, model: type[Colorizer], saturation: float, mirror: bool
) -> None:
    photographs = np.concatenate([ramps(16), noise(3, 16)])
    settings = settings.replace(mirror=mirror)

    found = measured(settings, model(), photographs, (0,), saturation)

    colored = colorize_squares(model(), photographs, settings, CPU, saturation)
    pairs = zip(colored, photographs, strict=True)
    expected = pd.DataFrame([measure(*pair) for pair in pairs]).mean()
    assert list(found) == ["hints", "psnr", "ciede2000"]
    assert found["hints"].tolist() == [0]
    # Sums round otherwise, and now and then a byte with them.
    assert found["psnr"].tolist() == pytest.approx([expected["psnr"]], abs=1e-3)
    assert found["ciede2000"].tolist() == pytest.approx([expected["ciede2000"]], abs=1e-3)


def test_hints_help_where_they_are_followed(settings: PredictParams) -> None:
    found = measured(settings, HintedPainter(), colored_flat(5), numbers=NUMBERS)

    assert found["hints"].tolist() == list(NUMBERS) == [0, 1, 5, 10, 50]
    assert found["psnr"].is_monotonic_increasing
    assert found["ciede2000"].is_monotonic_decreasing
    assert found["psnr"].iloc[-1] > found["psnr"].iloc[0] + 10
    assert found["ciede2000"].iloc[-1] < found["ciede2000"].iloc[0] / 4


@pytest.mark.parametrize("saturation", [0.0, 1.0, 2.0])
def test_saturation_is_not_for_what_hints_say(settings: PredictParams, saturation: float) -> None:
    model = HintedPainter(doubt=-20)
    found = measured(settings, model, colored_flat(3), numbers=(0, 50), saturation=saturation)
    without, followed = found["psnr"]
    assert without < 25
    assert followed > 33


def test_hints_of_a_smaller_number_are_the_first_of_a_larger(
    settings: PredictParams, followed: list[Tensor]
) -> None:
    measured(settings, HintedPainter(), noise(3, 16), numbers=(0, 1, 4))

    assert [tuple(hints.shape) for hints in followed] == [
        (batch, number, 4) for batch in (2, 1) for number in (0, 1, 4)
    ]
    for _, few, many in (followed[:3], followed[3:]):
        assert torch.equal(few, many[:, :1])
    # No two photographs share their places.
    places = torch.cat([followed[2], followed[5]])[..., :2].flatten(0, 1).tolist()
    assert len(set(map(tuple, places))) == 3 * 4


def test_places_follow_the_seed_alone(settings: PredictParams, followed: list[Tensor]) -> None:
    for batch_size, seed in ((2, 1), (3, 1), (3, 2)):
        measured(
            settings.replace(batch_size=batch_size),
            HintedPainter(),
            noise(3, 16),
            (4,),
            seed=seed,
        )
    *parts, again, other = followed
    assert torch.equal(torch.cat(parts), again)
    assert not torch.equal(again[..., :2], other[..., :2])


def test_batches_do_not_matter(settings: PredictParams) -> None:
    one, other = (
        measured(settings.replace(batch_size=size), HintedPainter(), noise(5, 16))
        for size in (1, 64)
    )
    np.testing.assert_allclose(one, other, rtol=1e-4)


@pytest.mark.parametrize("mirror", [False, True])
def test_networks_that_take_none_are_measured_without(
    settings: PredictParams, mirror: bool
) -> None:
    settings = settings.replace(mirror=mirror)
    assert measured(settings, Painter(), noise(2, 16), (0,))["hints"].tolist() == [0]
    with pytest.raises(UserError, match="takes no colour hints"):
        measured(settings, Painter(), noise(2, 16), (0, 1))


def test_the_first_photographs_are_enough(
    settings: PredictParams, followed: list[Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs = noise(7, 16)
    assert hint_curve.MOST_PHOTOGRAPHS == 500
    monkeypatch.setattr(hint_curve, "MOST_PHOTOGRAPHS", 3)

    found = measured(settings, HintedPainter(), photographs, (1,))

    assert [len(hints) for hints in followed] == [2, 1]
    monkeypatch.setattr(hint_curve, "MOST_PHOTOGRAPHS", 500)
    assert found.equals(measured(settings, HintedPainter(), photographs[:3], (1,)))
    assert not found.equals(measured(settings, HintedPainter(), photographs, (1,)))


def test_shards_are_measured_like_arrays(settings: PredictParams, tmp_path: Path) -> None:
    photographs = noise(5, 16)
    shards = write_shards(tmp_path, photographs, "test")
    assert measured(settings, HintedPainter(), shards).equals(
        measured(settings, HintedPainter(), photographs)
    )


def test_a_network_in_training_mode_is_put_into_evaluation_mode(settings: PredictParams) -> None:
    model = HintedPainter().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measured(settings, model, noise(2, 16))
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
