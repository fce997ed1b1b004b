"""A photograph that a visitor works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from colorizer.common.files import whole_file
from colorizer.inference.suggestions import suggest_colors
from colorizer.inference.types import EncodedPhoto, PhotoChroma
from colorizer.inference.variants import propose_variants
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.edits import Edits
from colorizer.photo.hints import rgb_of
from colorizer.photo.read import read_photo
from colorizer.predictors.protocol import PhotoPredictor
from colorizer.web.previews import PREVIEW, QUALITY, SRGB, small

# A dot of colour as the page has it: x and y, shares of width and height, and color, #rrggbb.
Dot = dict[str, float | str | None]
# Of suggested colours, whose own lightness does not matter: there, one sees best which they are.
SHOWN_LIGHTNESS = 60


@dataclass
class OpenPhotograph:
    """A photograph whose chroma is predicted as often as asked, from what is kept of it.

    Attributes
    ----------
    name : str
        The name of the visitor's file, from :func:`colorizer.web.file_names.clean_name`.
    source : Path
        The file.
    preview : Path
        A JPEG of it in its own colours, whose longer side has at most :data:`PREVIEW` pixels.
    size : tuple of int
        Width and height of the upright photograph in pixels.
    encoded : EncodedPhoto or None
        What the network sees of it; None while the visitor works on another photograph.
    encoded_at : int or None
        The size for which it is encoded, as in ``Edits``.
    """

    name: str
    source: Path
    preview: Path
    size: tuple[int, int]
    encoded: EncodedPhoto | None
    encoded_at: int | None = None

    def predict(self, edits: Edits, network: PhotoPredictor) -> PhotoChroma:
        """Predict its chroma; the strength is still to be chosen."""
        return self._encoded_by(network, edits.size).decode(edits.hints)

    def suggest(
        self, place: tuple[float, float], size: int | None, network: PhotoPredictor
    ) -> list[str]:
        """Return the likeliest colours of a place as ``#rrggbb``, the likeliest first."""
        places = np.array([place], np.float32)
        (colors,), _ = suggest_colors(self._encoded_by(network, size).likely_colors(places))
        return [_written((a, b)) for a, b in colors.tolist()]

    def variants(self, edits: Edits, network: PhotoPredictor) -> list[list[Dot]]:
        """Return what each of several plausible colourings adds to these hints."""
        encoded, known = self._encoded_by(network, edits.size), edits.hints
        variants = propose_variants(encoded, known=known)
        return [
            [
                {"x": dot.x, "y": dot.y, "color": _written(dot.ab), "reach": dot.reach}
                for dot in variant[len(known) :]
            ]
            for variant in variants
        ]

    def _encoded_by(self, network: PhotoPredictor, size: int | None) -> EncodedPhoto:
        if self.encoded is None or self.encoded_at != size:
            seeing = network if size is None else network.at(size)
            # The preview encodes to nearly the same, and reading the photograph takes long.
            with Image.open(self.preview) as image:
                self.encoded = seeing.encode(image.convert("RGB"), SRGB)
            self.encoded_at = size
        return self.encoded

    def rest(self) -> None:
        """Free the memory needed only while the visitor works on it."""
        self.encoded = None

    def save(
        self,
        edits: Edits,
        colorist: PhotoColorist,
        target: Path,
        format_: str,
        max_megapixels: float,
        on_progress: Callable[[float], None],
    ) -> None:
        """Write it in colour at its full size; raise what reading and writing raise.

        ``on_progress`` is told which share is done, and may raise to cancel.
        """
        photo = read_photo(self.source, max_megapixels)
        colorist.write(photo, colorist.predict(photo, edits=edits), target, format_, on_progress)

    def remove(self) -> None:
        """Remove its files."""
        self.source.unlink(missing_ok=True)
        self.preview.unlink(missing_ok=True)


def _written(ab: tuple[float, float]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb_of(ab, SHOWN_LIGHTNESS))


def open_photograph(
    name: str, source: Path, network: PhotoPredictor, max_megapixels: float
) -> OpenPhotograph:
    """Read a photograph and encode it.

    Parameters
    ----------
    name : str
        The visitor's name for the file, from :func:`colorizer.web.file_names.clean_name`.
    source : Path
        The file; its preview is written beside it.
    network : PhotoPredictor
        Encodes it.
    max_megapixels : float
        The most that it may have, in 10^6 pixels.

    Raises
    ------
    UnreadableImageError
        As :func:`colorizer.photo.read.read_photo` does.
    UserError, OSError
        If the preview cannot be written.
    """
    photo = read_photo(source, max_megapixels)
    encoded = network.encode(photo.image, photo.space)
    preview = source.with_name(f"{source.name}.preview")
    with whole_file(preview) as partial:
        small(photo.image, photo.space, PREVIEW).save(partial, "JPEG", quality=QUALITY)
    return OpenPhotograph(name, source, preview, photo.image.size, encoded)
