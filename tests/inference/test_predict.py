from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.inference import predict
from colorizer.inference.params import PredictParams
from colorizer.inference.predict import colorize_batch, colorize_squares, predict_ab
from colorizer.networks.base import Colorizer
from colorizer.networks.unet import UNet
from tests.network_helpers import (
    Painter,
    Photographs,
    flat,
    lightness_of,
    noise,
    ramps,
    repeatable,
    write_shards,
)

CPU = torch.device("cpu")
# L of a pixel whose channels are all rounded by half a step; the largest is in dark greys.
HALF_STEP_OF_LIGHTNESS = 0.3


def settings(batch: int = 4, mirror: bool = True) -> PredictParams:
    return PredictParams(
        device="cpu",
        batch_size=batch,
        mirror=mirror,
        saturation="auto",
        saturation_cost=0.1,
        scheduler="",
        panels=0,
    )


def colorize(
    photographs: Photographs,
    model: Colorizer | None = None,
    batch: int = 4,
    mirror: bool = True,
    saturation: float = 1.0,
) -> Photographs:
    params = settings(batch, mirror)
    model = model or Painter()
    return np.array(list(colorize_squares(model, photographs, params, CPU, saturation)))


@pytest.fixture(scope="module")
def unet() -> UNet:
    with repeatable(0):
        model = UNet()
        nn.init.normal_(model.to_ab.weight, std=20)
        return model.eval()


class Chroma(Colorizer):
    """Predicts ``a`` from the lightness and the same ``b`` everywhere."""

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return torch.cat([lightness - 50, torch.full_like(lightness, 10.0)], dim=1) / 128


class TestPredictAb:
    @pytest.mark.parametrize("shares", [1, 2, 4])
    def test_the_mirror_image_takes_no_memory(
        self, monkeypatch: pytest.MonkeyPatch, shares: int
    ) -> None:
        monkeypatch.setattr(predict, "shares_on", lambda _: shares)  # one as on a GPU
        at_once = []

        class Watched(Chroma):
            def scaled_ab(self, lightness: Tensor) -> Tensor:
                at_once.append(len(lightness))
                return super().scaled_ab(lightness)

        lightness = lightness_of(noise(8, 8))
        ab = predict_ab(Watched().eval(), lightness, mirror=True)

        assert max(at_once) * shares == 8
        torch.testing.assert_close(ab[:, :1], lightness - 50)

    @pytest.mark.parametrize("mirror", [False, True])
    def test_shape_and_no_gradients(self, mirror: bool) -> None:
        ab = predict_ab(Painter(), lightness_of(noise(3, 8)), mirror)
        assert ab.shape == (3, 2, 8, 8)
        assert not ab.requires_grad

    def test_without_mirror_it_is_what_the_network_says(self, unet: UNet) -> None:
        lightness = lightness_of(noise(2, 32))
        with torch.inference_mode():
            predicted, expected = predict_ab(unet, lightness, mirror=False), unet(lightness)
        # Not the same bits: torch rounds otherwise for another number of photographs.
        torch.testing.assert_close(predicted, expected, rtol=0, atol=1e-3)

    def test_with_mirror_it_is_the_mean_of_both_sides(self, unet: UNet) -> None:
        lightness = lightness_of(noise(2, 32))
        ab = predict_ab(unet, lightness, mirror=True)
        with torch.inference_mode():
            expected = (unet(lightness) + unet(lightness.flip(-1)).flip(-1)) / 2
            assert not torch.allclose(expected, unet(lightness), atol=0.1)
        torch.testing.assert_close(ab, expected)

    def test_mirrored_photograph_gets_the_mirrored_colours(self, unet: UNet) -> None:
        lightness = lightness_of(noise(2, 32))
        ab = predict_ab(unet, lightness, mirror=True)
        mirrored = predict_ab(unet, lightness.flip(-1), mirror=True)
        torch.testing.assert_close(mirrored, ab.flip(-1), atol=1e-3, rtol=1e-5)
        assert not torch.allclose(ab, ab.flip(-1), atol=0.1)

    @pytest.mark.parametrize("mirror", [False, True])
    def test_it_is_predicted_at_the_scale_of_the_network(self, mirror: bool) -> None:
        lightness = lightness_of(noise(2, 8))
        model = Painter()
        at_its_size = predict_ab(model, lightness, mirror)
        model.scale.fill_(2.0)
        ab = predict_ab(model, lightness, mirror)
        assert not torch.allclose(ab, at_its_size, atol=1)
        with torch.inference_mode():
            expected = model.predict(lightness)
            if mirror:
                expected = (expected + model.predict(lightness.flip(-1)).flip(-1)) / 2
        torch.testing.assert_close(ab, expected)

    def test_lightness_is_left_alone(self) -> None:
        lightness = lightness_of(noise(2, 8))
        before = lightness.clone()
        predict_ab(Painter(), lightness, mirror=True)
        assert torch.equal(lightness, before)


