"""A photograph that a visitor works on: coloured once, redrawn and saved as often as asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from colorizer.lab_bytes import lab_from_bytes
from colorizer.photo import Colorist
from colorizer.photo_reading import read_photo
from colorizer.web.names import colored_name
from colorizer.web.predicting import Chroma, Hint, predict
from colorizer.web.previews import PREVIEW, SRGB, THUMBNAIL, colored, data_url, grey, small


@dataclass(frozen=True)
class Spot:
    """A place of a photograph, and the colour that the visitor chose for it.

    Attributes
    ----------
    x, y : float
        Shares of the upright photograph's width and height, 0 to 1.
    color : str
        ``#rrggbb``, of which the lightness does not matter.
    """

    x: float
    y: float
    color: str

    def as_hint(self) -> Hint:
        """Return what the network is told."""
        rgb = np.array(ImageColor.getrgb(self.color), np.uint8)
        _, a, b = lab_from_bytes(rgb[None, None])[:, 0, 0]
        return Hint(self.x, self.y, (float(a), float(b)))


@dataclass
class OpenPhotograph:
    """A photograph, as small as the page shows it; the file is read again to save it.

    Attributes
    ----------
    name : str
        Of the visitor's file.
    source : Path
        The file.
    size : tuple of int
        Width and height of the upright photograph in pixels.
    before, thumbnail : str
        Addresses of small JPEGs of it as it was.
    lightness : Image
        Greys, mode L, of the size that the page shows.
    chroma : Chroma
        What the network predicts.
    saturation : float
        Factor of that.
    spots : list of Spot
        In the order in which the visitor chose them.
    """

    name: str
    source: Path
    size: tuple[int, int]
    before: str
    thumbnail: str
    lightness: Image.Image
    chroma: Chroma
    saturation: float
    spots: list[Spot] = field(default_factory=list)

    def after(self) -> str:
        """Return the address of a small JPEG of it in colour."""
        return data_url(colored(self.lightness, self._ab()))

    def predict(self, colorist: Colorist) -> None:
        """Colour it anew, after its spots have changed."""
        hints = [spot.as_hint() for spot in self.spots]
        self.chroma = predict(colorist.network, self.lightness, SRGB, hints)

    def save(self, colorist: Colorist, target: Path, max_megapixels: float) -> None:
        """Write it in colour at its full size, as :meth:`Colorist.write` does."""
        photo = read_photo(self.source, max_megapixels)
        colorist.write(photo, self._ab(), target, colored_name(self.name)[1])

    def _ab(self) -> npt.NDArray[np.float32]:
        return self.chroma.at(self.saturation)


def open_photograph(
    name: str, source: Path, colorist: Colorist, max_megapixels: float
) -> OpenPhotograph:
    """Read a photograph and colour it.

    Parameters
    ----------
    name : str
        What :func:`colorizer.web.names.clean_name` made of the name of the visitor's file.
    source : Path
        The file.
    colorist : Colorist
        Its network colours, its saturation is the photograph's at first.
    max_megapixels : float
        10^6 pixels, the most that it may have.

    Raises
    ------
    UnreadableImageError
        As :func:`colorizer.photo_reading.read_photo` does.
    """
    photo = read_photo(source, max_megapixels)
    chroma = predict(colorist.network, photo.image, photo.space)
    preview = small(photo.image, photo.space, PREVIEW)
    return OpenPhotograph(
        name,
        source,
        photo.image.size,
        data_url(preview),
        data_url(small(preview, SRGB, THUMBNAIL)),
        grey(preview),
        chroma,
        colorist.saturation,
    )
