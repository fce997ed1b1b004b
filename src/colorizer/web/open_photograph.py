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
    """A photograph, as small as the page shows it; its file is read again to save it.

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
    encoded : EncodedPhoto or None
        What the network sees of it; None while the visitor works on another.
    chroma : PhotoChroma
        What the network predicts.
    saturation : float
        Factor of that.
    spots : sequence of Spot
        Colours that the visitor chose, the last one last.
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
        """Return the address of a small JPEG of it in colour."""
        return data_url(colored(self.lightness, self.chroma.at(self.saturation)))

    def apply_spots(self, spots: Sequence[Spot], network: PhotoPredictor) -> None:
        """Take these colours for those that the visitor chose, and no others."""
        # What it sees of the small picture is nearly the same, and to read the file takes long.
        self.encoded = self.encoded or network.encode(self.lightness, SRGB)
        self.chroma = self.encoded.decode([spot.as_hint() for spot in spots])
        self.spots = spots

    def rest(self) -> None:
        """Free memory that is needed only while the visitor works on it."""
        self.encoded = None

    def save(self, colorist: PhotoColorist, target: Path, max_megapixels: float) -> None:
        """Write it in colour at its full size; raises what reading and writing do."""
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
        What :func:`colorizer.web.file_names.clean_name` made of the name of the visitor's file.
    source : Path
        The file.
    colorist : Colorist
        Its network colours it, its saturation is the first.
    max_megapixels : float
        10^6 pixels, the most that it may have.

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