class TestColorizeSquares:
    @pytest.mark.parametrize("batch", [1, 2, 3, 5, 64])
    @pytest.mark.parametrize("mirror", [False, True])
    def test_batch_size_does_not_matter(self, unet: UNet, batch: int, mirror: bool) -> None:
        photographs = noise(5, 32)
        colored = colorize(photographs, unet, batch=batch, mirror=mirror).astype(int)
        expected = colorize(photographs, unet, batch=4, mirror=mirror).astype(int)
        assert abs(colored - expected).max() <= 1

    @pytest.mark.parametrize("mirror", [False, True])
    def test_mirrors_when_asked_to(self, mirror: bool) -> None:
        photographs = noise(2, 32)
        colored = colorize(photographs, mirror=mirror).astype(int)
        from_mirrored = colorize(photographs[:, :, ::-1], mirror=mirror)[:, :, ::-1]
        assert (abs(colored - from_mirrored).max() <= 1) == mirror

    def test_shape_and_type(self) -> None:
        colored = colorize(noise(3, 8))
        assert colored.shape == (3, 8, 8, 3)
        assert colored.dtype == np.uint8

    def test_lightness_stays_where_the_colour_is_in_gamut(self) -> None:
        photographs = noise(4, 32)
        colored = colorize(photographs)
        in_gamut = ((colored > 0) & (colored < 255)).all(axis=-1)
        assert in_gamut.mean() > 0.5
        before = lab_from_bytes(photographs)[:, 0].numpy()
        after = lab_from_bytes(colored)[:, 0].numpy()
        assert abs(after - before)[in_gamut].max() < HALF_STEP_OF_LIGHTNESS

    def test_chroma_is_the_predicted_one(self) -> None:
        (colored,) = colorize(flat((119, 119, 119), size=4), Chroma())
        lightness, a, b = lab_from_bytes(colored)[:, 0, 0].tolist()
        assert lightness == pytest.approx(50, abs=0.5)
        assert a == pytest.approx(0, abs=0.5)
        assert b == pytest.approx(10, abs=0.5)

    @pytest.mark.parametrize("saturation", [0.0, 0.5, 2.0])
    def test_chroma_is_multiplied_and_lightness_is_not(self, saturation: float) -> None:
        (colored,) = colorize(flat((119, 119, 119), size=4), Chroma(), saturation=saturation)
        lightness, a, b = lab_from_bytes(colored)[:, 0, 0].tolist()
        assert lightness == pytest.approx(50, abs=0.5)
        assert a == pytest.approx(0, abs=0.5)
        assert b == pytest.approx(10 * saturation, abs=0.5)

    def test_no_saturation_gives_grey(self) -> None:
        assert np.ptp(colorize(noise(2, 8), saturation=0.0).astype(int), axis=-1).max() <= 1

    def test_only_lightness_is_looked_at(self) -> None:
        photographs = flat((255, 0, 0), (127, 127, 127), size=4)
        red, grey = lightness_of(photographs)[:, 0, 0, 0].tolist()
        assert red == pytest.approx(grey, abs=0.2)
        from_red, from_grey = colorize(photographs, Chroma()).astype(int)
        assert abs(from_red - from_grey).max() <= 1

    def test_order_is_kept(self) -> None:
        levels = [200, 40, 120, 90, 160, 20, 230]
        photographs = flat(*[(level, level, level) for level in levels], size=4)
        colored = colorize(photographs, Chroma(), batch=3)
        for photograph, expected in zip(photographs, colored, strict=True):
            np.testing.assert_array_equal(colorize(photograph[None], Chroma())[0], expected)
        lightness = lab_from_bytes(colored)[:, 0].mean(dim=(1, 2))
        assert lightness.argsort().tolist() == np.argsort(levels).tolist()

    def test_shards_are_coloured_like_arrays(self, tmp_path: Path) -> None:
        photographs = noise(5, 8)
        shards = write_shards(tmp_path, photographs)
        colored = np.array(list(colorize_squares(Painter(), shards, settings(batch=2), CPU)))
        np.testing.assert_array_equal(colored, colorize(photographs, batch=2))

    def test_photographs_are_left_alone(self) -> None:
        photographs = noise(2, 8)
        photographs.setflags(write=False)
        colorize(photographs)
        np.testing.assert_array_equal(photographs, noise(2, 8))

    def test_a_network_in_training_mode_is_put_into_evaluation_mode(self) -> None:
        with repeatable(0):
            model = UNet().train()
            before = {key: value.clone() for key, value in model.state_dict().items()}
        colorize(noise(2, 32), model)
        assert not any(module.training for module in model.modules())
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())

    def test_no_photographs_give_none(self) -> None:
        assert list(colorize_squares(Painter(), noise(0, 8), settings(), CPU)) == []

    def test_untrained_unet_paints_grey(self) -> None:
        with repeatable(0):
            colored = colorize(noise(2, 32), UNet()).astype(int)
        assert np.ptp(colored, axis=-1).max() <= 1


