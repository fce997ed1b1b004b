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
    is_profile_lost : bool
        Whether sRGB is written although the photograph has an RGB profile of its own.
    """

    written: bytes | None = None
    mode: str = ""
    is_profile_lost: bool = False
    _into_srgb: ImageCms.ImageCmsTransform | None = None
    _from_srgb: ImageCms.ImageCmsTransform | None = None

    @property
    def writes_srgb(self) -> bool:
        """Whether photographs are written in sRGB."""
        return self._from_srgb is None

    def without_profile(self) -> ColorSpace:
        """Return the same for a file that cannot hold a profile: it is written in sRGB."""
        return ColorSpace(None, self.mode, self.is_profile_lost, self._into_srgb)

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """Convert opaque pixels of any 8-bit mode to sRGB, mode RGB."""
        if self._into_srgb is None:
            return image if image.mode == "RGB" else image.convert("RGB")
        if image.mode != self.mode:
            image = image.convert(self.mode)
        if self.mode == "L":  # a table is as exact as the transform, and much faster
            bytes_ = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
            tables = np.asarray(_applied(self._into_srgb, bytes_))[0].T
            return Image.merge("RGB", [image.point(table.tolist()) for table in tables])
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


def color_space_of(mode: str, profile: bytes | None, *, is_kept: bool = True) -> ColorSpace:
    """Return the colour space of a photograph.

    An RGB profile is kept, unless there is no way back to it from sRGB. A grey or CMYK profile
    cannot describe an RGB photograph. What cannot be kept is written as sRGB, with sRGB's profile.
    A profile that is broken, or meant for other pixels, is ignored.

    Parameters
    ----------
    mode : str
        The photograph's Pillow mode.
    profile : bytes or None
        Its embedded ICC profile.
    is_kept : bool
        Whether what is written may have the same profile.
    """
    if not profile:
        return ColorSpace()
    srgb = ImageCms.ImageCmsProfile(_SRGB)
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        needed = _MODES[own.profile.xcolor_space]
        if not _is_for(mode, needed):
            return ColorSpace()
        # For greys, Little CMS's optimisation darkens shadows, and there is little to gain.
        flags = ImageCms.Flags.NOOPTIMIZE if needed == "L" else ImageCms.Flags.NONE
        into = ImageCms.buildTransform(own, srgb, needed, "RGB", flags=flags)
    except _UNUSABLE:
        return ColorSpace()
    back = _way_back(own, srgb) if needed == "RGB" and is_kept else None
    if needed == "RGB" and _changes_nothing(into):
        return ColorSpace(profile if is_kept else None)
    if back is None:
        is_lost = needed == "RGB" and is_kept
        return ColorSpace(srgb.tobytes(), needed, is_lost, into)
    return ColorSpace(profile, needed, False, into, back)


def _way_back(
    own: ImageCms.ImageCmsProfile, srgb: ImageCms.ImageCmsProfile
) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from sRGB; None for profiles that only lead away, as scanners' do."""
    try:
        return ImageCms.buildTransform(srgb, own, "RGB", "RGB")
    except _UNUSABLE:
        return None


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
