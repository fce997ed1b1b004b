"""Progressive JPEGs without detail: the same bits at an eighth of the size, from less data."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from colorizer.images.jpeg_dc import DC_SCALE, strip_detail
from colorizer.images.square import SquareRule, load_square
from tests.data_helpers import colorful


@pytest.fixture(autouse=True)
def _large_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    # Pillow's own buffer is too small to write some small progressive files.
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1 << 24)


def noisy(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return colours with enough detail to fill every scan."""
    soft = np.asarray(colorful(1, width, height)).astype(np.int16)
    noise = np.random.default_rng(2).integers(-40, 41, soft.shape)
    return Image.fromarray((soft + noise).clip(0, 255).astype(np.uint8)).convert(mode)


def jpeg(image: Image.Image, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", **{"progressive": True, "quality": 90, **options})
    return file.getvalue()


def eighth(content: bytes) -> npt.NDArray[np.uint8]:
    """Decode at an eighth of the size."""
    with Image.open(BytesIO(content)) as image:
        size = image.size
        image.draft(None, (1, 1))
        assert image.size == tuple(-(-length // DC_SCALE) for length in size)
        return np.asarray(image)


def scans(content: bytes) -> int:
    return content.count(b"\xff\xda")


@settings(max_examples=60)
@given(
    width=st.integers(8, 200),
    height=st.integers(8, 200),
    mode=st.sampled_from(["RGB", "L", "CMYK"]),
    quality=st.integers(5, 100),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    restart=st.integers(0, 20),
)
def test_an_eighth_of_the_size_is_the_same_to_the_bit(
    width: int, height: int, mode: str, quality: int, subsampling: str, restart: int
) -> None:
    chroma = {} if mode == "L" else {"subsampling": subsampling}
    whole = jpeg(
        noisy(width, height, mode), quality=quality, restart_marker_blocks=restart, **chroma
    )
    lighter = strip_detail(whole)
    assert lighter is not None
    np.testing.assert_array_equal(eighth(lighter), eighth(whole))


def test_more_blocks_than_one_run_can_skip() -> None:
    whole = jpeg(noisy(2048, 1100), subsampling="4:4:4")  # 35,328 blocks, a run has 32,767
    lighter = strip_detail(whole)
    assert lighter is not None
    np.testing.assert_array_equal(eighth(lighter), eighth(whole))


def test_what_is_left_out_is_most_of_the_file() -> None:
    whole = jpeg(noisy(512, 512))
    lighter = strip_detail(whole)
    assert lighter is not None
    assert len(lighter) < len(whole) / 2


def test_subsampled_chroma_stays_whole() -> None:
    fine, coarse = (
        strip_detail(jpeg(noisy(64, 64), subsampling=subsampling))
        for subsampling in ("4:4:4", "4:2:0")
    )
    assert fine is not None
    assert coarse is not None
    # DC and its refinement, and a scan without detail for each component left out.
    assert scans(fine) == 2 + 3
    assert scans(coarse) > 2 + 1


def test_profile_and_orientation_stay() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lighter = strip_detail(jpeg(noisy(64, 48), exif=exif, icc_profile=b"profile " * 20))
    assert lighter is not None
    with Image.open(BytesIO(lighter)) as image:
        assert image.getexif()[0x0112] == 6
        assert image.info["icc_profile"] == b"profile " * 20


def test_fill_bytes_before_markers_are_no_markers() -> None:
    whole = jpeg(noisy(64, 48))
    tables = whole.index(b"\xff\xdb")
    filled = whole[:tables] + b"\xff" * 3 + whole[tables:]
    lighter = strip_detail(filled)
    assert lighter is not None
    np.testing.assert_array_equal(eighth(lighter), eighth(whole))


def test_a_thumbnail_in_the_exif_block_is_not_taken_for_the_photograph() -> None:
    exif = Image.Exif()
    exif[0x9286] = jpeg(noisy(16, 16))  # a JPEG within, with markers of its own
    whole = jpeg(noisy(96, 64), exif=exif)
    lighter = strip_detail(whole)
    assert lighter is not None
    np.testing.assert_array_equal(eighth(lighter), eighth(whole))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8", b"\xff\xd8\xff", b"no JPEG", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xc2\x00"],
)
def test_what_is_no_jpeg_is_left_alone(content: bytes) -> None:
    assert strip_detail(content) is None


def test_a_baseline_jpeg_is_left_alone() -> None:
    assert strip_detail(jpeg(noisy(64, 64), progressive=False)) is None


@settings(max_examples=60)
@given(data=st.data())
def test_a_truncated_jpeg_is_left_alone(data: st.DataObject) -> None:
    whole = jpeg(noisy(48, 40))
    assert strip_detail(whole[: data.draw(st.integers(0, len(whole) - 1))]) is None


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_jpeg_raises_nothing(data: st.DataObject) -> None:
    broken = bytearray(jpeg(noisy(48, 40)))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    lighter = strip_detail(bytes(broken))
    assert lighter is None or len(lighter) < 2 * len(broken) + 1000


def test_squares_of_progressive_photographs_are_those_of_the_whole_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = SquareRule(16, orientation="any", crop="center", min_side=1, max_megapixels=1)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = jpeg(noisy(400, 300), exif=exif)
    quick = load_square(BytesIO(content), rule)
    monkeypatch.setattr("colorizer.images.square.strip_detail", lambda _: None)
    whole = load_square(BytesIO(content), rule)
    assert (quick.width, quick.height) == (whole.width, whole.height) == (300, 400)
    np.testing.assert_array_equal(quick.pixels, whole.pixels)


def test_only_an_eighth_of_the_size_goes_without_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        "colorizer.images.square.strip_detail", lambda file: asked.append(len(file))
    )
    content = jpeg(noisy(256, 256))
    for size, lighter in ((16, True), (17, False), (64, False)):
        asked.clear()
        rule = SquareRule(size, orientation="any", crop="center", min_side=1, max_megapixels=1)
        load_square(BytesIO(content), rule)
        assert asked == ([len(content)] if lighter else [])
