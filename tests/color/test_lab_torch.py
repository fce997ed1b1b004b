from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.color import lab2rgb, rgb2lab
from torch import Tensor

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes, lab_to_rgb, rgb_to_lab

Convert = Callable[[Tensor], Tensor]

PHOTOGRAPHS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=8).map(lambda s: (*s, 3))
)
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
CONVERSIONS = pytest.mark.parametrize("convert", [rgb_to_lab, lab_to_rgb])


def channels_first(image: npt.NDArray[np.float64], dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.from_numpy(image).movedim(-1, -3).to(dtype)


def channels_last(image: Tensor) -> npt.NDArray[np.float64]:
    array: npt.NDArray[np.float64] = image.movedim(-3, -1).double().numpy()
    return array


@DTYPES
@given(photograph=PHOTOGRAPHS)
@settings(deadline=None, max_examples=50)
def test_lab_is_that_of_scikit_image(
    dtype: torch.dtype, photograph: npt.NDArray[np.uint8]
) -> None:
    rgb = photograph / 255
    lab = channels_last(rgb_to_lab(channels_first(rgb, dtype)))
    np.testing.assert_allclose(lab, rgb2lab(rgb), atol=1e-3)


@DTYPES
@pytest.mark.filterwarnings("ignore:.*negative Z values:UserWarning")
@given(
    lab=st.tuples(st.floats(0, 100), st.floats(-128, 127), st.floats(-128, 127)).map(
        lambda color: np.array(color)[None, None]
    )
)
@settings(deadline=None, max_examples=200)
def test_rgb_is_that_of_scikit_image_in_and_out_of_gamut(
    dtype: torch.dtype, lab: npt.NDArray[np.float64]
) -> None:
    rgb = channels_last(lab_to_rgb(channels_first(lab, dtype)))
    np.testing.assert_allclose(rgb, lab2rgb(lab), atol=1e-3)


@DTYPES
@given(photograph=PHOTOGRAPHS)
@settings(deadline=None, max_examples=50)
def test_rgb_survives_lab_and_back(dtype: torch.dtype, photograph: npt.NDArray[np.uint8]) -> None:
    rgb = channels_first(photograph / 255, dtype)
    torch.testing.assert_close(lab_to_rgb(rgb_to_lab(rgb)), rgb, atol=2e-5, rtol=0)


def test_all_greys_survive_lab_exactly() -> None:
    greys = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=-1)
    np.testing.assert_array_equal(bytes_from_lab(lab_from_bytes(greys)), greys)


def test_colours_all_over_the_cube_survive_lab_exactly() -> None:
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    np.testing.assert_array_equal(bytes_from_lab(lab_from_bytes(cube)), cube)


@given(photograph=PHOTOGRAPHS)
@settings(deadline=None, max_examples=50)
def test_bytes_survive_lab_exactly(photograph: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(bytes_from_lab(lab_from_bytes(photograph)), photograph)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        pytest.param((0, 0, 0), (0, 0, 0), id="black"),
        pytest.param((1, 1, 1), (100, 0, 0), id="white"),
        pytest.param((1, 0, 0), (53.24, 80.09, 67.20), id="red"),
        pytest.param((0, 1, 0), (87.73, -86.18, 83.18), id="green"),
        pytest.param((0, 0, 1), (32.30, 79.19, -107.86), id="blue"),
        pytest.param((1, 1, 0), (97.14, -21.55, 94.48), id="yellow"),
        pytest.param((0, 1, 1), (91.11, -48.09, -14.13), id="cyan"),
        pytest.param((1, 0, 1), (60.32, 98.23, -60.82), id="magenta"),
    ],
)
def test_primaries_have_their_known_lab(rgb: tuple[float, ...], lab: tuple[float, ...]) -> None:
    found = rgb_to_lab(torch.tensor(rgb, dtype=torch.float64)[:, None, None])
    expected = torch.tensor(lab, dtype=torch.float64)[:, None, None]
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)


def test_greys_have_no_chroma_and_rise_in_lightness() -> None:
    greys = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=-1)
    lightness, a, b = lab_from_bytes(greys)
    assert bool((lightness.diff() > 0).all())
    assert float(torch.stack([a, b]).abs().max()) < 0.01


def test_all_of_srgb_lies_in_the_documented_range_of_lab() -> None:
    levels = np.linspace(0, 255, 18).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    lightness, a, b = lab_from_bytes(cube).unbind(dim=-3)
    assert float(lightness.min()) == pytest.approx(0, abs=1e-4)
    assert float(lightness.max()) == pytest.approx(100, abs=1e-4)
    for chroma in (a, b):
        assert -128 <= float(chroma.min()) < -80
        assert 90 < float(chroma.max()) <= 127


@pytest.mark.parametrize(
    "lab", [(50, 127, 127), (50, -128, -128), (0, 100, -100), (100, 127, -128), (120, 0, 0)]
)
def test_colours_out_of_gamut_are_clipped(lab: tuple[float, ...]) -> None:
    rgb = lab_to_rgb(torch.tensor(lab, dtype=torch.float64)[:, None, None])
    assert bool(((rgb >= 0) & (rgb <= 1)).all())
    assert bool(((rgb == 0) | (rgb == 1)).any())


@CONVERSIONS
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("batch", [(), (4,), (2, 3), (0,)])
def test_shape_and_dtype_are_kept(
    convert: Convert, dtype: torch.dtype, batch: tuple[int, ...]
) -> None:
    image = torch.full((*batch, 3, 5, 7), 0.5, dtype=dtype)
    converted = convert(image)
    assert converted.shape == image.shape
    assert converted.dtype == dtype


