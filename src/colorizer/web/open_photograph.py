"""A photograph that a visitor works on: coloured once, redrawn and saved as often as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.read import read_photo
from colorizer.predictors.protocol import EncodedPhoto, PhotoChroma, PhotoPredictor
from colorizer.web.file_names import colored_name
from colorizer.web.previews import PREVIEW, SRGB, THUMBNAIL, colored, data_url, grey, small
from colorizer.web.spots import Spot


@dataclass
class OpenPhotograph:
    """A photograph, at the size that the page shows; to save it, its file is read again.

    Attributes
    ----------
    name : str
        The name of the visitor's file.
    source : Path
        The file.
    size : tuple of int
        Width and height of the upright photograph in pixels.
    before, thumbnail : str
        Addresses of small JPEGs of the original.
    lightness : Image
        Greys, mode L, at the size that the page shows.
    encoded : EncodedPhoto or None
        What the network sees of it; None while the visitor works on another photograph.
    chroma : PhotoChroma
        What the network predicts.
    saturation : float
        Factor for that chroma, at least 0.
    spots : sequence of Spot
        Colours that the visitor chose, the newest last.
    """

    name: str
    source: Path
    size: tuple[int, int]
    before: str
    thumbnail: str
    lightness: Image.Image
    encoded: EncodedPhoto | None
    chroma: PhotoChroma
    saturation: float
    spots: Sequence[Spot] = ()

    def after(self) -> str:
        """Return the address of a small colour JPEG of it."""
        return data_url(colored(self.lightness, self.chroma.at(self.saturation)))

    def apply_spots(self, spots: Sequence[Spot], network: PhotoPredictor) -> None:
        """Recolour it with exactly these chosen colours."""
        # The small picture encodes to nearly the same, and reading the file takes long.
        self.encoded = self.encoded or network.encode(self.lightness, SRGB)
        self.chroma = self.encoded.decode([spot.as_hint() for spot in spots])
        self.spots = spots

    def rest(self) -> None:
        """Free the memory needed only while the visitor works on it."""
        self.encoded = None

    def save(self, colorist: PhotoColorist, target: Path, max_megapixels: float) -> None:
        """Write it in colour at its full size; raise what reading and writing raise."""
        ab = self.chroma.at(self.saturation)
        photo = read_photo(self.source, max_megapixels)
        colorist.write(photo, ab, target, colored_name(self.name)[1])


def open_photograph(
    name: str, source: Path, colorist: PhotoColorist, max_megapixels: float
) -> OpenPhotograph:
    """Read a photograph and colour it.

    Parameters
    ----------
    name : str
        The visitor's name for the file, from :func:`colorizer.web.file_names.clean_name`.
    source : Path
        The file.
    colorist : PhotoColorist
        Its network colours the photograph, with its saturation to begin with.
    max_megapixels : float
        The most that it may have, in 10^6 pixels.

    Raises
    ------
    UnreadableImageError
        As :func:`colorizer.photo.read.read_photo` does.
    """
    photo = read_photo(source, max_megapixels)
    encoded = colorist.network.encode(photo.image, photo.space)
    preview = small(photo.image, photo.space, PREVIEW)
    return OpenPhotograph(
        name=name,
        source=source,
        size=photo.image.size,
        before=data_url(preview),
        thumbnail=data_url(small(preview, SRGB, THUMBNAIL)),
        lightness=grey(preview),
        encoded=encoded,
        chroma=encoded.decode(()),
        saturation=colorist.saturation,
    )
