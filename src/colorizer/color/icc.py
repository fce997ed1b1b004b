"""ICC profiles: from a photograph's own colours to sRGB, and back for writing."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

# A profile that moves no colour of a chart by more than this many of 255 steps counts as sRGB.
SAME = 1
CHART_STEPS = 9
_SRGB = ImageCms.createProfile("sRGB")
# Raised for profiles that are broken, or meant for other pixels.
_UNUSABLE = (ImageCms.PyCMSError, OSError, ValueError, KeyError)
# Pillow's mode for each kind of profile (ICC.1, the header's colour space).
_MODES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}


@dataclass(frozen=True)
class ColorSpace:
    """What a photograph's pixels mean.

    Attributes
    ----------
    written : bytes or None
        The ICC profile to write; None if the photograph has no usable one.
    mode : str
        The Pillow mode that the photograph's own profile is applied to; "" if none is applied.
    """

    written: bytes | None = None
    mode: str = ""
    _into_srgb: ImageCms.ImageCmsTransform | None = None
    _from_srgb: ImageCms.ImageCmsTransform | None = None

    @property
    def writes_srgb(self) -> bool:
        """Whether photographs are written in sRGB."""
        return self._from_srgb is None

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """Convert opaque pixels of any 8-bit mode to sRGB, mode RGB."""
        if self._into_srgb is None:
            return image if image.mode == "RGB" else image.convert("RGB")
        if image.mode != self.mode:
            image = image.convert(self.mode)
        return _applied(self._into_srgb, image)

    def from_srgb(self, image: Image.Image) -> Image.Image:
        """Convert sRGB, mode RGB, to the colours of the written profile."""
        return image if self._from_srgb is None else _applied(self._from_srgb, image)


def rgb_to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an image of mode RGB to sRGB; return it unchanged if its profile cannot be used.

    A CMYK or grey profile cannot be used once the photograph is RGB: the plain conversion is the
    best available.
    """
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, own, _SRGB)
    except _UNUSABLE:
        return image
    return converted or image


def color_space_of(mode: str, profile: bytes | None) -> ColorSpace:
    """Return the colour space of a photograph.

    An RGB profile is kept. A grey or CMYK profile cannot describe an RGB photograph, which is
    written as sRGB, with sRGB's profile. A profile that is broken, or meant for other pixels, is
    ignored.

    Parameters
    ----------
    mode : str
        The photograph's Pillow mode.
    profile : bytes or None
        Its embedded ICC profile.
    """
    if not profile:
        return ColorSpace()
    srgb = ImageCms.ImageCmsProfile(_SRGB)
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        needed = _MODES[own.profile.xcolor_space]
        if not _is_for(mode, needed):
            return ColorSpace()
        into = ImageCms.buildTransform(own, srgb, needed, "RGB")
        back = ImageCms.buildTransform(srgb, own, "RGB", "RGB") if needed == "RGB" else None
    except _UNUSABLE:
        return ColorSpace()
    if back is None:
        return ColorSpace(srgb.tobytes(), needed, into)
    if _changes_nothing(into):
        return ColorSpace(profile)
    return ColorSpace(profile, needed, into, back)


def _is_for(mode: str, needed: str) -> bool:
    if needed == "RGB":  # greys are colours, too
        return mode != "CMYK"
    is_grey = mode in ("1", "L", "LA") or mode.startswith("I")
    return is_grey if needed == "L" else mode == needed


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = np.linspace(0, 255, CHART_STEPS).round().astype(np.uint8)
    chart = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    seen = np.asarray(_applied(transform, Image.fromarray(chart)))
    return int(abs(seen.astype(int) - chart).max()) <= SAME


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None, "only a conversion in place returns nothing"
    return converted