class TestColorizeBatch:
    @pytest.mark.parametrize("mirror", [False, True])
    def test_is_what_squares_are_coloured_by(self, mirror: bool) -> None:
        photographs = noise(3, 16)
        model = Painter().eval()
        colored = colorize_batch(model, photographs, mirror, CPU)
        assert colored.shape == photographs.shape
        assert colored.dtype == np.uint8
        np.testing.assert_array_equal(colored, colorize(photographs, batch=3, mirror=mirror))

    def test_is_so_at_any_saturation(self) -> None:
        photographs = noise(3, 16)
        colored = colorize_batch(Painter().eval(), photographs, True, CPU, 1.75)
        expected = colorize(photographs, batch=3, saturation=1.75)
        np.testing.assert_array_equal(colored, expected)
        assert (colored != colorize(photographs, batch=3)).any()


class TestAged:
    def colorize(self, photographs: Photographs, seed: int | None, batch: int = 4) -> Photographs:
        return np.array(
            list(
                colorize_squares(
                    Painter(), photographs, settings(batch), CPU, 1.0, aging_seed=seed
                )
            )
        )

    def test_seed_decides_and_batches_do_not(self) -> None:
        photographs = noise(5, 32)
        first = self.colorize(photographs, 3)
        assert np.array_equal(first, self.colorize(photographs, 3, batch=2))
        assert not np.array_equal(first, self.colorize(photographs, 4))
        assert not np.array_equal(first, self.colorize(photographs, None))

    def test_a_photograph_ages_alike_in_whatever_set_it_is(self) -> None:
        photographs = noise(5, 32)
        assert np.array_equal(self.colorize(photographs, 3)[3:], self.colorize(photographs[3:], 3))

    def test_lightness_is_that_of_the_photograph_as_it_was(self) -> None:
        # Of little chroma, so that no colour leaves sRGB.
        photographs = flat((120, 120, 120), (90, 95, 90), size=32)
        made = lightness_of(self.colorize(photographs, 1))
        assert (made - lightness_of(photographs)).abs().max() < HALF_STEP_OF_LIGHTNESS

    def test_network_sees_them_aged(self) -> None:
        seen: list[Tensor] = []

        class Watching(Painter):
            def scaled_ab(self, lightness: Tensor) -> Tensor:
                seen.append(lightness.clone())
                return super().scaled_ab(lightness)

        photographs = ramps(32)
        list(colorize_squares(Watching(), photographs, settings(mirror=False), CPU, aging_seed=0))
        assert (torch.cat(seen) - lightness_of(photographs)).abs().mean() > 1
