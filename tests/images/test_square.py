from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, ImageOps

from colorizer.images import convert, decode
from colorizer.images.decode import UnreadableImageError
from colorizer.images.square import Square, SquareRule, UnwantedImageError, load_square
from tests.data_helpers import colorful, encoded
from tests.hostile_images import BROKEN, gif, run_length_coded, tiled_tiff, webp
from tests.memory_helpers import needs_linux, peak_growth

RULE = SquareRule(size=16, orientation="any", crop="stretch", min_side=1, max_megapixels=1)
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
WHITE = (255, 255, 255)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# What a camera held in each of the ways of the EXIF orientation stores.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}}


def load(path: Path, content: bytes, rule: SquareRule = RULE) -> Square:
    path.write_bytes(content)
    return load_square(path, rule)


def solid(
    mode: str, color: float | tuple[int, ...], size: tuple[int, int] = (24, 20)
) -> Image.Image:
    return Image.new(mode, size, color)


def palette(transparent: bool = False) -> bytes:
    """Return a PNG with the left half blue and the right half red, the latter transparent."""
    image = Image.new("P", (24, 24), 0)
    image.putpalette([*BLUE, *RED])
    image.paste(1, (12, 0, 24, 24))
    return encoded(image, "PNG", transparency=1) if transparent else encoded(image, "PNG")


def quadrants(width: int = 64, height: int = 32) -> Image.Image:
    """Return red and green above blue and yellow."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def turned(orientation: int, format_: str, image: Image.Image | None = None) -> bytes:
    """Return a file that shows ``image`` upright to whoever obeys its EXIF orientation."""
    image = quadrants() if image is None else image
    how = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if format_ == "JPEG" else LOSSLESS[format_]
    stored = image if how is None else image.transpose(how)
    return encoded(stored, format_, exif=exif, **options)


def png_header(width: int, height: int, chunks: bytes = b"") -> bytes:
    """Return the head of a PNG of this size, and of its pixels one byte."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", b"x")


def chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def with_swapped_primaries(profile: bytes) -> bytes:
    """Return a profile whose red is this one's blue, and the other way round."""
    for one, other in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
        profile = profile.replace(one, b"swap").replace(other, one).replace(b"swap", other)
    return profile


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = np.mean((one.astype(np.float64) - other) ** 2)
    return float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize(
    ("content", "color"),
    [
        pytest.param(encoded(solid("RGB", RED), "PNG"), RED, id="PNG"),
        pytest.param(encoded(solid("RGB", RED), "WEBP", lossless=True), RED, id="WebP"),
        pytest.param(encoded(solid("RGB", RED), "GIF"), RED, id="GIF"),
        pytest.param(encoded(solid("RGB", RED), "TIFF"), RED, id="TIFF"),
        pytest.param(
            encoded(solid("RGB", RED), "TIFF", compression="tiff_lzw"), RED, id="TIFF-LZW"
        ),
        pytest.param(encoded(solid("RGB", RED), "BMP"), RED, id="BMP"),
        pytest.param(encoded(solid("L", 90), "PNG"), (90, 90, 90), id="grey"),
        pytest.param(encoded(solid("1", 1), "PNG"), WHITE, id="1-bit"),
        pytest.param(encoded(solid("LA", (90, 255)), "PNG"), (90, 90, 90), id="LA"),
        pytest.param(encoded(solid("LA", (90, 0)), "PNG"), WHITE, id="LA-transparent"),
        pytest.param(encoded(solid("RGBA", (*RED, 0)), "PNG"), WHITE, id="RGBA-transparent"),
        pytest.param(
            encoded(solid("RGBA", (*RED, 51)), "PNG"), (255, 204, 204), id="RGBA-one-fifth"
        ),
        pytest.param(
            encoded(solid("RGBA", (*RED, 51)), "WEBP", lossless=True),
            (255, 204, 204),
            id="WebP-one-fifth",
        ),
        pytest.param(
            encoded(solid("RGB", RED), "PNG", transparency=RED), WHITE, id="RGB-color-key"
        ),
        pytest.param(encoded(solid("L", 90), "PNG", transparency=90), WHITE, id="grey-key"),
        pytest.param(encoded(solid("I;16", 77 * 257), "PNG"), (77, 77, 77), id="16-bit-PNG"),
        pytest.param(encoded(solid("I;16", 77 * 257), "TIFF"), (77, 77, 77), id="16-bit-TIFF"),
        pytest.param(encoded(solid("I;16", 200), "PNG"), (1, 1, 1), id="16-bit-dark"),
        pytest.param(encoded(solid("CMYK", (0, 255, 255, 0)), "TIFF"), RED, id="CMYK-TIFF"),
    ],
)
def test_every_kind_of_pixels_becomes_rgb(
    tmp_path: Path, content: bytes, color: tuple[int, int, int]
) -> None:
    square = load(tmp_path / "photograph", content)

    assert (square.width, square.height) == (24, 20)
    assert square.pixels.dtype == np.uint8
    np.testing.assert_array_equal(square.pixels, np.full((16, 16, 3), color, dtype=np.uint8))


