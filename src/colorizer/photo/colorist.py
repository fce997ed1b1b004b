"""Read a photograph, colour it at its own size, and write it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.lightness_tables import BYTE, WORD, Pixels
from colorizer.images.convert import WIDE
from colorizer.inference.variants import propose_variants
from colorizer.photo.descriptions import lost_words
from colorizer.photo.edits import Edits
from colorizer.photo.formats import WRITE_FORMATS
from colorizer.photo.full_size import colored_strips
from colorizer.photo.hints import PixelHint, place_hints
from colorizer.photo.read import Photo, read_photo
from colorizer.photo.write import Output, canvas_of, white_of, write_photo
from colorizer.predictors.protocol import PhotoPredictor


@dataclass(frozen=True)
class PhotoColorist:
    """Colours photographs, all with the same settings.

    Attributes
    ----------
    network : PhotoPredictor
        Predicts chroma.
    saturation : float
        Factor for the chroma that the network itself predicts, at least 0; 1 leaves it unchanged.
    quality : int
        1 to 100, for JPEG, WebP, AVIF and HEIC.
    side_by_side : bool
        Write the original with the coloured photograph to its right.
    """

    network: PhotoPredictor
    saturation: float
    quality: int
    side_by_side: bool

    def colorize(
        self,
        source: Path,
        target: Path,
        format_: str,
        hints: Sequence[PixelHint] = (),
        edits: Edits | None = None,
        others: Sequence[Path] = (),
    ) -> list[str]:
        """Colour a photograph, in one way or in several.

        Parameters
        ----------
        source, target : Path
            The file to read, and the file to write, whole or not at all.
        format_ : str
            A key of :data:`colorizer.photo.formats.WRITE_FORMATS`.
        hints : sequence of PixelHint
            Known colours, and where they are.
        edits : Edits, optional
            More hints, and the saturation for this photograph.
        others : sequence of Path
            More files to write, each with another plausible colouring; see
            :func:`colorizer.inference.variants.propose_variants`.

        Returns
        -------
        list of str
            What ``target`` could not keep.

        Raises
        ------
        UnreadableImageError
            If ``source`` cannot be decoded.
        UserError
            If the disk is full or read-only, or the network takes no hints, or, with ``others``,
            does not know how likely colours are.
        OSError, ValueError
            If the format cannot hold the photograph, ``target`` cannot be written, or a hint is
            outside the photograph.
        """
        photo = read_photo(source)
        if not others:
            return self.write(photo, self.predict(photo, hints, edits), target, format_)
        edits = self._edits(photo, hints, edits)
        encoded = self._network_for(edits).encode(photo.image, photo.space)
        variants = propose_variants(encoded, 1 + len(others), edits.hints)
        for known, file in zip(variants, (target, *others), strict=True):
            lost = self.write(photo, encoded.decode(known).at(edits.strength), file, format_)
        return lost

    def picture(self, photo: Photo, hints: Sequence[PixelHint] = ()) -> Image.Image:
        """Colour a photograph in memory: the pixels that :meth:`colorize` would write as PNG.

        Parameters
        ----------
        photo : Photo
            The photograph.
        hints : sequence of PixelHint
            As in :meth:`colorize`.

        Returns
        -------
        Image
            At the photograph's own size, mode RGB, or RGBA if it has transparency, in the colour
            space that ``photo.space`` writes; never side by side.
        """
        strips = colored_strips(photo.image, photo.space, self.predict(photo, hints), BYTE)
        with closing(strips):
            return canvas_of(photo, photo.image.size, strips)

    def predict(
        self, photo: Photo, hints: Sequence[PixelHint] = (), edits: Edits | None = None
    ) -> npt.NDArray[np.float32]:
        """Predict a photograph's chroma, for :meth:`write`.

        Parameters
        ----------
        photo : Photo
            The photograph.
        hints, edits
            As in :meth:`colorize`.

        Returns
        -------
        ndarray
            (2, h, w) float32, a and b in CIELAB units, at the size that the network sees.
        """
        edits = self._edits(photo, hints, edits)
        network = self._network_for(edits)
        return network.predict(photo.image, photo.space, edits.hints).at(edits.strength)

    def _network_for(self, edits: Edits) -> PhotoPredictor:
        return self.network if edits.size is None else self.network.at(edits.size)

    def _edits(self, photo: Photo, hints: Sequence[PixelHint], edits: Edits | None) -> Edits:
        """Return all hints, and the saturation."""
        edits = edits or Edits((), self.saturation)
        return replace(edits, hints=(*place_hints(hints, photo.image.size), *edits.hints))

    def write(
        self,
        photo: Photo,
        ab: npt.NDArray[np.float32],
        target: Path,
        format_: str,
        on_progress: Callable[[float], None] | None = None,
    ) -> list[str]:
        """Combine a photograph with chroma at its own size, and write it.

        Parameters
        ----------
        photo : Photo
            The photograph.
        ab : ndarray
            (2, h, w) float32, a and b in CIELAB units, for the whole photograph at any size.
        target, format_
            As in :meth:`colorize`; so are the return value and the exceptions.
        on_progress : callable, optional
            Is told again and again which share of the rows is coloured, up to 1; writing them
            comes after that. What it raises ends the work, and nothing is written.
        """
        output = Output(format_, self.quality)
        if not WRITE_FORMATS[format_].has_profile:
            photo = replace(photo, space=photo.space.without_profile())
        white = white_of(photo, output)
        width, height = photo.image.size
        size = (2 * width if self.side_by_side else width, height)
        strips = colored_strips(photo.image, photo.space, ab, white, self.side_by_side)
        if on_progress:
            strips = _watched(strips, height, on_progress)
        with closing(strips):
            write_photo(target, strips, size, photo, output)
        lost = list(photo.notes)
        if photo.image.mode == WIDE and white != WORD:
            lost.append("16 bits become 8; --format tiff keeps them")
        lost += lost_words(photo.words, WRITE_FORMATS[format_].pillow)
        if photo.image.has_transparency_data and not WRITE_FORMATS[format_].has_alpha:
            lost.append("transparency becomes white; --format png keeps it")
        return lost


def _watched(
    strips: Generator[Pixels], height: int, on_progress: Callable[[float], None]
) -> Generator[Pixels]:
    done = 0
    with closing(strips):
        for strip in strips:
            yield strip
            done += len(strip)
            on_progress(done / height)