@CONVERSIONS
def test_every_image_of_a_batch_is_converted_as_if_alone(convert: Convert) -> None:
    numbers = torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, 3, 4, 5, dtype=torch.float64, generator=numbers)
    alone = torch.stack([torch.stack([convert(image) for image in row]) for row in images])
    torch.testing.assert_close(convert(images), alone)


@CONVERSIONS
def test_input_is_left_alone(convert: Convert) -> None:
    image = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(0)) * 2 - 0.5
    before = image.clone()
    convert(image)
    assert torch.equal(image, before)


@pytest.mark.parametrize(
    ("low", "high"), [pytest.param(0.1, 0.9, id="power"), pytest.param(0.002, 0.03, id="line")]
)
def test_gradient_of_rgb_to_lab(low: float, high: float) -> None:
    numbers = torch.Generator().manual_seed(0)
    rgb = low + (high - low) * torch.rand(2, 3, 2, 2, dtype=torch.float64, generator=numbers)
    assert torch.autograd.gradcheck(rgb_to_lab, rgb.requires_grad_())


@pytest.mark.parametrize(
    ("low", "high"), [pytest.param(0.1, 0.9, id="power"), pytest.param(0.002, 0.03, id="line")]
)
def test_gradient_of_lab_to_rgb(low: float, high: float) -> None:
    numbers = torch.Generator().manual_seed(0)
    rgb = low + (high - low) * torch.rand(2, 3, 2, 2, dtype=torch.float64, generator=numbers)
    assert torch.autograd.gradcheck(lab_to_rgb, rgb_to_lab(rgb).requires_grad_())


@DTYPES
@pytest.mark.parametrize("value", [-1.0, -1e-9, 0.0, 1e-9, 0.0031308, 0.04045, 1.0, 3.0])
def test_gradient_of_rgb_to_lab_is_finite_everywhere(value: float, dtype: torch.dtype) -> None:
    rgb = torch.full((3, 1, 1), value, dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(rgb_to_lab(rgb).sum(), rgb)
    assert bool(gradient.isfinite().all())


@DTYPES
@pytest.mark.parametrize("lightness", [-20.0, 0.0, 7.9996, 50.0, 100.0, 150.0])
@pytest.mark.parametrize("a", [-300.0, 0.0, 300.0])
@pytest.mark.parametrize("b", [-300.0, 0.0, 300.0])
def test_gradient_of_lab_to_rgb_is_finite_everywhere(
    lightness: float, a: float, b: float, dtype: torch.dtype
) -> None:
    lab = torch.tensor([lightness, a, b], dtype=dtype)[:, None, None].requires_grad_()
    (gradient,) = torch.autograd.grad(lab_to_rgb(lab).sum(), lab)
    assert bool(gradient.isfinite().all())


@pytest.mark.parametrize(("convert", "name"), [(rgb_to_lab, "rgb"), (lab_to_rgb, "lab")])
class TestErrors:
    def test_integers_are_refused(self, convert: Convert, name: str) -> None:
        with pytest.raises(TypeError, match=rf"^{name} must be floating point, got torch.uint8$"):
            convert(torch.zeros(3, 4, 4, dtype=torch.uint8))

    @pytest.mark.parametrize("shape", [(), (3,), (3, 4), (4, 4, 3), (1, 4, 4), (3, 1, 4, 4)])
    def test_shape_without_three_channels_is_refused(
        self, convert: Convert, name: str, shape: tuple[int, ...]
    ) -> None:
        with pytest.raises(ValueError, match=rf"^{name} must have shape \(\.\.\., 3, H, W\), got"):
            convert(torch.zeros(shape))


class TestBytes:
    def test_lab_of_bytes_is_that_of_the_floats_they_stand_for(self) -> None:
        levels = np.arange(0, 256, 15, dtype=np.uint8)
        cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
        expected = rgb_to_lab(channels_first(cube / 255, torch.float32))
        torch.testing.assert_close(lab_from_bytes(cube), expected, atol=1e-3, rtol=0)

    def test_shape_and_dtype_of_lab(self) -> None:
        lab = lab_from_bytes(np.zeros((2, 4, 5, 3), dtype=np.uint8))
        assert lab.shape == (2, 3, 4, 5)
        assert lab.dtype == torch.float32

    def test_shape_and_dtype_of_bytes(self) -> None:
        photographs = bytes_from_lab(torch.zeros(2, 3, 4, 5))
        assert photographs.shape == (2, 4, 5, 3)
        assert photographs.dtype == np.uint8
        assert photographs.flags.c_contiguous

    def test_read_only_photographs_are_taken_and_left_alone(self) -> None:
        photographs = np.full((2, 4, 4, 3), 77, dtype=np.uint8)
        photographs.setflags(write=False)
        lab_from_bytes(photographs).zero_()
        assert (photographs == 77).all()

    def test_views_with_negative_strides_are_taken(self) -> None:
        photograph = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
        mirrored = lab_from_bytes(photograph[:, ::-1])
        torch.testing.assert_close(mirrored, lab_from_bytes(photograph).flip(-1))

    def test_bytes_are_rounded_not_cut(self) -> None:
        rgb = torch.tensor([0.6, 100.4, 254.6])[:, None, None] / 255
        assert bytes_from_lab(rgb_to_lab(rgb)).ravel().tolist() == [1, 100, 255]