@pytest.mark.parametrize(
    ("content", "color"),
    [
        pytest.param(encoded(solid("RGB", RED), "JPEG", quality=95), RED, id="RGB"),
        pytest.param(encoded(solid("L", 90), "JPEG", quality=95), (90, 90, 90), id="grey"),
        pytest.param(encoded(solid("CMYK", (0, 255, 255, 0)), "JPEG", quality=95), RED, id="CMYK"),
        pytest.param(
            encoded(solid("RGB", RED), "MPO", save_all=True, append_images=[solid("RGB", BLUE)]),
            RED,
            id="MPO",
        ),
    ],
)
def test_every_kind_of_jpeg_becomes_rgb(
    tmp_path: Path, content: bytes, color: tuple[int, int, int]
) -> None:
    square = load(tmp_path / "photograph.jpg", content)

    np.testing.assert_allclose(square.pixels, np.full((16, 16, 3), color), atol=2)


def test_palette_becomes_rgb(tmp_path: Path) -> None:
    square = load(tmp_path / "palette.png", palette())

    assert [tuple(square.pixels[8, column]) for column in (2, 13)] == [BLUE, RED]


def test_transparent_palette_entry_lies_on_white(tmp_path: Path) -> None:
    square = load(tmp_path / "palette.png", palette(transparent=True))

    assert [tuple(square.pixels[8, column]) for column in (2, 13)] == [BLUE, WHITE]


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path, format_: str) -> None:
    options = {"lossless": True} if format_ == "WEBP" else {}
    content = encoded(
        solid("RGB", RED),
        format_,
        save_all=True,
        append_images=[solid("RGB", GREEN), solid("RGB", BLUE)],
        **options,
    )

    square = load(tmp_path / "animation", content)

    np.testing.assert_array_equal(square.pixels, np.full((16, 16, 3), RED))


@pytest.mark.parametrize("format_", ["JPEG", *LOSSLESS])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_undone(tmp_path: Path, orientation: int, format_: str) -> None:
    square = load(tmp_path / "photograph", turned(orientation, format_))

    corners = square.pixels[np.ix_([2, 13], [2, 13])]
    assert (square.width, square.height) == (64, 32)
    np.testing.assert_allclose(corners, [[RED, GREEN], [BLUE, YELLOW]], atol=6)


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_of_a_grey_tiff_is_undone(tmp_path: Path, orientation: int) -> None:
    grey = quadrants().convert("L")
    expected = load(tmp_path / "upright.tif", turned(1, "TIFF", grey)).pixels

    square = load(tmp_path / "turned.tif", turned(orientation, "TIFF", grey))

    np.testing.assert_allclose(square.pixels[2::11, 2::11], expected[2::11, 2::11], atol=6)


@pytest.mark.parametrize("format_", ["JPEG", *LOSSLESS])
@pytest.mark.parametrize("orientation", STORED)
def test_vertical_is_what_is_so_after_turning(
    tmp_path: Path, orientation: int, format_: str
) -> None:
    content = turned(orientation, format_, quadrants(width=32, height=64))

    with pytest.raises(UnwantedImageError, match=r"^vertical$") as raised:
        load(tmp_path / "photograph", content, replace(RULE, orientation="landscape"))

    assert (raised.value.width, raised.value.height) == (32, 64)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_unknown_orientation_counts_as_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    square = load(tmp_path / "photograph.png", encoded(quadrants(), "PNG", exif=exif))

    assert tuple(square.pixels[2, 2]) == RED


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0garbage!"]
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_corrupt_exif_does_not_spoil_sound_pixels(tmp_path: Path, exif: bytes) -> None:
    content = encoded(quadrants(), "JPEG", exif=exif, quality=95, subsampling=0)

    square = load(tmp_path / "photograph.jpg", content)

    np.testing.assert_allclose(square.pixels[2, 2], RED, atol=6)


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_embedded_profile_is_converted_to_srgb(tmp_path: Path, format_: str) -> None:
    content = encoded(solid("RGB", RED), format_, icc_profile=with_swapped_primaries(SRGB))

    square = load(tmp_path / "photograph", content)

    np.testing.assert_allclose(square.pixels, np.full((16, 16, 3), BLUE), atol=2)


