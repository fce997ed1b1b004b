from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.color import rgb2lab

from colorizer.color.lab_numpy import lab_from_bytes, mean_chroma
from colorizer.color.lab_torch import rgb_to_lab

Photograph = npt.NDArray[np.uint8]

PHOTOGRAPHS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=4, max_side=6).map(lambda shape: (*shape, 3))
)


def photograph(height: int = 5, width: int = 7) -> Photograph:
    """Return random pixels, none of which is like another."""
    shape = (height, width, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def greys() -> Photograph:
    """Return all greys from black to white, (1, 256, 3)."""
    return np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=-1)


def cube(*levels: int) -> Photograph:
    """Return all colours whose channels take these levels, (n, n, n, 3)."""
    values = np.array(levels, dtype=np.uint8)
    return np.stack(np.meshgrid(values, values, values, indexing="ij"), axis=-1)


def scikit_image(photographs: Photograph) -> npt.NDArray[np.float64]:
    lab: npt.NDArray[np.float64] = np.moveaxis(rgb2lab(photographs), -1, -3)
    return lab


@given(photographs=PHOTOGRAPHS)
@settings(deadline=None, max_examples=50)
def test_lab_is_that_of_scikit_image(photographs: Photograph) -> None:
    np.testing.assert_allclose(lab_from_bytes(photographs), scikit_image(photographs), atol=1e-3)


@pytest.mark.parametrize(
    "photographs",
    [
        pytest.param(greys(), id="greys"),
        pytest.param(cube(0, 255), id="corners of the cube"),
        # Where the two branches of sRGB's gamma and of CIE's cube root meet, and all over.
        pytest.param(cube(0, 1, 8, 9, 10, 11, 12, 24, 25), id="near black"),
        pytest.param(cube(*range(0, 256, 17)), id="all over the cube"),
    ],
)
def test_lab_is_that_of_scikit_image_at_the_edges(photographs: Photograph) -> None:
    np.testing.assert_allclose(lab_from_bytes(photographs), scikit_image(photographs), atol=1e-3)


@given(photographs=PHOTOGRAPHS)
@settings(deadline=None, max_examples=50)
def test_lab_is_that_of_the_differentiable_conversion(photographs: Photograph) -> None:
    rgb = torch.from_numpy(photographs / 255).movedim(-1, -3)

    np.testing.assert_allclose(lab_from_bytes(photographs), rgb_to_lab(rgb).numpy(), atol=1e-3)


def test_black_is_zero_and_greys_have_no_chroma() -> None:
    lightness, a, b = lab_from_bytes(greys())

    assert lightness[0, 0] == pytest.approx(0, abs=1e-4)
    assert lightness[0, -1] == pytest.approx(100, abs=1e-4)
    assert (np.diff(lightness) > 0).all()
    assert max(abs(a).max(), abs(b).max()) < 0.01


@pytest.mark.parametrize("batch", [(), (4,), (2, 3), (0,), (2, 0)])
def test_channels_move_before_height_and_width(batch: tuple[int, ...]) -> None:
    lab = lab_from_bytes(np.zeros((*batch, 5, 7, 3), dtype=np.uint8))

    assert lab.shape == (*batch, 3, 5, 7)
    assert lab.dtype == np.float32
    assert lab.flags.c_contiguous
    assert lab.flags.writeable


def test_every_photograph_of_a_batch_is_converted_as_if_alone() -> None:
    photographs = np.stack([photograph()[::-1], photograph()])

    together = lab_from_bytes(photographs)

    np.testing.assert_allclose(together[0], lab_from_bytes(photographs[0]), atol=1e-4)
    np.testing.assert_allclose(together[1], lab_from_bytes(photographs[1]), atol=1e-4)


@pytest.mark.parametrize(
    "view",
    [
        pytest.param((slice(None, None, 2), slice(1, -1)), id="every other row"),
        pytest.param((slice(None), slice(None, None, -1)), id="mirrored"),
        pytest.param((slice(None), slice(None), slice(None, None, -1)), id="BGR"),
    ],
)
def test_views_are_taken_as_copies_are(view: tuple[slice, ...]) -> None:
    part = photograph(8, 8)[view]
    assert not part.flags.c_contiguous

    np.testing.assert_array_equal(lab_from_bytes(part), lab_from_bytes(part.copy()))


def test_rows_and_columns_do_not_mix() -> None:
    part = photograph(4, 6)

    transposed = lab_from_bytes(part.transpose(1, 0, 2))

    np.testing.assert_allclose(transposed, lab_from_bytes(part).swapaxes(-1, -2), atol=1e-4)


def test_read_only_photographs_are_taken_and_left_alone() -> None:
    part = photograph()
    part.setflags(write=False)

    lab_from_bytes(part)[:] = 0

    np.testing.assert_array_equal(part, photograph())


def test_files_that_are_mapped_read_only_are_taken(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", photograph()[None])
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")

    np.testing.assert_array_equal(lab_from_bytes(mapped), lab_from_bytes(photograph()[None]))


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint16, np.bool_])
def test_other_types_are_refused(dtype: type) -> None:
    with pytest.raises(TypeError, match=rf"^photographs must be uint8, got {np.dtype(dtype)}$"):
        lab_from_bytes(np.zeros((4, 4, 3), dtype=dtype))


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (4, 4, 1), (4, 4, 4), (3, 4, 4), (2, 4, 4)])
def test_shapes_without_three_channels_at_the_end_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^photographs must have shape \(\.\.\., H, W, 3\), got"):
        lab_from_bytes(np.zeros(shape, dtype=np.uint8))


def test_mean_chroma_is_that_of_the_pixels() -> None:
    lab = np.array([[[50, 20]], [[3, 0]], [[4, -1]]], dtype=np.float32)  # (3, 1, 2)

    assert mean_chroma(lab) == pytest.approx((5 + 1) / 2)
    assert isinstance(mean_chroma(lab), float)


def test_mean_chroma_is_summed_in_double_precision() -> None:
    lab = lab_from_bytes(photograph(256, 256))
    a, b = lab[1], lab[2]

    exact = float(np.sqrt(a * a + b * b).astype(np.float64).mean())

    assert mean_chroma(lab) == pytest.approx(exact, rel=1e-12)


@given(lightness=st.floats(0, 100, width=32))
@settings(deadline=None, max_examples=20)
def test_mean_chroma_does_not_depend_on_lightness(lightness: float) -> None:
    lab = lab_from_bytes(photograph())
    before = mean_chroma(lab)
    lab[0] = lightness

    assert mean_chroma(lab) == before > 10


def test_workers_need_no_torch_for_it() -> None:
    code = "import sys, colorizer.color.lab_numpy; print('torch' in sys.modules)"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "False\n"
