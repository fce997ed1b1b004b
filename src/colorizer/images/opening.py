"""Image files opened for decoding: the photograph among several pages, its greys comparable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from colorizer.color.gamma_profile import SRGB_CHROMATICITIES, gamma_profile
from colorizer.color.icc import ColorSpace, color_space_of
from colorizer.images.convert import WIDE
from colorizer.images.decode import READ_FORMATS, UnreadableImageError, pillow_limited_to
from colorizer.images.file_kind import HEAD_BYTES, kind_of
from colorizer.images.limits import require_reasonable
from colorizer.images.tiff_pages import TIFF_STARTS, pages_of
from colorizer.images.tiff_samples import (
    BITS,
    EXTRA_SAMPLES,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    UNSIGNED,
    WHITE_IS_ZERO,
    UnknownSamplesError,
    read_samples,
)

NO_RANGE = "{} pixels have no fixed range; save as 8 or 16 bit"
# How near to sRGB's 1/2.2, which stands for its curve, and to its primaries.
_NEAR_GAMMA, _NEAR_PRIMARY = 0.0005, 0.002
_FLOATS, _SIGNED = 3, 2  # values of SampleFormat


@dataclass(frozen=True)
class OpenedImage:
    """An image that Pillow has opened; most are not decoded yet.

    Attributes
    ----------
    image : Image
        The photograph.
    notes : tuple of str
        What of the file is left out, in words for the user.
    """

    image: Image.Image
    notes: tuple[str, ...] = ()


def open_image(
    file: BinaryIO, max_megapixels: float, formats: tuple[str, ...] = READ_FORMATS
) -> OpenedImage:
    """Open an image file that is no larger or costlier than a photograph.

    Of a TIFF it takes the first page that is not a preview or a mask; of an animation, the first
    frame.

    Parameters
    ----------
    file : file
        Open for reading. Not by its path: Pillow would map grey TIFFs into memory, and scramble
        rotated ones.
    max_megapixels : float
        The most that it may have, in 10^6 pixels; the caller still has to compare them.
    formats : tuple of str
        Pillow's names of the formats to take.

    Raises
    ------
    UnreadableImageError
        If it is of another format, or has pixels without a fixed range.
    UnreasonableFileError
        If it would cost far more to decode than a photograph of its size.
    DecompressionBombError, DecompressionBombWarning
        If Pillow knows before opening it that it is too large.
    """
    require_reasonable(file, max_megapixels)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    pages = pages_of(file) if head[:4] in TIFF_STARTS else []
    if pages and pages[0].is_raw:
        raise UnreadableImageError("it is a raw photograph (DNG); develop it, and save a TIFF")
    photographs = [number for number, page in enumerate(pages) if page.is_photograph]
    notes = []
    if len(photographs) > 1:
        notes.append(f"it has {len(photographs)} pages, and only the first is coloured")
    file.seek(0)
    with pillow_limited_to(max_megapixels):
        try:
            image: Image.Image = Image.open(file, formats=formats)
            if photographs and photographs[0] > 0:
                image.seek(photographs[0])
        except UnidentifiedImageError as error:
            if not pages:
                raise UnreadableImageError(_other_format(head, formats)) from error
            image, left_out = _read_rare(file, max_megapixels)
        else:
            _require_range(image)
            left_out = _count_left_out(image)
    if left_out:
        channels = "1 channel" if left_out == 1 else f"{left_out} channels"
        notes.append(f"{channels} beside the colours, such as infrared, cannot be kept")
    if image.format in ("GIF", "PNG", "WEBP", "AVIF") and getattr(image, "is_animated", False):
        notes.append("it is an animation, and only its first frame is coloured")
    return OpenedImage(image, tuple(notes))


def level_greys(image: Image.Image) -> Image.Image:
    """Return a decoded image with wide greys, if it has any, in 16 bits, with white at 65535."""
    if not image.mode.startswith("I"):
        return image
    bits, is_inverted = 16, False
    if isinstance(image, TiffImageFile):
        (bits,) = set(image.tag_v2.get(BITS, (16,)))
        # Pillow inverts greys of 8 bits alone.
        is_inverted = image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO
    if image.mode == WIDE and bits == 16 and not is_inverted:
        return image
    values = np.asarray(image)
    if bits == 32:  # which Pillow takes for signed
        values = values.view(np.uint32) >> 16
    elif bits != 16:
        values = values.astype(np.uint32) * 65535 // ((1 << bits) - 1)
    values = values.astype(np.uint16)
    if is_inverted:
        values = ~values
    leveled = Image.fromarray(values)
    if "transparency" in image.info:
        leveled.info["transparency"] = image.info["transparency"]
    return leveled


def space_of(image: Image.Image) -> ColorSpace:
    """Return what an opened image's pixels mean: by its ICC profile, or by a PNG's gamma."""
    info = image.info
    profile = info.get("icc_profile")
    if profile or image.format != "PNG" or "srgb" in info or not info.get("gamma"):
        return color_space_of(image.mode, profile)
    gamma, primaries = info["gamma"], info.get("chromaticity", SRGB_CHROMATICITIES)
    is_grey = image.mode in ("1", "L", "LA") or image.mode.startswith("I")
    has_primaries = is_grey or np.allclose(primaries, SRGB_CHROMATICITIES, atol=_NEAR_PRIMARY)
    if has_primaries and abs(gamma - 1 / 2.2) < _NEAR_GAMMA:
        return ColorSpace()
    try:
        made = gamma_profile(1 / gamma, primaries, is_grey=is_grey)
    except ValueError:  # of no colours
        return ColorSpace()
    return color_space_of(image.mode, made, is_kept=False)


def _read_rare(file: BinaryIO, max_megapixels: float) -> tuple[Image.Image, int]:
    try:
        samples = read_samples(file, max_megapixels)
    except UnknownSamplesError as error:
        raise UnreadableImageError(f"it is {error}") from error
    return samples.image, samples.left_out


def _require_range(image: Image.Image) -> None:
    if image.mode == "F":
        raise UnreadableImageError(NO_RANGE.format("32-bit floating point"))
    if isinstance(image, TiffImageFile):
        formats: Any = image.tag_v2.get(SAMPLE_FORMAT, (UNSIGNED,))
        if _SIGNED in formats:
            raise UnreadableImageError(NO_RANGE.format("signed"))


def _count_left_out(image: Image.Image) -> int:
    """Return how many channels of a TIFF are neither colours nor alpha."""
    if not isinstance(image, TiffImageFile):
        return 0
    extra: Any = image.tag_v2.get(EXTRA_SAMPLES, ())
    return sum(use == 0 for use in extra)


def _other_format(head: bytes, formats: tuple[str, ...]) -> str:
    *most, last = (_NAMES.get(name, name) for name in formats)
    return f"it is {kind_of(head)}; {', '.join(most)} and {last} can be read"


_NAMES = {"WEBP": "WebP", "JPEG2000": "JPEG 2000", "HEIF": "HEIC"}