@pytest.mark.parametrize("profile", [SRGB, b"", b"no profile", SRGB[:200]])
def test_srgb_or_broken_profile_changes_nothing(tmp_path: Path, profile: bytes) -> None:
    image = colorful(1)

    plain = load(tmp_path / "plain.png", encoded(image, "PNG"))
    tagged = load(tmp_path / "tagged.png", encoded(image, "PNG", icc_profile=profile))

    np.testing.assert_allclose(tagged.pixels, plain.pixels.astype(int), atol=1)


@pytest.mark.parametrize("content", BROKEN)
def test_broken_file_is_unreadable(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableImageError, match=r"^.+$"):
        load(tmp_path / "photograph.jpg", content)


def test_reason_names_what_it_is_and_what_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError) as raised:
        load(tmp_path / "photograph.jpg", b"text")

    assert str(raised.value) == (
        "it is text; JPEG, PNG, TIFF, WebP, GIF, BMP, AVIF and JPEG 2000 can be read"
    )


def test_floating_point_pixels_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="32-bit floating point pixels"):
        load(tmp_path / "photograph.tiff", encoded(solid("F", 0.5), "TIFF"))


def test_signed_pixels_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"^signed pixels have no fixed range"):
        load(tmp_path / "photograph.tiff", encoded(solid("I", 77 * 257), "TIFF"))


def test_folder_is_unreadable(tmp_path: Path) -> None:
    folder = tmp_path / "photograph.jpg"
    folder.mkdir()

    with pytest.raises(UnreadableImageError, match=r"^.+$"):
        load_square(folder, RULE)


def refuse(path: Path) -> None:
    with pytest.raises(UnwantedImageError, match=r"^too large$"):
        load_square(path, replace(RULE, max_megapixels=0.001))


def oversized_jpeg() -> bytes:
    content = bytearray(encoded(colorful(1), "JPEG"))
    start_of_frame = content.index(b"\xff\xc0")
    content[start_of_frame + 5 : start_of_frame + 9] = struct.pack(">HH", 50_000, 50_000)
    return bytes(content)


def oversized_bmp() -> bytes:
    content = bytearray(encoded(colorful(1), "BMP"))
    content[18:26] = struct.pack("<ii", 50_000, 50_000)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png_header(50_000, 50_000), id="PNG"),
        pytest.param(png_header(50_000, 50_000, chunk(b"eXIf", b"MM")), id="PNG with EXIF"),
        pytest.param(oversized_jpeg(), id="JPEG"),
        pytest.param(oversized_bmp(), id="BMP"),
    ],
)
def test_decompression_bomb_is_refused_undecoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    decoded: list[Image.Image] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", decoded.append)

    with pytest.raises(UnwantedImageError, match=r"^too large$") as raised:
        load(tmp_path / "bomb", content, replace(RULE, max_megapixels=250))

    assert (raised.value.width, raised.value.height) == (50_000, 50_000)
    assert decoded == []


@needs_linux
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gif(65_535, 65_535, disposal=2), id="GIF"),
        pytest.param(gif(7000, 7000), id="GIF that Pillow's own limit allows"),
        pytest.param(webp(16_384), id="WebP"),
    ],
)
def test_canvas_of_a_bomb_takes_no_memory(tmp_path: Path, content: bytes) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(gif(64, 64))
    large.write_bytes(content)

    assert peak_growth(refuse, small, large) < 20


@pytest.mark.parametrize("size", [(50_000, 50_000), (400, 3)])
@pytest.mark.parametrize("is_path", [True, False])
def test_size_of_what_is_too_large_is_told(
    tmp_path: Path, size: tuple[int, int], is_path: bool
) -> None:
    (tmp_path / "bomb").write_bytes(png_header(*size))
    bomb = tmp_path / "bomb" if is_path else io.BytesIO(png_header(*size))

    with pytest.raises(UnwantedImageError, match=r"^too large$") as raised:
        load_square(bomb, replace(RULE, max_megapixels=0.001))

    assert (raised.value.width, raised.value.height) == size


def test_limit_of_pillow_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)

    load(tmp_path / "a.tif", encoded(colorful(1), "TIFF", compression="tiff_lzw"))


def test_limit_of_pillow_is_set_for_no_longer_than_a_file_is_opened(tmp_path: Path) -> None:
    load(tmp_path / "a.png", encoded(colorful(1), "PNG"))
    assert Image.MAX_IMAGE_PIXELS is None

    with pytest.raises(UnreadableImageError):
        load(tmp_path / "b.png", b"text")
    assert Image.MAX_IMAGE_PIXELS is None


def test_rules_of_other_threads_do_not_count(tmp_path: Path) -> None:
    content = encoded(colorful(1, 400, 300), "TIFF", compression="tiff_lzw")
    (tmp_path / "a.tif").write_bytes(content)

    def is_too_large(max_megapixels: float) -> bool:
        try:
            load_square(tmp_path / "a.tif", replace(RULE, max_megapixels=max_megapixels))
        except UnwantedImageError:
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(is_too_large, [0.12, 0.01] * 50))
    assert found == [False, True] * 50


def test_unreasonable_file_is_unreadable(tmp_path: Path) -> None:
    jpeg = encoded(colorful(1), "JPEG")
    jpeg = jpeg[:2] + b"\xff\xfe\0\2" * 10_001 + jpeg[2:]

    with pytest.raises(UnreadableImageError, match=r"^a JPEG of more than 10000 segments$"):
        load(tmp_path / "a.jpg", jpeg)


@pytest.mark.parametrize(("megapixels", "taken"), [(0.0625, False), (0.065, False), (0.066, True)])
def test_tiles_of_a_tiff_may_be_as_large_as_a_photograph(
    tmp_path: Path, megapixels: float, taken: bool
) -> None:
    content = tiled_tiff(40, 30, tile=256)
    rule = replace(RULE, max_megapixels=megapixels)

    if taken:
        load(tmp_path / "a.tif", content, rule)
        return
    with pytest.raises(UnreadableImageError, match=r"^a TIFF with tiles of 256x256 pixels$"):
        load(tmp_path / "a.tif", content, rule)


@pytest.mark.parametrize("kind", [1, 2, 7])  # bytes and texts, which Python can multiply, too
def test_size_of_tiles_must_be_a_number(tmp_path: Path, kind: int) -> None:
    content = tiled_tiff(40, 30, tile=64, kind_of_width=kind)
    content = content.replace(struct.pack("<HHL", 322, kind, 1), struct.pack("<HHL", 322, kind, 4))

    with pytest.raises(UnreadableImageError, match=r"^a TIFF whose tile size is not a number$"):
        load(tmp_path / "a.tif", content)


def test_run_length_coded_bmp_may_be_so_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = run_length_coded(40, 30)
    load(tmp_path / "a.bmp", content)

    monkeypatch.setattr(decode, "MAX_RUN_LENGTH_MEGAPIXELS", 0.0011)
    load(tmp_path / "plain.bmp", encoded(colorful(1), "BMP"))
    with pytest.raises(UnreadableImageError, match=r"^a run-length-coded BMP of more than 0.0011"):
        load(tmp_path / "a.bmp", content)


KINDS = {
    "grey": solid("L", 90),
    "16 bit": Image.fromarray(np.arange(480, dtype=np.uint16).reshape(20, 24) * 136),
    "16 bit, dark": Image.fromarray(np.arange(480, dtype=np.uint16).reshape(20, 24) // 2),
    "RGBA": colorful(1, 24, 20).convert("RGBA"),
    "palette": colorful(1, 24, 20).quantize(16),
    "CMYK": colorful(1, 24, 20).convert("CMYK"),
    "LAB": colorful(1, 24, 20).convert("LAB"),
}


@pytest.mark.parametrize("strip", [1, 25, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_conversion_by_strips_changes_nothing(
    kind: str, strip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = KINDS[kind]
    if kind == "RGBA":
        image.putalpha(colorful(2, 24, 20).convert("L"))
    if kind == "palette":
        image.info["transparency"] = 3
    whole = np.asarray(convert.to_rgb(image))

    monkeypatch.setattr(convert, "STRIP_PIXELS", strip)

    np.testing.assert_array_equal(np.asarray(convert.to_rgb(image)), whole)


def decode_16_bit(side: int) -> None:
    file = io.BytesIO(encoded(Image.new("I;16", (side, side), 1000), "PNG"))
    load_square(file, replace(RULE, max_megapixels=100))


@needs_linux
def test_16_bit_photographs_take_little_memory() -> None:
    # 10 megapixels: 2 bytes each as decoded, 4 as RGB.
    assert peak_growth(decode_16_bit, 100, 3163) < 10 * (2 + 4) + 30


@pytest.mark.parametrize(
    ("max_megapixels", "taken"), [(0.002, True), (0.00201, True), (0.001999, False)]
)
def test_largest_photograph_taken(tmp_path: Path, max_megapixels: float, taken: bool) -> None:
    rule = replace(RULE, max_megapixels=max_megapixels)

    assert is_taken(tmp_path, colorful(1, 50, 40), rule) is taken


@pytest.mark.parametrize(("min_side", "taken"), [(40, True), (41, False)])
@pytest.mark.parametrize("size", [(50, 40), (40, 50)])
def test_smallest_photograph_taken(
    tmp_path: Path, size: tuple[int, int], min_side: int, taken: bool
) -> None:
    assert is_taken(tmp_path, colorful(1, *size), replace(RULE, min_side=min_side)) is taken


@pytest.mark.parametrize(
    ("orientation", "size", "taken"),
    [
        ("landscape", (40, 39), True),
        ("landscape", (40, 40), True),
        ("landscape", (40, 41), False),
        ("any", (40, 41), True),
    ],
)
def test_orientation_taken(
    tmp_path: Path, orientation: str, size: tuple[int, int], taken: bool
) -> None:
    rule = replace(RULE, orientation=orientation)

    assert is_taken(tmp_path, colorful(1, *size), rule) is taken


def is_taken(folder: Path, image: Image.Image, rule: SquareRule) -> bool:
    try:
        load(folder / "photograph.png", encoded(image, "PNG"), rule)
    except UnwantedImageError:
        return False
    return True


@pytest.mark.parametrize("size", [(96, 32), (32, 96)])
def test_center_takes_the_central_square(tmp_path: Path, size: tuple[int, int]) -> None:
    image = solid("RGB", RED, size)
    image.paste(BLUE, (size[0] // 2 - 16, size[1] // 2 - 16, size[0] // 2 + 16, size[1] // 2 + 16))

    square = load(tmp_path / "a.png", encoded(image, "PNG"), replace(RULE, crop="center"))

    # Resampling blends the outermost pixels a little with what lies beyond the square.
    np.testing.assert_allclose(square.pixels, np.full((16, 16, 3), BLUE), atol=15)


@pytest.mark.parametrize("size", [(96, 32), (32, 96)])
def test_stretch_takes_the_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    square = load(tmp_path / "a.png", encoded(quadrants(*size), "PNG"))

    corners = square.pixels[np.ix_([2, 13], [2, 13])]
    np.testing.assert_array_equal(corners, [[RED, GREEN], [BLUE, YELLOW]])


def test_photograph_of_the_very_size_stays_as_it_is(tmp_path: Path) -> None:
    image = colorful(1, 16, 16)

    square = load(tmp_path / "a.png", encoded(image, "PNG"))

    np.testing.assert_array_equal(square.pixels, np.asarray(image))


def test_small_photograph_is_enlarged(tmp_path: Path) -> None:
    square = load(tmp_path / "a.png", encoded(quadrants(4, 4), "PNG"), replace(RULE, size=64))

    assert square.pixels.shape == (64, 64, 3)
    assert (square.width, square.height) == (4, 4)
    # Sharpening filters ring a little beside an edge.
    np.testing.assert_allclose(square.pixels[[4, 59], [4, 59]], [RED, YELLOW], atol=20)


@pytest.mark.parametrize("crop", ["center", "stretch"])
@pytest.mark.parametrize("orientation", [1, 8])
def test_reduced_decoding_of_a_large_jpeg_looks_like_the_full_one(
    tmp_path: Path, orientation: int, crop: str
) -> None:
    rule = SquareRule(size=64, orientation="any", crop=crop, min_side=1, max_megapixels=250)
    # No multiples of 8, in which JPEGs are decoded at a fraction of their size.
    jpeg = turned(orientation, "JPEG", colorful(1, 1401, 1051))
    with Image.open(io.BytesIO(jpeg)) as image:
        bmp = encoded(ImageOps.exif_transpose(image), "BMP")

    reduced = load(tmp_path / "a.jpg", jpeg, rule)
    full = load(tmp_path / "a.bmp", bmp, rule)

    assert psnr(reduced.pixels, full.pixels) > 50
    assert (reduced.width, reduced.height) == (full.width, full.height) == (1401, 1051)
